"""What workers keep is compacted, removed or refused, and an input topic is made anew."""

import resource
import shutil
import time
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from agents.connection import KafkaConnection
from agents.topics import apply_topics, partition_counts
from schemas.topics import CONVERSATIONS, changelog_of
from tests.broker.harness import read_records, wait_until_drained
from tests.faults.crew import broker, crew
from tests.faults.load import Load, generated
from tests.faults.settings import RATE, WORKER, only_in_full
from tests.faults.verdict import judge, undisturbed

pytestmark = pytest.mark.broker

LIMIT_S = 60.0


def set_topic(connection: KafkaConnection, topic: str, settings: dict[str, str]) -> None:
    """Change settings of a topic."""
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in settings.items()
    ]
    asked = [ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)]
    admin = AdminClient(connection.confluent())  # it must outlive its answers
    for done in admin.incremental_alter_configs(asked).values():
        done.result(LIMIT_S)


def share_compacted(connection: KafkaConnection, topic: str) -> float:
    """Which share of the offsets of a topic hold no record (any more); 0 while it is empty."""
    records = read_records(connection, topic)
    ends = {record.partition(): record.offset() + 1 for record in records}
    return 1 - len(records) / sum(ends.values()) if records else 0.0


def test_a_worker_recovers_from_a_compacted_changelog(tmp_path: Path) -> None:
    changelog = changelog_of(CONVERSATIONS.name)
    with broker() as (_, connection), crew(connection, tmp_path, "w0") as workers:
        set_topic(
            connection,
            changelog,
            {
                "min.cleanable.dirty.ratio": "0.001",
                "segment.ms": "1000",
                "delete.retention.ms": "0",
            },
        )
        with Load(connection, generated(500), RATE) as load:
            workers.wait_until_at_work()
            deadline = time.monotonic() + LIMIT_S
            while not (markers := share_compacted(connection, changelog)):
                assert time.monotonic() < deadline, "void: the changelog is empty"
            while (share := share_compacted(connection, changelog)) < markers + 0.3:
                assert time.monotonic() < deadline, f"void: {share:.0%} compacted"
                time.sleep(0.5)
            with workers.recovery.after():
                workers.kill("w0")
                workers.start("w0")
        workers.finish(f"changelog compacted by {share:.0%}", load)


@only_in_full
def test_the_state_directory_is_removed(tmp_path: Path) -> None:
    """While the worker runs, and while it is away."""
    data = tmp_path / "data"
    options = (*WORKER, "--data-dir", str(data))
    with (
        broker() as (_, connection),
        crew(connection, tmp_path, "w0", options=options) as workers,
    ):
        with Load(connection, generated(501), RATE) as load:
            workers.wait_until_at_work()
            shutil.rmtree(data, ignore_errors=True)
            workers.wait_until_at_work()
            with workers.recovery.after():
                workers.kill("w0")
                shutil.rmtree(data, ignore_errors=True)
                workers.start("w0")
        workers.finish("state directory removed", load)


def test_the_disk_of_the_state_directory_is_full(tmp_path: Path) -> None:
    """No file of the worker may grow by a byte, its log neither; the state itself is in Kafka."""
    with broker() as (_, connection), crew(connection, tmp_path, "w0") as workers:
        with Load(connection, generated(502), RATE) as load:
            workers.wait_until_at_work()
            worker = workers.workers["w0"].process
            resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (0, 0))
            time.sleep(2)
            workers.wait_until_at_work()
            with workers.recovery.after():
                workers.kill("w0")
                workers.start("w0")
                worker = workers.workers["w0"].process
                resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (0, 0))
        workers.finish("disk full", load)


@pytest.mark.parametrize(
    "is_running",
    [pytest.param(True, id="running"), pytest.param(False, id="stopped", marks=only_in_full)],
)
def test_an_input_topic_is_deleted_and_made_anew(tmp_path: Path, is_running: bool) -> None:
    """Its offsets begin again at 0, below those that the ledger knows: none may pass for known.

    The old one has more records than the new one gets before the worker looks at its id again; see
    "A topic made anew" in docs/reconcile.md.
    """
    name = CONVERSATIONS.name
    with broker() as (_, connection), crew(connection, tmp_path, "w0") as workers:
        admin = AdminClient(connection.confluent())
        stream = generated(503)
        with Load(connection, stream, RATE, is_last=False) as before:
            time.sleep(10)
        wait_until_drained(connection, workers.workers["w0"])
        count = partition_counts(connection)[name]
        if not is_running:
            workers.stop("w0")
        admin.delete_topics([name])[name].result(LIMIT_S)
        deadline = time.monotonic() + LIMIT_S
        while name not in apply_topics(connection, partitions=count):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        if not is_running:
            workers.start("w0")
        with Load(connection, stream, RATE) as after:
            time.sleep(4)
        made_at = time.monotonic()
        workers.wait_until_at_work()
        recovered_s = time.monotonic() - made_at
        events = before.written + after.written
        judge(
            f"topic made anew, worker {'running' if is_running else 'stopped'}",
            connection,
            undisturbed(events),
            len(events),
            recovered_s,
        )
        workers.stop_all()
