"""Who waits right now, by group: how many, and since when the oldest."""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import NamedTuple


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
    """Waits by key; changing one is O(log n), reading a group is O(1) amortised."""

    def __init__(self) -> None:
        self._current: dict[str, tuple[WaitingGroup, int]] = {}
        self._counts: dict[WaitingGroup, int] = {}
        self._heaps: dict[WaitingGroup, list[tuple[int, str]]] = {}
        self._groups: dict[WaitingGroup, WaitingGroup] = {}

    def set(self, key: str, group: WaitingGroup, since_ms: int) -> None:
        """Note that `key` waits in `group` since then."""
        if self._current.get(key) == (group, since_ms):
            return
        self.forget(key)
        group = self._groups.setdefault(group, group)
        self._current[key] = (group, since_ms)
        self._counts[group] = self._counts.get(group, 0) + 1
        heappush(self._heaps.setdefault(group, []), (since_ms, key))

    def forget(self, key: str) -> None:
        """Note that `key` does not wait."""
        previous = self._current.pop(key, None)
        if previous is not None:
            self._counts[previous[0]] -= 1

    def now(self) -> Iterator[tuple[WaitingGroup, WaitingNow]]:
        """Every group that ever had a wait; groups without one now are shown with 0."""
        for group, count in self._counts.items():
            heap = self._heaps[group]
            while heap and self._current.get(heap[0][1]) != (group, heap[0][0]):
                heappop(heap)
            if len(heap) > 2 * count + 64:
                heap[:] = [(since, key) for key, (g, since) in self._current.items() if g == group]
                heapify(heap)
            yield group, WaitingNow(count, heap[0][0] if heap else None)
