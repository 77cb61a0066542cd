"""The dashboard: up to date, and every query names what the metrics contract has."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

from agents.metrics import CONTRACT

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def build() -> Any:
    spec = importlib.util.spec_from_file_location("grafana_build", ROOT / "grafana" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def queries(dashboard: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_the_committed_dashboard_is_what_the_builder_writes() -> None:
    module = build()
    assert module.FILE.read_bytes() == module.content()


def test_every_metric_and_label_of_a_query_is_in_the_contract() -> None:
    labels = {
        metric.name + suffix: {*metric.labels, "le"}
        for metric in CONTRACT
        for suffix in SUFFIXES[metric.type]
    }
    asked = queries(build().dashboard())
    assert len(asked) > 10
    for query in asked:
        found = re.findall(r"(kefu_\w+)(?:\{([^}]*)\})?", query)
        assert found, query
        for name, selector in found:
            assert name in labels, f"{name} in {query}"
            for label in re.findall(r"(\w+)=~?", selector):
                assert label in labels[name], f"{name}: {label}"


def test_every_panel_says_what_it_shows_in_which_unit_from_the_chosen_source() -> None:
    dashboard = build().dashboard()
    assert dashboard["editable"] is False
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    for panel in dashboard["panels"]:
        assert panel["title"]
        assert len(panel["description"]) > 20
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["datasource"]["uid"] == "${datasource}"
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}"


def test_counters_are_only_read_under_a_rate() -> None:
    for query in queries(build().dashboard()):
        for match in re.finditer(r"kefu_\w+_(?:total|bucket)", query):
            before = query[: match.start()]
            assert re.search(r"(?:rate|increase)\($", before), query
