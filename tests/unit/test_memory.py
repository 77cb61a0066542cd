"""How long an interaction remembers its events, and what a restart must show again."""

from __future__ import annotations

import pytest

from pipeline.ids import event_digest
from pipeline.state import SEEN_EVENTS, Interaction
from schemas.codec import InvalidEvent, Reason
from schemas.outputs import Duplicate
from tests.unit.builders import agent, customer, engine, presence, queued, run


def interaction() -> Interaction:
    return Interaction(id="c1", kind="conversation", opened_ms=0, last_ms=0, touched_ms=0)


def test_the_newest_half_of_the_memory_is_always_told_as_duplicates() -> None:
    of = engine()
    events = [customer(n) for n in range(SEEN_EVENTS * 3)]
    for number, event in enumerate(events):
        run(of, event)
        for known in events[max(0, number - SEEN_EVENTS // 2 + 1) : number + 1]:
            assert [type(output) for output in of.feed(known)] == [Duplicate]


def test_an_event_older_than_the_memory_is_refused_and_not_counted_again() -> None:
    of = engine()
    run(of, *[customer(n) for n in range(SEEN_EVENTS + 1)])
    with pytest.raises(InvalidEvent) as refused:
        of.feed(customer(0))
    assert refused.value.reason is Reason.LATE_BEYOND_MEMORY


def test_a_burst_of_thousands_within_one_second_is_not_refused() -> None:
    of = engine()
    events = [customer(10 + n / 10_000) for n in range(3_000)]
    assert sum(len(of.feed(event)) > 0 for event in events) == len(events)


def test_bytes_that_look_like_a_digest_across_two_entries_are_no_duplicate() -> None:
    of = interaction()
    digest = event_digest("s", "e")
    # Twelve bytes an entry: here the digest begins at the fourth.
    of.seen = b"\x01" * 4 + digest + b"\x01" * 12
    assert not of.remembers(digest)
    of.seen += digest + b"\x01" * 4
    assert of.remembers(digest)


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
