"""What a page shows: plain figures, each with what it is a share or a mean of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from kefu.report.figures import Queues, Ratio, Sums
from schemas.envelope import InteractionKind, Severity, Speaker
from schemas.quality import Distribution

Unit = Literal["hour", "day", "month"]


@dataclass(frozen=True)
class Rule:
    """What is known of one rule."""

    id: str
    name: str
    name_zh: str
    severity: Severity
    speaks_of: Speaker


@dataclass(frozen=True)
class Quote:
    """Masked text in which a rule saw what it says, and where."""

    interaction_id: str
    time_ms: int
    agent_id: str | None
    texts: tuple[str, ...]


@dataclass(frozen=True)
class RuleHits:
    """One rule: its hits of all hits, and the interactions that they were in."""

    rule: Rule
    hits: Ratio
    interactions: int
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class AgentRow:
    """One agent. `margin` is twice the standard error of the mean score, in points; None where it
    is not known. `is_clear`: the mean is further from the mean of all than that. `issue` is the
    rule about agents that hit most often, with its hits; `lowest` the interaction with the lowest
    score, and that score.
    """

    agent_id: str
    sums: Sums
    margin: float | None
    is_clear: bool
    issue: tuple[Rule, int] | None
    lowest: tuple[str, int] | None


@dataclass(frozen=True)
class Agents:
    """Agents of at least `min_scored` interactions, against the mean of all (points of 100)."""

    min_scored: int
    mean: float | None
    ranked: int
    too_few: int
    to_coach: tuple[AgentRow, ...]
    to_praise: tuple[AgentRow, ...]


@dataclass(frozen=True)
class Gap:
    """One rule in two channels of a kind: shares of the scored interactions in which it hit."""

    rule: Rule
    kind: InteractionKind
    high: tuple[str, Ratio]
    low: tuple[str, Ratio]

    @property
    def size(self) -> float:
        """0…1."""
        return (self.high[1].share or 0.0) - (self.low[1].share or 0.0)


@dataclass(frozen=True)
class Consistency:
    """The largest gaps between the `channels` that have at least `min_scored` interactions."""

    min_scored: int
    channels: Mapping[str, int]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class Bucket:
    """One hour (or day, or month) of the trend; None where nothing was published of it."""

    start_ms: int
    sums: Sums | None


@dataclass(frozen=True)
class Span:
    """What the page speaks of. `revision` is the highest of its hours, `corrected` how many of its
    `hours` were published more than once. `open_until_ms`: late events may change the figures
    until then; None where nothing can come any more.
    """

    zone: ZoneInfo
    tenant: str
    start_ms: int
    end_ms: int
    hours: int
    is_hour: bool
    revision: int
    corrected: int
    open_until_ms: int | None
    newest_ms: int
    is_synthetic: bool


@dataclass(frozen=True)
class Targets:
    """What the figures are held against: points, and shares 0…1. Thresholds are in seconds."""

    pass_score: int
    service_level: float
    response_rate: float
    response_hours: float
    call_threshold_s: float
    chat_threshold_s: float
    empathy: float = 0.30
    positive_language: float = 0.40


@dataclass(frozen=True)
class Versions:
    """By what was judged, as the scorecards name it; and the word lists of the configuration."""

    rules: tuple[str, ...]
    policies: tuple[str, ...]
    configured_rules: str
    word_lists: str


@dataclass(frozen=True)
class Report:
    """One hour, or all hours, of one tenant. `scores` counts the scored interactions by score;
    `distribution` is the scorecard's own where the page is of one hour.
    """

    span: Span
    targets: Targets
    versions: Versions
    sums: Sums
    scores: Mapping[int, int]
    distribution: Distribution
    compliance: Ratio
    rules: tuple[RuleHits, ...]
    agents: Agents
    queues: Queues
    first_response_p90_ms: int | None
    first_response_n: int
    top_box: Ratio
    consistency: Consistency
    trend: tuple[Bucket, ...]
    trend_unit: Unit
