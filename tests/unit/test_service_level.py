"""The five service levels and what stands beside them."""

from __future__ import annotations

import pytest

from pipeline.service_level import (
    abandonment,
    abandonment_adjusted,
    handling_seconds,
    hold_rate,
    occupancy,
    service_levels,
    speed_of_answer_seconds,
    transfer_rate,
)
from schemas.outputs import Tally

GOLDEN = Tally(answered=1000, answered_in=860, abandoned=60, abandoned_in=20, abandoned_short=10)


def test_the_golden_case_gives_each_formula_its_own_figure() -> None:
    levels = service_levels(GOLDEN)
    assert [(level.formula, round(100 * (level.share or 0), 1)) for level in levels] == [
        (1, 83.0),
        (2, 86.0),
        (3, 81.1),
        (4, 82.7),
        (5, 82.1),
    ]
    assert [(level.numerator, level.denominator) for level in levels] == [
        (880, 1060),
        (860, 1000),
        (860, 1060),
        (860, 1040),
        (870, 1060),
    ]
    assert len({level.name for level in levels}) == 5


def test_short_waits_leave_both_sides_of_the_adjusted_abandonment() -> None:
    plain, adjusted = abandonment(GOLDEN), abandonment_adjusted(GOLDEN)
    assert (plain.numerator, plain.denominator) == (60, 1060)
    assert (adjusted.numerator, adjusted.denominator) == (50, 1050)
    assert (plain.share, adjusted.share) == (0.056604, 0.047619)


def test_without_any_wait_every_share_is_null_not_zero_and_not_one() -> None:
    nothing = Tally()
    assert {level.share for level in service_levels(nothing)} == {None}
    assert abandonment(nothing).share is None
    assert abandonment_adjusted(Tally(abandoned=3, abandoned_short=3)).share is None
    assert [
        measure(nothing)
        for measure in (
            speed_of_answer_seconds,
            handling_seconds,
            transfer_rate,
            hold_rate,
            occupancy,
        )
    ] == [None] * 5


def test_only_abandons_within_the_threshold_leave_formula_four_without_a_denominator() -> None:
    early = service_levels(Tally(abandoned=2, abandoned_in=2))
    assert [level.share for level in early] == [1.0, None, 0.0, None, 0.0]


def test_handling_is_talk_hold_and_after_call_work_over_the_handled() -> None:
    tally = Tally(
        answered=4,
        wait_ms_sum=50_000,
        handled=2,
        talk_ms_sum=200_000,
        hold_ms_sum=30_000,
        wrap_up_ms_sum=71_000,
        transferred=1,
        held=2,
    )
    assert speed_of_answer_seconds(tally) == 12.5
    assert handling_seconds(tally) == 150.5
    assert (transfer_rate(tally), hold_rate(tally)) == (0.5, 1.0)


@pytest.mark.parametrize(("busy", "idle", "share"), [(3, 1, 0.75), (0, 5, 0.0), (5, 0, 1.0)])
def test_occupancy_is_the_share_of_work_in_work_and_idle_time(
    busy: int, idle: int, share: float
) -> None:
    assert occupancy(Tally(occupied_ms=busy, available_ms=idle)) == share
