"""The batching producer: outputs and checkpoints leave in one Kafka transaction.

Measured on a local broker (docs/decisions/0001-runtime.md): the transaction costs about 2 µs of CPU
an event and 15–20 ms a commit, which the batch hides; it makes a checkpoint atomic and keeps a
worker that lost its partitions from writing.
"""

import time
from typing import Any

from confluent_kafka import KafkaException, Producer, TopicPartition

from agents.connection import KafkaConnection
from schemas.codec import encode
from schemas.outputs import Duplicate, Output, QaFacts
from schemas.topics import TOPIC_OF_TYPE

CALL_LIMIT_S = 20.0
GIVE_UP_S = 60.0
"""After this the stage starts over with a new producer."""
TRANSACTION_TIMEOUT_MS = 10_000
"""How long the transaction of a killed worker holds up readers; also bounds recovery."""

_TOPIC_OF_CLASS: dict[type, str] = {}


class TransactionAbortedError(Exception):
    """The transaction was taken back; states must be recovered from the changelog."""


class Outbox:
    """One transactional producer. Not shared between threads."""

    def __init__(
        self, connection: KafkaConnection, transactional_id: str, facts_partitions: int
    ) -> None:
        """Fences every earlier producer of the same transactional id."""
        self._facts_partitions = facts_partitions
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
                "queue.buffering.max.messages": 500_000,
                "queue.buffering.max.kbytes": 262_144,
            }
        )
        _retried(self._producer.init_transactions)

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
                _retried(self._producer.send_offsets_to_transaction, offsets, membership)
            _retried(self._producer.commit_transaction)
            self._open = False
        except KafkaException as failure:
            error = failure.args[0]
            if error.fatal() or not error.txn_requires_abort():
                raise
            _retried(self._producer.abort_transaction)
            self._open = False
            raise TransactionAbortedError(error.name()) from None


def _topic_of(output: Output) -> str:
    cls = type(output)
    topic = _TOPIC_OF_CLASS.get(cls)
    if topic is None:
        tag = str(output.__struct_config__.tag)
        topic = _TOPIC_OF_CLASS[cls] = TOPIC_OF_TYPE[tag].name
    return topic


def _retried(call: Any, *arguments: Any) -> None:
    """Call until it works; what Kafka calls retriable is retried for `GIVE_UP_S`."""
    deadline = time.monotonic() + GIVE_UP_S
    while True:
        try:
            call(*arguments, CALL_LIMIT_S)
        except KafkaException as failure:
            if not failure.args[0].retriable() or time.monotonic() > deadline:
                raise
        else:
            return
