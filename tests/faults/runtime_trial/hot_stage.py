"""Shape (c): the hot stage, a thread with a confluent-kafka consumer and an engine per partition.

All callbacks of the consumer run inside `consume()`, on this thread, between two checkpoints:
so nothing is in flight when a partition is revoked, and there are no locks.
"""

from __future__ import annotations

import threading
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from tests.faults.runtime_trial.checkpoint import Outbox, Stats
from tests.faults.runtime_trial.core import Admission, Engine
from tests.faults.runtime_trial.settings import (
    HEARTBEAT_MS,
    SESSION_TIMEOUT_MS,
    TRANSACTION_TIMEOUT_MS,
    Settings,
)

POLL_S = 0.05  # consume() waits this long for a full batch, so it bounds the latency too
CALL_LIMIT_S = 20.0


class HotStage:
    """Runs until `stop` is set; `run` raises what it cannot mend, and the process must end."""

    def __init__(self, settings: Settings, stats: Stats) -> None:
        self._settings = settings
        self._stats = stats
        self.stop = threading.Event()
        self._engines: dict[int, Engine] = {}
        self._parked: dict[int, Engine] = {}  # revoked; read on from where they were
        self._hole_from: dict[int, int] = {}
        self._transactional = settings.shape == "c-txn"
        extra: dict[str, Any] = {}
        if self._transactional:
            extra = {
                "transactional.id": f"{settings.run}.{settings.worker}",
                "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
            }
        self._outbox = Outbox(settings, extra)
        self._membership: Any = None
        self._consumer = Consumer(
            {
                "bootstrap.servers": settings.bootstrap,
                "group.id": f"{settings.run}.hot",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",  # the ledger decides; anything else is a bug
                "session.timeout.ms": SESSION_TIMEOUT_MS,
                "heartbeat.interval.ms": HEARTBEAT_MS,
                "max.poll.interval.ms": 30_000,
                "partition.assignment.strategy": settings.assignor,
                "fetch.wait.max.ms": 50,
                "log_level": 3,
            }
        )
        self._incremental = settings.assignor.startswith("cooperative")

    def run(self) -> None:
        """Consume, feed, checkpoint, until told to stop; then leave the group."""
        if self._transactional:
            self._outbox.producer.init_transactions(CALL_LIMIT_S)
        self._consumer.subscribe(
            [self._settings.inputs],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_revoke,
        )
        try:
            while not self.stop.is_set():
                messages = self._consumer.consume(self._settings.batch, timeout=POLL_S)
                if messages:
                    self._process(messages)
        finally:
            self._consumer.close()

    def _on_assign(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        fresh = []
        for tp in assigned:
            engine = self._parked.pop(tp.partition, None) or Engine(tp.partition)
            self._engines[tp.partition] = engine
            fresh.append(engine)
        self._stats.timed_recovery(self._settings, fresh)
        # Kept from here: what is asked for after an expulsion and a return belongs to a newer
        # generation, and would let a batch of the older one pass.
        self._membership = consumer.consumer_group_metadata()
        for tp in assigned:
            tp.offset = self._engines[tp.partition].ledger + 1
        if self._incremental:
            consumer.incremental_assign(assigned)
        else:
            consumer.assign(assigned)
        self._stats.assigned = sorted(self._engines)

    def _on_revoke(self, consumer: Consumer, revoked: list[TopicPartition]) -> None:
        for tp in revoked:
            engine = self._engines.pop(tp.partition, None)
            if engine is not None:
                self._parked[tp.partition] = engine
        self._hole_from.clear()
        if self._incremental:
            consumer.incremental_unassign(revoked)
        else:
            consumer.unassign()
        self._stats.assigned = sorted(self._engines)

    def _process(self, messages: list[Message]) -> None:
        changed: dict[int, Engine] = {}
        refetch: dict[int, int] = {}
        stats, send = self._stats, self._outbox.send
        outputs, grouped_topic = self._settings.outputs, self._settings.grouped
        if self._transactional:
            self._outbox.producer.begin_transaction()
        for message in messages:
            error = message.error()
            if error is not None:
                if error.retriable():
                    continue
                raise KafkaException(error)
            partition, offset = message.partition(), message.offset()
            engine = self._engines.get(partition)
            if engine is None:
                stats.foreign += 1  # fetched before the partition was revoked
                continue
            if partition in refetch:
                continue
            admission = engine.admit(offset)
            if admission is Admission.DUPLICATE:
                stats.duplicates += 1
                continue
            if admission is Admission.HOLE:
                if self._hole_from.get(partition) != engine.ledger + 1:
                    stats.holes += 1
                    refetch[partition] = engine.ledger + 1
                    continue
                stats.holes_proven += 1  # asked for again, and Kafka has nothing there
            output, grouped = engine.feed(offset, message.value())
            send(outputs, partition, output)
            if grouped is not None and self._settings.with_grouped:
                send(grouped_topic, partition, grouped)
            changed[partition] = engine
            stats.events += 1
        self._commit(changed)
        for partition in changed:
            self._hole_from.pop(partition, None)
        for partition, offset in refetch.items():
            self._hole_from[partition] = offset
            self._consumer.seek(TopicPartition(self._settings.inputs, partition, offset))

    def _commit(self, changed: dict[int, Engine]) -> None:
        offsets = [
            TopicPartition(self._settings.inputs, partition, engine.ledger + 1)
            for partition, engine in changed.items()
        ]
        if self._transactional:
            self._commit_transaction(changed, offsets)
        elif changed:
            self._outbox.checkpoint(changed.values())
            # For lag dashboards only; the ledger is the truth.
            self._consumer.commit(offsets=offsets, asynchronous=True)
        self._stats.checkpoints += 1

    def _commit_transaction(
        self, changed: dict[int, Engine], offsets: list[TopicPartition]
    ) -> None:
        producer = self._outbox.producer
        for engine in changed.values():
            for key, value in engine.key_records():
                self._outbox.send(self._settings.changelog, engine.partition, value, key)
        try:
            if offsets:
                self._retried(producer.send_offsets_to_transaction, offsets, self._membership)
            self._retried(producer.commit_transaction)
        except KafkaException as failure:
            error: KafkaError = failure.args[0]
            if error.fatal() or not error.txn_requires_abort():
                raise
            self._stats.aborted += 1
            self._retried(producer.abort_transaction)
            self._start_again_from_the_changelog()
            return
        for engine in changed.values():
            engine.checkpoint_done()

    def _retried(self, call: Any, *arguments: Any) -> None:
        while True:
            try:
                call(*arguments, CALL_LIMIT_S)
            except KafkaException as failure:
                if not failure.args[0].retriable():
                    raise
            else:
                return

    def _start_again_from_the_changelog(self) -> None:
        """Forget states that an aborted transaction would have confirmed."""
        for partition in self._engines:
            self._engines[partition] = Engine(partition)
        self._stats.timed_recovery(self._settings, self._engines.values())
        for partition, engine in self._engines.items():
            self._consumer.seek(TopicPartition(self._settings.inputs, partition, engine.ledger + 1))
