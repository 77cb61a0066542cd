"""Reads a topic from some time on to the end that it has now."""

import time
from collections.abc import Iterator
from uuid import uuid4

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, Message
from confluent_kafka import TopicPartition as Place

from agents.connection import KafkaConnection
from kefu.errors import NoKafkaError

LIMIT_S = 20.0
"""How long Kafka may say nothing."""


def read_topic(
    connection: KafkaConnection, topic: str, *, since_ms: int | None = None
) -> Iterator[Message]:
    """Every committed record that Kafka took at `since_ms` or later, partition by partition.

    Raises `NoKafkaError` where Kafka cannot be reached, does not have the topic, or falls silent.
    """
    consumer = Consumer(
        {
            **connection.confluent(),
            "group.id": f"kefu-reader-{uuid4()}",  # required by the client, never joined
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 50,
        }
    )
    try:
        for place in _starts(consumer, topic, since_ms):
            consumer.assign([place])
            yield from _to_end(consumer, topic)
    except KafkaException as failure:
        raise NoKafkaError(f"{topic}: {failure.args[0].str()}") from None
    finally:
        consumer.close()


def _starts(consumer: Consumer, topic: str, since_ms: int | None) -> list[Place]:
    found = consumer.list_topics(topic, timeout=LIMIT_S).topics[topic]
    if found.error is not None:
        raise NoKafkaError(f"no topic {topic}: create it with `kefu topics apply`")
    numbers = sorted(found.partitions)
    if since_ms is None:
        return [
            Place(topic, n, consumer.get_watermark_offsets(Place(topic, n))[0]) for n in numbers
        ]
    asked = [Place(topic, number, since_ms) for number in numbers]
    starts = consumer.offsets_for_times(asked, timeout=LIMIT_S)
    return [place for place in starts if place.offset not in (OFFSET_END, -1)]


def _to_end(consumer: Consumer, topic: str) -> Iterator[Message]:
    silent_since = time.monotonic()
    while time.monotonic() - silent_since < LIMIT_S:
        # A longer wait would be waited for in full, also where the end has been reached.
        for message in consumer.consume(1_000, timeout=0.05):
            silent_since = time.monotonic()
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:
                return
            else:
                raise KafkaException(error)
    raise NoKafkaError(f"{topic}: Kafka has said nothing for {LIMIT_S:.0f} s")
