"""The batching producer: outputs and checkpoints leave in one Kafka transaction.

Measured on a local broker (docs/decisions/0001-runtime.md): the transaction costs about 2 µs of CPU
an event and 15–20 ms a commit, which the batch hides; it makes a checkpoint atomic and keeps a
worker that lost its partitions from writing.
"""

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from agents.changelog import MAX_RECORD_BYTES
from agents.connection import KafkaConnection
from schemas.codec import encode
from schemas.outputs import Duplicate, Output, QaFacts
from schemas.topics import TOPIC_OF_TYPE

TRANSACTION_TIMEOUT_MS = 10_000
"""How long the transaction of a killed worker holds up readers; also bounds recovery."""
CALL_LIMIT_S = 4.0
"""How long one call may take, and so how long a worker that is told to stop waits for Kafka."""
GIVE_UP_S = TRANSACTION_TIMEOUT_MS / 1000 + 2
"""After this the broker has taken the transaction back, and only a new producer can help."""
OVERTIME_S = 2.0
"""How much longer than `CALL_LIMIT_S` a call of the client may take before it is left alone, unless
the worker is told to stop."""

_TOPIC_OF_CLASS: dict[type, str] = {}


class TransactionAbortedError(Exception):
    """The transaction was taken back; states must be recovered from the changelog."""


class Outbox:
    """One transactional producer. Not shared between threads."""

    def __init__(
        self,
        connection: KafkaConnection,
        transactional_id: str,
        facts_partitions: int,
        stopping: threading.Event,
    ) -> None:
        """Fences every earlier producer of the same transactional id.

        Once the worker is `stopping`, no call is tried a second time.
        """
        self._facts_partitions = facts_partitions
        self._stopping = stopping
        self._open = False
        self._producer = Producer(
            {
                **connection.confluent(),
                "transactional.id": transactional_id,
                "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
                "partitioner": "murmur2_random",  # the one that Java clients use
                "linger.ms": 5,
                # The Faust side reads with aiokafka, which knows gzip only without extra packages,
                # and gzip costs more than it saves here.
                "compression.type": "none",
                "message.max.bytes": MAX_RECORD_BYTES,
                "queue.buffering.max.messages": 500_000,
                "queue.buffering.max.kbytes": 262_144,
            }
        )
        self._retried(self._producer.init_transactions)

    def send_output(self, output: Output) -> None:
        """Publish one output on its topic; facts without counts go to every facts partition."""
        if isinstance(output, Duplicate):
            return
        topic = _topic_of(output)
        value = encode(output)
        if isinstance(output, QaFacts):
            if output.data.window_start is None:
                for partition in range(self._facts_partitions):
                    self.send(topic, output.subject.encode(), value, partition)
                return
            key = f"{output.data.tenant}/{output.data.group}/{output.data.name}"
            self.send(topic, key.encode(), value)
            return
        self.send(topic, output.subject.encode(), value)

    def send(
        self,
        topic: str,
        key: bytes,
        value: bytes | None,
        partition: int = -1,
        *,
        headers: list[tuple[str, bytes]] | None = None,
    ) -> None:
        """Hand over one record, opening a transaction if none is; waits while the queue is full."""
        if not self._open:
            self._producer.begin_transaction()
            self._open = True
        while True:
            try:
                self._producer.produce(topic, value, key, partition, headers=headers)
            except BufferError:
                self._producer.poll(0.1)
            else:
                return

    def commit(self, offsets: list[TopicPartition] | None = None, membership: Any = None) -> None:
        """Confirm everything sent, with the input offsets where the consumer group fences.

        Raises `TransactionAbortedError` when Kafka refused it, KafkaException when nothing but a
        new producer can help.
        """
        if not self._open:
            return
        try:
            if offsets:
                self._retried(self._producer.send_offsets_to_transaction, offsets, membership)
            self._retried(self._producer.commit_transaction)
            self._open = False
        except KafkaException as failure:
            error = failure.args[0]
            if error.fatal() or not error.txn_requires_abort():
                raise
            self._retried(self._producer.abort_transaction)
            self._open = False
            raise TransactionAbortedError(error.name()) from None

    def _retried(self, call: Any, *arguments: Any) -> None:
        """Call until it works; what Kafka calls retriable is retried for `GIVE_UP_S`."""
        deadline = time.monotonic() + GIVE_UP_S
        while True:
            try:
                _bounded(self._stopping, call, *arguments, CALL_LIMIT_S)
            except KafkaException as failure:
                is_over = self._stopping.is_set() or time.monotonic() > deadline
                if is_over or not failure.args[0].retriable():
                    raise
            else:
                return


def _topic_of(output: Output) -> str:
    cls = type(output)
    topic = _TOPIC_OF_CLASS.get(cls)
    if topic is None:
        tag = str(output.__struct_config__.tag)
        topic = _TOPIC_OF_CLASS[cls] = TOPIC_OF_TYPE[tag].name
    return topic


def _bounded(stopping: threading.Event, call: Callable[..., Any], *arguments: Any) -> None:
    """Make the call on a thread of its own, and leave it alone where it does not come back.

    librdkafka's `send_offsets_to_transaction` forgets its time limit when the coordinator goes away
    (its issue 5456), and a stage that hangs in it holds up the whole group's rebalance. What the
    call still does is harmless: the next producer of the same transactional id fences its own.
    """
    done: SimpleQueue[BaseException | None] = SimpleQueue()

    def run() -> None:
        try:
            call(*arguments)
        except BaseException as failure:
            done.put(failure)
        else:
            done.put(None)

    threading.Thread(target=run, name="transaction", daemon=True).start()
    try:
        failure = _outcome(done, stopping)
    except Empty:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT)) from None
    if failure is not None:
        raise failure


def _outcome(
    done: SimpleQueue[BaseException | None], stopping: threading.Event
) -> BaseException | None:
    try:
        return done.get(timeout=CALL_LIMIT_S)
    except Empty:
        if stopping.is_set():
            raise
        return done.get(timeout=OVERTIME_S)
