"""The metrics page: bounded, complete from the start, and free of what has gone."""

from __future__ import annotations

import asyncio
import threading
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from click.testing import CliRunner
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from agents.changelog import Checkpoint
from agents.export import Exporter
from agents.export_state import Waits, fold
from agents.labels import LabelConfig
from agents.metrics import CONTRACT
from agents.metrics_server import MetricsServer
from agents.settings import load_config
from agents.task import Task
from kefu.commands.metrics import command
from pipeline.engine import Engine
from pipeline.service_level import service_levels, share
from pipeline.waiting import WaitingNow
from schemas.outputs import Output, QueueInterval, Tally
from schemas.queue_intervals import QueueIntervalData
from schemas.topics import CONVERSATIONS
from tests.unit.builders import CONFIG, START_MS, message, presence

LABELS = LabelConfig(channels=("web",), queues=("sales",), admit_unlisted=1, max_series=5_000)
T0 = datetime(2026, 3, 2, 1, tzinfo=UTC)
WALL_S = START_MS / 1000 + 500


def exporter(labels: LabelConfig = LABELS) -> Exporter:
    return Exporter(CollectorRegistry(), CONFIG, labels, wall=lambda: WALL_S)


def read(of: Exporter) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample of the page."""
    return {
        (s.name, frozenset(s.labels.items())): s.value
        for family in text_string_to_metric_families(of.metrics.page().decode())
        for s in family.samples
    }


def value(of: Exporter, name: str, **labels: str) -> float | None:
    return read(of).get((name, frozenset(labels.items())))


def fed(of: Exporter, *events: object, partition: int = 0, lag: int = 0) -> Task:
    """A partition of conversations that was fed the events, counted and shown."""
    task = Task(CONVERSATIONS.name, partition, Engine(CONFIG, origin="t/0"), Checkpoint())
    assert isinstance(task.engine, Engine)
    task.engine.advance(START_MS)
    outputs: list[Output] = []
    for event in events:
        outputs.extend(task.engine.feed(event))  # type: ignore[arg-type]
    of.sent(task, outputs)
    of.show(task, lag)
    return task


def interval(
    end_hours: float, *, revision: int = 1, answered: int = 4, tenant: str = "a"
) -> Output:
    end = T0 + timedelta(hours=end_hours)
    tally = Tally(answered=answered, answered_in=3, abandoned=1)
    data = QueueIntervalData(
        window_start=end - timedelta(minutes=30), window_end=end, length="30m", tenant=tenant,
        queue="sales", revision=revision, opened=0, offered=answered + 1, answered=answered,
        abandoned=1, service_level=service_levels(tally), abandonment=share(1, answered + 1),
        abandonment_adjusted=share(0, 0), asa_seconds=12.5, handled=0, aht_seconds=None,
        talk_seconds_mean=None, hold_seconds_mean=None, wrap_up_seconds_mean=None, transferred=0,
        transfer_rate=None, held=0, hold_rate=None, occupancy=0.8, response_rate=None,
        first_responses=0, first_response_seconds_mean=None, next_responses=0,
        next_response_seconds_mean=None, met=2, breached=1, policy_version="p",
    )  # fmt: skip
    return QueueInterval(id=f"i{end_hours}{revision}", time=end, subject="s", data=data)


def test_the_contract_names_each_metric_once_in_the_units_of_prometheus() -> None:
    names = [metric.name for metric in CONTRACT]
    assert len(names) == len(set(names))
    for metric in CONTRACT:
        assert metric.name.startswith("kefu_")
        assert not metric.name.endswith(("_total", "_ms", "_count", "_bucket"))
        assert "partition" not in metric.labels or metric.type == "gauge", metric.name
        assert bool(metric.buckets) == (metric.type == "histogram")
        assert list(metric.buckets) == sorted(set(metric.buckets))
        assert not {"agent", "agent_id", "customer", "customer_id", "text"} & {*metric.labels}
        crossed = {"queue", "channel", "priority"} <= {*metric.labels}
        assert not crossed or "waiting" in metric.name, metric.name


def test_the_page_and_the_registry_of_prometheus_client_say_the_same() -> None:
    registry = CollectorRegistry()
    of = Exporter(registry, CONFIG, LABELS, wall=lambda: WALL_S)
    fed(of, message(0, "customer", channel="web", queue="sales", text="你好"))
    of.batch(0.03)
    page = read(of)
    assert len(page) == of.metrics.size > 500
    for (name, labels), number in page.items():
        assert registry.get_sample_value(name, dict(labels)) == number, name
    types = [line for line in of.metrics.page().decode().splitlines() if line.startswith("# TYPE")]
    assert len(types) == len(CONTRACT)


def test_a_first_breach_is_an_increase_because_the_counter_was_there_at_zero() -> None:
    of = exporter()
    labels = {"clock": "first_response", "channel": "web", "queue": "sales"}
    assert value(of, "kefu_sla_total", outcome="breached", **labels) == 0
    fed(of, message(0, "customer", channel="app", queue="new", text="你好"))
    labels = {"clock": "first_response", "channel": "app", "queue": "new"}
    assert value(of, "kefu_sla_total", outcome="breached", **labels) == 0


def test_names_beyond_the_admitted_ones_are_other_and_counted() -> None:
    of = exporter()
    for number, queue in enumerate(("one", "two", "three")):
        fed(of, message(number, "customer", channel="web", queue=queue, text="你好"))
    refused = value(of, "kefu_label_values_refused_total", label="queue")
    assert refused is not None
    assert refused >= 2
    queues = {dict(labels).get("queue") for _, labels in read(of)} - {None}
    assert queues == {"sales", "one", "none", "other"}


def test_a_lone_surrogate_in_a_name_does_not_break_the_page() -> None:
    of = exporter()
    fed(of, message(0, "customer", channel="web", queue="\ud800", text="你好"))
    fed(of, message(1, "customer", channel='we"b\\', queue="sales", text="你好"))
    queues = {dict(labels).get("queue") for _, labels in read(of)} - {None}
    assert queues == {"sales", "none", "other"}
    assert any(("channel", 'we"b\\') in labels for _, labels in read(of))


def test_series_stop_at_the_limit_and_what_is_refused_is_counted_as_other() -> None:
    names = tuple(f"q{number}" for number in range(60))
    of = exporter(LabelConfig(channels=("web",), queues=names, max_series=1_000))
    refused = value(of, "kefu_series_refused_total", metric="kefu_qa_issues")
    assert refused is not None
    assert refused > 0
    assert of.metrics.size < 2_000, "the last resort, other, is itself bounded"
    outputs = of.metrics
    outputs.add("kefu_rated", ("q59",), 3)
    assert value(of, "kefu_rated_total", queue="other") == 3


def test_too_many_groups_of_waiting_customers_fold_and_nobody_is_lost() -> None:
    waits: Waits = {
        ("conversation", f"c{c}", f"q{q}", f"P{p}"): WaitingNow(1 + q, 100 * c + q + p)
        for c in range(3) for q in range(10) for p in range(1, 5)
    }  # fmt: skip
    waits["conversation", "c0", "empty", "P1"] = WaitingNow(0, None)
    total = sum(now.customers for now in waits.values())
    for most, groups in ((500, 121), (120, 120), (40, 40), (10, 10)):
        shown, folded = fold(waits, most)
        assert len(shown) == groups
        assert sum(now.customers for now in shown.values()) == total
        assert min(now.oldest_since_ms or 9_999 for now in shown.values()) == 1
        assert folded == (0 if most >= 120 else 120)


def test_a_revoked_partition_takes_all_its_gauges_along_and_no_other() -> None:
    of = exporter()
    before = {key for key in read(of) if "partition" in dict(key[1])}
    assert not before
    of.rebalanced(2)
    fed(of, message(0, "customer", channel="web", queue="sales", text="你好"), partition=0)
    fed(of, message(1, "customer", channel="web", queue="sales", text="你好"), partition=1)
    fed(of, presence(2, "a", "busy"), partition=1)
    of.revoked(CONVERSATIONS.name, 1)
    left = {dict(labels)["partition"] for _, labels in read(of) if "partition" in dict(labels)}
    assert left == {"0"}
    assert value(of, "kefu_assigned_partitions") == 1


def test_who_stops_waiting_leaves_no_oldest_wait_behind() -> None:
    of = exporter()
    group = {"kind": "conversation", "channel": "web", "queue": "sales", "priority": "none"}
    oldest = "kefu_oldest_waiting_since_timestamp_seconds"
    task = fed(of, message(5, "customer", channel="web", queue="sales", text="你好"))
    assert value(of, "kefu_waiting", partition="0", **group) == 1
    assert value(of, oldest, partition="0", **group) == START_MS / 1000 + 5
    assert isinstance(task.engine, Engine)
    task.engine.feed(message(9, "agent", "您好"))
    of.show(task, 0)
    assert value(of, "kefu_waiting", partition="0", **group) == 0
    assert value(of, oldest, partition="0", **group) is None


def test_event_time_lag_is_zero_where_no_record_waits() -> None:
    of = exporter()
    task = fed(of, message(0, "customer", text="你好"), lag=0)
    place = {"topic": CONVERSATIONS.name, "partition": "0"}
    assert value(of, "kefu_event_time_lag_seconds", **place) == 0
    of.show(task, 3)
    assert value(of, "kefu_event_time_lag_seconds", **place) == 500
    assert value(of, "kefu_state_shown_timestamp_seconds", **place) == WALL_S


def test_an_older_window_does_not_replace_a_newer_one_and_a_revision_does() -> None:
    of = exporter()
    place = {"queue": "sales", "partition": "2"}
    of.outputs([interval(2), interval(1, answered=9)], 2)
    assert value(of, "kefu_interval_contacts", fate="answered", **place) == 4
    of.outputs([interval(2, revision=2, answered=6), interval(2, answered=1, tenant="b")], 2)
    assert value(of, "kefu_interval_contacts", fate="answered", **place) == 6
    assert value(of, "kefu_interval_service_level_denominator", formula="1", **place) == 7
    end = (T0 + timedelta(hours=2)).timestamp()
    assert value(of, "kefu_interval_end_timestamp_seconds", **place) == end
    ratio = "kefu_interval_abandonment_ratio"
    assert value(of, ratio, adjusted="yes", **place) is None, "nothing stands below the line"
    of.facts_revoked(2)
    assert not [name for name, labels in read(of) if ("partition", "2") in labels]


def test_a_window_of_the_past_does_not_pass_for_the_last_one_on_a_fresh_page() -> None:
    of = exporter()
    fed(of)
    place = {"queue": "sales", "partition": "2"}
    of.outputs([interval(-2, answered=9)], 2)
    assert value(of, "kefu_interval_contacts", fate="answered", **place) is None
    of.outputs([interval(-0.5), interval(-2, revision=2)], 2)
    assert value(of, "kefu_interval_contacts", fate="answered", **place) == 4


def test_the_page_is_served_while_the_event_loop_is_busy() -> None:
    of = exporter()
    server = MetricsServer(of.metrics, "127.0.0.1", 0)
    took: list[float] = []

    def scrape() -> None:
        began = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=5) as page:
            assert b"kefu_build" in page.read()
        took.append(time.monotonic() - began)

    async def busy() -> None:
        thread = threading.Thread(target=scrape)
        thread.start()
        time.sleep(1.5)  # the loop is blocked on purpose
        assert took, "the scrape waited for the event loop"
        thread.join()

    try:
        asyncio.run(busy())
    finally:
        server.close()


def test_the_docs_page_is_what_the_contract_says_and_a_change_is_found(tmp_path: Path) -> None:
    assert CliRunner().invoke(command, ["--check"]).exit_code == 0
    page = tmp_path / "metrics.md"
    assert CliRunner().invoke(command, ["--write", "--page", str(page)]).exit_code == 0
    for metric in CONTRACT:
        assert f"`{metric.name}" in page.read_text(encoding="utf-8")
    page.write_text(page.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
    found = CliRunner().invoke(command, ["--check", "--page", str(page)])
    assert "kefu metrics --write" in str(found.exception)
    listed = orjson.loads(CliRunner().invoke(command, ["--json"]).output)
    assert len(listed["metrics"]) == len(CONTRACT)


def test_the_shipped_rules_and_queues_fit_under_the_limit() -> None:
    labels = LabelConfig(
        channels=tuple("abcdef"), call_channels=("e", "f"),
        queues=tuple(f"q{number}" for number in range(50)),
    )  # fmt: skip
    of = Exporter(CollectorRegistry(), load_config(), labels)
    assert of.metrics.size < 16_500, "beside 1,200 groups of waits and the windows of 50 queues"
    assert value(of, "kefu_series_refused_total", metric="kefu_sla") == 0
