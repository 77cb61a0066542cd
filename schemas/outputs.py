"""Everything that goes out, as CloudEvents.

Every output has an `id` that follows from its cause (`pipeline.ids.output_id`), so that a repeat
after a crash is a duplicate a reader can drop, names the events it came from (`caused_by`), and the
version of the policy, rules or model that judged. `time` is the event time it speaks of.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from schemas.envelope import (
    Dimensions,
    DurationMs,
    Identifier,
    Instant,
    InteractionKind,
    Label,
    Role,
)
from schemas.quality import (
    GroupKind,
    MoodData,
    MoodWithdrawnData,
    QaIssueData,
    QaWithdrawnData,
    ScorecardData,
)
from schemas.queue_intervals import QueueIntervalData

ENGINE_SOURCE = "kefu/engine"

SentimentLabel = Literal["negative", "neutral", "positive"]
Emotion = Literal["none", "angry", "anxious", "disappointed", "confused", "grateful", "satisfied"]
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


class OutputEnvelope(Struct, kw_only=True, tag_field="type"):
    """CloudEvents 1.0 context attributes of an output."""

    specversion: Literal["1.0"] = "1.0"
    id: Identifier
    source: Identifier = ENGINE_SOURCE
    time: Instant
    subject: Identifier
    synthetictime: bool | UnsetType = UNSET


class SentimentReason(Struct, kw_only=True):
    """A part of the text that speaks for the label, normalised and masked, and its share, 0…1."""

    text: str
    reason: Literal["cue", "negation", "intensity", "emoji", "punctuation", "model"]
    share: float


class Sentiment(Struct, kw_only=True):
    """How a text feels, by the model that `model` names with its version.

    `mood` runs from 0 (negative) over 0.5 (neutral) to 1 (positive); `probability` is that of the
    label, calibrated. `intensity` 0 none … 3 strong. `snownlp` is the score of the SnowNLP base
    model on the text as it came, 0…1, where it is asked for (`config/sentiment.yaml`).
    """

    label: SentimentLabel
    mood: float
    probability: float
    intensity: int
    emotion: Emotion
    reasons: list[SentimentReason]
    model: str
    snownlp: float | None = None


class EnrichedData(Dimensions, kw_only=True, omit_defaults=True):
    """One message or utterance, masked and scored.

    `response_ms` is set on an agent's message that answered a waiting customer; `response` says
    which clock it stopped. `flags`: `no_text` (a picture, a voice note), `mojibake`, `truncated`,
    `private`, `auto`, `windowed` (too long to be scored whole).
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


class QaIssue(OutputEnvelope, kw_only=True, tag="kefu.qa.issue"):
    data: QaIssueData


class QaWithdrawn(OutputEnvelope, kw_only=True, tag="kefu.qa.withdrawn"):
    data: QaWithdrawnData


class SentimentTurned(OutputEnvelope, kw_only=True, tag="kefu.sentiment.turned"):
    """A customer's mood fell from not negative to clearly negative."""

    data: MoodData


class SustainedNegative(OutputEnvelope, kw_only=True, tag="kefu.sentiment.sustained_negative"):
    """A customer has been negative for several turns running."""

    data: MoodData


class MoodWithdrawn(OutputEnvelope, kw_only=True, tag="kefu.sentiment.withdrawn"):
    data: MoodWithdrawnData


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
    last_mood: float | None = None
    mood: float | None = None
    mood_lowest: float | None = None
    mood_fall: float | None = None
    issues: list[str]
    score: int | None = None
    about: str | None = None
    purpose: str | None = None
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
    first_responses: int = 0
    first_response_ms_sum: int = 0
    next_responses: int = 0
    next_response_ms_sum: int = 0
    met: int = 0
    breached: int = 0
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


class FactsData(Struct, kw_only=True):
    """What one input partition adds to a quarter of an hour of one group since its last fact.

    `origin` + `seq` number the facts of one input partition without gaps: the reader keeps the
    last number and drops what is not above it. A watermark says that the origin has reached
    `watermark`, and sends no more facts that are not late. `tally` is for the intervals of queues,
    `counts` for the scorecards (`docs/scorecards.md` names them); both add up, counts may be
    negative where a late event changed the truth.
    """

    origin: Identifier
    seq: int
    watermark: Instant
    window_start: Instant | None = None
    tenant: str = ""
    group: GroupKind = "queue"
    name: str = ""
    tally: Tally | None = None
    counts: dict[str, int] = {}


class QaFacts(OutputEnvelope, kw_only=True, tag="kefu.qa.facts"):
    data: FactsData


class Scorecard(OutputEnvelope, kw_only=True, tag="kefu.qa.scorecard"):
    data: ScorecardData


class QueueInterval(OutputEnvelope, kw_only=True, tag="kefu.queue.interval"):
    data: QueueIntervalData


class DeadLetterData(Struct, kw_only=True):
    """What could not be processed, where it stands, and why. `detail` never quotes the payload.

    The event as it came is on the topic of payloads under this letter's id, for a few days and
    until it is dropped; not where `payload_kept` is false: an empty one, or one too large to keep.
    """

    reason: Label
    detail: str
    topic: str
    partition: int
    offset: int
    payload_bytes: int
    payload_kept: bool


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
    | QaWithdrawn
    | SentimentTurned
    | SustainedNegative
    | MoodWithdrawn
    | InteractionSummary
    | QaFacts
    | Scorecard
    | QueueInterval
    | DeadLetter
)
Output = PublishedOutput | Duplicate
