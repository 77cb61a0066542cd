"""Create, delete and read the topics of a run."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable, Iterator

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from tests.faults.runtime_trial.settings import PARTITIONS, Settings

LIMIT_S = 20.0
NO_LEADER_YET = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)


def create(settings: Settings) -> None:
    """Create the run's topics; the changelog is compacted per key for transactions only."""
    admin = AdminClient({"bootstrap.servers": settings.bootstrap})
    new = [
        NewTopic(name, num_partitions=PARTITIONS, replication_factor=1)
        for name in (settings.inputs, settings.outputs, settings.grouped, settings.grouped_out)
    ]
    policy = "compact" if settings.shape == "c-txn" else "delete"
    new.append(
        NewTopic(
            settings.changelog,
            num_partitions=PARTITIONS,
            replication_factor=1,
            config={"cleanup.policy": policy},
        )
    )
    for future in admin.create_topics(new, operation_timeout=10).values():
        future.result(20)


def delete(settings: Settings) -> None:
    """Delete the run's topics, so that the broker does not fill up over many runs."""
    admin = AdminClient({"bootstrap.servers": settings.bootstrap})
    mine = [name for name in admin.list_topics(timeout=10).topics if name.startswith(settings.run)]
    if mine:
        for future in admin.delete_topics(mine, operation_timeout=10).values():
            future.result(20)


@functools.cache
def _admin(bootstrap: str) -> AdminClient:
    """Return the process's one admin client, connected.

    When the first call of a new one is `list_offsets`, it takes 3 s in 2 % of cases
    (confluent-kafka 2.16); after a `list_topics` it takes milliseconds.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
    admin.list_topics(timeout=LIMIT_S)
    return admin


def end_offsets(bootstrap: str, topic: str, partitions: Iterable[int]) -> dict[int, int]:
    """Return the high watermark per partition, transactions that are still open included.

    `Consumer.get_watermark_offsets` of a read_committed consumer would stop at the last stable
    offset, and so before a transaction that a killed worker left open.
    """
    admin = _admin(bootstrap)
    asked = {TopicPartition(topic, p): OffsetSpec.latest() for p in partitions}
    deadline = time.monotonic() + LIMIT_S
    while True:
        found = admin.list_offsets(
            asked, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=LIMIT_S
        )
        try:
            return {tp.partition: future.result(LIMIT_S).offset for tp, future in found.items()}
        except KafkaException as failure:
            # The admin client does not retry by itself, nor calls these errors retriable.
            if failure.args[0].code() not in NO_LEADER_YET or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def read_to_end(
    bootstrap: str, topic: str, starts: dict[int, int], *, committed: bool
) -> Iterator[tuple[int, Message | None, int]]:
    """Read partitions from `starts` to the end that they have now, waiting for open transactions.

    Yields (partition, message, next offset) and, as each partition is through, (partition, None,
    next offset). With `committed`, a transaction that is open at the call is waited for until it
    is decided: by its owner, or by the broker after transaction.timeout.ms.
    """
    ends = end_offsets(bootstrap, topic, starts)
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "trial-reader",  # required by the client, never joined
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "isolation.level": "read_committed" if committed else "read_uncommitted",
            "fetch.wait.max.ms": 10,  # the end is noticed by an empty fetch, which waits this long
            "log_level": 3,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, p, start) for p, start in starts.items()])
        left = set(starts)
        while left:
            for message in consumer.consume(2_000, timeout=0.02):
                error, partition, offset = message.error(), message.partition(), message.offset()
                if error is None:
                    yield partition, message, offset + 1
                elif error.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(error)
                elif offset >= ends[partition] and partition in left:
                    left.discard(partition)
                    yield partition, None, offset
    finally:
        consumer.close()
