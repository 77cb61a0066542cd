"""Everything that comes in: conversation, call and presence events, and the tick.

Compatibility: within one topic version (`.v1`) only optional fields and new types are added; a
field never changes its type or meaning. Readers ignore (and count) fields they do not know.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.envelope import (
    AgentTier,
    Dimensions,
    DurationMs,
    Envelope,
    Identifier,
    Label,
    Role,
    Text,
)

ContentType = Literal["text", "image", "voice", "video", "file", "card", "sticker", "other"]
TransferKind = Literal["warm", "blind", "queue"]
Node = Literal["intake", "triage", "handling", "feedback", "follow_up"]
"""The five-node process 受理 → 分诊 → 处理 → 反馈 → 回访."""
PauseReason = Literal["customer", "third_party"]
Party = Literal["customer", "agent", "system"]
HangupCause = Literal["normal", "abandoned", "dropped", "timeout", "error", "voicemail", "callback"]
PresenceState = Literal["available", "busy", "after_call_work", "away", "offline"]


# --- conversations -------------------------------------------------------------------------------


class ConversationOpenedData(Dimensions, kw_only=True, omit_defaults=True):
    """A customer entered; `campaign` marks a conversation that the company began."""

    campaign: bool = False


class MessageData(Dimensions, kw_only=True, omit_defaults=True):
    """One chat message. `private` notes are seen by agents only; `auto` is an automatic reply."""

    role: Role
    text: Text | None = None
    content_type: ContentType = "text"
    private: bool = False
    auto: bool = False


class AssignedData(Dimensions, kw_only=True, omit_defaults=True):
    """A human agent took the conversation."""

    agent_id: Identifier


class TransferredData(Dimensions, kw_only=True, omit_defaults=True):
    """Handed over: warm (with a word between agents), blind, or back to a queue."""

    kind: TransferKind
    to_agent_id: Identifier | None = None
    to_agent_tier: AgentTier | None = None
    to_queue: Label | None = None


class PausedData(Dimensions, kw_only=True, omit_defaults=True):
    """Clocks stand still while the conversation waits on the customer or a third party."""

    reason: PauseReason


class ResumedData(Dimensions, kw_only=True, omit_defaults=True):
    """The pause of that reason is over; other pauses go on."""

    reason: PauseReason


class NodeData(Dimensions, kw_only=True, omit_defaults=True):
    """The conversation reached a node of the five-node process."""

    node: Node


class ResolvedData(Dimensions, kw_only=True, omit_defaults=True):
    """The matter was settled, for now."""


class ReopenedData(Dimensions, kw_only=True, omit_defaults=True):
    """The matter came up again."""


class ClosedData(Dimensions, kw_only=True, omit_defaults=True):
    """The conversation ended, and who ended it."""

    by: Party = "system"


class RatedData(Dimensions, kw_only=True, omit_defaults=True):
    """The customer's rating; a score of `scale` points (5 by default)."""

    score: Annotated[int, Meta(ge=0, le=100)]
    scale: Annotated[int, Meta(ge=1, le=100)] = 5
    comment: Text | None = None


class ConversationOpened(Envelope, kw_only=True, tag="kefu.conversation.opened"):
    data: ConversationOpenedData


class ConversationMessage(Envelope, kw_only=True, tag="kefu.conversation.message"):
    data: MessageData


class ConversationAssigned(Envelope, kw_only=True, tag="kefu.conversation.assigned"):
    data: AssignedData


class ConversationTransferred(Envelope, kw_only=True, tag="kefu.conversation.transferred"):
    data: TransferredData


class ConversationPaused(Envelope, kw_only=True, tag="kefu.conversation.paused"):
    data: PausedData


class ConversationResumed(Envelope, kw_only=True, tag="kefu.conversation.resumed"):
    data: ResumedData


class ConversationNode(Envelope, kw_only=True, tag="kefu.conversation.node"):
    data: NodeData


class ConversationResolved(Envelope, kw_only=True, tag="kefu.conversation.resolved"):
    data: ResolvedData


class ConversationReopened(Envelope, kw_only=True, tag="kefu.conversation.reopened"):
    data: ReopenedData


class ConversationClosed(Envelope, kw_only=True, tag="kefu.conversation.closed"):
    data: ClosedData


class ConversationRated(Envelope, kw_only=True, tag="kefu.conversation.rated"):
    data: RatedData


# --- calls ---------------------------------------------------------------------------------------


class CallQueuedData(Dimensions, kw_only=True, omit_defaults=True):
    """A caller left the menu and waits for an agent."""


class CallAnsweredData(Dimensions, kw_only=True, omit_defaults=True):
    """An agent picked up."""

    agent_id: Identifier


class UtteranceData(Dimensions, kw_only=True, omit_defaults=True):
    """One stretch of speech. The envelope's `time` is the instant it ended.

    `start_ms` and `end_ms` count from the start of the recording, that is from the answer.
    """

    role: Role
    start_ms: DurationMs
    end_ms: DurationMs
    text: Text | None = None


class HoldData(Dimensions, kw_only=True, omit_defaults=True):
    """The agent put the caller on hold."""


class RetrieveData(Dimensions, kw_only=True, omit_defaults=True):
    """The agent took the caller back from hold."""


class CallEndedData(Dimensions, kw_only=True, omit_defaults=True):
    """Hang-up: its cause, and by whom."""

    cause: HangupCause = "normal"
    by: Party = "customer"


class WrapUpEndedData(Dimensions, kw_only=True, omit_defaults=True):
    """The agent finished the after-call work."""


class CallQueued(Envelope, kw_only=True, tag="kefu.call.queued"):
    data: CallQueuedData


class CallAnswered(Envelope, kw_only=True, tag="kefu.call.answered"):
    data: CallAnsweredData


class CallUtterance(Envelope, kw_only=True, tag="kefu.call.utterance"):
    data: UtteranceData


class CallHold(Envelope, kw_only=True, tag="kefu.call.hold"):
    data: HoldData


class CallRetrieved(Envelope, kw_only=True, tag="kefu.call.retrieved"):
    data: RetrieveData


class CallTransferred(Envelope, kw_only=True, tag="kefu.call.transferred"):
    data: TransferredData


class CallEnded(Envelope, kw_only=True, tag="kefu.call.ended"):
    data: CallEndedData


class CallWrapUpEnded(Envelope, kw_only=True, tag="kefu.call.wrap_up_ended"):
    data: WrapUpEndedData


# --- agents and time -----------------------------------------------------------------------------


class PresenceData(Dimensions, kw_only=True, omit_defaults=True):
    """What a human agent is doing from now on; the envelope's `subject` is the agent id."""

    state: PresenceState


class AgentPresence(Envelope, kw_only=True, tag="kefu.agent.presence"):
    data: PresenceData


class TickData(Struct, kw_only=True, frozen=True):
    """A tick carries nothing but the envelope's `time`."""


class Tick(Envelope, kw_only=True, tag="kefu.tick"):
    """Tells a partition what time it is; everything written before it was written before then."""

    data: TickData = TickData()


ConversationEvent = (
    ConversationOpened
    | ConversationMessage
    | ConversationAssigned
    | ConversationTransferred
    | ConversationPaused
    | ConversationResumed
    | ConversationNode
    | ConversationResolved
    | ConversationReopened
    | ConversationClosed
    | ConversationRated
)
CallEvent = (
    CallQueued
    | CallAnswered
    | CallUtterance
    | CallHold
    | CallRetrieved
    | CallTransferred
    | CallEnded
    | CallWrapUpEnded
)
InteractionEvent = ConversationEvent | CallEvent
Event = InteractionEvent | AgentPresence | Tick
