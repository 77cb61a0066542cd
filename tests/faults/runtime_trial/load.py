"""The input of a run: a fixed number of events at a fixed rate, from a seed."""

from __future__ import annotations

import random
import threading
import time

import orjson
from confluent_kafka import Producer

from tests.faults.runtime_trial.core import GROUPED_EVERY, chain, output_of, partition_of
from tests.faults.runtime_trial.settings import KEYS, PARTITIONS, Settings


class Load(threading.Thread):
    """Sends `count` events at `rate` per second (None: as fast as possible).

    `expected` is what a correct run must output: id -> checksum.
    """

    def __init__(self, settings: Settings, *, count: int, rate: float | None, seed: int) -> None:
        super().__init__(name="load", daemon=True)
        self._settings = settings
        self.count = count
        self._rate = rate
        self._random = random.Random(seed)
        self.sent = 0
        self.ended_at: float | None = None
        self.expected: dict[str, int] = {}
        self._totals = [0] * PARTITIONS
        self._producer = Producer({**settings.producer_config(), "linger.ms": 5})

    @property
    def expected_grouped(self) -> set[str]:
        """Return the ids of the low-rate records that a correct run writes."""
        return {
            f"{partition}:{n}"
            for partition, total in enumerate(self._totals)
            for n in range(GROUPED_EVERY, total + 1, GROUPED_EVERY)
        }

    def run(self) -> None:
        """Send everything; `ended_at` is then the time (s) when Kafka had it all."""
        counts: dict[str, tuple[int, int]] = {}
        started = time.time()
        for seq in range(self.count):
            key = f"k{self._random.randrange(KEYS)}"
            partition = partition_of(key, PARTITIONS)
            count, value = counts.get(key, (0, 0))
            count, value = count + 1, chain(value, seq)
            counts[key] = (count, value)
            self.expected[output_of(key, count, value)["id"]] = value
            self._totals[partition] += 1
            self._send(partition, key.encode(), orjson.dumps({"key": key, "seq": seq}))
            self.sent = seq + 1
            if self._rate is not None and seq % 20 == 0:
                time.sleep(max(0.0, started + seq / self._rate - time.time()))
        if self._producer.flush(30):
            raise RuntimeError("the load could not be written")
        self.ended_at = time.time()

    def _send(self, partition: int, key: bytes, value: bytes) -> None:
        while True:
            try:
                self._producer.produce(self._settings.inputs, value, key, partition)
            except BufferError:
                self._producer.poll(0.1)
            else:
                return
