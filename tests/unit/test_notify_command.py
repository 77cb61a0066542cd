"""`kefu notify` as a user runs it: --check, --test, and a stop by signal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.unit.notify_builders import alert_json, body, config_file
from tests.unit.notify_vendors import KEY, SECRET, Answer, Vendor, code, vendor


def start(path: Path, *options: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "kefu", "notify", "--config", str(path), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "ROBOT_SECRET": SECRET, **env},
    )


def run(path: Path, *options: str, **env: str) -> tuple[int, str, str]:
    """Exit code, output and errors; none of them may show a secret, nor more than one line."""
    with start(path, *options, **env) as process:
        out, err = process.communicate(timeout=60)
    assert KEY not in out + err
    assert SECRET not in out + err
    assert "Traceback" not in err
    return process.returncode, out, err


def test_check_passes_what_is_wrong_or_sends_something(tmp_path: Path) -> None:
    with vendor("feishu") as one:
        path = config_file(tmp_path, {"feishu": one.url})
        assert run(path, "--check") == (0, f"{path}: in order (robots: feishu)\n", "")
        assert one.requests == 0
    (tmp_path / "feishu-url").unlink()
    status, _, err = run(path, "--check")
    assert status == 1
    assert err.startswith(f"kefu: {path}:4: $.robots.feishu.url_file: cannot be read")
    assert run(tmp_path / "none.yaml")[0] == 2


def test_a_test_message_is_not_sent_or_its_failure_not_told(tmp_path: Path) -> None:
    with vendor("dingtalk") as one:
        path = config_file(tmp_path, {"dingtalk": one.url}, "language: both")
        assert run(path, "--test", "dingtalk") == (0, "robot dingtalk: accepted\n", "")
        assert one.texts() == [
            "kefu 测试消息：告警机器人工作正常  \nkefu test message: this robot works"
        ]
        wrong = {"ROBOT_SECRET": "x"}
        status, _, err = run(path, "--test", "dingtalk", "--log-level", "debug", **wrong)
        assert status == 1
        assert "kefu: robot dingtalk: refused: errcode 310000 (wrong signature" in err
        status, _, err = run(path, "--test", "other")
        assert (status, err) == (2, "kefu: --test other: no robot has that name: dingtalk\n")
        assert run(path, "--log-level", "loud")[0] == 2


def served(process: subprocess.Popen[str]) -> str:
    """The address that the process says it listens on."""
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(r"listening on (http://127\.0\.0\.1:\d+/alertmanager)", line)
        if found:
            return found.group(1)
    raise AssertionError("it ended before it listened")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_by_signal_is_no_clean_end(tmp_path: Path, number: signal.Signals) -> None:
    with vendor("wecom") as one:
        path = config_file(tmp_path, {"wecom": one.url})
        with start(path, "--log-level", "debug") as process:
            url = served(process)
            assert requests.post(url, data=body(), timeout=20).status_code == 200
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
        assert process.returncode == 0
        assert json.loads(err.splitlines()[-1])["message"] == "stopped"
        assert KEY not in out + err
        assert len(one.accepted) == 1


def stop_with(one: Vendor, tmp_path: Path, answer: Answer) -> str:
    one.script = [answer]
    more = "delivery: {answer_within_seconds: 0.2, timeout_seconds: 2}"
    with start(config_file(tmp_path, {"wecom": one.url}, more)) as process:
        assert requests.post(served(process), data=body(), timeout=20).status_code == 503
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    return err


def test_a_stop_hides_what_was_not_delivered(tmp_path: Path) -> None:
    with vendor("wecom") as one:
        err = stop_with(one, tmp_path, code("errcode", 45009))
        assert "robot wecom: 1 groups not delivered before the stop" in err
        line = next(line for line in map(json.loads, err.splitlines()) if "reason" in line)
        assert (line["robot"], line["reason"]) == ("wecom", "limited")
        err = stop_with(one, tmp_path, Answer(hang=True))
        assert "robot wecom: 1 groups not delivered before the stop" in err


def test_a_port_that_is_taken_is_a_traceback(tmp_path: Path) -> None:
    with vendor("wecom") as one:
        more = f"listen: {{port: {one.server_port}}}"
        status, _, err = run(config_file(tmp_path, {"wecom": one.url}, more))
    assert status == 2
    (line,) = [json.loads(text) for text in err.splitlines()]
    place = f"127.0.0.1:{one.server_port}"
    assert line["message"].startswith(f"kefu: {place}: cannot listen: Address already in")


MARK = "13800138000-marker"
BAD_POSTS = [
    f'{{"{MARK}": ',
    f'"{MARK}"',
    f'{{"version": "{MARK}"}}',
    f'{{"alerts": [{{"labels": {{"{MARK}": 1}}}}]}}',
    body(version=MARK).decode(),
    body(alert_json(1, status=MARK, fingerprint=MARK)).decode(),
    body(alert_json(1, startsAt=MARK)).decode(),
    body(alert_json(1, labels={MARK: 1})).decode(),
    body(truncatedAlerts=MARK).decode(),
    body(groupKey=[MARK]).decode(),
]


def test_what_a_post_or_an_answer_says_is_in_the_log(tmp_path: Path) -> None:
    """Posts that are refused, and one that a robot refuses quoting it."""
    quoting = Answer(body=json.dumps({"errcode": 40058, "errmsg": MARK, MARK: MARK}).encode())
    with vendor("wecom") as one:
        one.script = [quoting]
        path = config_file(tmp_path, {"wecom": one.url})
        with start(path, "--log-level", "debug") as process:
            url = served(process)
            for text in BAD_POSTS:
                for data in (text.encode(), text.encode() + b"\xff"):
                    answer = requests.post(url, data=data, timeout=20)
                    assert (answer.status_code, MARK in answer.text) == (400, False)
            alert = alert_json(1, annotations={"summary": MARK})
            assert requests.post(url, data=body(alert), timeout=20).status_code == 503
            process.terminate()
            _, err = process.communicate(timeout=20)
    assert "marker" not in err
    lines = [json.loads(line) for line in err.splitlines()]
    refused = [line for line in lines if line["message"].startswith("a request was refused: ")]
    assert len(refused) == 2 * len(BAD_POSTS)
    assert [line["reason"] for line in lines if line.get("robot") == "wecom"] == ["refused"]
