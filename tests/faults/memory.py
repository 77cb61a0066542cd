"""What a worker's process holds: memory, threads, open files."""

from __future__ import annotations

import threading
from types import TracebackType

import psutil

MIB = 1 << 20
EVERY_S = 0.1


class Watched:
    """Samples the resident memory of processes while the context lasts; in MiB."""

    def __init__(self, *pids: int) -> None:
        self._processes = [psutil.Process(pid) for pid in pids]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory", daemon=True)
        self.first = self.peak = self._resident()

    def __enter__(self) -> Watched:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def grown(self) -> float:
        """How much more than at first it was at most."""
        return self.peak - self.first

    def _resident(self) -> float:
        return max(process.memory_info().rss for process in self._processes) / MIB

    def _run(self) -> None:
        while not self._ended.wait(EVERY_S):
            self.peak = max(self.peak, self._resident())
