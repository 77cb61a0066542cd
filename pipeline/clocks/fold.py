"""The state of all clocks of one interaction, moved on by one event at a time, in their order."""

from copy import copy as _copy
from typing import Literal, NamedTuple

from msgspec import Struct, field

from pipeline.clocks.instance import ALARMS, End, Instance
from pipeline.policies import Policies, PolicyKey, Target
from pipeline.quality.notes import Note
from schemas.outputs import Clock

NO_KEY = PolicyKey(None, None, None, None, None)
_ONLY_WITH_TARGET = ALARMS | {"follow_up"}
"""Clocks that nobody wants measured where no policy speaks of them."""

Order = tuple[int, int, int, bytes]
"""Time in ms, sequence, rank of the move, digest: the order of `docs/clocks.md`."""
NOTHING_YET: Order = (-1, 0, 0, b"")


class Move(NamedTuple):
    """One event as the clocks see it; `key` holds the dimensions that the event itself names.

    `note` is for quality checking, not for the clocks.
    """

    time_ms: int
    sequence: int
    move: int
    digest: bytes
    event_id: str
    key: PolicyKey
    note: Note | None = None

    @property
    def order(self) -> Order:
        """Where the event stands among those of its interaction."""
        return (self.time_ms, self.sequence, self.move >> 4, self.digest)


class HeldMessage(Struct, array_like=True, gc=False):
    """What a customer asked after the close: a reopening takes it up."""

    time_ms: int
    digest: bytes
    event_id: str
    key: PolicyKey


class Began(NamedTuple):
    """When an interaction began, and whose it was then."""

    at_ms: int
    tenant: str | None
    queue: str | None


class ClockState(Struct, array_like=True, gc=False):
    """Everything that the moves so far have led to. `docs/clocks.md` uses the same words.

    `parked` is the total resolution while it is neither running nor over for good.
    """

    key: PolicyKey = NO_KEY
    last: Order = NOTHING_YET
    status: Literal["open", "resolved", "closed"] = "open"
    closed_ms: int | None = None
    pauses: int = 0
    started: bool = False
    answered_ever: bool = False
    responded: bool = False
    assigned: bool = False
    joined: bool = False
    human: bool = False
    renewed: bool = False
    held: HeldMessage | None = None
    running: dict[Clock, Instance] = field(default_factory=dict)
    parked: Instance | None = None
    talk_since_ms: int | None = None
    talk_ms: int = 0
    first_response_ms: int | None = None
    joined_response_ms: int | None = None
    next_responses: int = 0
    next_response_ms_sum: int = 0
    resolution_first_ms: int | None = None
    resolution_total_ms: int | None = None
    queue_wait_ms: int | None = None
    abandoned: bool = False
    holds: int = 0
    hold_ms: int = 0
    wrap_up_ms: int | None = None
    began: Began | None = None

    def response_wait(self) -> Instance | None:
        """The customer's wait for a human, first or next response."""
        running = self.running
        return running.get("first_response") or running.get("next_response")

    def copy(self) -> "ClockState":
        """A copy that can be moved on without touching this one."""
        twin = _copy(self)
        twin.running = {clock: _copy(instance) for clock, instance in self.running.items()}
        if self.parked is not None:
            twin.parked = _copy(self.parked)
        return twin


class Fold:
    """Starts and ends clocks while one move is applied; `changed` is what it touched."""

    __slots__ = ("changed", "move", "policies", "state", "time_ms")

    def __init__(self, state: ClockState, policies: Policies, move: Move) -> None:
        self.state = state
        self.policies = policies
        self.move = move
        # Only where a burst overflowed the memory of events can one come before the last: it then
        # counts as of the last's time.
        self.time_ms = max(move.time_ms, state.last[0])
        self.changed: list[Instance] = []
        is_first = state.last == NOTHING_YET
        state.last = max(state.last, move.order)
        state.key = merged(state.key, move.key)
        if is_first:
            state.began = Began(self.time_ms, state.key.tenant, state.key.queue)

    def target(self, instance: Instance) -> Target | None:
        """What the policy says of an instance."""
        return self.policies.judge(instance.key).get(instance.clock)

    def start(self, clock: Clock, held: HeldMessage | None = None) -> None:
        """Start an instance at this move, or at the message that was held."""
        move, state = self.move, self.state
        if held is not None:
            time_ms, digest, event_id, key = held.time_ms, held.digest, held.event_id, held.key
        else:
            time_ms, digest, event_id, key = self.time_ms, move.digest, move.event_id, state.key
        target = self.policies.judge(key).get(clock)
        if target is None and clock in _ONLY_WITH_TARGET:
            return
        instance = Instance(clock, digest, event_id, time_ms, key, time_ms)
        if self._is_paused(target):
            instance.stand_still(time_ms, target)
        state.running[clock] = instance
        self.changed.append(instance)

    def stop(self, clock: Clock) -> Instance | None:
        """Stop the running instance of a clock, if there is one."""
        instance = self.state.running.pop(clock, None)
        if instance is not None:
            self._end(instance, "stopped")
        return instance

    def cancel(self, clock: Clock, end: End = "cancelled") -> Instance | None:
        """End the running instance of a clock without a result."""
        instance = self.state.running.pop(clock, None)
        if instance is not None:
            self._end(instance, end)
        return instance

    def pause(self, reason: int) -> None:
        """A reason of pause begins."""
        self._set_pauses(self.state.pauses | reason)

    def resume(self, reason: int) -> None:
        """A reason of pause ends; 3 ends all."""
        self._set_pauses(self.state.pauses & ~reason)

    def _set_pauses(self, pauses: int) -> None:
        state = self.state
        if pauses == state.pauses:
            return
        state.pauses = pauses
        for instance in state.running.values():
            target = self.target(instance)
            if target is not None and target.pauses:
                if self._is_paused(target):
                    instance.stand_still(self.time_ms, target)
                else:
                    instance.go_on(self.time_ms)
                self.changed.append(instance)

    def _is_paused(self, target: Target | None) -> bool:
        pauses = self.state.pauses
        if not pauses or target is None:
            return False
        return bool(
            (pauses & CUSTOMER and "customer" in target.pauses)
            or (pauses & THIRD_PARTY and "third_party" in target.pauses)
        )

    def _end(self, instance: Instance, end: End) -> None:
        instance.finish(end, self.time_ms, self.move.event_id, self.target(instance))
        self.changed.append(instance)


CUSTOMER, THIRD_PARTY = 1, 2
"""Reasons of pause, as bits."""


def merged(known: PolicyKey, named: PolicyKey) -> PolicyKey:
    """The dimensions after an event that names some."""
    if named in (NO_KEY, known):
        return known
    return PolicyKey(
        *(new if new is not None else old for old, new in zip(known, named, strict=True))
    )
