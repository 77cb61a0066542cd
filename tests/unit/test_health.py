"""What a worker says of itself: ready with the states of its partitions, alive while it turns."""

from __future__ import annotations

import urllib.error
import urllib.request

from prometheus_client import CollectorRegistry

from agents.export import Exporter
from agents.health import SILENT_S, Health
from agents.labels import LabelConfig
from agents.metrics_server import MetricsServer
from tests.unit.builders import CONFIG

TOKEN = "x" * 20


class Clock:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def test_a_worker_is_ready_only_while_it_has_the_states_of_its_partitions() -> None:
    health = Health(Clock())
    told = [health.ready().good]
    health.recovering()
    told.append(health.ready().good)
    health.joined(8)
    told.append(health.ready().good)
    health.without_kafka()
    told.append(health.ready().good)
    health.joined(0)  # more workers than partitions: it stands by
    told.append(health.ready().good)
    assert told == [False, False, True, False, True]


def test_a_loop_that_hangs_is_not_alive_and_a_long_recovery_is() -> None:
    clock = Clock()
    health = Health(clock)
    health.joined(8)
    clock.s = SILENT_S
    assert health.alive().good
    clock.s = SILENT_S + 1
    assert not health.alive().good
    assert not health.ready().good
    health.turned()
    assert health.ready().good
    for _ in range(20):  # a recovery goes on in steps
        health.recovering()
        clock.s += SILENT_S
        health.turned()
        assert health.alive().good
        assert not health.ready().good
    clock.s += SILENT_S + 1
    assert not health.alive().good


def get(port: int, path: str, token: str | None = None) -> tuple[int, str]:
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    if token is not None:
        asked.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310 - our own page
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_metrics_want_the_token_and_health_does_not() -> None:
    exporter = Exporter(CollectorRegistry(), CONFIG, LabelConfig())
    health = Health(Clock())
    server = MetricsServer(exporter.metrics, "127.0.0.1", 0, health=health, token=TOKEN)
    try:
        assert get(server.port, "/metrics")[0] == 401
        assert get(server.port, "/metrics", TOKEN[:-1])[0] == 401
        status, page = get(server.port, "/metrics", TOKEN)
        assert status == 200
        assert "kefu_build" in page
        assert get(server.port, "/healthz") == (200, "starting\n")
        assert get(server.port, "/readyz") == (503, "starting\n")
        health.joined(3)
        assert get(server.port, "/readyz") == (200, "3 partitions\n")
        assert get(server.port, "/etc/passwd")[0] == 404
    finally:
        server.close()
