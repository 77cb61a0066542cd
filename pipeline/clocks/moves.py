"""What an event means to the clocks: one small number, which is also its rank in a millisecond.

The upper four bits are the rank of `docs/clocks.md`; the lower four tell moves of one rank apart.
"""

from pipeline.clocks.pleasantries import is_closing_pleasantry
from schemas import events as e

OPENED, OPENED_BY_COMPANY = 0x00, 0x01
QUEUED = 0x02
REOPENED = 0x10
RESUMED_CUSTOMER, RESUMED_THIRD_PARTY = 0x20, 0x21
RETRIEVED = 0x22
ASKED, PLEASANTRY = 0x30, 0x31
ASSIGNED = 0x40
PICKED_UP = 0x41
HUMAN_ANSWER = 0x50
BOT_SPOKE, SAID = 0x60, 0x61
TO_QUEUE, HANDED_OVER = 0x70, 0x71
PAUSED_CUSTOMER, PAUSED_THIRD_PARTY = 0x80, 0x81
HELD = 0x82
FOLLOWED_UP, NODE = 0x90, 0x91
RESOLVED = 0xA0
CLOSED = 0xB0
ENDED, ENDED_OTHERWISE = 0xB1, 0xB2
"""`ENDED_OTHERWISE`: by a callback or to voicemail, which is not an abandon."""
RATED = 0xC0
WRAPPED_UP = 0xC1

NOT_ABANDONED = frozenset({"callback", "voicemail"})
PAUSES = {"customer": PAUSED_CUSTOMER, "third_party": PAUSED_THIRD_PARTY}
RESUMES = {"customer": RESUMED_CUSTOMER, "third_party": RESUMED_THIRD_PARTY}


def move_of(event: e.InteractionEvent, pleasantries: frozenset[str]) -> int:
    """The move of an event; `pleasantries` are the words of the policy."""
    fixed = _FIXED.get(type(event))
    if fixed is not None:
        return fixed
    match event:
        case e.ConversationMessage(data=data):
            return _message(data, pleasantries)
        case e.ConversationOpened(data=data):
            return OPENED_BY_COMPANY if data.campaign else OPENED
        case e.ConversationTransferred(data=data) | e.CallTransferred(data=data):
            return TO_QUEUE if data.kind == "queue" else HANDED_OVER
        case e.ConversationPaused(data=data):
            return PAUSES[data.reason]
        case e.ConversationResumed(data=data):
            return RESUMES[data.reason]
        case e.ConversationNode(data=data):
            return FOLLOWED_UP if data.node == "follow_up" else NODE
        case e.CallEnded(data=data):
            return ENDED_OTHERWISE if data.cause in NOT_ABANDONED else ENDED
        case _:
            raise AssertionError(type(event).__name__)


_FIXED: dict[type, int] = {
    e.ConversationAssigned: ASSIGNED,
    e.ConversationResolved: RESOLVED,
    e.ConversationReopened: REOPENED,
    e.ConversationClosed: CLOSED,
    e.ConversationRated: RATED,
    e.CallQueued: QUEUED,
    e.CallAnswered: PICKED_UP,
    e.CallUtterance: SAID,
    e.CallHold: HELD,
    e.CallRetrieved: RETRIEVED,
    e.CallWrapUpEnded: WRAPPED_UP,
}
"""Events that mean one thing whatever they carry."""


def _message(data: e.MessageData, pleasantries: frozenset[str]) -> int:
    if data.private:
        return SAID
    if data.role == "customer":
        if data.text is not None and is_closing_pleasantry(data.text, pleasantries):
            return PLEASANTRY
        return ASKED
    if data.role == "bot":
        return BOT_SPOKE
    if data.role == "agent" and not data.auto:
        return HUMAN_ANSWER
    return SAID
