"""The engine against crashes, repeats, an oracle that sees the whole log, and coarse ticks."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.ticks import tick_before
from pipeline.engine import Engine
from schemas.codec import to_ms
from schemas.events import AgentPresence, Event
from schemas.outputs import Duplicate, Output, QaFacts
from tests.properties.event_logs import (
    DELTAS_MS,
    Step,
    as_bytes,
    call_event,
    chat_event,
    logs,
    take,
)
from tests.unit.builders import START_MS, WordScorer, engine

STEADY = settings(deadline=None, derandomize=True, database=None)
SCORER = WordScorer()


def undisturbed(log: list[Step]) -> list[Output | str]:
    of = engine(scorer=SCORER)
    return [output for step in log for output in take(of, step)]


def crashed(of: Engine, stored: dict[str, bytes]) -> Engine:
    """Bring what is stored up to date, and let a new engine take up from it."""
    for key, value in of.take_changes():
        if value is None:
            stored.pop(key, None)
        else:
            stored[key] = value
    again = engine(scorer=SCORER)
    again.restore(of.encode_partition(), dict(sorted(stored.items(), reverse=True)))
    return again


def with_crashes(log: list[Step], cuts: set[int]) -> list[Output | str]:
    """The outputs where a new engine takes up from a checkpoint before each step of `cuts`."""
    of = engine(scorer=SCORER)
    stored: dict[str, bytes] = {}
    out: list[Output | str] = []
    for index, step in enumerate(log):
        if index in cuts:
            of = crashed(of, stored)
        out.extend(take(of, step))
    return out


@settings(STEADY, max_examples=120)
@given(logs(), st.data())
def test_a_crash_at_any_point_changes_no_byte_of_what_follows(
    log: list[Step], data: st.DataObject
) -> None:
    expected = as_bytes(undisturbed(log))
    every = set(range(len(log)))
    some = data.draw(st.sets(st.integers(0, len(log) - 1), max_size=4))
    for cuts in (some, every):
        assert as_bytes(with_crashes(log, cuts)) == expected


@settings(STEADY, max_examples=120)
@given(logs(), st.integers(1, 3), st.booleans())
def test_a_tick_that_is_told_in_parts_says_the_same_also_where_each_part_ends_in_a_crash(
    log: list[Step], most: int, crashes: bool
) -> None:
    of, whole = engine(scorer=SCORER), engine(scorer=SCORER)
    stored: dict[str, bytes] = {}
    out: list[Output | str] = []
    past: list[str] = []
    expected: list[Output | str] = []
    expected_past: list[str] = []
    for step in log:
        expected += take(whole, step)
        expected_past += whole.past
        if not isinstance(step, int):
            out += take(of, step)
            past += of.past
            continue
        while (of.now_ms or 0) < step:
            before_ms = of.now_ms
            out += of.advance(step, most)
            past += of.past
            assert of.now_ms in (before_ms, step)
            if crashes:
                of = crashed(of, stored)
    assert as_bytes(out) == as_bytes(expected)
    assert past == expected_past


def without_presence(log: list[Step]) -> list[Step]:
    """Agents' states have no ids: a repeat of an old one is dropped without a word."""
    return [step for step in log if not isinstance(step, AgentPresence)]


@settings(STEADY, max_examples=120)
@given(logs().map(without_presence))
def test_events_that_come_twice_add_nothing_but_a_duplicate_each(log: list[Step]) -> None:
    once, twice = engine(scorer=SCORER), engine(scorer=SCORER)
    for step in log:
        first = take(once, step)
        assert take(twice, step) == first
        if isinstance(step, int):
            continue
        again = take(twice, step)
        if first and isinstance(first[0], str):
            assert again == first
        else:
            assert [type(output) for output in again] == [Duplicate]


@settings(STEADY, max_examples=120)
@given(logs().map(without_presence))
def test_a_log_that_is_read_again_from_the_start_gives_only_duplicates(log: list[Step]) -> None:
    of = engine(scorer=SCORER)
    taken = [step for step in log[:-1] if not any(isinstance(o, str) for o in take(of, step))]
    for step in taken:
        again = take(of, step)
        assert [type(output) for output in again] == ([] if isinstance(step, int) else [Duplicate])


CHAT_ACTS = {"asks": 5, "replies": 4, "thanks": 2, "auto": 1, "note": 1, "bot": 1}
CHAT_ACTS |= {"transferred": 1, "resolved": 1, "reopened": 1, "closed": 1}
CALL_ACTS = {"queued": 3, "answered": 2, "caller": 1, "agent": 1, "ended": 1}


def _weighted(acts: dict[str, int]) -> list[str]:
    return [kind for kind, times in acts.items() for _ in range(times)]


def _scripts(acts: dict[str, int]) -> st.SearchStrategy[list[tuple[str, int, int]]]:
    kind = st.sampled_from(_weighted(acts))
    return st.lists(st.tuples(kind, DELTAS_MS, st.integers(0, 9)), min_size=1, max_size=9)


CHATS = st.lists(st.tuples(st.integers(0, 90_000), _scripts(CHAT_ACTS)), max_size=12)
CALLS = st.lists(st.tuples(st.integers(0, 90_000), _scripts(CALL_ACTS)), max_size=4)
Scripts = list[tuple[int, list[tuple[str, int, int]]]]


def play(chats: Scripts, calls: Scripts) -> list[Event]:
    """The events of all interactions in the order of their times."""
    events: list[Event] = []
    for prefix, scripts in (("c", chats), ("p", calls)):
        for number, (begin, script) in enumerate(scripts):
            subject, at = f"{prefix}{number}", begin
            for place, (kind, delta, pick) in enumerate(script):
                at += delta
                name = f"{subject}/{place}"
                if prefix == "c":
                    event = chat_event(kind, at / 1000, subject, pick, name)
                else:
                    event = call_event(kind, at / 1000, subject, pick)
                event.id = name
                events.append(event)
    return sorted(events, key=lambda event: event.time)


@settings(STEADY, max_examples=150)
@given(CHATS.filter(bool), CALLS)
def test_one_tick_before_each_event_says_the_same_as_a_tick_every_second(
    chats: Scripts, calls: Scripts
) -> None:
    events = play(chats, calls)
    coarse, fine = engine(scorer=SCORER), engine(scorer=SCORER)
    jumped: list[Output | str] = []
    walked: list[Output | str] = []
    now_ms = START_MS - 1_000
    for event in events:
        until_ms = tick_before(to_ms(event.time))
        jumped += take(coarse, until_ms) + take(coarse, event)
        while now_ms < until_ms:
            now_ms += 1_000
            walked += take(fine, now_ms)
        walked += take(fine, event)
    assert _said(jumped) == _said(walked)


def _said(outputs: list[Output | str]) -> list[bytes]:
    return as_bytes([output for output in outputs if not isinstance(output, QaFacts)])
