"""A worker is killed, and the input is broken: nothing is lost, nothing is invented."""

import time
from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random

import orjson
import pytest

from agents.connection import KafkaConnection
from agents.settings import load_config
from agents.topics import partition_counts
from kefu.generator import Generator
from kefu.generator.corruptions import CORRUPTIONS, Record
from kefu.log_writer import LogWriter
from kefu.replay import InProcess
from kefu.ticks import final_tick, tick_before
from schemas.codec import encode, to_ms
from schemas.events import AgentPresence, Event
from schemas.outputs import Duplicate, Output
from schemas.topics import TOPIC_OF_TYPE
from tests.broker.harness import (
    Expected,
    fresh_broker,
    ids,
    input_lag,
    outputs_when_complete,
    read_all,
    running_worker,
    wait_until_drained,
)

pytestmark = pytest.mark.broker

START_MS = 1_772_413_200_000
MESSAGES = 20_000
CORRUPT = 10_000


def generated(count: int, seed: int) -> list[Event]:
    """Events of the demo's generator, without presence."""
    stream = Generator(seed, start_ms=START_MS, rate_per_minute=60.0)
    return list(islice((e for e in stream if not isinstance(e, AgentPresence)), count))


def topic_of(event: Event) -> str:
    return TOPIC_OF_TYPE[str(event.__struct_config__.tag)].name


def undisturbed(events: list[Event]) -> Expected:
    """The outputs of the same events in process."""
    config = load_config()
    pipeline = InProcess(config, None)
    found: list[Output] = []
    for event in events:
        found += pipeline.advance(tick_before(to_ms(event.time)))
        found += pipeline.feed(event)
    found += pipeline.advance(final_tick(to_ms(events[-1].time), config))
    return Expected(orjson.loads(encode(o)) for o in found if not isinstance(o, Duplicate))


def write(connection: KafkaConnection, events: list[Event], *, is_last: bool = True) -> int:
    """Write events with ticks of their own time; returns how many records that were."""
    writer = LogWriter(connection, partition_counts(connection), "test")
    for event in events:
        writer.write(topic_of(event), event.subject.encode(), encode(event), to_ms(event.time))
    if is_last:
        writer.tick_everywhere(final_tick(to_ms(events[-1].time), load_config()))
    writer.flush()
    return writer.events + writer.ticks


def test_a_worker_killed_in_the_middle_gives_the_same_output_ids(tmp_path: Path) -> None:
    events = generated(MESSAGES, seed=11)
    expected = undisturbed(events)
    options = ("--clock", "source", "--no-sentiment")
    with fresh_broker() as connection:
        total = write(connection, events)
        with running_worker(connection, "w1", tmp_path, *options) as first:
            deadline = time.monotonic() + 60
            while (lag := input_lag(connection)) is None or lag >= total:
                assert time.monotonic() < deadline, first.tail()
                assert first.process.poll() is None, first.tail()
                time.sleep(0.02)
            first.kill()
        left = input_lag(connection)
        assert left, "void: the kill came after the input had ended"
        killed_at = time.monotonic()
        with running_worker(connection, "w1", tmp_path, *options) as second:
            wait_until_drained(connection, second)
            recovered_s = time.monotonic() - killed_at
            documents = outputs_when_complete(connection, expected)
            assert second.stop() == 0, second.tail()
    lost, invented = expected.difference(documents)
    found = ids(documents)
    print(
        f"SIGKILL: inputs {len(events)}, {left} left at the kill, outputs {len(set(found))}, "
        f"lost {len(lost)}, invented {len(invented)}, duplicates {len(found) - len(set(found))} "
        f"(all recognised by id), recovered in {recovered_s:.1f} s"
    )
    assert not lost
    assert not invented


def test_ten_thousand_corrupt_events_become_dead_letters_and_stop_nobody(tmp_path: Path) -> None:
    random = Random(5)
    good = generated(2_000, seed=12)
    names = sorted(CORRUPTIONS)
    wanted: Counter[str] = Counter()
    with fresh_broker() as connection:
        counts = partition_counts(connection)
        writer = LogWriter(connection, counts, "test")
        broken = 0
        for index, event in enumerate(good):
            topic, key = topic_of(event), event.subject.encode()
            writer.write(topic, key, encode(event), to_ms(event.time))
            while broken < CORRUPT * (index + 1) // len(good):
                corruption = CORRUPTIONS[names[broken % len(names)]]
                bad = corruption.make(Record(topic, key, encode(event)), random)
                writer.write(bad.topic, bad.key, bad.value, None)
                wanted[corruption.reason.value] += 1
                broken += 1
        writer.flush()
        with running_worker(
            connection, "w1", tmp_path, "--clock", "source", "--no-sentiment"
        ) as worker:
            wait_until_drained(connection, worker)
            letters = read_all(connection, "kefu.dead-letters.v1")
            enriched = read_all(connection, "kefu.messages.enriched.v1")
            assert worker.stop() == 0, worker.tail()
    reasons = Counter(str(letter["data"]["reason"]) for letter in letters)  # type: ignore[index]
    said = {e.id for e in good if e.__struct_config__.tag in SPOKEN}
    processed = {str(document["data"]["event_id"]) for document in enriched}  # type: ignore[index]
    print(
        f"corrupt: {broken} of {len(names)} kinds, dead letters {len(letters)}, "
        f"good {len(said)} said, {len(processed & said)} enriched, reasons {dict(reasons)}"
    )
    assert reasons == wanted
    assert said <= processed


SPOKEN = ("kefu.conversation.message", "kefu.call.utterance")


def test_mojibake_and_messages_without_text_are_enriched_and_flagged(tmp_path: Path) -> None:
    events = [e for e in generated(300, seed=13) if e.__struct_config__.tag == SPOKEN[0]][:40]
    for index, event in enumerate(events):
        event.data.text = ("锟斤拷��你好", None, "", "ä½ å¥½")[index % 4]  # type: ignore[union-attr]
    with fresh_broker() as connection:
        write(connection, events)
        with running_worker(
            connection, "w1", tmp_path, "--clock", "source", "--no-sentiment"
        ) as worker:
            wait_until_drained(connection, worker)
            enriched = read_all(connection, "kefu.messages.enriched.v1")
            letters = read_all(connection, "kefu.dead-letters.v1")
            assert worker.stop() == 0, worker.tail()
    flags = Counter(flag for e in enriched for flag in e["data"]["flags"])  # type: ignore[index]
    print(f"odd texts: {len(events)} sent, {len(enriched)} enriched, flags {dict(flags)}")
    assert len(enriched) == len(events)
    assert flags["no_text"] == flags["mojibake"] == len(events) // 2
    assert not letters
