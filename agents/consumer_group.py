"""Leaving a consumer group without hanging in Kafka's client."""

import time

from confluent_kafka import Consumer

LEAVE_LIMIT_S = 2.0
"""The client answers from its own threads, also where Kafka is gone; this is only so that a stop
is never held up."""
_POLL_S = 0.05
_MOST = 1_000
"""Messages taken at once; those that still come are thrown away."""


def leave(consumer: Consumer) -> None:
    """Unsubscribe, serve the callbacks that are waiting, then close.

    A callback that is still waiting when `close` is called runs inside it, while the client ends.
    Where its `assign` or `unassign` meets Kafka's answer to the leaving, the client throws it away
    and the caller waits for ever, with Python's lock held (librdkafka issue 4884, open in 2.16.0;
    confluent-kafka-python issue 1023): docs/faults.md has the figures.

    Raises `KafkaException`; the consumer is closed in any case.
    """
    deadline = time.monotonic() + LEAVE_LIMIT_S
    try:
        consumer.unsubscribe()
        # Nothing came in a whole poll, so no callback is left in the queue either.
        while consumer.consume(_MOST, timeout=_POLL_S) or consumer.assignment():
            if time.monotonic() > deadline:
                break
    finally:
        consumer.close()
