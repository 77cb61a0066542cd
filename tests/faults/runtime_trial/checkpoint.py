"""Recover engines from the changelog, and confirm outputs before the checkpoint that has them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from tests.faults.runtime_trial import topics
from tests.faults.runtime_trial.core import Engine
from tests.faults.runtime_trial.settings import Settings

FLUSH_LIMIT_S = 20.0


class NotDeliveredError(Exception):
    """Kafka did not confirm what was sent; the state must be recovered from the changelog."""


def recover(settings: Settings, engines: Iterable[Engine]) -> None:
    """Bring engines up to the end of their changelog; one consumer reads all partitions."""
    mine = {engine.partition: engine for engine in engines}
    if not mine:
        return
    starts = {partition: engine.changelog_next for partition, engine in mine.items()}
    committed = settings.shape == "c-txn"
    for partition, message, following in topics.read_to_end(
        settings.bootstrap, settings.changelog, starts, committed=committed
    ):
        if message is not None:
            mine[partition].restore(message.key(), message.value())
        mine[partition].changelog_next = following


class Outbox:
    """The batching producer: outputs and checkpoints, confirmed or an error."""

    def __init__(self, settings: Settings, extra: dict[str, Any] | None = None) -> None:
        self._settings = settings
        self.producer = Producer({**settings.producer_config(), **(extra or {})})
        self._failed: KafkaError | None = None

    def _on_delivery(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failed = error

    def send(self, topic: str, partition: int, value: bytes, key: bytes | None = None) -> None:
        """Hand one record to the producer; waits while its queue is full."""
        while True:
            try:
                self.producer.produce(topic, value, key, partition, on_delivery=self._on_delivery)
            except BufferError:
                self.producer.poll(0.1)
            else:
                return

    def confirm(self) -> None:
        """Wait until Kafka has everything that was sent. Raises NotDeliveredError."""
        left = self.producer.flush(FLUSH_LIMIT_S)
        if left or self._failed is not None:
            raise NotDeliveredError(f"{left} records not confirmed, error: {self._failed}")

    def checkpoint(self, engines: Iterable[Engine]) -> None:
        """Confirm the outputs first, then one atomic record per changed partition."""
        self.confirm()
        changed = [engine for engine in engines if engine.changed]
        for engine in changed:
            key, value = engine.batch_record()
            self.send(self._settings.changelog, engine.partition, value, key)
        self.confirm()
        for engine in changed:
            engine.checkpoint_done()


class Stats:
    """What a worker counts; `worker.py` writes it to a file ten times a second."""

    def __init__(self) -> None:
        self.events = 0
        self.duplicates = 0
        self.holes = 0
        self.holes_proven = 0
        self.foreign = 0
        self.checkpoints = 0
        self.aborted = 0
        self.assigned: list[int] = []
        self.recoveries_s: list[float] = []

    def timed_recovery(self, settings: Settings, engines: Iterable[Engine]) -> None:
        """Recover and note how long it took."""
        started = time.monotonic()
        recover(settings, engines)
        self.recoveries_s.append(round(time.monotonic() - started, 3))
