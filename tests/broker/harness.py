"""Real workers on real Kafka, and what a reader finds on their topics."""

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from agents.connection import KafkaConnection
from agents.topics import apply_topics, partition_counts
from kefu.local_kafka import LocalKafka
from schemas.topics import INPUTS, OUTPUTS

SESSION_TIMEOUT_S = 6.0
"""Shorter than a worker's default, so that a killed one is missed soon."""
STOP_LIMIT_S = 60.0
"""It takes a few seconds; this is for machines that do other things too."""
PUBLISHED = tuple(topic.name for topic in OUTPUTS)


@contextmanager
def fresh_broker() -> Iterator[KafkaConnection]:
    """A broker of its own with all topics, so that one test's events are not another's."""
    with LocalKafka() as kafka:
        connection = KafkaConnection(kafka.bootstrap_servers)
        apply_topics(connection)
        yield connection


Document = dict[str, Any]


class Worker:
    """A worker process."""

    def __init__(self, connection: KafkaConnection, name: str, folder: Path, *options: str) -> None:
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "kefu", "worker"),
                    *("--bootstrap-servers", connection.bootstrap_servers),
                    *("--worker-id", name, "--metrics-port", "0"),
                    *("--session-timeout", str(SESSION_TIMEOUT_S), *options),
                ],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """Ask it to end; returns its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"did not stop within {STOP_LIMIT_S:.0f} s: {self.tail()}"
            ) from None

    def tail(self) -> str:
        """The end of its log, for a failure's message."""
        return self.log.read_text(errors="replace")[-3_000:]


@contextmanager
def running_worker(
    connection: KafkaConnection, name: str, folder: Path, *options: str
) -> Iterator[Worker]:
    """A worker for the time of the context."""
    worker = Worker(connection, name, folder, *options)
    try:
        yield worker
    finally:
        if worker.process.poll() is None:
            worker.kill()


def input_lag(connection: KafkaConnection) -> int | None:
    """How many input records no worker has acknowledged; None while the group has no home."""
    counts = partition_counts(connection)
    places = [TopicPartition(t.name, n) for t in INPUTS for n in range(counts[t.name])]
    consumer = Consumer({**connection.confluent(), "group.id": "kefu.engine"})
    try:
        lag = 0
        for place in consumer.committed(places, timeout=20):
            low, end = consumer.get_watermark_offsets(place, timeout=20)
            lag += end - max(low, place.offset)
        return lag
    except KafkaException as failure:
        if failure.args[0].retriable() or failure.args[0].code() == KafkaError.NOT_COORDINATOR:
            return None
        raise
    finally:
        consumer.close()


def wait_until_drained(connection: KafkaConnection, worker: Worker, limit_s: float = 120) -> None:
    """Return when every input record is acknowledged; fails where nothing is for `limit_s`."""
    deadline, least = time.monotonic() + limit_s, None
    while (lag := input_lag(connection)) != 0:
        if lag is not None and (least is None or lag < least):
            deadline, least = time.monotonic() + limit_s, lag
        assert worker.process.poll() is None, f"the worker ended: {worker.tail()}"
        assert time.monotonic() < deadline, f"{lag} records left: {worker.tail()}"
        time.sleep(0.3)


def read_records(connection: KafkaConnection, *topics: str) -> list[Message]:
    """Every committed record of the topics; those of one partition are in its order."""
    counts = partition_counts(connection)
    consumer = Consumer(
        {
            **connection.confluent(),
            "group.id": "test-reader",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
        }
    )
    places = [TopicPartition(name, n, 0) for name in topics for n in range(counts[name])]
    consumer.assign(places)
    left = {(place.topic, place.partition) for place in places}
    found = []
    try:
        while left:
            for message in consumer.consume(1_000, timeout=0.1):
                error = message.error()
                if error is None:
                    found.append(message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard((message.topic(), message.partition()))
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()
    return found


def read_all(connection: KafkaConnection, *topics: str) -> list[Document]:
    """Every committed record of the topics, decoded."""
    return [orjson.loads(record.value()) for record in read_records(connection, *topics)]


WINDOWS = frozenset({"kefu.queue.interval", "kefu.qa.scorecard"})
_NOT_CONTENT = frozenset({"revision", "corrects"})


@dataclass(frozen=True)
class Difference:
    """Ids of outputs that are not there, should not be there, or say something else; a window is
    named by its type and subject.
    """

    lost: set[str]
    invented: set[str]
    wrong: set[str]

    @property
    def is_incomplete(self) -> bool:
        """Whether more outputs could mend it."""
        return bool(self.lost or self.wrong)


class Expected:
    """What there has to be.

    Of scorecards and intervals of queues the newest revision's content counts: how often one was
    revised on the way depends on how far the partitions were apart.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        found = list(documents)
        self.outputs = {str(d["id"]): d for d in found if d["type"] not in WINDOWS}
        self.windows = newest_windows(found)

    def difference(self, found: list[Document]) -> Difference:
        """Compare with what was found."""
        outputs = [d for d in found if d["type"] not in WINDOWS]
        there, windows = set(ids(outputs)), newest_windows(found)
        wrong = {d["id"] for d in outputs if self.outputs.get(d["id"], d) != d}
        wrong |= {k for k, v in windows.items() if self.windows.get(k, v) != v}
        return Difference(
            (self.outputs.keys() - there) | (self.windows.keys() - windows.keys()),
            (there - self.outputs.keys()) | (windows.keys() - self.windows.keys()),
            wrong,
        )


def ids(documents: Iterable[Document]) -> list[str]:
    """The ids of outputs, but for scorecards and intervals of queues."""
    return [str(document["id"]) for document in documents if document["type"] not in WINDOWS]


def newest_windows(documents: Iterable[Document]) -> dict[str, Document]:
    """The newest revision of each window, without what tells revisions apart."""
    newest: dict[str, Document] = {}
    for document in documents:
        if document["type"] not in WINDOWS:
            continue
        name, data = f"{document['type']} {document['subject']}", document["data"]
        known = newest.get(name)
        if known is None or known["revision"] < data["revision"]:
            newest[name] = data
    return {
        subject: {k: v for k, v in data.items() if k not in _NOT_CONTENT}
        for subject, data in newest.items()
    }


def outputs_when_complete(
    connection: KafkaConnection, expected: Expected, limit_s: float = 60
) -> list[Document]:
    """All outputs, as soon as nothing is missing; scorecards follow the inputs by some seconds.

    When nothing more has come for `limit_s`, what is there, for the test to say what is not.
    """
    deadline, most = time.monotonic() + limit_s, 0
    while True:
        found = read_all(connection, *PUBLISHED)
        if len(found) > most:
            deadline, most = time.monotonic() + limit_s, len(found)
        if not expected.difference(found).is_incomplete or time.monotonic() > deadline:
            return found
        time.sleep(0.5)
