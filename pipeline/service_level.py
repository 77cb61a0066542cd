"""What the waits, calls and answers of a queue come to: pure formulas over the counts of a window.

Where the field has several definitions, each has its own name and stands beside the others; every
share keeps its numerator and denominator. `docs/clocks.md` says what an answer and an abandonment
are.
"""

from collections.abc import Callable
from typing import NamedTuple

from schemas.outputs import Tally
from schemas.queue_intervals import ServiceLevelFormula, ServiceLevelShare, Share

DIGITS = 6
"""Decimal places of shares and means."""


def rounded_ratio(part: int, whole: int) -> float | None:
    """`part` / `whole`, rounded to `DIGITS`; None where the whole is 0."""
    return round(part / whole, DIGITS) if whole else None


def share(numerator: int, denominator: int) -> Share:
    """A share with its two sides."""
    return Share(
        numerator=numerator,
        denominator=denominator,
        share=rounded_ratio(numerator, denominator),
    )


def mean_seconds(sum_ms: int, count: int) -> float | None:
    """The mean in seconds of a sum in milliseconds; None without any."""
    return rounded_ratio(sum_ms, 1000 * count)


# --- service level -------------------------------------------------------------------------------

Sides = tuple[int, int]
"""Numerator and denominator."""


def answered_and_abandoned_in(t: Tally) -> Sides:
    """1: answered or abandoned within the threshold, of all that waited."""
    return t.answered_in + t.abandoned_in, t.answered + t.abandoned


def answered_in_of_answered(t: Tally) -> Sides:
    """2: answered within the threshold, of the answered: who gave up does not count."""
    return t.answered_in, t.answered


def answered_in_of_offered(t: Tally) -> Sides:
    """3: answered within the threshold, of all that waited: who gave up counts as missed."""
    return t.answered_in, t.answered + t.abandoned


def answered_in_without_early_abandons(t: Tally) -> Sides:
    """4: answered within the threshold, of all but those who gave up within it."""
    return t.answered_in, t.answered + t.abandoned - t.abandoned_in


def answered_in_or_short_abandon(t: Tally) -> Sides:
    """5: answered within the threshold or given up at once, of all that waited."""
    return t.answered_in + t.abandoned_short, t.answered + t.abandoned


class Formula(NamedTuple):
    """One definition of the service level, and the label it is exported under."""

    number: ServiceLevelFormula
    sides: Callable[[Tally], Sides]


FORMULAS = (
    Formula(1, answered_and_abandoned_in),
    Formula(2, answered_in_of_answered),
    Formula(3, answered_in_of_offered),
    Formula(4, answered_in_without_early_abandons),
    Formula(5, answered_in_or_short_abandon),
)


def service_levels(t: Tally) -> list[ServiceLevelShare]:
    """All five, in order; a share is None where nothing stands below the line."""
    found = []
    for formula in FORMULAS:
        numerator, denominator = formula.sides(t)
        found.append(
            ServiceLevelShare(
                formula=formula.number,
                name=formula.sides.__name__,
                numerator=numerator,
                denominator=denominator,
                share=rounded_ratio(numerator, denominator),
            )
        )
    return found


# --- abandonment, speed of answer ----------------------------------------------------------------


def abandonment(t: Tally) -> Share:
    """Abandoned in the queue / offered to it."""
    return share(t.abandoned, t.answered + t.abandoned)


def abandonment_adjusted(t: Tally) -> Share:
    """The same without the short abandons, which leave both sides."""
    patient = t.abandoned - t.abandoned_short
    return share(patient, t.answered + patient)


def speed_of_answer_seconds(t: Tally) -> float | None:
    """ASA: the mean wait of the answered. It falls when customers leave: show abandonment too."""
    return mean_seconds(t.wait_ms_sum, t.answered)


# --- handling ------------------------------------------------------------------------------------


def handling_seconds(t: Tally) -> float | None:
    """AHT: talk + hold + after-call work, over the handled."""
    return mean_seconds(t.talk_ms_sum + t.hold_ms_sum + t.wrap_up_ms_sum, t.handled)


def transfer_rate(t: Tally) -> float | None:
    """Handled that were transferred at least once / handled."""
    return rounded_ratio(t.transferred, t.handled)


def hold_rate(t: Tally) -> float | None:
    """Handled that were put on hold at least once / handled."""
    return rounded_ratio(t.held, t.handled)


def occupancy(t: Tally) -> float | None:
    """Time at work / time at work or waiting for it; None where no presence is known.

    Not utilisation: time away or in training is on neither side.
    """
    return rounded_ratio(t.occupied_ms, t.occupied_ms + t.available_ms)
