"""The golden cases of the clocks, run against the slow oracle."""

from random import Random

import pytest

from tests.golden.clock_cases import CASES, Case, is_pleasantry, open_intervals
from tests.oracle_clocks import talk_ms, truths, warned

BY_NAME = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@BY_NAME
def test_the_oracle_says_what_was_computed_by_hand(case: Case) -> None:
    found = truths(
        case.events,
        last_tick_ms=case.tick_ms,
        target_of=case.target_of,
        open_intervals=open_intervals,
        is_pleasantry=is_pleasantry,
    )
    assert {t for t in found if t.clock in case.clocks} == set(case.truths), case.trap
    assert found == sorted(found, key=lambda t: (t.start_ms, t.clock, t.start_source, t.start_id))


@BY_NAME
def test_the_oracle_says_the_same_whatever_the_order_of_arrival(case: Case) -> None:
    events = [*case.events, *case.events]
    Random(case.name).shuffle(events)
    found = truths(
        events,
        last_tick_ms=case.tick_ms,
        target_of=case.target_of,
        open_intervals=open_intervals,
        is_pleasantry=is_pleasantry,
    )
    assert [t for t in found if t.clock in case.clocks] == sorted(
        case.truths, key=lambda t: (t.start_ms, t.clock, t.start_source, t.start_id)
    )


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.warned is not None],
    ids=[case.name for case in CASES if case.warned is not None],
)
def test_the_oracle_warns_when_it_was_computed_by_hand(case: Case) -> None:
    found = warned(
        case.events,
        last_tick_ms=case.tick_ms,
        target_of=case.target_of,
        open_intervals=open_intervals,
        is_pleasantry=is_pleasantry,
    )
    assert tuple((w.clock, w.start_id, w.warning_ms, w.at_ms) for w in found) == case.warned


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.talk_ms is not None],
    ids=[case.name for case in CASES if case.talk_ms is not None],
)
def test_the_oracle_counts_the_talk_that_was_computed_by_hand(case: Case) -> None:
    assert talk_ms(case.events) == case.talk_ms


def test_no_two_golden_cases_share_a_name_and_there_are_enough() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 45
