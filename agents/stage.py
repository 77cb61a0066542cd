"""The hot stage: one thread, one consumer, an engine for each assigned input partition.

Callbacks of the consumer run inside `consume()`, on this thread and between two checkpoints, so
nothing is in flight when a partition goes, and there are no locks. A partition resumes from the
ledger in its checkpoint, never from the group's offset. Outputs, checkpoint and group offset are
one transaction; when Kafka refuses it, all states are recovered from the changelog. Nothing is read
while states are recovered.
"""

import logging
import threading
import time
from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from agents.changelog import ChangelogReader
from agents.consumer_group import leave
from agents.export import Exporter
from agents.health import Health
from agents.outbox import Outbox, TransactionAbortedError
from agents.recovery import EngineFactory, Place, Recovery
from agents.settings import WorkerSettings
from agents.task import Admission, Task
from schemas.topics import INPUTS, PAYLOADS, changelog_of

log = logging.getLogger("kefu.stage")

POLL_S = 0.05
"""How long `consume` waits for a full batch, and so the least latency of a quiet stream."""
GAUGES_EVERY_S = 1.0
TOPICS_EVERY_S = 5.0
"""How often it is asked whether an input topic has been made anew. What is written to the new one
until then is read again from its beginning."""
RESTART_AFTER_S = 2.0
MAX_POISONED = 1_000
MAX_RECORDS = 20_000
"""About how many records one transaction has at most: a second or two of work. After a standstill a
tick may find a million clocks due: Kafka gives a transaction 10 s (`agents.outbox`), and would take
back the same one for ever."""


class HotStage:
    """Runs on its own thread until `stop` is set."""

    def __init__(
        self,
        settings: WorkerSettings,
        make_engine: EngineFactory,
        exporter: Exporter,
        facts_partitions: int,
        stop: threading.Event,
    ) -> None:
        self._settings = settings
        self._make_engine = make_engine
        self._exporter = exporter
        self._facts_partitions = facts_partitions
        self._changelog: ChangelogReader
        self._tasks: dict[Place, Task] = {}
        self._missing: set[Place] = set()
        self._recovery: Recovery | None = None
        self._poisoned: set[tuple[str, int, int]] = set()
        self._membership: Any = None
        self._gauges_at = 0.0
        self._topics_at = 0.0
        self.stop = stop
        self.health = Health()
        self.assigned: tuple[Place, ...] = ()

    def run(self) -> None:
        """Consume until told to stop. What a new consumer and producer can mend is retried."""
        while not self.stop.is_set():
            try:
                self._session()
            except KafkaException as failure:
                reason = failure.args[0].name()
                log.warning("kafka failed, starting over: %s", reason, extra={"reason": reason})
                self._exporter.restarted()
                self.health.without_kafka()
                self.stop.wait(RESTART_AFTER_S)

    def _session(self) -> None:
        settings = self._settings
        # Made anew with each session: a client that saw the broker go may ask with the leader epoch
        # of before for ever (FENCED_LEADER_EPOCH).
        self._changelog = ChangelogReader(settings.connection, self.stop)
        outbox = Outbox(
            settings.connection,
            f"{settings.app_id}.{settings.worker_id}",
            self._facts_partitions,
            self.stop,
        )
        consumer = Consumer(
            {
                **settings.connection.confluent(),
                "group.id": f"{settings.app_id}.engine",
                "client.id": settings.worker_id,
                "enable.auto.commit": False,
                # Only where the ledger points at what retention has deleted; shown as a hole.
                "auto.offset.reset": "earliest",
                "session.timeout.ms": settings.session_timeout_ms,
                "heartbeat.interval.ms": settings.session_timeout_ms // 5,
                "max.poll.interval.ms": 120_000,
                "partition.assignment.strategy": "range",
                "fetch.wait.max.ms": 50,
                "queued.max.messages.kbytes": 32_768,
            }
        )
        consumer.subscribe(
            [topic.name for topic in INPUTS],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_revoke,
        )
        try:
            while not self.stop.is_set():
                self.health.turned()
                if self._missing:
                    self._recover(consumer)
                    continue
                messages = consumer.consume(settings.batch, timeout=POLL_S)
                if messages:
                    self._process(messages, consumer, outbox)
                self._show_gauges(consumer)
                self._look_at_topics()
        finally:
            try:
                leave(consumer)
            finally:
                self._drop()

    # --- membership and states -------------------------------------------------------------------

    def _on_assign(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        # Kept from here: after an expulsion and a new start a freshly asked one would belong to a
        # newer generation, and so let a batch of the old assignment pass.
        self._membership = consumer.consumer_group_metadata()
        consumer.assign([])
        self._exporter.rebalanced(len(assigned))
        if assigned:
            self._lose((tp.topic, tp.partition) for tp in assigned)
        else:
            self.health.joined(0)

    def _on_revoke(self, consumer: Consumer, _revoked: list[TopicPartition]) -> None:
        self._drop()
        consumer.unassign()

    def _drop(self) -> None:
        """Forget all partitions: with this strategy of assignment all of them go at once."""
        for place in (*self._tasks, *self._missing):
            self._exporter.revoked(*place)
        self._tasks.clear()
        self._missing.clear()
        self._end_recovery()
        self.assigned = ()

    def _lose(self, places: Iterable[Place]) -> None:
        """Forget states that Kafka does not hold; they are recovered before anything is read."""
        for place in places:
            self._tasks.pop(place, None)
            self._missing.add(place)
        self.health.recovering()

    def _recover(self, consumer: Consumer) -> None:
        """One step of it, and one call to Kafka's client, which brings revocations and errors."""
        if self._recovery is None:
            consumer.assign([])
            self._recovery = Recovery(self._changelog, self._make_engine, self._missing)
        if self._recovery.step():
            self._exporter.recovered(self._recovery.seconds)
            self._tasks.update(self._recovery.tasks)
            self._missing.clear()
            self._end_recovery()
            consumer.assign(
                [TopicPartition(*place, task.ledger + 1) for place, task in self._tasks.items()]
            )
            self.assigned = tuple(sorted(self._tasks))
            self.health.joined(len(self._tasks))
            return
        for message in consumer.consume(1, timeout=0):
            _raise_where_failed(message)

    def _end_recovery(self) -> None:
        if self._recovery is not None:
            self._recovery.close()
            self._recovery = None

    # --- the batch -------------------------------------------------------------------------------

    def _process(self, messages: list[Message], consumer: Consumer, outbox: Outbox) -> None:
        started = time.monotonic()
        touched: dict[Place, Task] = {}
        refetch: dict[Place, Task] = {}
        records = 0
        for message in messages:
            if _raise_where_failed(message):
                continue
            place = (message.topic(), message.partition())
            task = self._tasks.get(place)
            if task is None or place in refetch:
                continue  # lost meanwhile, or to be fetched again
            if records >= MAX_RECORDS:
                refetch[place] = task
                continue
            offset = message.offset()
            match task.admit(offset):
                case Admission.DUPLICATE:
                    task.replayed += 1
                    touched[place] = task
                    continue
                case Admission.HOLE:
                    refetch[place] = task
                    continue
                case Admission.NEXT:
                    gap = offset - task.ledger - 1
                    if gap:
                        self._exporter.gap(place[0], gap)
            before = task.unsent
            try:
                is_done = task.process(
                    offset,
                    message.key(),
                    message.value(),
                    message.timestamp()[1],
                    poisoned=bool(self._poisoned) and (*place, offset) in self._poisoned,
                    most=MAX_RECORDS - records,
                )
            except Exception as error:
                self._poison(place, offset, error)
                self._lose([place])
                touched.pop(place, None)
                continue
            records += task.unsent - before
            touched[place] = task
            if not is_done:
                refetch[place] = task
        self._send(touched, outbox)
        for place, task in refetch.items():
            task.hole_asked = task.ledger + 1
            if not self._missing:  # else all are read on from their ledgers when it is recovered
                consumer.seek(TopicPartition(*place, task.ledger + 1))
        self._exporter.batch(time.monotonic() - started)

    def _poison(self, place: Place, offset: int, error: Exception) -> None:
        """An error of ours: this event becomes a dead letter when it is read again."""
        if len(self._poisoned) >= MAX_POISONED:
            raise error
        topic, partition = place
        kind = type(error).__name__
        log.error(
            "the engine failed on %s/%s@%s: %s",
            topic,
            partition,
            offset,
            kind,
            extra={"topic": topic, "partition": partition, "offset": offset, "reason": kind},
        )
        self._poisoned.add((*place, offset))

    def _send(self, touched: dict[Place, Task], outbox: Outbox) -> None:
        batches = []
        offsets = []
        for place, task in touched.items():
            outputs = task.take_outputs()
            for output in outputs:
                outbox.send_output(output)
            for event in task.take_refused():
                outbox.send(
                    PAYLOADS, event.letter_id.encode(), event.value, headers=event.headers()
                )
            if task.changed:
                changelog = changelog_of(place[0])
                for key, value in task.take_checkpoint():
                    outbox.send(changelog, key.encode(), value, place[1])
                offsets.append(TopicPartition(*place, task.ledger + 1))
            batches.append((task, outputs))
        try:
            outbox.commit(offsets, self._membership)
        except TransactionAbortedError as aborted:
            log.warning(
                "transaction aborted, recovering from the changelog: %s",
                aborted,
                extra={"reason": str(aborted)},
            )
            self._exporter.restarted()
            self._lose(list(self._tasks))
            return
        for task, outputs in batches:
            self._exporter.sent(task, outputs)

    def _look_at_topics(self) -> None:
        """Begin anew with topics that were deleted and made again under this worker's hands."""
        now = time.monotonic()
        if not self._tasks or self._missing or now - self._topics_at < TOPICS_EVERY_S:
            return
        self._topics_at = now
        try:
            found = self._changelog.topic_ids({topic for topic, _ in self._tasks})
        except KafkaException:
            return  # Kafka is away; whoever needs it says so
        places = [
            place
            for place, task in self._tasks.items()
            if task.topic_id and found.get(place[0], task.topic_id) != task.topic_id
        ]
        if places:
            self._lose(places)

    def _show_gauges(self, consumer: Consumer) -> None:
        now = time.monotonic()
        if now - self._gauges_at < GAUGES_EVERY_S:
            return
        self._gauges_at = now
        for place, task in self._tasks.items():
            _, end = consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
            self._exporter.show(task, max(0, end - task.ledger - 1) if end >= 0 else 0)


def _raise_where_failed(message: Message) -> bool:
    """True where it is no record but a failure that the client mends by itself; raises where it
    does not.
    """
    error = message.error()
    if error is not None and not error.retriable():
        raise KafkaException(error)
    return error is not None
