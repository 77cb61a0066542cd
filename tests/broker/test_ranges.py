"""On real Kafka: a range of offsets is read whole, whatever the log shows of it at first."""

from __future__ import annotations

import threading

import pytest
from confluent_kafka import KafkaException, Producer

from agents.connection import KafkaConnection
from agents.ranges import RangeReader
from schemas.topics import FACTS
from tests.broker.harness import fresh_broker

pytestmark = pytest.mark.broker


def write(connection: KafkaConnection, start: int, end: int) -> None:
    """Write records whose values are their offsets, and a marker behind them."""
    producer = Producer({**connection.confluent(), "transactional.id": "t"})
    producer.init_transactions()
    producer.begin_transaction()
    for offset in range(start, end):
        producer.produce(FACTS.name, str(offset).encode(), b"k", 0)
    producer.flush()
    producer.commit_transaction()


def test_a_hole_is_believed_before_the_log_reaches_behind_it() -> None:
    with fresh_broker() as connection:
        reader = RangeReader(connection, threading.Event())
        write(connection, 0, 100)
        write(connection, 101, 200)
        assert reader.end(FACTS.name, 0) == 201
        whole = [(n, str(n).encode()) for n in (*range(100), *range(101, 200))]
        assert reader.read(FACTS.name, 0, 0, 201) == whole
        assert reader.read(FACTS.name, 0, 50, 150) == [r for r in whole if 50 <= r[0] < 150]
        assert reader.read(FACTS.name, 0, 100, 101) == []  # a marker alone: nothing, and proven
        # A reader that trusted the end of the log would say that there is nothing.
        later = threading.Timer(1.0, write, (connection, 201, 300))
        later.start()
        found = reader.read(FACTS.name, 0, 201, 300)
        later.join()
        assert found == [(n, str(n).encode()) for n in range(201, 300)]
        # Behind the end Kafka goes back to the first record: none of those is in the range.
        write(connection, 301, 302)
        with pytest.raises(KafkaException):
            reader.read(FACTS.name, 0, 400, 500)
