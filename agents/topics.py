"""Creates the topics of the catalogue, and says what is there."""

import time
from typing import NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from agents.changelog import MAX_RECORD_BYTES
from agents.connection import KafkaConnection
from schemas.topics import (
    CATALOGUE,
    FACTS,
    INPUTS,
    PAYLOADS,
    PAYLOADS_RETENTION_MS,
    Topic,
    changelog_of,
)

DEFAULT_PARTITIONS = 8
_LIMIT_S = 20.0


class TopicsError(RuntimeError):
    """Kafka cannot be reached, or its topics are not as kefu needs them."""


class TopicState(NamedTuple):
    """A topic kefu needs; `partitions` is None where it does not exist yet."""

    name: str
    doc: str
    compacted: bool
    wanted: int
    partitions: int | None


def wanted_topics(partitions: int) -> list[tuple[str, int, dict[str, str], str]]:
    """Name, partitions, settings and description of every topic, the changelogs among them."""
    wanted = [
        (topic.name, topic.partitions or partitions, _settings(topic), topic.doc)
        for topic in CATALOGUE
    ]
    changelogs = [
        (
            changelog_of(topic.name),
            topic.partitions or partitions,
            {"cleanup.policy": "compact", "max.message.bytes": str(MAX_RECORD_BYTES)},
            f"Internal: checkpoints of the engines that read {topic.name}.",
        )
        for topic in (*INPUTS, FACTS)
    ]
    payloads = (
        PAYLOADS,
        1,
        {"cleanup.policy": "compact,delete", "retention.ms": str(PAYLOADS_RETENTION_MS)},
        "Internal: the events of dead letters as they came, not masked.",
    )
    return [*wanted, *changelogs, payloads]


def apply_topics(
    connection: KafkaConnection, *, partitions: int = DEFAULT_PARTITIONS, replication: int = 1
) -> list[str]:
    """Create the topics that are missing; returns their names once Kafka lists them.

    Existing ones are left alone.
    """
    try:
        admin = KafkaAdminClient(**connection.kafka_python(), client_id="kefu-topics")
    except KafkaError as error:
        raise TopicsError(
            f"cannot reach Kafka at {connection.bootstrap_servers}: {type(error).__name__}"
        ) from None
    try:
        present = set(admin.list_topics())
        missing = [
            NewTopic(
                name=name,
                num_partitions=count,
                replication_factor=replication,
                topic_configs=settings,
            )
            for name, count, settings, _ in wanted_topics(partitions)
            if name not in present
        ]
        if missing:
            admin.create_topics(missing, timeout_ms=round(_LIMIT_S * 1000))
    except TopicAlreadyExistsError:
        pass  # another kefu was quicker
    except KafkaError as error:
        raise TopicsError(f"cannot create topics: {type(error).__name__}: {error}") from None
    finally:
        admin.close()
    created = [topic.name for topic in missing]
    _wait_until_listed(connection, created)
    return created


def topic_states(
    connection: KafkaConnection, partitions: int = DEFAULT_PARTITIONS
) -> list[TopicState]:
    """Every topic kefu needs, beside what Kafka has."""
    present = _present(connection)
    return [
        TopicState(name, doc, settings["cleanup.policy"] == "compact", count, present.get(name))
        for name, count, settings, doc in wanted_topics(partitions)
    ]


def partition_counts(connection: KafkaConnection) -> dict[str, int]:
    """How many partitions each topic has. Raises `TopicsError` where one is missing."""
    present = _present(connection)
    needed = [name for name, *_ in wanted_topics(1)]
    missing = [name for name in needed if name not in present]
    if missing:
        raise TopicsError(
            f"missing topics: {', '.join(missing)}; create them with `kefu topics apply`"
        )
    for topic in (*INPUTS, FACTS):
        if present[topic.name] != present[changelog_of(topic.name)]:
            raise TopicsError(
                f"{topic.name} has {present[topic.name]} partitions but its changelog "
                f"{present[changelog_of(topic.name)]}: they must be equal"
            )
    return present


def _wait_until_listed(connection: KafkaConnection, names: list[str]) -> None:
    """The controller confirms a topic before the brokers know it: a quick reader would miss it."""
    deadline = time.monotonic() + _LIMIT_S
    while names and not set(names) <= _present(connection).keys():
        if time.monotonic() > deadline:
            raise TopicsError(f"Kafka created {', '.join(names)} but does not list them")
        time.sleep(0.1)


def _present(connection: KafkaConnection) -> dict[str, int]:
    try:
        found = AdminClient(connection.confluent()).list_topics(timeout=_LIMIT_S).topics
    except KafkaException:
        raise TopicsError(f"cannot reach Kafka at {connection.bootstrap_servers}") from None
    return {name: len(topic.partitions) for name, topic in found.items()}


def _settings(topic: Topic) -> dict[str, str]:
    if topic.compacted:
        return {"cleanup.policy": "compact"}
    return {"cleanup.policy": "delete", "retention.ms": str(topic.retention_ms)}
