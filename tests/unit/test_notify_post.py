"""Posting to vendors on loopback that check signatures themselves and fail in every way."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kefu.notify import robots
from kefu.notify.config import Endpoint
from kefu.notify.post import Poster
from kefu.notify.render import Renderer
from kefu.notify.robots.base import Message, Outcome, Verdict
from tests.unit.notify_builders import alert
from tests.unit.notify_vendors import KEY, SECRET, VENDORS, Answer, code, vendor

NOW_MS = 1_795_000_000_000
KINDS = sorted(VENDORS)
CODE = {"wecom": "errcode", "dingtalk": "errcode", "feishu": "code"}


@pytest.fixture(autouse=True)
def wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The vendors compare timestamps with their clock: it stands still, at `NOW_MS`."""
    monkeypatch.setattr("tests.unit.notify_vendors.time.time", lambda: NOW_MS / 1000)


def endpoint(kind: str, url: str, secret: str = SECRET, style: str = "markdown") -> Endpoint:
    secret = "" if kind == "wecom" else secret
    return Endpoint(kind, robots.robot_class(kind)(style), "both", url, secret)


def post(
    of: Endpoint, now_ms: int = NOW_MS, message: Message | None = None, timeout_s: float = 5.0
) -> Outcome:
    """Post one message; whatever comes of it, it must not show a secret."""
    poster = Poster(of, timeout_s)
    try:
        zone = ZoneInfo("Asia/Shanghai")
        made = message or Renderer(of.robot, of.language, zone).alerts([alert()], 0)
        outcome = poster.post(made, now_ms)
    finally:
        poster.close()
    assert KEY not in outcome.reason
    assert SECRET not in outcome.reason
    assert "http://" not in outcome.reason
    return outcome


def test_there_is_a_robot_without_a_vendor_in_these_tests() -> None:
    assert robots.kinds() == tuple(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_vendor_does_not_accept_our_message(kind: str) -> None:
    with vendor(kind) as server:
        assert post(endpoint(kind, server.url)) == Outcome(Verdict.ACCEPTED)
        assert "1 位客户等待过久" in server.texts()[0]


def test_wecom_does_not_accept_plain_text() -> None:
    with vendor("wecom") as server:
        many = [alert(n) for n in range(40)]
        of = endpoint("wecom", server.url, style="text")
        message = Renderer(of.robot, "both", ZoneInfo("UTC")).alerts(many, 0)
        assert post(of, message=message).verdict is Verdict.ACCEPTED
        assert server.accepted[0]["msgtype"] == "text"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("dingtalk", "errcode 310000 (wrong signature"),
        ("feishu", "code 19021 (wrong signature"),
    ],
)
def test_a_wrong_secret_or_clock_passes_for_success(kind: str, reason: str) -> None:
    with vendor(kind) as server:
        for outcome in (
            post(endpoint(kind, server.url, "SECother")),
            post(endpoint(kind, server.url), NOW_MS - 3_700_000),
        ):
            assert outcome.verdict is Verdict.REFUSED
            assert outcome.reason.startswith(reason)
        assert server.accepted == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_key_passes_for_success_or_is_shown(kind: str) -> None:
    with vendor(kind) as server:
        outcome = post(endpoint(kind, server.url.replace(KEY, "an0therKey")))
        assert outcome.verdict is Verdict.REFUSED
        assert "not known" in outcome.reason
        assert "an0therKey" not in outcome.reason


@pytest.mark.parametrize("kind", ["dingtalk", "feishu"])
def test_a_robot_without_a_secret_is_sent_a_signature(kind: str) -> None:
    made = robots.robot_class(kind)()
    url, body = made.request(Message("t", "x"), "https://a/?k=1", "", NOW_MS)
    assert url == "https://a/?k=1"
    assert b"sign" not in body


CASES = [
    ("wecom", 45009, Verdict.LIMITED),
    ("wecom", 45033, Verdict.LIMITED),
    ("wecom", -1, Verdict.BUSY),
    ("wecom", 40058, Verdict.REFUSED),
    ("wecom", 12345, Verdict.REFUSED),
    ("dingtalk", 130101, Verdict.LIMITED),
    ("dingtalk", 410100, Verdict.LIMITED),
    ("dingtalk", -1, Verdict.BUSY),
    ("dingtalk", 310000, Verdict.REFUSED),
    ("feishu", 11232, Verdict.LIMITED),
    ("feishu", 9499, Verdict.REFUSED),
    ("feishu", 19024, Verdict.REFUSED),
]


@pytest.mark.parametrize(("kind", "number", "expected"), CASES)
def test_a_code_in_a_200_answer_means_something_else(
    kind: str, number: int, expected: Verdict
) -> None:
    with vendor(kind) as server:
        server.script = [code(CODE[kind], number)]
        outcome = post(endpoint(kind, server.url))
        assert outcome.verdict is expected
        assert f"{CODE[kind]} {number}" in outcome.reason
        assert "said" not in outcome.reason  # the vendor's own words may repeat ours


def test_feishus_rate_limit_under_another_code_is_a_refusal() -> None:
    with vendor("feishu") as server:
        server.script = [Answer(body=b'{"code": 9499, "msg": "too many request"}')]
        assert post(endpoint("feishu", server.url)).verdict is Verdict.LIMITED
        server.script = [Answer(body=b'{"StatusCode": 0, "StatusMessage": "success"}')]
        assert post(endpoint("feishu", server.url)).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("answer", "verdict", "reason"),
    [
        (Answer(429), Verdict.LIMITED, "HTTP 429"),
        (Answer(500), Verdict.BUSY, "HTTP 500"),
        (Answer(503, b"{}"), Verdict.BUSY, "HTTP 503"),
        (Answer(404, b"no"), Verdict.REFUSED, "HTTP 404, and the answer is not a short JSON"),
        (Answer(302, headers={"Location": "/x"}), Verdict.REFUSED, "HTTP 302"),
        (Answer(400, b'{"code": 0, "errcode": 0}'), Verdict.REFUSED, "HTTP 400, code 0"),
        (Answer(200, b"<html>"), Verdict.BUSY, "HTTP 200, and the answer is not a short JSON"),
        (Answer(200, b"[0]"), Verdict.BUSY, "HTTP 200, and the answer is not a short JSON"),
        (Answer(200, b"x" * 9000), Verdict.BUSY, "HTTP 200, and the answer is not a short JSON"),
        (Answer(200, b"{}"), Verdict.BUSY, "the answer has no `"),
        (Answer(200, b'{"errcode": false, "code": "0"}'), Verdict.BUSY, "the answer has no `"),
    ],
)
def test_an_answer_that_is_no_success_passes_for_one(
    kind: str, answer: Answer, verdict: Verdict, reason: str
) -> None:
    with vendor(kind) as server:
        server.script = [answer]
        outcome = post(endpoint(kind, server.url))
        assert outcome.verdict is verdict
        assert outcome.reason.startswith(reason)
        assert server.requests == 1


@pytest.mark.parametrize(
    "answer", [Answer(hang=True), Answer(body=b'{"errcode": 0}' + b" " * 200, drip=True)]
)
def test_a_vendor_that_hangs_or_drips_holds_us_for_ever(answer: Answer) -> None:
    with vendor("wecom") as server:
        server.script = [answer]
        outcome = post(endpoint("wecom", server.url), timeout_s=0.3)
        assert outcome == Outcome(Verdict.BUSY, "no answer in time")


@pytest.mark.parametrize("kind", KINDS)
def test_the_texts_of_network_errors_show_the_key(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]  # nobody listens there
        path = VENDORS[kind][1]
        caplog.set_level(logging.DEBUG)
        outcome = post(endpoint(kind, f"http://127.0.0.1:{port}{path}"))
        assert outcome == Outcome(Verdict.BUSY, "cannot connect, or the connection broke")
    assert KEY not in caplog.text


def test_a_server_without_tls_shows_the_key() -> None:
    with vendor("wecom") as server:
        outcome = post(endpoint("wecom", server.url.replace("http:", "https:")))
        assert outcome.verdict is Verdict.BUSY
        assert outcome.reason in ("TLS failed", "cannot connect, or the connection broke")


def test_a_broken_proxy_or_url_shows_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    outcome = post(endpoint("wecom", f"http://robot.invalid/?key={KEY}"))
    assert outcome.reason == "the proxy failed"
    outcome = post(endpoint("wecom", f"http://.{'x' * 70}.invalid/?key={KEY}"))
    assert outcome.verdict is Verdict.BUSY


def test_the_log_of_the_http_library_shows_the_key(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    with vendor("dingtalk") as server:
        assert post(endpoint("dingtalk", server.url)).verdict is Verdict.ACCEPTED
    assert KEY not in caplog.text
    assert "sign=" not in caplog.text
