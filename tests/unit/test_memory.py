"""How long an interaction remembers its events, and what a restart must show again."""

from __future__ import annotations

import pytest

from pipeline.clocks.fold import NO_KEY, Move
from pipeline.clocks.history import KEPT_AT_LEAST, KEPT_AT_MOST, KEPT_BEFORE_CUT, History
from pipeline.ids import event_digest
from schemas.codec import InvalidEvent, Reason
from schemas.outputs import Duplicate
from tests.unit.builders import agent, customer, engine, presence, queued, run


def test_the_newest_events_are_always_told_as_duplicates() -> None:
    of = engine()
    events = [customer(n * 30) for n in range(KEPT_BEFORE_CUT * 2)]
    for number, event in enumerate(events):
        run(of, event)
        for known in events[max(0, number - KEPT_AT_LEAST + 1) : number + 1]:
            assert [type(output) for output in of.feed(known)] == [Duplicate]


def test_what_lies_within_the_allowed_lateness_is_remembered_however_many_it_is() -> None:
    of = engine()
    events = [customer(n * 0.25) for n in range(KEPT_AT_MOST - 40)]
    run(of, *events)
    repeats = [of.feed(event)[0] for event in events]
    assert {type(output) for output in repeats} == {Duplicate}


def test_an_event_older_than_the_memory_is_refused_and_not_counted_again() -> None:
    of = engine()
    run(of, *[customer(n * 30) for n in range(KEPT_BEFORE_CUT + KEPT_AT_LEAST)])
    with pytest.raises(InvalidEvent) as refused:
        of.feed(customer(0))
    assert refused.value.reason is Reason.LATE_BEYOND_MEMORY


def test_a_burst_of_thousands_within_one_second_is_not_refused() -> None:
    of = engine()
    events = [customer(10 + n / 10_000) for n in range(3_000)]
    assert sum(len(of.feed(event)) > 0 for event in events) == len(events)


def test_bytes_that_look_like_a_digest_across_two_entries_are_no_duplicate() -> None:
    history, digest = History(), event_digest("s", "e")
    history.add(Move(0, 0, 0, digest, "e", NO_KEY))
    shifted = b"\x01" * 4 + history.records + b"\x01" * (len(history.records) - 4)
    history.records = shifted
    assert not history.knows(digest)
    history.records = shifted[4:-4]
    history.records += b"\x01" * 4
    assert history.knows(digest)


def test_a_restart_shows_the_same_waits_agents_and_interactions() -> None:
    of, restarted = engine(), engine()
    run(of, customer(0, queue="vip"), queued(5), customer(7, to="c2"), agent(9, to="c2"))
    run(of, presence(3, "a1", "busy"), 11)
    stored = {key: value for key, value in of.take_changes() if value is not None}
    restarted.restore(of.encode_partition(), stored)
    waits = [(g, w) for g, w in of.waiting() if w.customers]
    assert sorted(restarted.waiting()) == sorted(waits)
    assert {group.queue for group, _ in waits} == {"", "vip"}
    assert restarted.presence() == of.presence() == {("", "busy"): 1}
    assert restarted.open_interactions == of.open_interactions == 4
    assert restarted.now_ms == of.now_ms
