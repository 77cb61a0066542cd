"""The clock: twice a second a tick goes to every input partition that this worker has.

A tick stands in the log behind everything written before it; that is how the engines learn the
time without asking for it.
"""

from datetime import UTC, datetime

from confluent_kafka import Producer

from agents.connection import KafkaConnection
from schemas.codec import encode
from schemas.events import Tick

TICK_EVERY_S = 0.5
"""Half the design's second: what a deadline waits for its tick is the largest part of how late a
breach is told (measured: docs/performance.md), and a tick costs a small record a partition."""


class TickWriter:
    """Writes ticks. Lost or repeated ones do no harm: the newest wins."""

    def __init__(self, connection: KafkaConnection, source: str) -> None:
        """`source` names the clock in its ticks."""
        self._source = source
        self._producer = Producer({**connection.confluent(), "linger.ms": 0})

    def write(self, now: datetime, partitions: tuple[tuple[str, int], ...]) -> None:
        """Write one tick of that time to each (topic, partition)."""
        tick = encode(
            Tick(
                id=f"{self._source}/{now.timestamp():.3f}",
                source=self._source,
                time=now,
                subject="tick",
            )
        )
        for topic, partition in partitions:
            try:
                self._producer.produce(topic, tick, b"kefu.tick", partition)
            except BufferError:
                break  # the broker is away; a later tick says all that these would have said
        self._producer.poll(0)

    def wall(self, partitions: tuple[tuple[str, int], ...]) -> None:
        """Write the wall time."""
        self.write(datetime.now(UTC), partitions)
