"""The changelog: checkpoints of one consumed partition, in a compacted topic beside it.

One record per state key, and one for the partition with the ledger: the offset of the last input
that is in the state. All records of a checkpoint are written in one Kafka transaction, so a reader
of committed records never sees half of one.
"""

import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import msgspec
from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

from agents.connection import KafkaConnection
from pipeline.state import StateVersionError

LEDGER_KEY = "\x00ledger"
"""Sorts before every state key and cannot be one: those begin with a letter."""

CHECKPOINT_VERSION = 2
"""1: no record is compressed."""
MAX_RECORD_BYTES = 8 << 20
"""What Kafka has to take for one record of a changelog; its own default is 1 MiB."""
_COMPRESSED_FROM = 64 << 10
"""Of 1,000 turns of 300 characters an interaction's record is 1.7 MB, nearly all of it text."""
_ZLIB = 0x78
"""The first byte of a compressed record; no other one, a MessagePack array, begins with it."""
_LIMIT_S = 30.0
"""How long Kafka may say nothing; a dead worker's transaction is open for 10 to 20 s."""
_CALL_LIMIT_S = 10.0
"""How long one question about topics may take; whoever asked tries again."""
_DESCRIBE_LIMIT_S = 5.0
_LOOK_S = 1.0
"""How often a wait looks whether the worker is to stop."""
_NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
"""Kafka's way to write an id of zeros."""
_NO_LEADER_YET = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)


class Ledger(msgspec.Struct, array_like=True):
    """What is in the state: inputs up to and including `offset`; and the partition's own state.

    `topic_id` is Kafka's own id of the input topic; empty in checkpoints of before it was kept.
    """

    version: int
    offset: int
    partition: bytes
    topic_id: str = ""


@dataclass
class Checkpoint:
    """The newest committed state of one partition; `offset` is -1 before the first."""

    offset: int = -1
    partition: bytes | None = None
    records: dict[str, bytes] = field(default_factory=dict)
    topic_id: str = ""

    def offset_in(self, topic_id: str) -> int:
        """The ledger for the topic of that id.

        -1 where the checkpoint is of an earlier topic of the same name: in the new one offsets
        begin again, and none of its records may pass for known. Its events are told apart by id.
        """
        is_another = bool(self.topic_id) and bool(topic_id) and self.topic_id != topic_id
        return -1 if is_another else self.offset


class CheckpointVersionError(StateVersionError):
    """The checkpoint was written by a newer version of kefu than this one."""


def encode_ledger(offset: int, partition: bytes, topic_id: str) -> bytes:
    """The ledger record of a checkpoint."""
    return msgspec.msgpack.encode(Ledger(CHECKPOINT_VERSION, offset, partition, topic_id))


def packed(record: bytes | None) -> bytes | None:
    """A record of a checkpoint as it is written; None, which takes one out, stays None."""
    if record is None or len(record) < _COMPRESSED_FROM:
        return record
    return zlib.compress(record, 1)


def unpacked(record: bytes) -> bytes:
    """A record of a checkpoint as it was."""
    return zlib.decompress(record) if record[0] == _ZLIB else record


class ChangelogReader:
    """Reads changelog partitions up to their end. Keeps one admin client, which is slow to make."""

    def __init__(
        self, connection: KafkaConnection, stopping: threading.Event | None = None
    ) -> None:
        """Once the worker is `stopping`, reading ends with an error."""
        self._connection = connection
        self._stopping = stopping or threading.Event()
        self._admin = AdminClient(connection.confluent())
        self._warm_up()

    def _warm_up(self) -> None:
        """As the first call of a new client `list_offsets` takes 3 s one time in fifty."""
        deadline = time.monotonic() + _CALL_LIMIT_S
        while True:
            try:
                self._admin.list_topics(timeout=_LOOK_S)
            except KafkaException:
                if self._is_over(deadline):
                    raise
            else:
                return

    def _is_over(self, deadline: float) -> bool:
        return self._stopping.is_set() or time.monotonic() > deadline

    def read(self, topic: str, partitions: Iterable[int]) -> dict[int, Checkpoint]:
        """The newest checkpoint of each partition, as `reading` finds them."""
        checkpoints = {partition: Checkpoint() for partition in partitions}
        for _ in self.reading(topic, checkpoints):
            pass
        return checkpoints

    def reading(self, topic: str, checkpoints: Mapping[int, Checkpoint]) -> Iterator[None]:
        """Bring empty checkpoints, by partition, up to date in steps of a fraction of a second.

        Waits for transactions that are open at the call until they are decided: by their owner, or
        by the broker after the transaction timeout of a dead one. Raises KafkaException where
        nothing comes for longer than that.
        """
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
            deadline = time.monotonic() + _LIMIT_S
            while left:
                yield
                messages = consumer.consume(5_000, timeout=0.02)
                if messages:
                    deadline = time.monotonic() + _LIMIT_S
                elif self._is_over(deadline):
                    raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
                for message in messages:
                    error, partition = message.error(), message.partition()
                    if error is None:
                        _apply(checkpoints[partition], message.key(), message.value())
                    elif error.code() != KafkaError._PARTITION_EOF:
                        raise KafkaException(error)
                    elif message.offset() >= ends[partition]:
                        left.discard(partition)
        finally:
            consumer.close()

    def topic_ids(self, topics: Iterable[str]) -> dict[str, str]:
        """Kafka's own ids of those of the topics that there are; none from brokers before 2.8.

        A topic that is deleted and made anew keeps its name and gets another id.
        """
        found = self._admin.describe_topics(
            TopicCollection(list(topics)), request_timeout=_DESCRIBE_LIMIT_S
        )
        ids = {}
        for name, described in found.items():
            try:
                ids[name] = str(self._answer(described, _DESCRIBE_LIMIT_S).topic_id)
            except KafkaException as failure:
                if failure.args[0].code() not in _NO_LEADER_YET:
                    raise
        return {name: topic_id for name, topic_id in ids.items() if topic_id != _NO_ID}

    def _ends(self, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        """The ends with open transactions included: a reader of committed records would stop
        before a transaction that a dying worker left open, and so before what follows it.
        """
        asked = {TopicPartition(topic, p): OffsetSpec.latest() for p in partitions}
        deadline = time.monotonic() + _LIMIT_S
        while True:
            found = self._admin.list_offsets(
                asked,
                isolation_level=IsolationLevel.READ_UNCOMMITTED,
                request_timeout=_CALL_LIMIT_S,
            )
            try:
                return {
                    tp.partition: self._answer(f, _CALL_LIMIT_S).offset for tp, f in found.items()
                }
            except KafkaException as failure:
                # A topic that was just made has no leader for a moment; the client does not wait.
                if failure.args[0].code() not in _NO_LEADER_YET or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _answer(self, future: Future[Any], limit_s: float) -> Any:
        """What Kafka answers. When `limit_s` is over its client says so itself, which is waited
        for: a second limit as short would now and then come first, and that is another error.
        """
        deadline = time.monotonic() + 2 * limit_s
        while True:
            try:
                return future.result(_LOOK_S)
            except TimeoutError:
                if self._is_over(deadline):
                    raise KafkaException(KafkaError(KafkaError._TIMED_OUT)) from None


def _apply(checkpoint: Checkpoint, key: bytes, value: bytes | None) -> None:
    name = key.decode()
    if name != LEDGER_KEY:
        if value is None:
            checkpoint.records.pop(name, None)
        else:
            checkpoint.records[name] = unpacked(value)
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
    checkpoint.topic_id = ledger.topic_id
