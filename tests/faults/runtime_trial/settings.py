"""What a worker process is told, and the names of a run's topics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

SHAPES = ("a", "b", "c-idem", "c-txn", "table")
PARTITIONS = 8
KEYS = 2_000
SESSION_TIMEOUT_MS = 6_000  # the shortest a broker accepts by default (group.min.session...)
HEARTBEAT_MS = 2_000
TRANSACTION_TIMEOUT_MS = 10_000
BATCH = 2_000  # events per checkpoint at most


class Settings(msgspec.Struct, frozen=True):
    """One worker of one run. `worker` is its identity and survives a restart."""

    shape: str
    bootstrap: str
    run: str
    worker: str
    folder: str
    assignor: str = "range"
    batch: int = BATCH
    with_grouped: bool = True

    @property
    def inputs(self) -> str:
        return f"{self.run}.in"

    @property
    def outputs(self) -> str:
        return f"{self.run}.out"

    @property
    def changelog(self) -> str:
        return f"{self.run}.changelog"

    @property
    def grouped(self) -> str:
        return f"{self.run}.grouped"

    @property
    def grouped_out(self) -> str:
        return f"{self.run}.grouped-out"

    @property
    def stats_path(self) -> Path:
        return Path(self.folder) / f"{self.worker}.stats"

    def producer_config(self) -> dict[str, Any]:
        """Return the settings of the batching producer, the same for all shapes."""
        return {
            "bootstrap.servers": self.bootstrap,
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": 2,
            # No compression: aiokafka reads lz4, snappy and zstd only with an extra package.
            "queue.buffering.max.messages": 1_000_000,
            "delivery.report.only.error": True,
            "log_level": 3,
        }
