"""From Alertmanager's post to the groups, over real HTTP on loopback."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kefu.notify.robots.base import Robot
from kefu.notify.server import MAX_REQUESTS, NotifyServer
from tests.unit.notify_builders import alert_json, body
from tests.unit.notify_running import PATIENT, call, running
from tests.unit.notify_vendors import KEY, SECRET, Answer, code, vendor

HASTY = "delivery: {answer_within_seconds: 0.3, timeout_seconds: 2}"


def until(true: Callable[[], bool], seconds: float = 8.0) -> None:
    """Wait for another thread, and fail when it does not come."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def metric(server: NotifyServer, name: str, **labels: str) -> float | None:
    return server.service.metrics.registry.get_sample_value(name, labels)


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert KEY not in caplog.text
    assert SECRET not in caplog.text
    assert "客户" not in caplog.text  # nor what the messages say


def test_200_is_answered_before_every_robot_has_accepted(tmp_path: Path) -> None:
    with ExitStack() as stack:
        vendors = {k: stack.enter_context(vendor(k)) for k in ("wecom", "dingtalk", "feishu")}
        server = stack.enter_context(running(tmp_path, {k: v.url for k, v in vendors.items()}))
        assert call(server, body(alert_json(1), alert_json(2))) == (200, "ok\n")
        for kind, one in vendors.items():
            assert len(one.accepted) == 1
            assert "queue-1" in one.texts()[0]
            assert "queue-2" in one.texts()[0]
            assert metric(server, "kefu_notify_notices_total", robot=kind, fate="accepted") == 1


def test_a_robot_that_has_accepted_is_told_again_when_another_has_not(tmp_path: Path) -> None:
    with vendor("wecom") as good, vendor("feishu") as bad:
        bad.script = [code("code", 19024)]
        with running(tmp_path, {"wecom": good.url, "feishu": bad.url}) as server:
            status, text = call(server, body())
            assert (status, text) == (503, "feishu refused or could not be reached\n")
            assert call(server, body()) == (200, "ok\n")
            assert call(server, body()) == (200, "ok\n")
            assert (len(good.accepted), len(bad.accepted)) == (1, 1)
            over = alert_json(1, status="resolved", endsAt="2026-11-23T09:00:00Z")
            assert call(server, body(over)) == (200, "ok\n")
            assert (len(good.accepted), len(bad.accepted)) == (2, 2)
            assert metric(server, "kefu_notify_notices_total", robot="feishu", fate="failed") == 1


@pytest.mark.parametrize("answer", [Answer(500), code("errcode", -1), Answer(hang=True)])
def test_a_robot_that_fails_for_a_moment_is_not_tried_again(tmp_path: Path, answer: Answer) -> None:
    with vendor("wecom") as server_of_vendor:
        server_of_vendor.script = [answer]
        more = "delivery: {answer_within_seconds: 5, timeout_seconds: 0.3}"
        with running(tmp_path, {"wecom": server_of_vendor.url}, more) as server:
            assert call(server, body()) == (200, "ok\n")
        assert server_of_vendor.requests == 2
        assert len(server_of_vendor.accepted) == 1


def test_alertmanager_waits_for_a_slow_robot_or_makes_it_say_all_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kefu.notify.outbox.BACKOFF_MS", 2500)
    with vendor("wecom") as slow:
        slow.script = [code("errcode", -1)]
        with running(tmp_path, {"wecom": slow.url}, HASTY) as server:
            assert call(server, body()) == (503, "wecom has not accepted yet\n")
            assert call(server, body()) == (503, "wecom has not accepted yet\n")
            until(lambda: len(slow.accepted) == 1)
            assert call(server, body()) == (200, "ok\n")
            assert len(slow.accepted) == 1


def test_the_window_ends_while_alertmanager_still_sends_for_another_robot(
    tmp_path: Path,
) -> None:
    with vendor("wecom") as good, vendor("feishu") as bad:
        bad.script = [code("code", 19024)] * 4
        more = "delivery: {repeat_window_seconds: 1}"
        with running(tmp_path, {"wecom": good.url, "feishu": bad.url}, more) as server:
            for expected in (503, 503, 503, 503, 200):
                assert call(server, body())[0] == expected
                time.sleep(0.4)  # longer than the window, in all
            assert len(good.accepted) == 1


def test_a_robot_that_stays_broken_is_tried_for_ever(tmp_path: Path) -> None:
    with vendor("wecom") as broken:
        broken.script = [Answer(500)] * 9
        more = "delivery: {answer_within_seconds: 5, attempts: 2}"
        with running(tmp_path, {"wecom": broken.url}, more) as server:
            assert call(server, body()) == (503, "wecom refused or could not be reached\n")
            assert broken.requests == 2


def test_after_a_rate_limit_the_robot_is_not_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with vendor("dingtalk") as limited:
        limited.script = [code("errcode", 130101)]
        with running(tmp_path, {"dingtalk": limited.url}, HASTY) as server:
            assert call(server, body())[0] == 503
            assert call(server, body(alert_json(2)))[0] == 503
            assert limited.requests == 1
            assert metric(server, "kefu_notify_waiting", robot="dingtalk") == 2
            assert metric(server, "kefu_notify_posts_total", robot="dingtalk", outcome="limited")
    assert "errcode 130101 (too many messages)" in caplog.text
    assert "2 groups not delivered before the stop" in caplog.text


def test_a_flood_is_dropped_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Robot, "per_minute", 2)
    monkeypatch.setattr("kefu.notify.outbox.RATE_WINDOW_MS", 700)
    long = {"summary": "x" * 3000}  # two of these are more than one message holds
    with vendor("wecom") as one:
        more = "delivery: {answer_within_seconds: 8, queue_limit: 3}"
        with running(tmp_path, {"wecom": one.url}, more) as server:
            answers: list[int] = []

            def send(number: int) -> None:
                answers.append(call(server, body(alert_json(number, annotations=long)))[0])

            threads = [threading.Thread(target=send, args=(n,)) for n in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert answers == [200] * 12
            told = metric(server, "kefu_notify_notices_total", robot="wecom", fate="accepted")
            summed = metric(server, "kefu_notify_notices_total", robot="wecom", fate="summarised")
        assert told is not None
        assert summed is not None
        assert told + summed == 12
        assert summed >= 1
        summaries = [t for t in one.texts() if "告警过多" in t]
        assert summaries
        assert len(one.accepted) == told + len(summaries)
    assert "queue full" in caplog.text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "Input data was truncated"),
        (b"{", "truncated"),
        (b'{"version": "4"}', "missing required field `groupKey`"),
        (body(version="3"), "`$.version` must be '4'"),
        (body(alerts=[]), "`$.alerts` is empty"),
        (body(alert_json(1, startsAt="now")), "$.alerts[0].startsAt"),
        (body(alert_json(1, startsAt="2026-11-23T08:00:00")), "has no time zone"),
        (body(alert_json(1, startsAt="0001-01-01T00:00:00Z")), "is not a real time"),
        (body(alert_json(1, labels={"a": 1})), "Expected `str`, got `int`"),
        (body(alert_json(1) | {"status": "odd"}), "`$.alerts[0].status` must be 'firing'"),
        (body(truncatedAlerts=-1), "is negative"),
        (b"\xff" * 9, "malformed"),
        (body().replace(b"LongWait", b"\\ud800"), "not an Alertmanager webhook"),
        (b"[" * 100_000, "not an Alertmanager webhook"),
        (b'{"other": ' + b"[" * 100_000, "not an Alertmanager webhook"),
    ],
)
def test_a_bad_body_is_not_400_with_one_line(tmp_path: Path, data: bytes, said: str) -> None:
    with vendor("wecom") as one, running(tmp_path, {"wecom": one.url}) as server:
        status, text = call(server, data)
        assert status == 400
        assert said in text
        assert text.count("\n") == 1
        assert one.requests == 0


TOKEN = "listen: {port: 0, token_file: token}\n" + PATIENT


def test_who_has_no_token_can_post(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0ken\n", encoding="utf-8")
    with vendor("wecom") as one, running(tmp_path, {"wecom": one.url}, TOKEN) as server:
        for given in ({}, {"Authorization": "Bearer t0ke"}, {"Authorization": "Basic t0ken"}):
            assert call(server, body(), headers=given) == (401, "a bearer token is needed\n")
        assert one.requests == 0
        assert call(server, body(), headers={"Authorization": "Bearer t0ken"})[0] == 200
        assert call(server, path="/healthz", method="GET") == (200, "ok\n")


def test_a_large_or_endless_body_is_read(tmp_path: Path) -> None:
    with vendor("wecom") as one, running(tmp_path, {"wecom": one.url}) as server:
        huge = {"Content-Length": "1000001"}
        assert call(server, headers=huge) == (413, "at most 1000000 bytes\n")
        assert call(server, headers={"Content-Length": "-1"})[0] == 411
        assert call(server, headers={"Content-Length": "9" * 5000})[0] == 413
        assert call(server, headers={"Transfer-Encoding": "chunked"})[0] == 411
        with socket.create_connection(("127.0.0.1", server.server_port), 5) as raw:
            raw.sendall(b"POST /alertmanager HTTP/1.1\r\nContent-Length: 9\r\n\r\nx")
            raw.shutdown(socket.SHUT_WR)
            assert b"400" in raw.recv(1000)


def test_other_paths_and_methods_do_something(tmp_path: Path) -> None:
    with vendor("wecom") as one, running(tmp_path, {"wecom": one.url}) as server:
        assert call(server, body(), path="/") == (404, "post to /alertmanager\n")
        assert call(server, method="GET") == (405, "POST is expected\n")
        assert call(server, path="/x", method="GET")[0] == 404
        assert call(server, body(), method="PUT")[0] == 501
        status, text = call(server, path="/metrics", method="GET")
        assert status == 200
        assert 'kefu_notify_posts_total{outcome="refused",robot="wecom"} 0.0' in text
        assert one.requests == 0


def test_more_requests_than_places_are_all_kept_waiting(tmp_path: Path) -> None:
    with vendor("wecom") as one, running(tmp_path, {"wecom": one.url}) as server:
        for _ in range(MAX_REQUESTS):
            assert server.enter()
        assert call(server, body()) == (503, "too many requests at a time\n")
        for _ in range(MAX_REQUESTS):
            server.leave()
        assert call(server, body())[0] == 200


def test_a_stop_confirms_what_was_not_delivered_or_waits_for_idle_clients(tmp_path: Path) -> None:
    answers: list[tuple[int, str]] = []
    with vendor("wecom") as one:
        one.script = [code("errcode", 45009)]
        with running(tmp_path, {"wecom": one.url}) as server:
            idle = socket.create_connection(("127.0.0.1", server.server_port))
            caller = threading.Thread(target=lambda: answers.append(call(server, body())))
            caller.start()
            until(lambda: one.requests == 1)
            began = time.monotonic()
        assert time.monotonic() - began < 3
        caller.join()
        idle.close()
    assert answers == [(503, "wecom has not accepted yet\n")]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_robot_whose_thread_has_died_passes_for_healthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("kefu.notify.render.Renderer.alerts", fault)
    with vendor("wecom") as one, running(tmp_path, {"wecom": one.url}, HASTY) as server:
        assert call(server, body())[0] == 503
        until(lambda: bool(server.service.dead()))
        assert call(server, path="/healthz", method="GET") == (
            503,
            "no longer delivering to: wecom\n",
        )
