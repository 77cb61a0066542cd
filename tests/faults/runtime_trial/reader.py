"""Reads the outputs of a run while it goes on, and judges them at its end."""

from __future__ import annotations

import itertools
import threading
import time

import orjson
from confluent_kafka import Consumer, TopicPartition

from tests.faults.runtime_trial import topics
from tests.faults.runtime_trial.settings import PARTITIONS, Settings


class Reader(threading.Thread):
    """Reads a topic with read_committed from its start."""

    def __init__(self, settings: Settings, topic: str) -> None:
        super().__init__(name=f"reader-{topic}", daemon=True)
        self._settings = settings
        self._topic = topic
        self._stop_now = threading.Event()
        self.values: dict[str, int | None] = {}
        self.records = 0
        self.wrong = 0
        self.arrivals: list[list[float]] = [[] for _ in range(PARTITIONS)]
        self._next = [0] * PARTITIONS

    def run(self) -> None:
        """Read until `finish`."""
        consumer = Consumer(
            {
                "bootstrap.servers": self._settings.bootstrap,
                "group.id": "trial-reader",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "log_level": 3,
            }
        )
        consumer.assign([TopicPartition(self._topic, p, 0) for p in range(PARTITIONS)])
        while not self._stop_now.is_set():
            now = 0.0
            for message in consumer.consume(1_000, timeout=0.05):
                if message.error() is None:
                    now = now or time.time()
                    self._take(message.partition(), message.offset(), message.value(), now)
        consumer.close()

    def finish(self) -> None:
        """Stop following and read the rest, to the very end of the topic."""
        self._stop_now.set()
        self.join()
        starts = dict(enumerate(self._next))
        for partition, message, following in topics.read_to_end(
            self._settings.bootstrap, self._topic, starts, committed=True
        ):
            if message is not None:
                self._take(partition, following - 1, message.value(), time.time())

    def _take(self, partition: int, offset: int, value: bytes, now: float) -> None:
        output = orjson.loads(value)
        name, checksum = output["id"], output.get("value")
        self.records += 1
        if self.values.setdefault(name, checksum) != checksum:
            self.wrong += 1
        self.arrivals[partition].append(now)
        self._next[partition] = offset + 1

    def longest_silence_s(self, after: float, before: float) -> float:
        """Return the longest time that a partition gave no output, begun in [after, before]."""
        longest = 0.0
        for times in self.arrivals:
            for earlier, later in itertools.pairwise(times):
                if later >= after and earlier <= before:
                    longest = max(longest, later - max(earlier, after))
        return longest
