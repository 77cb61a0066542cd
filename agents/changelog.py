"""The changelog: checkpoints of one consumed partition, in a compacted topic beside it.

One record per state key, and one for the partition with the ledger: the offset of the last input
that is in the state. All records of a checkpoint are written in one Kafka transaction, so a reader
of committed records never sees half of one.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

from agents.connection import KafkaConnection

LEDGER_KEY = "\x00ledger"
"""Sorts before every state key and cannot be one: those begin with a letter."""

CHECKPOINT_VERSION = 1
_LIMIT_S = 30.0
_NO_LEADER_YET = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)


class Ledger(msgspec.Struct, array_like=True):
    """What is in the state: inputs up to and including `offset`; and the partition's own state."""

    version: int
    offset: int
    partition: bytes


@dataclass
class Checkpoint:
    """The newest committed state of one partition; `offset` is -1 before the first."""

    offset: int = -1
    partition: bytes | None = None
    records: dict[str, bytes] = field(default_factory=dict)


class CheckpointVersionError(RuntimeError):
    """The checkpoint was written by a newer version of kefu than this one."""


def encode_ledger(offset: int, partition: bytes) -> bytes:
    """The ledger record of a checkpoint."""
    return msgspec.msgpack.encode(Ledger(CHECKPOINT_VERSION, offset, partition))


class ChangelogReader:
    """Reads changelog partitions up to their end. Keeps one admin client, which is slow to make."""

    def __init__(self, connection: KafkaConnection) -> None:
        self._connection = connection
        self._admin = AdminClient(connection.confluent())
        # As the first call of a new client `list_offsets` takes 3 s one time in fifty.
        self._admin.list_topics(timeout=_LIMIT_S)

    def read(self, topic: str, partitions: Iterable[int]) -> dict[int, Checkpoint]:
        """The newest checkpoint of each partition.

        Waits for transactions that are open at the call until they are decided: by their owner, or
        by the broker after the transaction timeout of a dead one.
        """
        checkpoints = {partition: Checkpoint() for partition in partitions}
        ends = self._ends(topic, checkpoints)
        consumer = Consumer(
            {
                **self._connection.confluent(),
                "group.id": "kefu-changelog-reader",  # required by the client, never joined
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                # The end is noticed by an empty fetch, which waits this long.
                "fetch.wait.max.ms": 10,
            }
        )
        try:
            consumer.assign([TopicPartition(topic, partition, 0) for partition in checkpoints])
            left = set(checkpoints)
            while left:
                for message in consumer.consume(5_000, timeout=0.02):
                    error, partition = message.error(), message.partition()
                    if error is None:
                        _apply(checkpoints[partition], message.key(), message.value())
                    elif error.code() != KafkaError._PARTITION_EOF:
                        raise KafkaException(error)
                    elif message.offset() >= ends[partition]:
                        left.discard(partition)
        finally:
            consumer.close()
        return checkpoints

    def _ends(self, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        """The ends with open transactions included: a reader of committed records would stop
        before a transaction that a dying worker left open, and so before what follows it.
        """
        asked = {TopicPartition(topic, p): OffsetSpec.latest() for p in partitions}
        deadline = time.monotonic() + _LIMIT_S
        while True:
            found = self._admin.list_offsets(
                asked, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=_LIMIT_S
            )
            try:
                return {tp.partition: f.result(_LIMIT_S).offset for tp, f in found.items()}
            except KafkaException as failure:
                # A topic that was just made has no leader for a moment; the client does not wait.
                if failure.args[0].code() not in _NO_LEADER_YET or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


def _apply(checkpoint: Checkpoint, key: bytes, value: bytes | None) -> None:
    name = key.decode()
    if name != LEDGER_KEY:
        if value is None:
            checkpoint.records.pop(name, None)
        else:
            checkpoint.records[name] = value
        return
    if value is None:
        return
    ledger = msgspec.msgpack.decode(value, type=Ledger)
    if ledger.version > CHECKPOINT_VERSION:
        raise CheckpointVersionError(
            f"the checkpoint has version {ledger.version}, this kefu reads up to "
            f"{CHECKPOINT_VERSION}: upgrade kefu"
        )
    checkpoint.offset, checkpoint.partition = ledger.offset, ledger.partition
