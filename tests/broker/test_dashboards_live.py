"""Every query of every dashboard finds data under load, and is shown in the unit of its metrics."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from grafana.preview_dashboard import Chosen, Dashboard, TimeRange, dashboards, run_panel, targets
from grafana.preview_load import RULES, watched_load
from kefu.prometheus import NotInstalledError, find_prometheus
from kefu.prometheus_query import PrometheusQuery
from tests.promql_units import GRAFANA_UNITS, MixedUnits, measure, selectors

BOARDS = dashboards()
SECONDS = 45.0
SPEED = 100.0
"""75 minutes of event time: an hour and two half hours are closed in it, whenever it begins."""
PER_MINUTE = 12.0
LOOKED_AT_S = 300.0
"""The user looks at the last five minutes: the points of longer ranges lie before the load."""


@pytest.fixture(scope="module")
def watched() -> Iterator[tuple[PrometheusQuery, TimeRange]]:
    """Prometheus, after it has seen the load, and the time that is looked at."""
    try:
        find_prometheus()
    except NotInstalledError as error:
        pytest.skip(str(error))
    with watched_load(seconds=SECONDS, speed=SPEED, per_minute=PER_MINUTE) as (prometheus, seen):
        yield prometheus, TimeRange(seen.end_s - LOOKED_AT_S, seen.end_s)


def recorded() -> dict[str, str]:
    """The expressions of the recording rules, by name."""
    return {
        rule["record"]: rule["expr"]
        for path in sorted(RULES.glob("*.yml"))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
        if "record" in rule
    }


def unit_of(panel: dict[str, Any], target: dict[str, Any]) -> str:
    """The unit in which the result of one query is rendered; of a table, that of its column."""
    config = panel.get("fieldConfig", {})
    unit = config.get("defaults", {}).get("unit", "")
    names = {target.get("legendFormat")}
    for step in panel.get("transformations") or []:
        renamed = step.get("options", {}).get("renameByName", {})
        names.add(renamed.get(f"Value #{target['refId']}"))
    for override in config.get("overrides", []):
        if override["matcher"] == {"id": "byFrameRefID", "options": target["refId"]} or (
            override["matcher"]["id"] == "byName" and override["matcher"]["options"] in names
        ):
            unit = next((p["value"] for p in override["properties"] if p["id"] == "unit"), unit)
    return str(unit)


@pytest.mark.broker
def test_no_panel_variable_or_annotation_fails_or_is_empty_under_load(
    watched: tuple[PrometheusQuery, TimeRange],
) -> None:
    prometheus, looked_at = watched
    wrong, ran, series = [], 0, 0
    selected: dict[str, bool] = {}
    began = time.monotonic()
    for board in BOARDS:
        chosen = Chosen(board, prometheus, looked_at)
        for name, query in chosen.queries.items():
            ran += 1
            if not chosen.options[name]:
                wrong.append(f"{board.name}: variable {name} has no values: {query}")
        for annotation in board.annotations():
            # Marks of what need not have happened: they must run, and may find nothing.
            prometheus.instant(chosen.filled(annotation["expr"], {}), looked_at.end_s)
            ran += 1
        for panel in board.panels():
            for answer in run_panel(panel, chosen, prometheus):
                ran += 1
                series += len(answer.series)
                # `… or vector(0)` always finds something: each selector by itself must, too.
                for selector in selectors(answer.query):
                    if selector not in selected:
                        selected[selector] = bool(prometheus.series(selector))
                    if not selected[selector]:
                        wrong.append(f"{board.name} “{panel['title']}”: no series: {selector}")
                # NaN is what a quotient or a quantile of nothing gives: as empty as nothing. No
                # panel may be so: counters are there at 0, and the load has all the rest.
                if not any(value == value for one in answer.series for _, value in one.points):
                    where = f"{board.name} “{panel['title']}” {answer.ref}"
                    wrong.append(f"{where}: empty: {answer.query}")
    print(
        f"{len(BOARDS)} dashboards, {ran} queries ran in {time.monotonic() - began:.1f} s, "
        f"{series} series, {len(selected)} selectors, {len(wrong)} wrong"
    )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_panel_is_not_rendered_in_another_unit_than_its_metrics_have(board: Dashboard) -> None:
    rules = recorded()
    wrong = []
    for panel in board.panels():
        for target in targets(panel):
            query = target["expr"].replace("$__rate_interval", "1m").replace("$__range", "1h")
            query = query.replace("$__interval", "1m")
            where, unit = f"“{panel['title']}” {target['refId']}", unit_of(panel, target)
            try:
                kind = measure(query, rules).kind()
            except MixedUnits as mixed:
                wrong.append(f"{where}: {mixed}")
                continue
            if unit not in GRAFANA_UNITS.get(kind, set()):
                wrong.append(f"{where} is in {unit!r}, but measures {kind}: {query}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("sum(max by (partition) (kefu_waiting)) or vector(0)", "count"),
        ("time() - min(kefu_oldest_waiting_since_timestamp_seconds)", "seconds"),
        ("1000 * max(kefu_clock_timestamp_seconds)", "instant in ms"),
        ("max(kefu_clock_timestamp_seconds)", "instant in s"),
        ("sum(increase(kefu_sla_total[1h])) / (sum(increase(kefu_sla_total[1h])) > 0)", "ratio"),
        ("100 * kefu_qa_share_ratio", "percent"),
        ("rate(kefu_events_total[1m])", "count per second"),
        ("60 * rate(kefu_events_total[1m])", "count per minute"),
        ("histogram_quantile(0.9, sum by (le) (rate(kefu_batch_seconds_bucket[1m])))", "seconds"),
        ("increase(kefu_handling_seconds_total[1h]) / increase(kefu_handled_total[1h])", "seconds"),
        ("sum(rate(kefu_qa_score_sum[1h])) / sum(rate(kefu_qa_score_count[1h]))", "points"),
        ("kefu_rating_ratio_sum_total / kefu_rated_total", "ratio"),
        ("rate(process_cpu_seconds_total[1m])", "ratio"),
        ("kefu:mean:x", "seconds"),
    ],
)
def test_what_a_query_measures_is_not_mistaken(query: str, kind: str) -> None:
    rules = {"kefu:mean:x": "kefu_interval_handling_seconds"}
    assert measure(query, rules).kind() == kind


def test_no_selector_of_a_query_is_overlooked() -> None:
    query = 'sum(rate(a_total{x="y"}[5m] offset 1m)) / sum(b) or max_over_time(c[1h:1m]) > bool 1'
    assert selectors(query) == ['a_total{x="y"}', "b{}", "c{}"]


def test_seconds_are_not_added_to_counts() -> None:
    with pytest.raises(MixedUnits, match="count \\+ seconds"):
        measure("sum(kefu_waiting) + sum(kefu_recovery_seconds)", {})
