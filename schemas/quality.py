"""What quality checking says: issues and moods of one interaction, the scorecard of one hour."""

from typing import Literal

from msgspec import Struct

from schemas.envelope import (
    Dimensions,
    Identifier,
    Instant,
    InteractionKind,
    Label,
    Severity,
    Speaker,
)
from schemas.events import Node

GroupKind = Literal["queue", "agent", "tier", "channel", "tenant"]
"""By what a scorecard sums up. The group of a tenant has an empty name."""


class Evidence(Struct, kw_only=True, omit_defaults=True):
    """Where a rule saw what it says: the message, the span in its masked text, and that text.

    `start` and `end` are 0 and the text is empty where the evidence is no text: a hang-up, a hold.
    """

    event_id: Identifier
    start: int = 0
    end: int = 0
    text: str = ""


class QaIssueData(Dimensions, kw_only=True, omit_defaults=True):
    """One hit of one quality rule. `agent_id` is whoever was responsible at that moment.

    The envelope's `time` is that of the newest evidence; `decided` is when the hit was certain.
    """

    kind: InteractionKind
    rule: Label
    rule_name: str
    rule_name_zh: str
    severity: Severity
    points: int
    speaks_of: Speaker
    evidence: list[Evidence]
    decided: Instant
    rules_version: str
    caused_by: list[str]


class QaWithdrawnData(Dimensions, kw_only=True, omit_defaults=True):
    """A late event has shown that the issue `corrects` was none."""

    kind: InteractionKind
    rule: Label
    severity: Severity
    points: int
    speaks_of: Speaker
    corrects: Identifier
    rules_version: str
    caused_by: list[str]


class MoodData(Dimensions, kw_only=True, omit_defaults=True):
    """The customer's mood, 0 (negative) … 1 (positive), at the newest of `turns`, which show it."""

    kind: InteractionKind
    mood: float
    turns: list[Identifier]
    mood_version: str
    caused_by: list[str]


class MoodWithdrawnData(Dimensions, kw_only=True, omit_defaults=True):
    """A late event has shown that what `corrects` said of the mood was not so."""

    kind: InteractionKind
    corrects: Identifier
    caused_by: list[str]


class Part(Struct, kw_only=True):
    """A share of `n`; null where n is 0."""

    n: int
    share: float | None


class Distribution(Struct, kw_only=True):
    """Of whole points, counted exactly: quantiles are values that occurred (nearest rank)."""

    mean: float | None
    p10: int | None
    p50: int | None
    p90: int | None


class NodeTime(Struct, kw_only=True):
    """How often one node of the five-node process was reached and left in the hour, and how long
    the visits that ended in it had lasted on average.
    """

    node: Node
    reached: int
    left: int
    seconds_mean: float | None


class ScorecardData(Struct, kw_only=True):
    """One hour of one group; `docs/scorecards.md` says what each figure means.

    `coverage` is scored / closed. Rates and means are null where nothing stands below the line.
    `issues` counts hits by rule; `subjects` and `purposes` count closed interactions by what they
    were about, and each of the two adds up to `closed`.
    """

    window_start: Instant
    window_end: Instant
    tenant: str
    group: GroupKind
    name: str
    revision: int
    corrects: Identifier | None = None
    opened: int
    closed: int
    scored: int
    coverage: float | None
    score: Distribution
    fail_rate: float | None
    issues: dict[str, int]
    customer_messages: int
    mood_mean: float | None
    negative: Part
    turned: int
    sustained_negative: int
    first_responses: int
    first_response_ms_mean: float | None
    next_responses: int
    next_response_ms_mean: float | None
    agent_messages: int
    empathy: Part
    positive_language: Part
    on_script: Part
    agent_negative: Part
    apologies: int
    rated: int
    rating_mean: float | None
    subjects: dict[str, int]
    purposes: dict[str, int]
    nodes: list[NodeTime] = []
    policy_version: str
    rules_version: str
