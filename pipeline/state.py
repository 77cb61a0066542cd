"""What the engine remembers: one record per live interaction, and one per partition.

Records are values that msgspec writes as MessagePack arrays. Fields are only ever added at the end,
with a default, so that a newer engine reads what an older one wrote.
"""

from struct import Struct as ByteLayout
from typing import Literal

import msgspec
from msgspec import Struct

from schemas.envelope import AgentTier, Priority
from schemas.outputs import Clock, InteractionKind, Tally

STATE_VERSION = 1

_SEEN = ByteLayout(">8sI")
"""One remembered event: digest, event time in whole seconds."""
SEEN_EVENTS = 128
"""How many events one interaction remembers for telling duplicates: the newest 64 at the least."""


class Wait(Struct, array_like=True):
    """A customer who waits: since which event, and what has been said about it."""

    clock: Clock
    since_ms: int
    event_id: str
    target_ms: int
    warn_ms: int
    warned: bool = False
    breach_id: str = ""
    agent_id: str | None = None


class Interaction(Struct, array_like=True):
    """The state of one conversation or call."""

    id: str
    kind: InteractionKind
    opened_ms: int
    last_ms: int
    touched_ms: int
    status: Literal["open", "resolved", "closed"] = "open"
    closed_ms: int | None = None
    synthetic: bool = False
    tenant: str | None = None
    channel: str | None = None
    queue: str | None = None
    priority: Priority | None = None
    segment: str | None = None
    customer_id: str | None = None
    agent_id: str | None = None
    agent_tier: AgentTier | None = None
    wait: Wait | None = None
    answered_ms: int | None = None
    first_response_ms: int | None = None
    customer_messages: int = 0
    agent_messages: int = 0
    bot_messages: int = 0
    transfers: int = 0
    breaches: int = 0
    negative_messages: int = 0
    last_sentiment: float | None = None
    greeted: bool = False
    upset_id: str = ""
    upset_text: str = ""
    replies_since_upset: int = 0
    wants_human_ms: int | None = None
    wants_human_id: str = ""
    wants_human_text: str = ""
    issues: list[str] = []
    deducted: int = 0
    scored: bool = False
    score: int | None = None
    rating: int | None = None
    revision: int = 0
    seen: bytes = b""
    seen_horizon_s: int = 0

    def remembers(self, digest: bytes) -> bool:
        """Tell whether the event of that digest (`event_digest`) is among the remembered ones."""
        at = self.seen.find(digest)
        while at >= 0 and at % _SEEN.size:
            at = self.seen.find(digest, at + 1)
        return at >= 0

    def remember(self, digest: bytes, time_ms: int) -> None:
        """Note the event; beyond `SEEN_EVENTS` the older half goes and the horizon moves up."""
        self.seen += _SEEN.pack(digest, max(0, time_ms // 1000))
        if len(self.seen) > SEEN_EVENTS * _SEEN.size:
            half = SEEN_EVENTS // 2 * _SEEN.size
            dropped, self.seen = self.seen[:half], self.seen[half:]
            newest = max(second for _, second in _SEEN.iter_unpack(dropped))
            self.seen_horizon_s = max(self.seen_horizon_s, newest)

    def is_too_late_to_tell(self, time_ms: int) -> bool:
        """Whether an event this old could be one of the forgotten ones.

        Not in their last second: a burst of hundreds within a second would be refused for it. A
        repeat from that second is processed again, with the same output ids.
        """
        return bool(self.seen_horizon_s) and time_ms // 1000 < self.seen_horizon_s


class Presence(Struct, array_like=True):
    """What one human agent is doing, since when."""

    agent_id: str
    state: str
    since_ms: int
    queue: str | None = None


class Pending(Struct, array_like=True):
    """Counts of one hour of one queue that no fact has carried yet."""

    window_ms: int
    tenant: str
    queue: str
    tally: Tally


class PartitionState(Struct, array_like=True):
    """What belongs to the whole partition: its time, the numbering of its facts, what is unsent."""

    version: int = STATE_VERSION
    now_ms: int | None = None
    fact_seq: int = 0
    facts_sent_ms: int = 0
    pending: list[Pending] = []


Record = Interaction | Presence

encode_state = msgspec.msgpack.Encoder().encode
_decode_interaction = msgspec.msgpack.Decoder(Interaction).decode
_decode_presence = msgspec.msgpack.Decoder(Presence).decode
_decode_partition = msgspec.msgpack.Decoder(PartitionState).decode


class StateVersionError(ValueError):
    """The stored state was written by a newer version of kefu than this one."""


def decode_interaction(value: bytes) -> Interaction:
    """Read back what `encode_state` wrote."""
    return _decode_interaction(value)


def decode_presence(value: bytes) -> Presence:
    """Read back what `encode_state` wrote."""
    return _decode_presence(value)


def decode_partition(value: bytes) -> PartitionState:
    """Read back what `encode_state` wrote; refuses a newer version."""
    state = _decode_partition(value)
    if state.version > STATE_VERSION:
        raise StateVersionError(
            f"the state has version {state.version}, this kefu reads up to {STATE_VERSION}: "
            "upgrade kefu"
        )
    return state
