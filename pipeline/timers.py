"""A heap of due times, one live entry per key; what is due is derived from state when it pops."""

from heapq import heappop, heappush


class Timers:
    """Start and cancel in O(log n). A cancelled or moved timer is found stale when it pops."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str]] = []
        self._scheduled: dict[str, int] = {}

    def schedule(self, key: str, due_ms: int | None) -> None:
        """Make sure that `key` pops at `due_ms` or before; None is a promise to ignore it."""
        if due_ms is None:
            return
        scheduled = self._scheduled.get(key)
        if scheduled is None or due_ms < scheduled:
            self._scheduled[key] = due_ms
            heappush(self._heap, (due_ms, key))

    def pop_due(self, now_ms: int) -> tuple[int, str] | None:
        """The earliest due time at or before `now_ms` and its key, or None."""
        while self._heap and self._heap[0][0] <= now_ms:
            due_ms, key = heappop(self._heap)
            if self._scheduled.get(key) == due_ms:
                del self._scheduled[key]
                return due_ms, key
        return None

    def has_due(self, now_ms: int) -> bool:
        """Whether the heap holds a time at or before `now_ms`; it may turn out to be stale."""
        return bool(self._heap) and self._heap[0][0] <= now_ms

    def __len__(self) -> int:
        return len(self._scheduled)
