"""How long the workers take from a fault until everything written before it is processed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaException, TopicPartition

from agents.connection import KafkaConnection
from agents.topics import partition_counts
from schemas.topics import INPUTS

LIMIT_S = 240.0
CALL_LIMIT_S = 5.0
Ends = dict[tuple[str, int], int]


class Recovery:
    """Watches the group's committed offsets; they move in the transactions of the outputs."""

    def __init__(self, connection: KafkaConnection) -> None:
        counts = partition_counts(connection)
        self._places = [(t.name, n) for t in INPUTS for n in range(counts[t.name])]
        self._connection = connection
        self._consumer = self._connected()
        self.longest_s = 0.0

    def _connected(self) -> Consumer:
        return Consumer({**self._connection.confluent(), "group.id": "kefu.engine"})

    def ends(self) -> Ends:
        """The offset behind the last record of each input partition; asked until Kafka knows."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            try:
                return {place: self._end(*place) for place in self._places}
            except KafkaException:
                if time.monotonic() > deadline:
                    raise
                # A broker that has just come back may know only some partitions, and the client
                # believes it for five minutes.
                self._consumer.close()
                self._consumer = self._connected()
                time.sleep(0.05)

    def _end(self, topic: str, partition: int) -> int:
        place = TopicPartition(topic, partition)
        _, end = self._consumer.get_watermark_offsets(place, timeout=CALL_LIMIT_S)
        return int(end)

    def has_processed(self, ends: Ends) -> bool:
        """Whether everything before the offsets is acknowledged; False where Kafka is away."""
        found = self._acknowledged()
        return found is not None and all(found[place] >= end for place, end in ends.items())

    def processed(self) -> int:
        """How many records are acknowledged; 0 where Kafka is away."""
        return sum((self._acknowledged() or {}).values())

    def wait_until_begun(self) -> int:
        """Return as soon as something is processed: how many records."""
        deadline = time.monotonic() + LIMIT_S
        while not (done := self.processed()):
            assert time.monotonic() < deadline, f"nothing processed within {LIMIT_S:.0f} s"
            time.sleep(0.01)
        return done

    def _acknowledged(self) -> Ends | None:
        asked = [TopicPartition(*place) for place in self._places]
        try:
            found = self._consumer.committed(asked, timeout=CALL_LIMIT_S)
        except KafkaException:
            return None
        return {(tp.topic, tp.partition): max(0, tp.offset) for tp in found}

    def wait(self, ends: Ends, since: float | None) -> None:
        """Return when all before `ends` is processed. How long that was after a fault at `since`
        (on the monotonic clock) is remembered.
        """
        deadline = time.monotonic() + LIMIT_S
        while not self.has_processed(ends):
            assert time.monotonic() < deadline, f"not recovered within {LIMIT_S:.0f} s"
            time.sleep(0.05)
        if since is not None:
            self.longest_s = max(self.longest_s, time.monotonic() - since)

    @contextmanager
    def after(self) -> Iterator[None]:
        """The fault is the context's body; afterwards the recovery is waited for."""
        ends, since = self.ends(), time.monotonic()
        yield
        self.wait(ends, since)

    def close(self) -> None:
        """Close the client."""
        self._consumer.close()
