"""What the engine remembers: one record per live interaction, and one per partition.

Records are values that msgspec writes as MessagePack arrays. Fields are only ever added at the end,
with a default, so that a newer engine reads what an older one wrote.
"""

from typing import Literal

import msgspec
from msgspec import Struct, field

from pipeline.clocks.fold import Began, ClockState
from pipeline.clocks.history import History
from pipeline.clocks.told import HandledCall, Told
from pipeline.quality.counts import Place
from pipeline.quality.state import Quality
from schemas.envelope import AgentTier, InteractionKind, Priority
from schemas.outputs import Tally

STATE_VERSION = 1


class Interaction(Struct, array_like=True, gc=False):
    """The state of one conversation or call.

    `clocks` is what all remembered events lead to, `base` what the forgotten ones have led to (None
    while nothing is forgotten), `told` what has been said of each instance that may still change.
    `quality` and `quality_base` are the same for quality checking; `withdrawn` gives for each claim
    that was taken back the late event that did so. `opened` is where the interaction is counted as
    opened.
    """

    id: str
    kind: InteractionKind
    opened_ms: int
    last_ms: int
    touched_ms: int
    quality: Quality
    synthetic: bool = False
    customer_id: str | None = None
    agent_id: str | None = None
    agent_tier: AgentTier | None = None
    clocks: ClockState = field(default_factory=ClockState)
    base: ClockState | None = None
    history: History = field(default_factory=History)
    quality_base: Quality | None = None
    withdrawn: dict[str, str] = field(default_factory=dict)
    told: dict[bytes, Told] = field(default_factory=dict)
    handled: HandledCall | None = None
    transfers: int = 0
    breaches: int = 0
    revision: int = 0
    opened: Began | None = None

    @property
    def status(self) -> Literal["open", "resolved", "closed"]:
        """Where the interaction stands."""
        return self.clocks.status

    @property
    def tenant(self) -> str | None:
        """The tenant that was named last, in event time."""
        return self.clocks.key.tenant

    @property
    def channel(self) -> str | None:
        """The channel that was named last, in event time."""
        return self.clocks.key.channel

    @property
    def queue(self) -> str | None:
        """The queue that was named last, in event time."""
        return self.clocks.key.queue

    @property
    def priority(self) -> Priority | None:
        """The priority that was named last, in event time."""
        return self.clocks.key.priority  # type: ignore[return-value]

    @property
    def segment(self) -> str | None:
        """The segment that was named last, in event time."""
        return self.clocks.key.segment


class Presence(Struct, array_like=True, gc=False):
    """What one human agent is doing, since when; up to `counted_ms` the tallies hold its time."""

    agent_id: str
    state: str
    since_ms: int
    queue: str | None = None
    tenant: str | None = None
    counted_ms: int = 0


class Pending(Struct, array_like=True):
    """Counts of one quarter of an hour of one queue that no fact has carried yet."""

    window_ms: int
    tenant: str
    queue: str
    tally: Tally
    is_past: bool = False


class PendingCount(Struct, array_like=True):
    """One count of one quarter of an hour and place that no fact has carried yet."""

    window_ms: int
    place: Place
    name: str
    amount: int
    is_past: bool = False


class PartitionState(Struct, array_like=True):
    """What belongs to the whole partition: its time, the numbering of its facts, what is unsent."""

    version: int = STATE_VERSION
    now_ms: int | None = None
    fact_seq: int = 0
    facts_sent_ms: int = 0
    pending: list[Pending] = []
    pending_counts: list[PendingCount] = []


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
