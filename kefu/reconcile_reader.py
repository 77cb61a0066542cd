"""Reads from Kafka what a reconciliation needs: arrivals, dead letters, the sources' own counts."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from confluent_kafka import Consumer, KafkaException, Message
from confluent_kafka import TopicPartition as Place

from agents.connection import KafkaConnection
from kefu.errors import NoKafkaError
from kefu.progress import counting
from kefu.topic_reader import LIMIT_S, read_topic
from pipeline.reconcile import Arrival, Coverage, Reconciler, Reconciliation
from schemas.codec import EARLIEST, LATEST, InvalidEvent, decode_output, to_ms
from schemas.envelope import MAX_ID_CHARS
from schemas.outputs import DeadLetter
from schemas.source_counts import SOURCE_COUNTS, decode_source_count
from schemas.topics import DEAD_LETTERS, INPUTS

SETTLE_MS = 10_000
"""What arrived later than this before the reading began may have company on its way: producers
collect and repeat, and partitions are read one after another."""
MAX_DIGITS = 18
"""Longer sequence numbers do not fit 64 bits."""

Spot = tuple[str, int, int]
"""Topic, partition, offset."""
Counts = dict[tuple[str, int], int]
"""Events that were sent, by source and start of the hour in milliseconds."""


class Reading(NamedTuple):
    """A reconciliation, and what was read for it.

    `unreadable` of the `records` name no source, so that they belong to none; they are dead
    letters. `bad_counts` statements of sources could not be understood.
    """

    found: Reconciliation
    coverage: Coverage
    records: int
    unreadable: int
    bad_counts: int


class _Span(NamedTuple):
    """What is to be read of one partition; `low` is the oldest offset that there is."""

    topic: str
    partition: int
    low: int
    start: int
    end: int


def read_and_reconcile(
    connection: KafkaConnection, since_ms: int, sources: frozenset[str]
) -> Reading:
    """Compare what arrived since then, by Kafka's time; no `sources`: all of them.

    Raises `NoKafkaError` where Kafka cannot be reached or an input topic is not there.
    """
    until_ms = round(time.time() * 1000) - SETTLE_MS
    spans, has_counts = _spans(connection, since_ms)
    # The letters first: what is refused while this runs counts as arrived until the next time.
    refused = set(_refused(connection, since_ms))
    stated, bad_counts = _stated(connection, since_ms, sources) if has_counts else ({}, 0)
    firsts: dict[tuple[str, int], int] = {}
    reconciler = Reconciler()
    records = unreadable = 0
    inputs = (m for topic in INPUTS for m in read_topic(connection, topic.name, since_ms=since_ms))
    with counting(inputs, "reading", sum(span.end - span.start for span in spans)) as messages:
        for message in messages:
            firsts.setdefault((message.topic(), message.partition()), message.timestamp()[1])
            document = _object(message.value())
            if document is not None and document.get("type") == "kefu.tick":
                continue
            records += 1
            arrival = None if document is None else _arrival(document, message, refused)
            if arrival is None:
                unreadable += 1
            elif not sources or arrival.source in sources:
                reconciler.add(arrival)
    coverage = Coverage(_from_ms(spans, firsts, since_ms), until_ms)
    return Reading(reconciler.result(coverage, stated), coverage, records, unreadable, bad_counts)


def _spans(connection: KafkaConnection, since_ms: int) -> tuple[list[_Span], bool]:
    """What is to be read of the inputs, and whether there is a topic of the sources' counts."""
    consumer = Consumer({**connection.confluent(), "group.id": "kefu-reconcile"})  # never joined
    try:
        topics = consumer.list_topics(timeout=LIMIT_S).topics
        missing = [topic.name for topic in INPUTS if topic.name not in topics]
        if missing:
            raise NoKafkaError(
                f"no topic {', '.join(missing)}: create what kefu needs with `kefu topics apply`"
            )
        asked = [Place(t.name, n, since_ms) for t in INPUTS for n in topics[t.name].partitions]
        spans = []
        for place in consumer.offsets_for_times(asked, timeout=LIMIT_S):
            low, end = consumer.get_watermark_offsets(place, timeout=LIMIT_S)
            start = end if place.offset < 0 else place.offset
            spans.append(_Span(place.topic, place.partition, low, start, end))
        return spans, SOURCE_COUNTS in topics
    except KafkaException:
        raise NoKafkaError(f"cannot reach Kafka at {connection.bootstrap_servers}") from None
    finally:
        consumer.close()


def _from_ms(spans: list[_Span], firsts: dict[tuple[str, int], int], since_ms: int) -> int:
    """From when on everything that arrived was read; 0 where the log has lost nothing yet.

    Retention takes the oldest records of each partition for itself.
    """
    from_ms = 0
    for span in spans:
        if span.start > span.low:
            from_ms = max(from_ms, since_ms)
        elif span.low > 0:
            from_ms = max(from_ms, firsts.get((span.topic, span.partition), since_ms))
    return from_ms


def _refused(connection: KafkaConnection, since_ms: int) -> Iterator[Spot]:
    """Where the events stand that became dead letters since then."""
    for message in read_topic(connection, DEAD_LETTERS.name, since_ms=since_ms):
        try:
            letter = decode_output(message.value())
        except InvalidEvent:
            continue  # of another version, or not ours
        if isinstance(letter, DeadLetter):
            yield letter.data.topic, letter.data.partition, letter.data.offset


def _stated(
    connection: KafkaConnection, since_ms: int, sources: frozenset[str]
) -> tuple[Counts, int]:
    """The sources' own counts that came since then, the newest for each hour; and how many
    statements cannot be read.
    """
    newest: dict[tuple[str, int], tuple[datetime, int]] = {}
    bad = 0
    for message in read_topic(connection, SOURCE_COUNTS, since_ms=since_ms):
        try:
            said = decode_source_count(message.value())
        except InvalidEvent:
            bad += 1
            continue
        key = (said.source, to_ms(said.data.hour))
        known = newest.get(key)
        if (not sources or said.source in sources) and (known is None or known[0] <= said.time):
            newest[key] = (said.time, said.data.count)
    return {key: count for key, (_, count) in newest.items()}, bad


def _object(value: bytes | None) -> dict[str, Any] | None:
    """The JSON object of a record, however wrong as an event; None where there is none."""
    try:
        document = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _arrival(document: dict[str, Any], message: Message, refused: set[Spot]) -> Arrival | None:
    """The record as an arrival: also a refused event has used up its number."""
    source, event_id = document.get("source"), document.get("id")
    if not isinstance(source, str) or not 0 < len(source) <= MAX_ID_CHARS:
        return None
    spot = (message.topic(), message.partition(), message.offset())
    arrived_ms = message.timestamp()[1]
    time_ms = _time_ms(document.get("time"))
    return Arrival(
        source,
        _number(document.get("sequence")),
        event_id if isinstance(event_id, str) else repr(spot),
        arrived_ms if time_ms is None else time_ms,
        arrived_ms,
        spot in refused,
    )


def _number(sequence: Any) -> int | None:
    """A whole number as an integer or in decimal digits; None for everything else."""
    if isinstance(sequence, str) and sequence.isascii() and sequence.isdecimal():
        return int(sequence) if len(sequence) <= MAX_DIGITS else None
    return sequence if type(sequence) is int else None


def _time_ms(text: Any) -> int | None:
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is None or not EARLIEST <= found < LATEST:
        return None
    return to_ms(found)
