"""The demo's Prometheus and Alertmanager with the shipped rules, where the machine has them."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from kefu.prometheus import Alertmanager, NotInstalledError, Prometheus, StartError
from kefu.prometheus_query import QueryError

FOLDER = Path(str(files("kefu"))).parent / "grafana"
"""Beside the source; an installed kefu brings no rules."""
SCRAPE_S = 1.0
FIRST_SCRAPE_LIMIT_S = 5.0
WATCHDOG = "Watchdog"
"""Fires always, to show that alerting works; no news to a person."""


class FiringAlert(NamedTuple):
    """One alert that fires and is not inhibited."""

    name: str
    queue: str
    severity: str
    since: datetime


class Alerting:
    """Alerts on the demo's workers. Used as a context; without the programs it only says so."""

    def __init__(self, ports: Sequence[int]) -> None:
        """`ports`: the workers' metrics pages."""
        self._ports = ports
        self._stack = ExitStack()
        self._alertmanager: Alertmanager | None = None
        self._firing: list[FiringAlert] = []
        self.notes: list[str] = []
        self.seen: set[tuple[str, str]] = set()

    @property
    def is_on(self) -> bool:
        """Whether alerts are watched, or were until the end."""
        return self._alertmanager is not None

    def __enter__(self) -> "Alerting":
        try:
            with ExitStack() as started:
                self._start(started)
                self._stack = started.pop_all()
        except (NotInstalledError, StartError) as error:
            self.notes = [f"no alerts: {error}"]
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def firing(self) -> list[FiringAlert]:
        """What fires now, pages first, then the oldest; empty where nothing is watched."""
        if self._alertmanager is not None:
            try:
                found = self._alertmanager.alerts()
            except QueryError:
                return self._firing  # busy, or stopped: what was true last stands
            alerts = [_alert(one) for one in found if one["labels"]["alertname"] != WATCHDOG]
            self._firing = sorted(alerts, key=lambda a: (a.severity != "page", a.since, a.queue))
            self.seen.update((alert.name, alert.queue) for alert in alerts)
        return self._firing

    def _start(self, stack: ExitStack) -> None:
        rules = sorted((FOLDER / "prometheus" / "rules").glob("*.yml"))
        if not rules:
            self.notes = ["no alerts: their rules are in the source (grafana/prometheus/rules)"]
            return
        alertmanager = stack.enter_context(Alertmanager(_without_receivers()))
        prometheus = stack.enter_context(
            Prometheus(
                {"kefu-worker": [f"127.0.0.1:{port}" for port in self._ports]},
                rules=rules,
                scrape_s=SCRAPE_S,
                alertmanager=alertmanager.address,
                external_labels=_document("prometheus/prometheus.yml")["global"]["external_labels"],
            )
        )
        # Counters must have been seen at 0, else their first increments are not.
        deadline = time.monotonic() + FIRST_SCRAPE_LIMIT_S
        while not all(prometheus.query.targets_up().values()) and time.monotonic() < deadline:
            time.sleep(0.1)
        self._alertmanager = alertmanager
        self.notes = [f"Prometheus {prometheus.url}   Alertmanager {alertmanager.url}"]


def _alert(one: dict[str, Any]) -> FiringAlert:
    labels = one["labels"]
    since = datetime.fromisoformat(one["startsAt"]).astimezone(UTC)
    where = labels.get("queue") or labels.get("channel") or labels.get("topic") or "–"
    return FiringAlert(labels["alertname"], where, labels.get("severity", ""), since)


def _without_receivers() -> dict[str, Any]:
    """The routes and inhibitions that ship; nobody is told, as the demo has no chat adapter."""
    config = _document("alertmanager/alertmanager.yml")
    return {**config, "receivers": [{"name": one["name"]} for one in config["receivers"]]}


def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return document
