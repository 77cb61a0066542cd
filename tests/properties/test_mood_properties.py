"""The mood that moves on message by message is that of the whole conversation from scratch."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.quality.mood import Mood, MoodFile
from tests.oracle_mood import Entry, means_of, truth

CONFIGS = st.builds(
    MoodFile,
    version=st.just("test"),
    turned_by=st.sampled_from([0.1, 0.25, 0.4]),
    turned_below=st.sampled_from([0.2, 0.35, 0.5]),
    recovered_above=st.sampled_from([0.5, 0.6]),
    sustained_turns=st.integers(2, 4),
)
# Many low and some high values, so that moods fall, recover and stay low.
VALUES = st.sampled_from([0.0, 0.013, 0.1, 0.217, 0.301, 0.36, 0.5, 0.777, 0.9, 1.0])
LOGS = st.lists(st.one_of(st.none(), VALUES), max_size=24).map(
    lambda values: [(f"e{number}", value) for number, value in enumerate(values)]
)
SEEDLESS = settings(max_examples=600, deadline=None, derandomize=True)
Told = list[tuple[int, str, tuple[str, ...]]]


def follow(log: list[Entry], config: MoodFile, *, packed_at: int = -1) -> tuple[Mood, Told]:
    mood = Mood()
    told: Told = []
    for index, (event_id, value) in enumerate(log):
        if index == packed_at:
            mood = msgspec.msgpack.decode(msgspec.msgpack.encode(mood), type=Mood)
        if value is None:
            mood.end_turn(config)
        else:
            said = mood.hear(event_id, value, config)
            told += [(index, one.kind, one.event_ids) for one in said]
    return mood, told


@SEEDLESS
@given(LOGS, CONFIGS)
def test_what_is_said_of_a_mood_is_what_its_definition_says(
    log: list[Entry], config: MoodFile
) -> None:
    expected = truth(log, config)
    assume(not expected.is_near_a_threshold)
    mood, told = follow(log, config)
    assert told == expected.told
    assert mood.value == (None if expected.value is None else pytest.approx(float(expected.value)))


@SEEDLESS
@given(LOGS, CONFIGS)
def test_first_lowest_and_fall_are_those_of_the_turns_answered_or_not(
    log: list[Entry], config: MoodFile
) -> None:
    mood, _ = follow(log, config)
    means = [float(mean) for mean in means_of(log)]
    if not means:
        assert (mood.first, mood.lowest, mood.fall) == (None, None, None)
        return
    assert mood.first == pytest.approx(means[0])
    assert mood.lowest == pytest.approx(min(means))
    assert mood.fall == pytest.approx(means[0] - (mood.value or 0.0))


@SEEDLESS
@given(LOGS, CONFIGS, st.integers(0, 24))
def test_a_mood_that_was_stored_and_read_back_goes_on_the_same(
    log: list[Entry], config: MoodFile, packed_at: int
) -> None:
    assert follow(log, config, packed_at=packed_at) == follow(log, config)


def test_the_made_up_logs_do_turn_recover_and_stay_negative() -> None:
    """Else the properties above would hold of nothing."""
    seen: dict[str, int] = {"turned": 0, "twice": 0, "sustained_negative": 0, "near": 0}

    @SEEDLESS
    @given(LOGS, CONFIGS)
    def count(log: list[Entry], config: MoodFile) -> None:
        found = truth(log, config)
        kinds = [kind for _, kind, _ in found.told]
        seen["near"] += found.is_near_a_threshold
        seen["turned"] += "turned" in kinds
        seen["twice"] += kinds.count("turned") > 1
        seen["sustained_negative"] += "sustained_negative" in kinds

    count()
    assert seen["turned"] > 50, seen
    assert seen["twice"] > 3, seen
    assert seen["sustained_negative"] > 20, seen
    assert seen["near"] < 400, seen


def test_exactly_on_a_bound_is_not_negative_and_has_fallen_enough() -> None:
    config = MoodFile("test", turned_by=0.25, turned_below=0.5, recovered_above=0.5)
    assert follow([("a", 0.75), ("b", 0.25)], config)[1] == []  # the turn's mean is 0.5
    assert follow([("a", 0.5), ("b", 0.0)], config)[1] == [(1, "turned", ("a", "b"))]


def test_a_second_run_of_negative_turns_is_told_too() -> None:
    config = MoodFile("test", turned_by=1.0, sustained_turns=2)
    values = [0.1, None, 0.2, None, 0.3, None, 0.9, None, 0.1, None, 0.2]
    log: list[Entry] = [(f"e{number}", value) for number, value in enumerate(values)]
    runs = [(2, "sustained_negative", ("e0", "e2")), (10, "sustained_negative", ("e8", "e10"))]
    assert follow(log, config)[1] == truth(log, config).told == runs
