"""The ledger of one partition, and what a record that cannot be processed becomes."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import msgpack

from agents.changelog import LEDGER_KEY, Checkpoint, Ledger, unpacked
from agents.task import Admission, Task, count_duplicates
from schemas.codec import MAX_VALUE_BYTES, encode, from_ms
from schemas.events import Event, Tick
from schemas.outputs import DeadLetter, MessageEnriched, SlaBreached, SlaMet
from schemas.topics import CALLS, CONVERSATIONS
from tests.unit.builders import START_MS, agent, customer, engine, ms, only, queued


def task(*, checkpoint: Checkpoint | None = None, of: Any = None) -> Task:
    """A task of partition 3 of the conversations."""
    return Task(CONVERSATIONS.name, 3, of or engine(), checkpoint or Checkpoint())


def feed(to: Task, offset: int, event: Event, **more: Any) -> None:
    """Give the task an event with the key that belongs to it."""
    arguments: dict[str, Any] = {"key": event.subject.encode(), "time_ms": START_MS}
    arguments |= {"poisoned": False, **more}
    to.process(offset, value=encode(event), **arguments)


def letters(of: Task) -> list[DeadLetter]:
    return only(of.take_outputs(), DeadLetter)


def test_offsets_follow_on_repeats_are_refused_and_holes_are_not_accepted() -> None:
    of = task(checkpoint=Checkpoint(offset=9))
    assert [of.admit(offset) for offset in (8, 9)] == [Admission.DUPLICATE] * 2
    assert of.admit(10) is Admission.NEXT
    assert [of.admit(offset) for offset in (11, 500)] == [Admission.HOLE] * 2


def test_a_hole_that_is_still_there_when_asked_again_is_proven() -> None:
    of = task(checkpoint=Checkpoint(offset=9))
    assert of.admit(14) is Admission.HOLE
    of.hole_asked = 10
    assert of.admit(14) is Admission.NEXT
    feed(of, 14, customer(0))
    assert of.admit(14) is Admission.DUPLICATE
    assert of.admit(15) is Admission.NEXT
    # What was proven of one hole says nothing of the next.
    assert of.admit(17) is Admission.HOLE


def test_a_task_without_a_checkpoint_begins_at_the_first_offset() -> None:
    assert task().admit(0) is Admission.NEXT
    assert task().admit(5) is Admission.HOLE


def test_a_good_event_goes_to_the_engine_and_into_the_ledger() -> None:
    of = task()
    feed(of, 0, customer(0))
    feed(of, 1, agent(10))
    outputs = of.take_outputs()
    assert len(only(outputs, MessageEnriched)) == 2
    assert only(outputs, SlaMet)[0].data.elapsed_ms == 10_000
    assert (of.processed, of.ledger, of.changed) == (2, 1, True)
    assert of.take_outputs() == []


def test_a_tick_needs_no_key_and_is_counted_apart() -> None:
    of = task()
    tick = Tick(id="t", source="clock", time=from_ms(ms(1)), subject="3")
    feed(of, 0, tick, key=None)
    assert (of.ticks, of.processed, letters(of)) == (1, 0, [])


def test_a_tick_by_which_too_much_is_due_must_come_again() -> None:
    of, whole = task(), task()
    for one in (of, whole):
        for number in range(5):
            feed(one, number, customer(0, to=f"c{number}"))
        one.take_outputs()
        one.take_checkpoint()
    tick = Tick(id="t", source="clock", time=from_ms(ms(3_600)), subject="3")
    arguments: dict[str, Any] = {"key": None, "value": encode(tick), "time_ms": START_MS}
    arguments["poisoned"] = False
    outputs = []
    while not of.process(5, **arguments, most=5):
        assert (of.ledger, of.ticks, of.changed, of.unsent > 0) == (4, 0, True, True)
        outputs += of.take_outputs()
        of.take_checkpoint()
        assert of.unsent == 0
    outputs += of.take_outputs()
    assert whole.process(5, **arguments)
    assert (of.ledger, of.ticks) == (whole.ledger, whole.ticks) == (5, 1)
    assert outputs == whole.take_outputs()
    assert len(only(outputs, SlaBreached)) == 5


def test_an_event_that_comes_twice_is_counted_and_moves_the_ledger() -> None:
    of = task()
    feed(of, 0, customer(0))
    of.take_outputs()
    feed(of, 1, customer(0))
    assert count_duplicates(of.take_outputs()) == 1
    assert of.ledger == 1


def test_an_event_on_the_wrong_topic_is_a_dead_letter() -> None:
    of = task()
    feed(of, 0, queued(0))
    assert [letter.data.reason for letter in letters(of)] == ["wrong_topic"]
    of = Task(CALLS.name, 0, engine(), Checkpoint())
    feed(of, 0, queued(0))
    assert letters(of) == []


@pytest.mark.parametrize("key", [None, b"", b"other", b"c1 ", b"\xff"])
def test_a_key_that_is_not_the_subject_is_a_dead_letter(key: bytes | None) -> None:
    of = task()
    feed(of, 0, customer(0), key=key)
    (letter,) = letters(of)
    assert letter.data.reason == "key_mismatch"
    assert of.engine.encode_partition() == engine().encode_partition()


def test_a_poisoned_event_is_a_dead_letter_that_the_engine_never_sees() -> None:
    of = task()
    feed(of, 0, customer(0), poisoned=True)
    (letter,) = letters(of)
    assert letter.data.reason == "engine_error"
    assert of.engine.take_changes() == []
    assert of.ledger == 0


def test_what_the_engine_raises_passes_through_and_leaves_the_ledger() -> None:
    class Broken:
        now_ms = None

        """An engine with a bug."""

        def feed(self, event: Event) -> tuple[()]:
            raise ZeroDivisionError(event.id)

    of = task(of=Broken())
    with pytest.raises(ZeroDivisionError):
        feed(of, 0, customer(0))
    assert (of.ledger, of.processed, of.take_outputs()) == (-1, 0, [])


BAD: list[tuple[bytes | None, str]] = [
    (None, "tombstone"),
    (b"", "empty"),
    (b"{", "invalid_json"),
    (b"[]", "not_an_object"),
    (b"\xff{}", "invalid_utf8"),
    (b'{"type":"kefu.conversation.message"}', "missing_field"),
    (b'{"type":"kefu.none","specversion":"1.0"}', "unknown_type"),
    (b" " * (MAX_VALUE_BYTES + 1), "too_large"),
]


@pytest.mark.parametrize(("value", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_a_dead_letter_carries_its_coordinates_and_the_payload(
    value: bytes | None, reason: str
) -> None:
    of = task(checkpoint=Checkpoint(offset=41))
    of.process(42, b"c1", value, START_MS, poisoned=False)
    (letter,) = letters(of)
    data = letter.data
    assert data.reason == reason
    assert (data.topic, data.partition, data.offset) == (CONVERSATIONS.name, 3, 42)
    assert data.payload_bytes == len(value or b"")
    kept = [(event.letter_id, event.topic, event.key, event.value) for event in of.take_refused()]
    there = [(letter.id, CONVERSATIONS.name, b"c1", value)]
    assert kept == (there if data.payload_kept else [])
    assert data.payload_kept == bool(value)
    assert not of.take_refused(), "a payload was handed over twice"
    assert (letter.subject, letter.time) == ("c1", from_ms(START_MS))
    assert of.ledger == 42


def test_dead_letters_of_different_offsets_have_different_ids_and_a_repeat_the_same() -> None:
    ids = []
    for offset in (0, 1, 0):
        of = task()
        of.process(offset, b"c1", b"{", START_MS, poisoned=False)
        ids.append(letters(of)[0].id)
    assert ids[0] == ids[2] != ids[1]


def test_an_event_ahead_of_the_clock_is_a_dead_letter_and_changes_nothing() -> None:
    of = task()
    feed(of, 0, Tick(id="t", source="clock", time=from_ms(ms(0)), subject="3"))
    of.take_checkpoint()
    feed(of, 1, customer(301))
    assert [letter.data.reason for letter in letters(of)] == ["time_in_future"]
    assert [key for key, _ in of.take_checkpoint()] == [LEDGER_KEY]


def test_a_checkpoint_ends_with_the_ledger_and_a_task_goes_on_from_it() -> None:
    of = task()
    feed(of, 0, customer(0))
    records = of.take_checkpoint()
    assert records[-1][0] == LEDGER_KEY
    assert not of.changed
    ledger = msgpack.decode(records[-1][1] or b"", type=Ledger)
    assert ledger.offset == 0
    restored = engine()
    restored.restore(ledger.partition, {key: value or b"" for key, value in records[:-1]})
    after = task(checkpoint=Checkpoint(offset=ledger.offset), of=restored)
    feed(after, 1, agent(10))
    assert only(after.take_outputs(), SlaMet)[0].data.elapsed_ms == 10_000


def test_a_long_conversation_is_written_in_full_or_comes_back_otherwise() -> None:
    of, plain = task(), engine()
    for number in range(300):
        text = f"{number}号订单等了三天还没到，没办法不归我们管，请稍等" * 20
        feed(of, number, customer(number, text=text))
        plain.feed(customer(number, text=text))
    written = {key: value or b"" for key, value in of.take_checkpoint()[:-1]}
    wanted = {key: value or b"" for key, value in plain.take_changes()}
    ((size, full),) = [(len(written[key]), len(value)) for key, value in wanted.items()]
    print(f"{full:,} bytes, written as {size:,}")
    assert full > 300_000
    assert size < full / 5
    assert {key: unpacked(value) for key, value in written.items()} == wanted


@pytest.mark.parametrize(
    ("kept", "found", "ledger"),
    [("one", "one", 41), ("one", "another", -1), ("", "another", 41), ("one", "", 41)],
    ids=["the same topic", "made anew", "an older checkpoint", "a topic that is not there now"],
)
def test_records_of_a_topic_made_anew_pass_for_known(kept: str, found: str, ledger: int) -> None:
    checkpoint = Checkpoint(offset=41, topic_id=kept)
    of = Task(CONVERSATIONS.name, 3, engine(), checkpoint, found)
    assert of.ledger == ledger
    assert of.topic_id == (found or kept)
    written = msgpack.decode(dict(of.take_checkpoint())[LEDGER_KEY] or b"", type=Ledger)
    assert (written.offset, written.topic_id) == (ledger, found or kept)
