"""Everything that goes out, as CloudEvents.

Every output has an `id` that follows from its cause (`pipeline.ids.output_id`), so that a repeat
after a crash is a duplicate a reader can drop, names the events it came from (`caused_by`), and the
version of the policy, rules or model that judged. `time` is the event time it speaks of.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from schemas.envelope import Dimensions, DurationMs, Identifier, Instant, Label, Role

ENGINE_SOURCE = "kefu/engine"

InteractionKind = Literal["conversation", "call"]
SentimentLabel = Literal["negative", "neutral", "positive"]
Clock = Literal["first_response", "next_response", "answer"]
"""`answer` is the wait of a caller in the queue."""
SlaStatus = Literal["warned", "breached", "met", "corrected"]
Severity = Literal["info", "minor", "major", "critical"]
Speaker = Literal["agent", "bot", "queue"]


class OutputEnvelope(Struct, kw_only=True, tag_field="type"):
    """CloudEvents 1.0 context attributes of an output."""

    specversion: Literal["1.0"] = "1.0"
    id: Identifier
    source: Identifier = ENGINE_SOURCE
    time: Instant
    subject: Identifier
    synthetictime: bool | UnsetType = UNSET


class Sentiment(Struct, kw_only=True):
    """`score` is the probability of positive, 0…1; `model` names model and lexicon version."""

    score: float
    label: SentimentLabel
    model: str


class EnrichedData(Dimensions, kw_only=True, omit_defaults=True):
    """One message or utterance, masked and scored.

    `response_ms` is set on an agent's message that answered a waiting customer; `response` says
    which clock it stopped. `flags`: `no_text` (a picture, a voice note), `mojibake`, `truncated`,
    `private`, `auto`.
    """

    kind: InteractionKind
    event_id: Identifier
    event_source: Identifier
    role: Role
    text: str
    masked: list[str]
    content_type: str
    flags: list[str]
    sentiment: Sentiment | None
    intents: list[str]
    risk_words: list[str]
    response: Clock | None = None
    response_ms: DurationMs | None = None
    start_ms: DurationMs | None = None
    end_ms: DurationMs | None = None
    caused_by: list[str]


class MessageEnriched(OutputEnvelope, kw_only=True, tag="kefu.message.enriched"):
    data: EnrichedData


class SlaData(Dimensions, kw_only=True, omit_defaults=True):
    """One statement of one clock.

    `clock_id` is shared by all statements about one wait. `elapsed_ms` is the measured time for
    `met`, the target for `breached`. A correction names the statement it takes back in `corrects`
    and carries the true `elapsed_ms` and outcome.
    """

    kind: InteractionKind
    clock: Clock
    clock_id: Identifier
    waiting_since: Instant
    deadline: Instant
    target_ms: DurationMs
    elapsed_ms: DurationMs
    outcome: Literal["warned", "breached", "met"]
    corrects: Identifier | None = None
    policy_version: str
    caused_by: list[str]


class SlaWarned(OutputEnvelope, kw_only=True, tag="kefu.sla.warned"):
    data: SlaData


class SlaBreached(OutputEnvelope, kw_only=True, tag="kefu.sla.breached"):
    data: SlaData


class SlaMet(OutputEnvelope, kw_only=True, tag="kefu.sla.met"):
    data: SlaData


class SlaCorrected(OutputEnvelope, kw_only=True, tag="kefu.sla.corrected"):
    data: SlaData


class Evidence(Struct, kw_only=True, omit_defaults=True):
    """Where a rule saw what it says: the message, the span in its masked text, and that text."""

    event_id: Identifier
    start: int = 0
    end: int = 0
    text: str = ""


class QaIssueData(Dimensions, kw_only=True, omit_defaults=True):
    """One hit of one quality rule."""

    kind: InteractionKind
    rule: Label
    rule_name: str
    rule_name_zh: str
    severity: Severity
    points: int
    speaks_of: Speaker
    evidence: list[Evidence]
    rules_version: str
    caused_by: list[str]


class QaIssue(OutputEnvelope, kw_only=True, tag="kefu.qa.issue"):
    data: QaIssueData


class SummaryData(Dimensions, kw_only=True, omit_defaults=True):
    """The state of one interaction after a milestone; the highest `revision` is the newest."""

    kind: InteractionKind
    state: Literal["open", "resolved", "closed", "expired"]
    opened: Instant
    closed: Instant | None = None
    revision: int
    customer_messages: int
    agent_messages: int
    bot_messages: int
    transfers: int
    first_response_ms: DurationMs | None = None
    breaches: int
    negative_messages: int
    last_sentiment: float | None = None
    issues: list[str]
    score: int | None = None
    rating: int | None = None
    policy_version: str
    rules_version: str
    caused_by: list[str]


class InteractionSummary(OutputEnvelope, kw_only=True, tag="kefu.interaction.summary"):
    data: SummaryData


class Tally(Struct, kw_only=True, omit_defaults=True):
    """Counts that add up: one hour of one group, or a part of it.

    Sums of milliseconds and points stay integers, so that adding in any order gives the same.
    """

    opened: int = 0
    closed: int = 0
    scored: int = 0
    score_sum: int = 0
    failed: int = 0
    messages: int = 0
    negative: int = 0
    neutral: int = 0
    positive: int = 0
    first_responses: int = 0
    first_response_ms_sum: int = 0
    next_responses: int = 0
    next_response_ms_sum: int = 0
    met: int = 0
    breached: int = 0
    rated: int = 0
    rating_permille_sum: int = 0
    issues: dict[str, int] = {}


class FactsData(Struct, kw_only=True):
    """What one input partition adds to one hour of one queue since its last fact.

    `origin` + `seq` number the facts of one input partition without gaps: the reader keeps the
    last number and drops what is not above it. A watermark says that the origin has reached
    `watermark`, and sends no more facts that are not late.
    """

    origin: Identifier
    seq: int
    watermark: Instant
    window_start: Instant | None = None
    tenant: str = ""
    queue: str = ""
    tally: Tally | None = None


class QaFacts(OutputEnvelope, kw_only=True, tag="kefu.qa.facts"):
    data: FactsData


class ScorecardData(Struct, kw_only=True):
    """One hour of one queue. `coverage` is scored / closed; rates are null where n is 0."""

    window_start: Instant
    window_end: Instant
    tenant: str
    queue: str
    revision: int
    corrects: Identifier | None = None
    opened: int
    closed: int
    scored: int
    coverage: float | None
    score_mean: float | None
    fail_rate: float | None
    messages: int
    negative_share: float | None
    first_responses: int
    first_response_ms_mean: float | None
    next_responses: int
    next_response_ms_mean: float | None
    met: int
    breached: int
    rated: int
    rating_mean: float | None
    issues: dict[str, int]
    policy_version: str
    rules_version: str


class Scorecard(OutputEnvelope, kw_only=True, tag="kefu.qa.scorecard"):
    data: ScorecardData


class DeadLetterData(Struct, kw_only=True):
    """What could not be processed, where it stands, and why. `detail` never quotes the payload."""

    reason: Label
    detail: str
    topic: str
    partition: int
    offset: int
    payload_bytes: int
    payload_base64: str
    payload_truncated: bool


class DeadLetter(OutputEnvelope, kw_only=True, tag="kefu.dead_letter"):
    data: DeadLetterData


class Duplicate(Struct, frozen=True):
    """An event that was already processed. Counted, never published."""

    subject: str
    source: str
    id: str


PublishedOutput = (
    MessageEnriched
    | SlaWarned
    | SlaBreached
    | SlaMet
    | SlaCorrected
    | QaIssue
    | InteractionSummary
    | QaFacts
    | Scorecard
    | DeadLetter
)
Output = PublishedOutput | Duplicate
