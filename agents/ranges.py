"""Reads a range of offsets: the way to prove that a hole holds nothing, or to fill it."""

import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from agents.connection import KafkaConnection

_LIMIT_S = 10.0
"""How long Kafka may say nothing."""


class RangeReader:
    """A consumer that belongs to no group and reads where it is told. Not for two threads."""

    def __init__(self, connection: KafkaConnection, stopping: threading.Event) -> None:
        """Once the worker is `stopping`, reading ends with an error."""
        self._stopping = stopping
        self._consumer = Consumer(
            {
                **connection.confluent(),
                "group.id": "kefu-range-reader",  # required by the client, never joined
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "isolation.level": "read_uncommitted",
                "fetch.wait.max.ms": 10,
            }
        )

    def end(self, topic: str, partition: int) -> int:
        """The offset behind the last record."""
        _, high = self._consumer.get_watermark_offsets(
            TopicPartition(topic, partition), timeout=_LIMIT_S
        )
        return int(high)

    def read(self, topic: str, partition: int, start: int, end: int) -> list[tuple[int, bytes]]:
        """Every record from `start` up to, not including, `end`, as (offset, value).

        A log that ends before `end` proves nothing of what is missing: it is waited for, and then
        raises KafkaException, as silence does.
        """
        found: list[tuple[int, bytes]] = []
        self._consumer.assign([TopicPartition(topic, partition, start)])
        deadline = time.monotonic() + _LIMIT_S
        try:
            while not self._stopping.is_set() and time.monotonic() < deadline:
                messages = self._consumer.consume(1_000, timeout=0.02)
                if messages:
                    deadline = time.monotonic() + _LIMIT_S
                for message in messages:
                    error, offset = message.error(), message.offset()
                    if error is not None and error.code() != KafkaError._PARTITION_EOF:
                        raise KafkaException(error)
                    if offset >= end:
                        return found
                    if error is None and offset >= start:
                        found.append((offset, message.value() or b""))
                if found and found[-1][0] == end - 1:
                    return found
        finally:
            self._consumer.unassign()
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
