"""Every counter and histogram says what a plain count over the outputs says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import count, islice
from math import isclose
from pathlib import Path

import orjson
import pytest
from prometheus_client import CollectorRegistry

from agents.changelog import Checkpoint
from agents.export import Exporter
from agents.metrics import CONTRACT
from agents.scorer import load_scorer
from agents.settings import load_config, load_labels
from agents.task import Task
from kefu.generator.corruptions import Record
from kefu.generator.faults import Faults, disturb
from kefu.generator.generator import Generator
from kefu.replay import InProcess, replay
from kefu.source_options import open_source
from kefu.ticks import final_tick
from pipeline.engine import Engine
from pipeline.scorecards import Scorecards
from pipeline.sentiment.scorer import Scorer
from schemas.codec import encode, from_ms, to_ms
from schemas.events import Tick
from schemas.outputs import Duplicate, Output, QaFacts
from schemas.topics import INPUTS, TOPIC_OF_TYPE
from tests.metrics_truth import Truth, truth

START_MS = 1_772_413_200_000
EVENTS = 12_000
BATCH = 700
FAR_MS = 4_000_000_000_000
COUNTED = tuple(m.name for m in CONTRACT if m.type != "gauge")
OF_THE_WORKER = ("kefu_events", "kefu_ticks", "kefu_unknown_fields", "kefu_batch", "kefu_input_gap")
OF_THE_WORKER += ("kefu_event_delay", "kefu_rebalances", "kefu_restarts")
OF_THE_WORKER += ("kefu_label", "kefu_series")
"""Not about outputs."""


class Whole(InProcess):
    """The pipeline in process that also shows its facts."""

    def _regroup(self, outputs: Iterable[Output]) -> list[Output]:
        given = list(outputs)
        facts: list[Output] = [output for output in given if isinstance(output, QaFacts)]
        return [*facts, *super()._regroup(given)]


def shown(exporter: Exporter) -> Truth:
    """Every sample of outputs that is not 0."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in exporter.metrics.collect()
        if family.name in COUNTED and not family.name.startswith(OF_THE_WORKER)
        for sample in family.samples
        if sample.value
    }


def assert_true(exporter: Exporter, outputs: Iterable[Output]) -> set[str]:
    """Compare all samples; the families of which one is not 0."""
    wanted = truth(orjson.loads(encode(o)) for o in outputs if not isinstance(o, Duplicate))
    found = shown(exporter)
    wrong = {
        sample: (found.get(sample, 0), wanted.get(sample, 0))
        for sample in found.keys() | wanted.keys()
        if not isclose(found.get(sample, 0), wanted.get(sample, 0), rel_tol=1e-9)
    }
    families = {name.rsplit("_", 1)[0] for name, _ in wanted}
    print(f"{len(wanted)} samples of {len(families)} families compared, {len(wrong)} wrong")
    assert not wrong, dict(list(wrong.items())[:10])
    return {family.removesuffix("_total") for family in families}


@pytest.mark.data
@pytest.mark.parametrize(("kind", "name"), [("jddc", "jddc_sessions.tsv")])
def test_counters_of_real_conversations_are_the_plain_counts(
    kind: str, name: str, shared_data: Path
) -> None:
    config = load_config()
    exporter = Exporter(CollectorRegistry(), config, load_labels())
    outputs: list[Output] = []
    records = open_source(shared_data / name, kind, (), 7, "Asia/Shanghai")
    replay(
        records,
        Whole(config, load_scorer(with_base=False)),
        config,
        wall_ms=FAR_MS,
        emit=outputs.append,
    )
    for begin in range(0, len(outputs), BATCH):
        exporter.outputs(outputs[begin : begin + BATCH])
    assert len(outputs) > 10_000
    assert_true(exporter, outputs)


def records_of(seed: int) -> list[tuple[Record, int]]:
    """Made-up conversations, calls and presence, late, twice and corrupt; with the time at which
    each comes.
    """
    events = list(islice(Generator(seed, start_ms=START_MS, rate_per_minute=60), EVENTS))
    made = []
    for event in events:
        tag = str(event.__struct_config__.tag)
        made.append(Record(TOPIC_OF_TYPE[tag].name, event.subject.encode(), encode(event)))
    faults = Faults(shuffled_by=20, late=0.02, late_by=400, duplicated=0.02, corrupt=0.01)
    times = [to_ms(event.time) for event in events]
    return [(one.record, times[one.place]) for one in disturb(made, faults, seed)]


def time_of(record: Record) -> int:
    """The event time that a good record names, in milliseconds."""
    return to_ms(datetime.fromisoformat(orjson.loads(record.value)["time"]))


def test_counters_and_events_of_disturbed_traffic_are_the_plain_counts() -> None:
    config = load_config()
    exporter = Exporter(CollectorRegistry(), config, load_labels())
    scorer: Scorer = load_scorer(with_base=False)
    tasks = {
        topic.name: Task(
            topic.name, 0, Engine(config, origin=f"{topic.name}/0", scorer=scorer), Checkpoint()
        )
        for topic in INPUTS
    }
    scorecards = Scorecards(config, frozenset(f"{topic.name}/0" for topic in INPUTS))
    outputs: list[Output] = []
    offsets = count()
    delays: Counter[int] = Counter()
    ticked_ms = START_MS

    def confirm() -> None:
        for task in tasks.values():
            sent = task.take_outputs()
            exporter.sent(task, sent)
            windows = [w for f in sent if isinstance(f, QaFacts) for w in scorecards.feed(f)]
            exporter.outputs(windows, 0)
            outputs.extend([*sent, *windows])

    def tick(now_ms: int) -> None:
        value = encode(Tick(id=str(now_ms), source="t", time=from_ms(now_ms), subject="t"))
        for task in tasks.values():
            task.process(next(offsets), None, value, now_ms, poisoned=False)

    records = records_of(7)
    last_ms = START_MS
    for number, (record, time_ms) in enumerate(records):
        last_ms = max(last_ms, time_ms)
        if number % 20 == 0:
            tick(last_ms)
            ticked_ms = last_ms
        task = tasks[record.topic]
        before, said = task.processed, len(task.outputs)
        task.process(next(offsets), record.key, record.value, last_ms, poisoned=False)
        is_known = any(isinstance(output, Duplicate) for output in task.outputs[said:])
        if task.processed > before and not is_known:
            delays[max(0, ticked_ms - time_of(record))] += 1
        if number % BATCH == 0:
            confirm()
    tick(final_tick(last_ms, config))
    confirm()
    of_outputs = {name for name in COUNTED if not name.startswith(OF_THE_WORKER)}
    # Nobody in these made-up calls hangs up within five seconds, and nothing comes an hour late.
    none_there = {"kefu_contacts_abandoned_short", "kefu_backfilled"}
    assert of_outputs - assert_true(exporter, outputs) == none_there
    events = {
        outcome: sum(
            sample.value
            for family in exporter.metrics.collect()
            if family.name == "kefu_events"
            for sample in family.samples
            if sample.labels["outcome"] == outcome
        )
        for outcome in ("processed", "duplicate", "dead_letter")
    }
    delay = [
        sample
        for family in exporter.metrics.collect()
        if family.name == "kefu_event_delay_seconds"
        for sample in family.samples
    ]
    late = sum(s.value for s in delay if s.name.endswith("_count")) - sum(
        s.value for s in delay if s.labels.get("le") == "5.0"
    )
    assert late == sum(n for delay_ms, n in delays.items() if delay_ms > 5_000) > 0
    print(f"{len(records)} records: {events}, {late:.0f} more than 5 s late")
    assert all(events.values())
    assert sum(events.values()) == len(records)
