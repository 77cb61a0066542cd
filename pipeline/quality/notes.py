"""What quality checking needs to know of one event, beside its place among the others."""

from enum import IntEnum, IntFlag
from typing import Literal, NamedTuple

from msgspec import Struct

from schemas.envelope import AgentTier
from schemas.events import HangupCause, Node, Party
from schemas.outputs import ResponseClock


class Answer(NamedTuple):
    """The wait that a message ended, and how long it had lasted, in milliseconds."""

    clock: ResponseClock
    elapsed_ms: int


class Voice(IntEnum):
    """Who spoke. An agent's automatic reply is the bot's; `UNHEARD`: the customer does not see it,
    or nobody said it.
    """

    CUSTOMER = 0
    AGENT = 1
    BOT = 2
    UNHEARD = 3


class Tone(IntFlag):
    """What was recognised in an agent's text."""

    NONE = 0
    APOLOGY = 1
    EMPATHY = 2
    POSITIVE = 4
    SCRIPT = 8
    NEGATIVE = 16


class Said(Struct, array_like=True, gc=False):
    """One message or utterance. `text` is masked; `kinds` are what was masked in it.

    `permille` is the mood of a customer's text, 0 (negative) … 1000 (positive), `mood` its class:
    -1, 0 or 1; both None where nothing was scored. `start_ms` and `end_ms` count from the answer of
    a call. `response` and `response_ms`: the wait that this answer ended, empty if it ended none.
    """

    voice: Voice
    text: str = ""
    kinds: tuple[str, ...] = ()
    permille: int | None = None
    mood: int | None = None
    tone: int = 0
    subjects: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    start_ms: int | None = None
    end_ms: int | None = None
    response: ResponseClock | Literal[""] = ""
    response_ms: int = 0

    def answer(self, answer: Answer | None) -> None:
        """Note the wait that it ended, or that it ended none."""
        self.response, self.response_ms = answer or ("", 0)


class Ended(Struct, array_like=True, gc=False, frozen=True):
    """How an interaction ended: by whom and, of a call, why."""

    by: Party | None = None
    cause: HangupCause | None = None


class Note(Struct, array_like=True, gc=False):
    """Of one event. `agent_id` is the human agent that the event names, or hands over to.

    `rating` is 0…1000 of the scale.
    """

    agent_id: str | None = None
    agent_tier: AgentTier | None = None
    said: Said | None = None
    ended: Ended | None = None
    rating: int | None = None
    node: Node | None = None
