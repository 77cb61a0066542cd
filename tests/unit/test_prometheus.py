"""The Prometheus and Alertmanager that kefu starts answer, and never outlive their use."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from kefu.prometheus import (
    INSTALL,
    Alertmanager,
    NotInstalledError,
    Prometheus,
    StartError,
    find_alertmanager,
    find_prometheus,
)
from kefu.prometheus_query import QueryError

ROUTE = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}
ALWAYS = "groups: [{name: g, rules: [{alert: Always, expr: vector(1), labels: {queue: vip}}]}]\n"
ALERT_WITHIN_S = 20.0


@pytest.fixture
def _installed() -> None:
    try:
        find_prometheus()
        find_alertmanager()
    except NotInstalledError as error:
        pytest.skip(str(error))


def named(address: str) -> list[psutil.Process]:
    """The processes that were started with the address."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(address in word for word in process.info["cmdline"] or [])
    ]


def test_a_machine_without_prometheus_is_told_in_one_line_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotInstalledError) as refused:
        Prometheus({})
    assert INSTALL in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.usefixtures("_installed")
def test_an_alert_that_fires_comes_to_alertmanager_and_nothing_is_left_behind(
    tmp_path: Path,
) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(ALWAYS)
    with Alertmanager(ROUTE) as alertmanager:
        prometheus = Prometheus(
            {"self": []}, rules=[rules], scrape_s=1.0, alertmanager=alertmanager.address
        )
        with prometheus:
            until = time.monotonic() + ALERT_WITHIN_S
            while not (firing := alertmanager.alerts()):
                assert time.monotonic() < until, "no alert came"
                time.sleep(0.2)
            assert [one["labels"]["queue"] for one in firing] == ["vip"]
            assert [one.last for one in prometheus.query.instant("1 + 1")] == [2.0]
            with pytest.raises(QueryError, match="parse error"):
                prometheus.query.instant("sum(")
            address = prometheus.address
            assert named(address)
        with pytest.raises(QueryError, match="does not answer"):
            prometheus.query.instant("1")
    assert not named(address)


@pytest.mark.usefixtures("_installed")
def test_a_rule_file_that_is_wrong_is_quoted_and_no_process_stays(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text("groups: [{name: g, rules: [{alert: Wrong, expr: 'sum('}]}]\n")
    prometheus = Prometheus({}, rules=[rules])
    with pytest.raises(StartError, match="did not start"), prometheus:
        pass
    assert not named(prometheus.address)


@pytest.mark.usefixtures("_installed")
def test_prometheus_does_not_outlive_a_killed_user() -> None:
    script = (
        "import time\nfrom kefu.prometheus import Prometheus\n"
        "with Prometheus({}) as p:\n print(p.address, flush=True)\n time.sleep(60)\n"
    )
    user = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert user.stdout is not None
    with user.stdout:
        address = user.stdout.readline().strip()
        assert named(address)
        user.kill()
        user.wait(10)
    until = time.monotonic() + 15
    while named(address):
        assert time.monotonic() < until, "it is still there"
        time.sleep(0.2)
