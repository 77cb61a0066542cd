"""Writes events to the input topics, with ticks in the events' own time between them."""

import time
from collections.abc import Callable

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from kafka.partitioner.default import murmur2

from agents.connection import KafkaConnection
from kefu.errors import NoKafkaError
from kefu.ticks import tick_before
from schemas.codec import encode, from_ms
from schemas.events import Tick
from schemas.topics import INPUTS

EVERYWHERE_EVERY_MS = 300_000
"""How far behind a partition without events may be: it holds up the hourly scorecards."""
FLUSH_LIMIT_S = 30.0
_INPUT_NAMES = tuple(topic.name for topic in INPUTS)


class LogWriter:
    """Writes to the partitions that Kafka's own clients would choose for the keys.

    A tick goes to a partition before an event where a second has passed since its last one, and to
    all partitions every five minutes of event time.
    """

    def __init__(self, connection: KafkaConnection, counts: dict[str, int], source: str) -> None:
        """`counts`: partitions of each input topic; `source` names the clock in its ticks."""
        self._counts = counts
        self._source = source
        self._ticked: dict[tuple[str, int], int] = {
            (name, number): 0 for name in _INPUT_NAMES for number in range(counts[name])
        }
        self._everywhere_ms = 0
        self._failed: KafkaError | None = None
        self.events = 0
        self.ticks = 0
        self._producer = Producer(
            {
                **connection.confluent(),
                "enable.idempotence": True,
                "linger.ms": 5,
                "queue.buffering.max.messages": 500_000,
                "delivery.report.only.error": True,
            }
        )

    def write(
        self, topic: str, key: bytes | None, value: bytes | None, time_ms: int | None
    ) -> None:
        """Write one event. `time_ms`: its time, where it may move the clock; None where not."""
        partition = self.partition_of(topic, key)
        if time_ms is not None:
            tick_ms = tick_before(time_ms)
            if tick_ms - self._everywhere_ms >= EVERYWHERE_EVERY_MS:
                self.tick_everywhere(tick_ms)
            self._tick((topic, partition), tick_ms)
        self._send(topic, partition, key, value)
        self.events += 1

    def partition_of(self, topic: str, key: bytes | None) -> int:
        """The partition that Java's default partitioner chooses for the key."""
        return int((murmur2(key or b"") & 0x7FFFFFFF) % self._counts[topic])

    def tick_everywhere(self, time_ms: int) -> None:
        """Tell every input partition the time."""
        self._everywhere_ms = time_ms
        for place in self._ticked:
            self._tick(place, time_ms)

    def flush(self) -> None:
        """Wait until Kafka has everything; raises `NoKafkaError`."""
        left = self._producer.flush(FLUSH_LIMIT_S)
        self._raise_where_refused()
        if left:
            raise NoKafkaError(f"Kafka did not confirm {left} records in {FLUSH_LIMIT_S:.0f} s")

    def _raise_where_refused(self) -> None:
        if self._failed is not None:
            raise NoKafkaError(f"Kafka refused a record: {self._failed.name()}")

    def _tick(self, place: tuple[str, int], time_ms: int) -> None:
        if time_ms <= self._ticked[place]:
            return
        self._ticked[place] = time_ms
        tick = Tick(
            id=f"{self._source}/{time_ms}",
            source=self._source,
            time=from_ms(time_ms),
            subject="tick",
        )
        self._send(*place, b"kefu.tick", encode(tick))
        self.ticks += 1

    def _send(self, topic: str, partition: int, key: bytes | None, value: bytes | None) -> None:
        self._raise_where_refused()
        while True:
            try:
                self._producer.produce(topic, value, key, partition, on_delivery=self._on_delivery)
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as failure:
                raise NoKafkaError(f"Kafka refused a record: {failure.args[0].name()}") from None
            else:
                self._producer.poll(0)
                return

    def _on_delivery(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failed = error


class Pace:
    """Keeps event time at `speed` times wall time, and lets a clock tick while it waits."""

    def __init__(self, speed: float, on_second: Callable[[int], None]) -> None:
        """`on_second` is told the event time, in milliseconds, about once a second of wall time."""
        self._speed = speed
        self._on_second = on_second
        self._began: tuple[float, int] | None = None
        self._told = 0.0

    def wait_for(self, time_ms: int) -> None:
        """Return when it is time for an event of that time."""
        if self._began is None:
            self._began = (time.monotonic(), time_ms)
        started, start_ms = self._began
        due = started + (time_ms - start_ms) / 1000 / self._speed
        while (left := due - time.monotonic()) > 0:
            time.sleep(min(left, 1.0))
            now = time.monotonic()
            if now - self._told >= 1.0:
                self._told = now
                now_ms = start_ms + round((now - started) * 1000 * self._speed)
                self._on_second(min(now_ms, tick_before(time_ms)))
