"""Disturbed streams: every fault does what it says, and nothing good is lost."""

from __future__ import annotations

from collections import Counter
from itertools import count, islice
from random import Random

import pytest

from agents.task import _check_place
from kefu.generator import Generator
from kefu.generator.corruptions import CORRUPTIONS, Record
from kefu.generator.faults import Faults, disturb
from schemas.codec import InvalidEvent, Reason, decode, encode
from schemas.topics import TOPIC_OF_TYPE

START_MS = 1_772_413_200_000


def good(number: int, seed: int = 3) -> list[Record]:
    stream = Generator(seed, start_ms=START_MS, rate_per_minute=60.0)
    return [
        Record(
            TOPIC_OF_TYPE[str(event.__struct_config__.tag)].name,
            event.subject.encode(),
            encode(event),
        )
        for event in islice(stream, number)
    ]


def reason_of(record: Record) -> Reason | None:
    """Why a worker would refuse the record."""
    try:
        _check_place(decode(record.value).event, record.key, record.topic)
    except InvalidEvent as invalid:
        return invalid.reason
    return None


# Trap: a corruption that the codec takes for another fault, or for a good event.
@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_a_worker_refuses_the_corruption_for_its_reason(kind: str) -> None:
    random = Random(4)
    for record in good(300):
        assert reason_of(record) is None
        assert reason_of(CORRUPTIONS[kind].make(record, random)) is CORRUPTIONS[kind].reason


def test_every_reason_that_a_record_alone_can_have_is_there() -> None:
    needs_more_than_a_record = {Reason.LATE_BEYOND_MEMORY, Reason.ENGINE_ERROR}
    assert {c.reason for c in CORRUPTIONS.values()} == set(Reason) - needs_more_than_a_record


def test_without_faults_the_stream_is_left_as_it_is() -> None:
    records = good(500)
    assert [d.record for d in disturb(records, Faults(), 1)] == records


def test_no_fault_loses_a_good_record_and_each_comes_as_often_as_asked() -> None:
    records = good(4_000)
    faults = Faults(shuffled_by=20, late=0.1, duplicated=0.2, corrupt=0.5)
    disturbed = list(disturb(records, faults, 9))
    found = Counter(d.fault for d in disturbed)
    assert 350 < found["late"] < 450
    assert 720 < found["duplicate"] < 880
    assert 1_850 < found["corrupt"] < 2_150
    originals = sorted(d.place for d in disturbed if d.fault in ("none", "late"))
    assert originals == list(range(4_000))
    for one in disturbed:
        assert reason_of(one.record) is one.reason
        if one.reason is None:
            assert one.record == records[one.place]


def test_shuffling_moves_no_record_further_than_asked() -> None:
    moved = [
        place - d.place
        for place, d in enumerate(disturb(good(3_000), Faults(shuffled_by=30), seed=2))
    ]
    assert max(map(abs, moved)) <= 30
    assert len(set(moved)) > 20


def test_late_records_come_after_as_many_others_as_asked() -> None:
    disturbed = list(disturb(good(3_000), Faults(late=0.05, late_by=500), seed=2))
    late = [(at, one) for at, one in enumerate(disturbed) if one.fault == "late"]
    assert len(late) > 100
    for at, one in late:
        afterwards = [d.place for d in disturbed[at + 1 :] if d.fault == "none"]
        assert min(afterwards, default=3_000) >= min(3_000, one.place + 500)


def test_a_second_copy_comes_after_the_first() -> None:
    seen: set[int] = set()
    faults = Faults(duplicated=0.3, shuffled_by=50)
    for one in disturb(good(2_000), faults, seed=2):
        if one.fault == "duplicate":
            assert one.place in seen
        seen.add(one.place)


def test_the_same_seed_gives_the_same_faults() -> None:
    faults = Faults(shuffled_by=9, late=0.1, duplicated=0.1, corrupt=0.1)
    records = good(1_000)
    assert list(disturb(records, faults, 1)) == list(disturb(records, faults, 1))
    assert list(disturb(records, faults, 1)) != list(disturb(records, faults, 2))


# Trap: a fault layer that reads its input to the end can never stand before a live stream.
def test_faults_are_lazy_and_hold_a_bounded_part_of_an_endless_stream() -> None:
    taken = count()
    records = good(10)

    def endless() -> object:
        while True:
            next(taken)
            yield records[0]

    faults = Faults(shuffled_by=50, late=0.1, late_by=200, duplicated=0.1, corrupt=0.1)
    given = len(list(islice(disturb(endless(), faults, 1), 1_000)))  # type: ignore[arg-type]
    assert given == 1_000
    assert next(taken) < 1_000 + 50 + 200


def test_kinds_of_corruption_can_be_chosen() -> None:
    disturbed = disturb(good(200), Faults(corrupt=1.0, kinds=("nan", "tombstone")), seed=1)
    reasons = Counter(d.reason for d in disturbed if d.fault == "corrupt")
    assert reasons == {Reason.INVALID_JSON: 100, Reason.TOMBSTONE: 100}
