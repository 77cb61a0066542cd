"""One instance of one clock: since when it counts, what it has counted, how it ended."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from pipeline.policies import PolicyKey, Target
from schemas.outputs import Clock

End = Literal["", "stopped", "cancelled", "abandoned"]
"""Empty while it runs. `abandoned` is a queue wait that its interaction's end cancelled."""

ALARMS = frozenset({"long_wait", "silent_progress"})
"""Clocks that only ever alarm: of what went well they say nothing."""


class Instance(Struct, array_like=True, gc=False):
    """`counted_ms` holds finished stretches; `since_ms` is where the present one began, None while
    the clock stands still. `deadline_ms` is known once a finished stretch has reached the target,
    and of an ended instance.
    """

    clock: Clock
    digest: bytes
    event_id: str
    start_ms: int
    key: PolicyKey
    since_ms: int | None
    counted_ms: int = 0
    deadline_ms: int | None = None
    end: End = ""
    end_ms: int | None = None
    end_id: str = ""
    due_ms: int | None = None

    @property
    def name(self) -> bytes:
        """What tells this instance from all others of its interaction."""
        return self.digest + self.clock.encode()

    def stand_still(self, at_ms: int, target: Target | None) -> None:
        """Finish the present stretch, if there is one."""
        if self.since_ms is None:
            return
        counted = self.counted_ms + between(target, self.since_ms, at_ms)
        if target is not None and self.counted_ms < target.target_ms <= counted:
            self.deadline_ms = add(target, self.since_ms, target.target_ms - self.counted_ms)
        self.counted_ms, self.since_ms = counted, None

    def go_on(self, at_ms: int) -> None:
        """Begin a new stretch, unless it runs or has ended."""
        if self.since_ms is None:
            self.since_ms = at_ms

    def revive(self, at_ms: int, target: Target | None) -> None:
        """An instance that had ended goes on."""
        self.end, self.end_ms, self.end_id = "", None, ""
        if target is None or self.counted_ms < target.target_ms:
            self.deadline_ms = None
        self.go_on(at_ms)

    def finish(self, end: End, at_ms: int, event_id: str, target: Target | None) -> None:
        """The instance ends."""
        planned_ms = None if target is None else self.reaches(target.target_ms, target)
        self.stand_still(at_ms, target)
        self.deadline_ms = self.deadline_ms or planned_ms
        self.end, self.end_ms, self.end_id = end, at_ms, event_id

    def reaches(self, amount_ms: int, target: Target | None) -> int | None:
        """When so much will have been counted if nothing happens; None while it stands still."""
        if self.since_ms is None or amount_ms < self.counted_ms:
            return None
        return add(target, self.since_ms, amount_ms - self.counted_ms)


def between(target: Target | None, start_ms: int, end_ms: int) -> int:
    """The time that counts between two instants, in milliseconds."""
    if target is None or target.calendar is None:
        return end_ms - start_ms
    return target.calendar.between(start_ms, end_ms)


def add(target: Target | None, start_ms: int, amount_ms: int) -> int:
    """The first instant at which so much time has counted since `start_ms`."""
    if target is None or target.calendar is None:
        return start_ms + amount_ms
    return target.calendar.add(start_ms, amount_ms)


Targets = Mapping[str, Target]
