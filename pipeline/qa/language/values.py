"""What the quality rules read and what they say: turns, facts, spans, hits."""

from typing import Literal, NamedTuple

from msgspec import Struct

from schemas.envelope import InteractionKind, Role, Severity, Speaker
from schemas.events import HangupCause, Party
from schemas.outputs import SentimentLabel

Who = Literal["customer", "agent", "bot", "any"]
"""Whom a condition looks at. `agent` is a human: an automatic reply counts as `bot`."""

Order = tuple[int, int, int, bytes]
"""Where an event stands among those of its interaction: docs/clocks.md, "Order"."""


class Turn(Struct, frozen=True, kw_only=True):
    """One message or utterance, as the rules see it. `text` is masked.

    `time_ms` is the event time (of an utterance: when it ended). `start_ms` and `end_ms` count
    from the answer of a call, None in a chat. `score` (0…1) and `label` are None where nothing was
    scored. `kinds` are the kinds of personal data that were masked in the text. `response_ms` is
    the customer's wait that this turn ended, None where it ended none.
    """

    event_id: str
    order: Order
    time_ms: int
    role: Role
    text: str = ""
    start_ms: int | None = None
    end_ms: int | None = None
    score: float | None = None
    label: SentimentLabel | None = None
    private: bool = False
    auto: bool = False
    kinds: tuple[str, ...] = ()
    response_ms: int | None = None


class Transfer(Struct, frozen=True):
    """A hand-over: the event and its time."""

    event_id: str
    time_ms: int


class Hold(Struct, frozen=True):
    """A caller on hold: the event that began it, from when, and until when (None: still)."""

    event_id: str
    start_ms: int
    end_ms: int | None = None


class End(Struct, frozen=True):
    """The event that ended the interaction: when, by whom, and why (calls only)."""

    event_id: str
    time_ms: int
    by: Party | None = None
    cause: HangupCause | None = None


class Facts(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """What is known of the interaction beside its turns, up to the moment of the evaluation.

    `answered`: an agent picked up. Facts grow: a later value holds everything of an earlier one.
    Times are event times in milliseconds.
    """

    kind: InteractionKind
    opened_id: str = ""
    opened_ms: int | None = None
    answered: bool = False
    transfers: tuple[Transfer, ...] = ()
    holds: tuple[Hold, ...] = ()
    end: End | None = None


class Span(NamedTuple):
    """Where in a masked text: the event, characters from `start` to before `end`, and the text.

    An evidence that is no text (a hang-up, a transfer) has an empty span.
    """

    event_id: str
    start: int = 0
    end: int = 0
    text: str = ""


class Hit(NamedTuple):
    """What a condition saw. `at` is the index of the turn it stands at (the last, of several).

    A hit that is no turn stands before the turn with the index `at`, at `time_ms`.
    """

    at: int
    time_ms: int
    spans: tuple[Span, ...]
    is_turn: bool = True


class RuleHit(NamedTuple):
    """One hit of one rule. Rule and evidence are its identity: the same hit is the same value."""

    rule_id: str
    spans: tuple[Span, ...]


class RuleInfo(NamedTuple):
    """What a rule says of itself."""

    id: str
    name: str
    name_zh: str
    severity: Severity
    points: int
    speaks_of: Speaker
    cost_class: str


def speaker(turn: Turn) -> Who | None:
    """Who speaks, for the rules; None for what the customer does not see or nobody said."""
    if turn.private or turn.role == "system":
        return None
    if turn.role == "agent" and turn.auto:
        return "bot"
    return turn.role
