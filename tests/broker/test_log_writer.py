"""What Kafka refuses is told to who wrote it; it never just goes missing."""

from __future__ import annotations

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

from agents.topics import partition_counts
from kefu.errors import NoKafkaError
from kefu.log_writer import LogWriter
from schemas.topics import AGENTS
from tests.broker.harness import fresh_broker

pytestmark = pytest.mark.broker

ATTEMPTS = 1_000
"""Kafka says that it has the new limit before it applies it."""


def write_large(writer: LogWriter) -> None:
    for _ in range(ATTEMPTS):
        writer.write(AGENTS.name, b"large", b"x" * 5_000, None)
        writer.flush()


def test_a_record_that_kafka_refuses_ends_the_writing() -> None:
    with fresh_broker() as connection:
        limit = ConfigEntry(
            "max.message.bytes", "2000", incremental_operation=AlterConfigOpType.SET
        )
        topic = ConfigResource(ConfigResource.Type.TOPIC, AGENTS.name, incremental_configs=[limit])
        admin = AdminClient(connection.confluent())
        for done in admin.incremental_alter_configs([topic]).values():
            done.result()
        writer = LogWriter(connection, partition_counts(connection), "test")
        writer.write(AGENTS.name, b"small", b"x" * 100, None)
        writer.flush()
        with pytest.raises(NoKafkaError, match="MSG_SIZE_TOO_LARGE"):
            write_large(writer)
