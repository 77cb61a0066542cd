"""Whether a worker is alive, and whether it is ready: what the two endpoints say."""

import time
from collections.abc import Callable
from typing import NamedTuple

SILENT_S = 150.0
"""A loop that has not come round for so long hangs: longer than `max.poll.interval.ms`, after which
Kafka itself gives the partitions to others."""


class Answer(NamedTuple):
    """What an endpoint says, and why."""

    good: bool
    why: str


class Health:
    """Written by the hot stage's thread, read by those of the server."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` tells a time that never goes back, in seconds."""
        self._now = now
        self._turned_at = now()
        self._state = "starting"
        self._partitions = 0

    def turned(self) -> None:
        """The loop has come round once more."""
        self._turned_at = self._now()

    def recovering(self) -> None:
        """States are read from the changelog: alive, not ready."""
        self._state = "recovering"
        self.turned()

    def joined(self, partitions: int) -> None:
        """The group has given this worker its partitions, perhaps none, and it has their states."""
        self._state, self._partitions = "", partitions
        self.turned()

    def without_kafka(self) -> None:
        """Kafka failed; the stage starts over."""
        self._state = "starting over after a failure of Kafka"
        self.turned()

    def alive(self) -> Answer:
        """False where only a new process helps."""
        silent_s = self._now() - self._turned_at
        if silent_s > SILENT_S:
            return Answer(False, f"the loop has not come round for {silent_s:.0f} s")
        return Answer(True, self._state or "running")

    def ready(self) -> Answer:
        """True where it does its share of the work, with the states that belong to it."""
        is_alive, why = self.alive()
        if not is_alive or self._state:
            return Answer(False, why)
        return Answer(True, f"{self._partitions} partitions")
