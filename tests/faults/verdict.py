"""What must have come out, and the sentence in which every case ends.

The log decides: whatever was done to workers and brokers, the outputs are those of a plain engine
for each partition, fed with the records that the partition holds, in their order.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

import orjson
from confluent_kafka import Message

from agents.changelog import Checkpoint
from agents.connection import KafkaConnection
from agents.settings import load_config
from agents.task import Task
from agents.topics import partition_counts
from pipeline.engine import Engine
from pipeline.scorecards import Scorecards
from schemas.events import Event
from schemas.outputs import Output, QaFacts
from schemas.topics import CALLS, CONVERSATIONS, INPUTS
from tests.broker.harness import Document, Expected, ids, outputs_when_complete, read_records
from tests.broker.in_process import decoded, outputs_of
from tests.faults.load import Load


class Log(NamedTuple):
    """What the input topics hold: how many records, the ids of their events, and the outputs that
    they demand.
    """

    records: int
    event_ids: set[str]
    demanded: list[Document]


def read_log(connection: KafkaConnection) -> Log:
    """Read the input topics, and feed a plain engine for each partition with what it holds."""
    config = load_config()
    counts = partition_counts(connection)
    engines: dict[tuple[str, int], Task] = {}
    origins = set()
    for topic in INPUTS:
        for number in range(counts[topic.name]):
            origin = f"{topic.name}/{number}"
            engine = Engine(config, origin=origin, scorer=None)
            engines[topic.name, number] = Task(topic.name, number, engine, Checkpoint())
            if topic in (CONVERSATIONS, CALLS):
                origins.add(origin)
    scorecards = Scorecards(config, frozenset(origins))
    said: list[Document] = []
    records = read_records(connection, *(topic.name for topic in INPUTS))
    for record in _in_time(records):
        task = engines[record.topic(), record.partition()]
        task.process(
            record.offset(), record.key(), record.value(), record.timestamp()[1], poisoned=False
        )
        said += decoded(_regrouped(task.take_outputs(), scorecards))
    return Log(len(records), _event_ids(records), said)


def _in_time(records: list[Message]) -> Iterator[Message]:
    """The partitions beside each other as they were written; each in its order."""
    partitions: dict[tuple[str, int], list[Message]] = {}
    for record in records:
        partitions.setdefault((record.topic(), record.partition()), []).append(record)
    return heapq.merge(*partitions.values(), key=lambda record: int(record.timestamp()[1]))


def _regrouped(outputs: list[Output], scorecards: Scorecards) -> Iterator[Output]:
    for output in outputs:
        if isinstance(output, QaFacts):
            yield from scorecards.feed(output)
        else:
            yield output


def _event_ids(records: list[Message]) -> set[str]:
    found = set()
    for record in records:
        try:
            document = orjson.loads(record.value() or b"")
            found.add(str(document["id"]))
        except (orjson.JSONDecodeError, TypeError, KeyError):
            continue  # a broken event; its place in the log is what its dead letter is known by
    return found


def undisturbed(events: list[Event]) -> Expected:
    """The outputs of the events in process, where the log is not what it was."""
    return Expected(outputs_of(events))


def check(
    case: str,
    connection: KafkaConnection,
    load: Load,
    *,
    recovered_s: float | None,
    limit_s: float = 60,
) -> None:
    """Read everything, print the sentence, and fail where a figure is not zero.

    `recovered_s`: the longest time from a fault until everything written before it was processed.
    Waits for the last outputs as long as some come within `limit_s`.
    """
    log = read_log(connection)
    unwritten = {event.id for event in load.written} - log.event_ids
    assert not unwritten, f"{case}: void, {len(unwritten)} events never reached the log"
    assert log.records == load.records, f"{case}: void, records written and in the log differ"
    judge(case, connection, Expected(log.demanded), len(load.written), recovered_s, limit_s)


def judge(
    case: str,
    connection: KafkaConnection,
    expected: Expected,
    inputs: int,
    recovered_s: float | None,
    limit_s: float = 60,
) -> None:
    """As `check`, against what is expected for another reason than the log."""
    documents = outputs_when_complete(connection, expected, limit_s)
    difference = expected.difference(documents)
    found = ids(documents)
    repeated = len(found) - len(set(found))
    print(
        f"{case}: inputs {inputs:,}, outputs {len(set(found)) + len(expected.windows):,}, "
        f"lost {len(difference.lost)}, invented {len(difference.invented)}, "
        f"duplicates {repeated} (all recognised), wrong values {len(difference.wrong)}"
        + ("" if recovered_s is None else f", recovered in {recovered_s:.1f} s")
    )
    assert not difference.lost, sorted(difference.lost)[:5]
    assert not difference.invented, sorted(difference.invented)[:5]
    assert not difference.wrong, sorted(difference.wrong)[:5]
