"""Everything that goes out, as CloudEvents.

Every output has an `id` that follows from its cause (`pipeline.ids.output_id`), so that a repeat
after a crash is a duplicate a reader can drop, names the events it came from (`caused_by`), and the
version of the policy, rules or model that judged. `time` is the event time it speaks of.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from schemas.envelope import Dimensions, DurationMs, Identifier, Instant, Label, Role
from schemas.queue_intervals import QueueIntervalData

ENGINE_SOURCE = "kefu/engine"

InteractionKind = Literal["conversation", "call"]
SentimentLabel = Literal["negative", "neutral", "positive"]
ResponseClock = Literal["first_response", "next_response"]
"""The clocks that a message can stop."""
Clock = Literal[
    "first_response",
    "next_response",
    "answer",
    "joined_response",
    "long_wait",
    "resolution_first",
    "resolution_total",
    "hold",
    "after_call_work",
    "follow_up",
    "silent_progress",
]
"""`docs/clocks.md` says what starts and stops each."""
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
    response: ResponseClock | None = None
    response_ms: DurationMs | None = None
    start_ms: DurationMs | None = None
    end_ms: DurationMs | None = None
    caused_by: list[str]


class MessageEnriched(OutputEnvelope, kw_only=True, tag="kefu.message.enriched"):
    data: EnrichedData


class SlaData(Dimensions, kw_only=True, omit_defaults=True):
    """One statement of one clock.

    `clock_id` is shared by all statements about one wait; the newest of them is the truth.
    `elapsed_ms` is the counted time: measured for `met`, the target for `breached`, the warning's
    own for `warned`. A correction names the statement it takes back in `corrects` and carries the
    new outcome: `cancelled` where the wait ended without a result or was none, `running` where it
    goes on. `deadline` is null while a pause stands. `policy` is the rule of the policy file.
    """

    kind: InteractionKind
    clock: Clock
    clock_id: Identifier
    waiting_since: Instant
    deadline: Instant | None
    target_ms: DurationMs
    elapsed_ms: DurationMs
    outcome: Literal["warned", "breached", "met", "cancelled", "running"]
    corrects: Identifier | None = None
    policy: Label
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
    joined_response_ms: DurationMs | None = None
    next_responses: int = 0
    next_response_ms_sum: DurationMs = 0
    resolution_first_ms: DurationMs | None = None
    resolution_total_ms: DurationMs | None = None
    queue_wait_ms: DurationMs | None = None
    abandoned: bool = False
    talk_ms: DurationMs = 0
    hold_ms: DurationMs = 0
    wrap_up_ms: DurationMs | None = None
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
    """Counts that add up: a quarter of an hour of one group, or a part of it.

    Sums of milliseconds and points stay integers, so that adding in any order gives the same.
    Queue waits (`answered` … `wait_ms_sum`) and `responded_in_time` count where the wait or the
    interaction began, everything else where it happened. `answered_in`, `abandoned_in`: within the
    threshold of the service level; `abandoned_short`: within the short abandon.
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
    answered: int = 0
    answered_in: int = 0
    abandoned: int = 0
    abandoned_in: int = 0
    abandoned_short: int = 0
    wait_ms_sum: int = 0
    handled: int = 0
    transferred: int = 0
    held: int = 0
    talk_ms_sum: int = 0
    hold_ms_sum: int = 0
    wrap_up_ms_sum: int = 0
    asked: int = 0
    responded_in_time: int = 0
    occupied_ms: int = 0
    available_ms: int = 0
    issues: dict[str, int] = {}


class FactsData(Struct, kw_only=True):
    """What one input partition adds to a quarter of an hour of one queue since its last fact.

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


class QueueInterval(OutputEnvelope, kw_only=True, tag="kefu.queue.interval"):
    data: QueueIntervalData


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
    | QueueInterval
    | DeadLetter
)
Output = PublishedOutput | Duplicate
