"""The alert rules, their promtool tests, and what workers really show, as plain data."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, get_args

import yaml
from prometheus_client import CollectorRegistry

from agents.export import Exporter
from agents.metrics import CONTRACT
from agents.settings import load_config, load_labels
from kefu.notify.metrics import NotifyMetrics
from kefu.reconcile_report import COUNTS
from schemas.envelope import InteractionKind
from schemas.events import PresenceState
from schemas.topics import INPUTS

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
PROMETHEUS = ROOT / "grafana" / "prometheus" / "prometheus.yml"
RULES = sorted((ROOT / "grafana" / "prometheus" / "rules").glob("*.yml"))
TESTS = sorted(HERE.glob("*.yml"))
ALERTMANAGER = ROOT / "grafana" / "alertmanager" / "alertmanager.yml"
RUNBOOKS = ROOT / "docs" / "runbooks"
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
SCRAPE = {"job", "instance"}

Document = dict[str, Any]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@cache
def rules() -> tuple[Document, ...]:
    """Every rule of every file."""
    return tuple(
        rule for path in RULES for group in load(path)["groups"] for rule in group["rules"]
    )


def alerts() -> dict[str, Document]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


class Selector(NamedTuple):
    """One use of a metric in an expression."""

    name: str
    matchers: list[tuple[str, str, str]]


def selectors(expression: str) -> list[Selector]:
    """The metrics that an expression asks for; recorded ones (`kefu:…`) too."""
    found = re.findall(r"(?<![\w:])((?:kefu[_:][\w:]+)|up)(?:\{([^}]*)\})?", expression)
    return [
        Selector(name, re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', inside)) for name, inside in found
    ]


@cache
def label_names() -> dict[str, set[str]]:
    """The labels of every sample name that a worker or the chat adapter may show."""
    names = {
        metric.name + suffix: {*metric.labels, *({"le"} if suffix == "_bucket" else ())}
        for metric in CONTRACT
        for suffix in SUFFIXES[metric.type]
    }
    for family in NotifyMetrics(["robot"]).registry.collect():
        for sample in family.samples:
            names[sample.name] = set(sample.labels)
    names |= {f"kefu_reconcile_{name}": {"source"} for name in COUNTS}
    return {**names, "kefu_reconcile_last_run_timestamp_seconds": set(), "up": set()}


@cache
def label_values() -> dict[tuple[str, str], set[str]]:
    """The values that a worker and an adapter show from their start, by sample name and label;
    those of gauges of state, which come with the state, from their types.
    """
    values: dict[tuple[str, str], set[str]] = {}
    worker, adapter = CollectorRegistry(), NotifyMetrics(["robot"]).registry
    Exporter(worker, load_config(), load_labels())
    for registry in (worker, adapter):
        for family in registry.collect():
            for sample in family.samples:
                for label, value in sample.labels.items():
                    values.setdefault((sample.name, label), set()).add(value)
    topics = {topic.name for topic in INPUTS}
    oldest = "kefu_oldest_waiting_since_timestamp_seconds"
    return {
        **values,
        ("kefu_agents", "state"): set(get_args(PresenceState)),
        ("kefu_clock_timestamp_seconds", "topic"): topics,
        (oldest, "kind"): set(get_args(InteractionKind)),
        ("up", "job"): {job["job_name"] for job in load(PROMETHEUS)["scrape_configs"]},
    }


def unknown(expression: str) -> list[str]:
    """What an expression asks for and nobody shows: metrics, labels, values of labels."""
    wrong = []
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    for name, matchers in selectors(expression):
        if name in recorded:
            continue
        if name not in label_names():
            wrong.append(name)
            continue
        for label, operator, text in matchers:
            known = label_names()[name] | SCRAPE
            if label not in known:
                wrong.append(f"{name}: {label}")
                continue
            wanted = text.split("|") if "~" in operator else [text]
            shown = label_values().get((name, label), set())
            wrong += [f'{name}: {label}="{value}"' for value in wanted if value not in shown]
    return wrong


class Expectation(NamedTuple):
    """One line of a promtool test about firing alerts."""

    eval_s: int
    firing: int
    labels: set[str]


def expectations(alert: str) -> list[list[Expectation]]:
    """What the promtool tests expect of an alert, test by test, in the order of time."""
    found = []
    for path in TESTS:
        for test in load(path)["tests"]:
            lines = sorted(
                Expectation(
                    _seconds(line["eval_time"]),
                    len(line.get("exp_samples", [])),
                    {
                        label
                        for sample in line.get("exp_samples", [])
                        for label in re.findall(r'(\w+)="', sample["labels"])
                    },
                )
                for line in test.get("promql_expr_test", [])
                if f'alertname="{alert}",alertstate="firing"' in line["expr"]
            )
            if lines:
                found.append(lines)
    return found


def _seconds(text: str) -> int:
    units = {"s": 1, "m": 60, "h": 3600}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([smh])", text))
