"""Where outputs come from: files that `kefu replay --out` wrote, or the topics of a Kafka."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)

from agents.connection import KafkaConnection
from kefu.errors import NoKafkaError, UserError
from kefu.replay import FILES
from kefu.sources.lines import raw_lines
from schemas.codec import InvalidEvent, decode_output
from schemas.outputs import PublishedOutput
from schemas.topics import INTERACTIONS, QA_ISSUES, SCORECARDS

READ = (SCORECARDS, QA_ISSUES, INTERACTIONS)
_LIMIT_S = 20.0
_SILENCE_S = 60.0
"""Longer than a broker needs to decide the open transaction of a worker that died (45 s)."""


def from_files(paths: Iterable[Path]) -> Iterator[PublishedOutput]:
    """The outputs in files of one JSON object a line, and in folders of `kefu replay --out`.

    Raises `UserError` naming file and line of what is no output.
    """
    for path in paths:
        for file in _files_of(path):
            for line, raw in raw_lines(file):
                yield _decoded(raw, f"{file}:{line}")


def _files_of(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    wanted = [path / FILES[topic.name] for topic in READ]
    if not wanted[0].is_file():
        raise UserError(f"{path}: no {wanted[0].name}; expected a folder of `kefu replay --out`")
    return [file for file in wanted if file.is_file() and file.stat().st_size]


def from_kafka(connection: KafkaConnection) -> Iterator[PublishedOutput]:
    """The committed outputs that are on the topics now, from the beginning.

    Raises `NoKafkaError` where Kafka or a topic is not there.
    """
    consumer = Consumer(
        {
            **connection.confluent(),
            "group.id": "kefu-report",  # required by the client, never joined
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
    try:
        places = _places(consumer, connection)
        consumer.assign(places)
        left = {(place.topic, place.partition) for place in places}
        heard_s = time.monotonic()
        while left:
            messages = consumer.consume(5_000, timeout=0.1)
            if messages:
                heard_s = time.monotonic()
            elif time.monotonic() - heard_s > _SILENCE_S:
                raise NoKafkaError(f"{connection.bootstrap_servers}: silent for {_SILENCE_S:g} s")
            for message in messages:
                error, place = message.error(), (message.topic(), message.partition())
                if error is not None:
                    if error.code() != KafkaError._PARTITION_EOF:
                        raise KafkaException(error)
                    left.discard(place)
                elif message.value() is not None:
                    where = f"{place[0]}/{place[1]}@{message.offset()}"
                    yield _decoded(message.value(), where)
    finally:
        consumer.close()


def _places(consumer: Consumer, connection: KafkaConnection) -> list[TopicPartition]:
    try:
        present = consumer.list_topics(timeout=_LIMIT_S).topics
    except KafkaException:
        raise NoKafkaError(f"cannot reach Kafka at {connection.bootstrap_servers}") from None
    missing = [topic.name for topic in READ if topic.name not in present]
    if missing:
        raise NoKafkaError(
            f"missing topics: {', '.join(missing)}; create them with `kefu topics apply`"
        )
    return [
        TopicPartition(topic.name, number, OFFSET_BEGINNING)
        for topic in READ
        for number in present[topic.name].partitions
    ]


def _decoded(value: bytes, where: str) -> PublishedOutput:
    try:
        return decode_output(value)
    except InvalidEvent as invalid:
        raise UserError(f"{where}: not an output of kefu: {invalid}") from None
