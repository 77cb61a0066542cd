"""A broker of its own with several workers, and the stream that they work on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agents.connection import KafkaConnection
from agents.topics import apply_topics
from kefu.local_kafka import LocalKafka
from tests.broker.harness import Worker, wait_until_drained
from tests.faults.load import Load
from tests.faults.recovery import Recovery
from tests.faults.settings import BROKER, WORKER
from tests.faults.verdict import check


class Crew:
    """Workers by name."""

    def __init__(self, connection: KafkaConnection, folder: Path, options: tuple[str, ...]) -> None:
        self.connection = connection
        self.recovery = Recovery(connection)
        self._folder = folder
        self._options = options
        self.longest_stop_s = 0.0
        self.workers: dict[str, Worker] = {}

    def start(self, name: str) -> None:
        """Start one of that name; an earlier one of it must be gone."""
        self.workers[name] = Worker(self.connection, name, self._folder, *self._options)

    def kill(self, name: str) -> None:
        """End one as a power cut would."""
        self.workers.pop(name).kill()

    def stop(self, name: str) -> None:
        """Ask one to end, and wait until it has."""
        worker, asked_at = self.workers.pop(name), time.monotonic()
        ended = worker.stop()
        assert ended == 0, worker.tail()
        self.longest_stop_s = max(self.longest_stop_s, time.monotonic() - asked_at)

    def wait_until_at_work(self) -> None:
        """Return when something, and all that has been written so far, is processed."""
        self.recovery.wait_until_begun()
        self.recovery.wait(self.recovery.ends(), since=None)

    def finish(self, case: str, load: Load) -> None:
        """Wait until all input is processed, compare what came out, and end everybody in order."""
        self.drain()
        check(case, self.connection, load, recovered_s=self.recovery.longest_s)
        self.stop_all()

    def drain(self) -> None:
        """Wait until all input is acknowledged; the hourly scorecards follow by some seconds."""
        wait_until_drained(self.connection, next(iter(self.workers.values())))

    def stop_all(self) -> None:
        """Ask everybody to end, and wait until they have."""
        for name in list(self.workers):
            self.stop(name)

    def close(self) -> None:
        """Kill whoever still lives."""
        self.recovery.close()
        for worker in self.workers.values():
            if worker.process.poll() is None:
                worker.kill()


@contextmanager
def crew(
    connection: KafkaConnection, folder: Path, *names: str, options: tuple[str, ...] = WORKER
) -> Iterator[Crew]:
    """Workers of these names on a broker that has its topics."""
    found = Crew(connection, folder, options)
    try:
        for name in names:
            found.start(name)
        yield found
    finally:
        found.close()


@contextmanager
def broker(folder: Path | None = None) -> Iterator[tuple[LocalKafka, KafkaConnection]]:
    """A broker of its own with all topics, which misses a dead worker soon."""
    with LocalKafka(folder, further=BROKER) as kafka:
        connection = KafkaConnection(kafka.bootstrap_servers)
        apply_topics(connection)
        yield kafka, connection
