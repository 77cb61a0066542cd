"""From a caller on Kafka to a signed message in a chat group; and what a blind pipeline holds back.

Real Kafka, worker, Prometheus, Alertmanager and chat adapter, with the rules, routes and
inhibitions that ship; only `group_interval` is shortened, so as not to wait long for an end.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from agents.connection import KafkaConnection
from agents.topics import partition_counts
from kefu.log_writer import LogWriter
from kefu.ports import free_port
from kefu.prometheus import (
    Alertmanager,
    NotInstalledError,
    Prometheus,
    find_alertmanager,
    find_prometheus,
)
from schemas.codec import encode, from_ms
from schemas.events import CallQueued, CallQueuedData
from schemas.topics import CALLS, SLA
from tests.broker.harness import fresh_broker, read_all, running_worker

pytestmark = [pytest.mark.broker, pytest.mark.alone]

ROOT = Path(__file__).resolve().parents[2]
SECRET = "SEC" + "7" * 20
TARGET_S = 15
"""The answer target of a P1 call in the policy that ships."""
LIMIT_S = 90.0


class Message(NamedTuple):
    at_s: float
    text: str


class Robot(ThreadingHTTPServer):
    """A robot as DingTalk's: checks time and signature, and says so with HTTP 200."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), RobotHandler)
        self.messages: list[Message] = []
        self.refused = 0

    def of(self, *words: str) -> Message | None:
        """The first message with all of the words."""
        return next((m for m in self.messages if all(w in m.text for w in words)), None)


class RobotHandler(BaseHTTPRequestHandler):
    server: Robot

    def do_POST(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        stamp = query.get("timestamp", ["0"])[0]
        digest = hmac.digest(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fresh = abs(time.time() * 1000 - int(stamp)) < 3_600_000
        if fresh and query.get("sign") == [base64.b64encode(digest).decode()]:
            self.server.messages.append(Message(time.time(), str(json.loads(body))))
            answer = {"errcode": 0, "errmsg": "ok"}
        else:
            self.server.refused += 1
            answer = {"errcode": 310000, "errmsg": "sign not match"}
        page = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: Any) -> None:
        pass


def wait_for(what: str, found: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    """The first true answer; fails after the limit."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        answer = found()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"not within {limit_s:.0f} s: {what}")


@contextmanager
def adapter(folder: Path, robot: Robot) -> Iterator[int]:
    """`kefu notify`, as a user would start it; yields its port."""
    port, config = free_port(), folder / "notify.yaml"
    config.write_text(
        "language: both\nrobots: {group: {kind: dingtalk, url_env: T_URL, secret_env: T_SECRET}}\n"
        f"default: [group]\nlisten: {{host: 127.0.0.1, port: {port}}}\n",
        encoding="utf-8",
    )
    url = f"http://127.0.0.1:{robot.server_address[1]}/robot/send?access_token=t"
    process = subprocess.Popen(
        [sys.executable, "-m", "kefu", "notify", "--config", str(config)],
        env={**os.environ, "T_URL": url, "T_SECRET": SECRET},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield port
    finally:
        process.terminate()
        process.wait(20)


def routes(port: int) -> dict[str, Any]:
    """The Alertmanager configuration that ships, for an adapter on this machine."""
    text = (ROOT / "grafana" / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8")
    config: dict[str, Any] = yaml.safe_load(text)
    for receiver in config["receivers"]:
        if "webhook_configs" in receiver:
            url = f"http://127.0.0.1:{port}/alertmanager"
            receiver["webhook_configs"] = [{"url": url, "send_resolved": True}]
    config["route"]["group_interval"] = "5s"
    return config


def caller(connection: KafkaConnection) -> float:
    """Put a P1 caller into the queue now; returns the wall time."""
    now_ms = round(time.time() * 1000)
    data = CallQueuedData(channel="hotline", queue="vip", priority="P1")
    event = CallQueued(id="q1", source="test", time=from_ms(now_ms), subject="call-1", data=data)
    writer = LogWriter(connection, partition_counts(connection), "test")
    writer.write(CALLS.name, b"call-1", encode(event), None)
    writer.flush()
    return now_ms / 1000


def firing(alertmanager: Alertmanager, name: str) -> list[dict[str, Any]]:
    return [one for one in alertmanager.alerts() if one["labels"]["alertname"] == name]


def test_a_breach_becomes_a_signed_message_and_a_blind_pipeline_holds_the_others_back(
    tmp_path: Path,
) -> None:
    try:
        find_prometheus()
        find_alertmanager()
    except NotInstalledError as error:
        pytest.skip(str(error))
    robot, metrics = Robot(), free_port()
    threading.Thread(target=robot.serve_forever, daemon=True).start()
    external = yaml.safe_load((ROOT / "grafana/prometheus/prometheus.yml").read_text())["global"]
    options = ("--no-sentiment", "--metrics-port", str(metrics))
    with (
        fresh_broker() as connection,
        adapter(tmp_path, robot) as port,
        Alertmanager(routes(port)) as alertmanager,
        running_worker(connection, "w1", tmp_path, *options) as worker,
        Prometheus(
            {"kefu-worker": [f"127.0.0.1:{metrics}"], "kefu-notify": [f"127.0.0.1:{port}"]},
            rules=sorted((ROOT / "grafana" / "prometheus" / "rules").glob("*.yml")),
            alertmanager=alertmanager.address,
            external_labels=external["external_labels"],
        ) as prometheus,
    ):
        ask = prometheus.query.instant
        wait_for("a worker with partitions", lambda: ask("sum(kefu_assigned_partitions) > 0"))
        began_s = caller(connection)
        deadline_s = began_s + TARGET_S
        breach = wait_for(
            "the breach on its topic",
            lambda: [d for d in read_all(connection, SLA.name) if d["type"] == "kefu.sla.breached"],
        )
        on_topic_s = time.time()
        assert breach[0]["data"]["clock"] == "answer"
        wait_for("the alert", lambda: firing(alertmanager, "KefuSomeonePastTarget"))
        alert_s = time.time()
        message = wait_for("the message", lambda: robot.of("KefuSomeonePastTarget", "vip"))
        for words in ("P1", "等待已超时", "waits past its target", "someone-past-target.md"):
            assert words in message.text, message.text
        worker.kill()
        killed_s = time.time()
        blind = wait_for("the pager", lambda: robot.of("KefuPipelineBlind", "失明"))
        assert not firing(alertmanager, "KefuSomeonePastTarget"), "not inhibited while blind"
        count = len(robot.messages)
        with running_worker(connection, "w1", tmp_path, *options) as again:
            back_s = time.time()
            wait_for("no blindness", lambda: not firing(alertmanager, "KefuPipelineBlind"))
            resolved = wait_for(
                "the message that it is over",
                lambda: next(
                    (m for m in robot.messages[count:] if "KefuPipelineBlind" in m.text), None
                ),
            )
            # The caller still waits: the new worker knows it from the changelog.
            wait_for("the wait again", lambda: firing(alertmanager, "KefuSomeonePastTarget"))
            assert again.stop() == 0, again.tail()
    robot.shutdown()
    robot.server_close()
    assert robot.refused == 0
    print(
        f"deadline {TARGET_S} s after the call; from the deadline: breach on its topic "
        f"{on_topic_s - deadline_s:.1f} s, alert {alert_s - deadline_s:.1f} s, signed message "
        f"{message.at_s - deadline_s:.1f} s. Worker killed: blind on the pager after "
        f"{blind.at_s - killed_s:.1f} s, service alerts held back; worker back: resolved after "
        f"{resolved.at_s - back_s:.1f} s, {len(robot.messages)} messages, 0 with a wrong signature"
    )
