"""Who waits right now, by group: how many, and since when the oldest."""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import NamedTuple

SETTLES_MS = 60_000
"""How long a wait that is told of the past is not shown: the answer follows a moment later, in the
same file that is being imported."""
SLACK = 64
"""Past waits of a group are dropped when there are so many more of them than present ones, as one
begins."""


class WaitingGroup(NamedTuple):
    """The dimensions by which waits are shown."""

    kind: str
    channel: str
    queue: str
    priority: str


class WaitingNow(NamedTuple):
    """`oldest_since_ms` is None when nobody waits."""

    customers: int
    oldest_since_ms: int | None


class Waiting:
    """Waits by key; changing one is O(log n), reading a group is O(1), both amortised."""

    def __init__(self) -> None:
        self._current: dict[str, tuple[WaitingGroup, int]] = {}
        self._counts: dict[WaitingGroup, int] = {}
        self._heaps: dict[WaitingGroup, list[tuple[int, str]]] = {}
        self._groups: dict[WaitingGroup, WaitingGroup] = {}
        self._unsettled: dict[str, tuple[int, WaitingGroup, int]] = {}

    def set(
        self, key: str, group: WaitingGroup, since_ms: int, settles_ms: int | None = None
    ) -> None:
        """Note that `key` waits in `group` since then; not to be shown before `settles_ms`."""
        if settles_ms is not None:
            self.forget(key)
            self._unsettled[key] = (settles_ms, group, since_ms)
            return
        if self._current.get(key) == (group, since_ms):
            return
        self.forget(key)
        group = self._groups.setdefault(group, group)
        self._current[key] = (group, since_ms)
        self._counts[group] = self._counts.get(group, 0) + 1
        heap = self._heaps.setdefault(group, [])
        heappush(heap, (since_ms, key))
        if len(heap) > 2 * self._counts[group] + SLACK:
            heap[:] = {wait for wait in heap if self._current.get(wait[1]) == (group, wait[0])}
            heapify(heap)

    def forget(self, key: str) -> None:
        """Note that `key` does not wait."""
        self._unsettled.pop(key, None)
        previous = self._current.pop(key, None)
        if previous is not None:
            self._counts[previous[0]] -= 1

    def now(self, now_ms: int | None) -> Iterator[tuple[WaitingGroup, WaitingNow]]:
        """Every group that ever had a wait; groups without one now are shown with 0. `now_ms` is
        the newest tick.
        """
        settled = [key for key, (at, *_) in self._unsettled.items() if at <= (now_ms or 0)]
        for key in settled:
            _, group, since_ms = self._unsettled[key]
            self.set(key, group, since_ms)
        for group, count in self._counts.items():
            heap = self._heaps[group]
            while heap and self._current.get(heap[0][1]) != (group, heap[0][0]):
                heappop(heap)
            yield group, WaitingNow(count, heap[0][0] if heap else None)
