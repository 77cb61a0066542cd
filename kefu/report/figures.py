"""Figures that add up: hours of one group become one, and every share keeps its two sides.

Scorecards carry shares and means rounded to six digits, so that the count behind each is its
product with n, rounded: exact as long as n is below half a million an hour.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from schemas.quality import Part, ScorecardData
from schemas.queue_intervals import QueueIntervalData, ServiceLevelFormula


@dataclass(frozen=True)
class Ratio:
    """`part` of `n`; the share is None where n is 0."""

    part: int
    n: int

    @property
    def share(self) -> float | None:
        """0…1."""
        return self.part / self.n if self.n else None


@dataclass(frozen=True)
class Mean:
    """The sum of `n` values in a unit that the field says; the mean is None where n is 0."""

    total: float
    n: int

    @property
    def value(self) -> float | None:
        """The mean, in the unit of the sum."""
        return self.total / self.n if self.n else None


@dataclass
class Sums:
    """What the scorecards of one group say together. Times are in milliseconds, moods and ratings
    in thousandths (0…1000), scores in points.
    """

    opened: int = 0
    closed: int = 0
    scored: int = 0
    points: int = 0
    failed: int = 0
    issues: Counter[str] = field(default_factory=Counter)
    customer_messages: int = 0
    mood_permille: int = 0
    negative: int = 0
    turned: int = 0
    sustained_negative: int = 0
    first_responses: int = 0
    first_response_ms: int = 0
    next_responses: int = 0
    next_response_ms: int = 0
    agent_messages: int = 0
    empathy: int = 0
    positive_language: int = 0
    on_script: int = 0
    agent_negative: int = 0
    apologies: int = 0
    rated: int = 0
    rating_permille: int = 0
    subjects: Counter[str] = field(default_factory=Counter)
    purposes: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, cards: Iterable[ScorecardData]) -> "Sums":
        """The sum of the cards of one group, one for each hour."""
        total = cls()
        for card in cards:
            total.add(_counts(card))
        return total

    def add(self, other: "Sums") -> None:
        """Add another group or hour."""
        for one in fields(self):
            mine, more = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, Counter):
                mine.update(more)
            else:
                setattr(self, one.name, mine + more)

    @property
    def score(self) -> Mean:
        """Points of 100."""
        return Mean(self.points, self.scored)

    @property
    def fail_rate(self) -> Ratio:
        """Below the pass line, of the scored."""
        return Ratio(self.failed, self.scored)

    @property
    def coverage(self) -> Ratio:
        """Scored, of the closed."""
        return Ratio(self.scored, self.closed)


def _counts(card: ScorecardData) -> Sums:
    return Sums(
        opened=card.opened,
        closed=card.closed,
        scored=card.scored,
        points=_times(card.score.mean, card.scored),
        failed=_times(card.fail_rate, card.scored),
        issues=Counter(card.issues),
        customer_messages=card.customer_messages,
        mood_permille=_times(card.mood_mean, 1000 * card.customer_messages),
        negative=_part(card.negative),
        turned=card.turned,
        sustained_negative=card.sustained_negative,
        first_responses=card.first_responses,
        first_response_ms=_times(card.first_response_ms_mean, card.first_responses),
        next_responses=card.next_responses,
        next_response_ms=_times(card.next_response_ms_mean, card.next_responses),
        agent_messages=card.agent_messages,
        empathy=_part(card.empathy),
        positive_language=_part(card.positive_language),
        on_script=_part(card.on_script),
        agent_negative=_part(card.agent_negative),
        apologies=card.apologies,
        rated=card.rated,
        rating_permille=_times(card.rating_mean, 1000 * card.rated),
        subjects=Counter(card.subjects),
        purposes=Counter(card.purposes),
    )


def _part(part: Part) -> int:
    return _times(part.share, part.n)


def _times(value: float | None, n: int) -> int:
    return 0 if value is None else round(value * n)


@dataclass
class Queues:
    """What the hourly intervals of all queues say together. `service_level` is by formula;
    `is_matured`: the time to answer has passed for all who asked.
    """

    service_level: dict[ServiceLevelFormula, Ratio]
    abandonment: Ratio
    speed_of_answer: Mean
    """Seconds that the answered had waited."""
    handling: Mean
    """Seconds of talk, hold and after-call work."""
    response_rate: Ratio
    is_matured: bool
    breached: int
    met: int

    @classmethod
    def of(cls, intervals: Iterable[QueueIntervalData]) -> "Queues":
        """The sum of the intervals, one for each queue and hour."""
        found = list(intervals)
        levels: dict[ServiceLevelFormula, Ratio] = {}
        for share in (share for one in found for share in one.service_level):
            before = levels.get(share.formula, Ratio(0, 0))
            levels[share.formula] = Ratio(
                before.part + share.numerator, before.n + share.denominator
            )
        rates = [one.response_rate for one in found if one.response_rate is not None]
        return cls(
            service_level=levels,
            abandonment=Ratio(sum(i.abandoned for i in found), sum(i.offered for i in found)),
            speed_of_answer=_mean((i.asa_seconds, i.answered) for i in found),
            handling=_mean((i.aht_seconds, i.handled) for i in found),
            response_rate=Ratio(sum(r.responded for r in rates), sum(r.asked for r in rates)),
            is_matured=all(r.matured for r in rates),
            breached=sum(i.breached for i in found),
            met=sum(i.met for i in found),
        )


def _mean(parts: Iterable[tuple[float | None, int]]) -> Mean:
    known = [(value, n) for value, n in parts if value is not None]
    return Mean(sum(value * n for value, n in known), sum(n for _, n in known))
