"""The local broker is real, comes back with its data, and is never left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from kefu.kafka_unavailable import KafkaUnavailable
from kefu.local_kafka import LocalKafka

pytestmark = pytest.mark.broker


def create_topic(kafka: LocalKafka, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    admin.create_topics([NewTopic(name, num_partitions=1)])[name].result(timeout=15)


def produce(kafka: LocalKafka, topic: str, *values: bytes) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, "acks": "all"})
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(15) == 0


def consume(kafka: LocalKafka, topic: str, count: int) -> list[bytes | None]:
    """Read `count` messages from the start of partition 0, in at most 20 s."""
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": "test"})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        messages = consumer.consume(count, timeout=20)
        assert [message.error() for message in messages] == [None] * len(messages)
        return [message.value() for message in messages]
    finally:
        consumer.close()


def java_processes(group: int) -> list[int]:
    """The living processes of a broker's process group, except its supervisor."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            alive = process.status() != psutil.STATUS_ZOMBIE
            if alive and process.pid != group and os.getpgid(process.pid) == group:
                found.append(process.pid)
    return found


def wait_until(what: str, condition: Callable[[], object], limit_s: float) -> float:
    """Wait until `condition()` and return after how many seconds; fails after `limit_s`."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < limit_s, f"not within {limit_s} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - begin


def test_what_is_produced_is_consumed_byte_for_byte(kafka: LocalKafka) -> None:
    values = ["您好，请问怎么退货？".encode(), b"\x00\xff", b"x" * 900_000]
    create_topic(kafka, "round-trip")
    produce(kafka, "round-trip", *values)
    assert consume(kafka, "round-trip", 3) == values


@pytest.mark.alone
def test_a_consumer_group_gets_its_partitions_without_a_long_wait(kafka: LocalKafka) -> None:
    create_topic(kafka, "grouped")
    produce(kafka, "grouped", b"one")
    settings = {
        "bootstrap.servers": kafka.bootstrap_servers,
        "group.id": "grouped",
        "auto.offset.reset": "earliest",
    }
    consumer = Consumer(settings)
    try:
        consumer.subscribe(["grouped"])
        messages = consumer.consume(1, timeout=20)
        assert [message.value() for message in messages] == [b"one"]
        consumer.commit(asynchronous=False)
    finally:
        consumer.close()


def test_a_topic_that_nobody_created_is_not_made_up(kafka: LocalKafka) -> None:
    producer = Producer(
        {"bootstrap.servers": kafka.bootstrap_servers, "message.timeout.ms": 2000, "log_level": 0}
    )
    errors = []
    producer.produce("mistyped", b"lost?", on_delivery=lambda error, _: errors.append(error))
    producer.flush(15)
    assert [error is not None for error in errors] == [True]
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    assert "mistyped" not in admin.list_topics(timeout=10).topics


@pytest.mark.timeout(120)
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_data_and_port_survive_the_end_of_the_broker(tmp_path: Path, end: str) -> None:
    kafka = LocalKafka(tmp_path)
    try:
        kafka.start()
        address = kafka.bootstrap_servers
        create_topic(kafka, "kept")
        produce(kafka, "kept", b"before")
        group = kafka.process_group
        assert group is not None
        assert len(java_processes(group)) == 1
        getattr(kafka, end)()
        wait_until("no java is left", lambda: not java_processes(group), 5)
        kafka.start()
        assert kafka.bootstrap_servers == address
        produce(kafka, "kept", b"after")
        assert consume(kafka, "kept", 2) == [b"before", b"after"]
    finally:
        kafka.stop()


@pytest.mark.timeout(120)
def test_a_temporary_broker_leaves_no_folder(tmp_path: Path) -> None:
    with LocalKafka() as kafka:
        folder = kafka.log_path.parent
        assert (folder / "kafka-logs").is_dir()
    assert not folder.exists()


# Tells every process group that it gets (first the formatting tool's, then the broker's), then
# "running". A Ctrl-C must leave it a broker that still answers, to be stopped in order.
CHILD = """
import signal, threading, time
from confluent_kafka.admin import AdminClient
from kefu.local_kafka import LocalKafka

# A background job of a shell without job control ignores Ctrl-C, and its children after it.
signal.signal(signal.SIGINT, signal.default_int_handler)

kafka = LocalKafka()

def tell():
    told = None
    while True:
        group = kafka.process_group
        if group not in (None, told):
            told = group
            print(group, kafka.log_path, flush=True)
        time.sleep(0.001)

threading.Thread(target=tell, daemon=True).start()
try:
    kafka.start()
    time.sleep(0.1)
    print("running", flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    time.sleep(1)  # long enough for a broker that got the signal too to be gone
    client = AdminClient({"bootstrap.servers": kafka.bootstrap_servers, "log_level": 0})
    print("brokers:", len(client.list_topics(timeout=5).brokers), flush=True)
    kafka.stop()
"""


@contextlib.contextmanager
def child_with_a_broker() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("moment", "lines"), [("formatting", 1), ("starting", 2), ("running", 3)])
def test_a_killed_parent_leaves_no_java_and_no_folder(moment: str, lines: int) -> None:
    with child_with_a_broker() as parent:
        assert parent.stdout is not None
        told = [parent.stdout.readline() for _ in range(lines)]
        group_id, log = told[min(lines, 2) - 1].split()
        group = int(group_id)
        wait_until("java runs", lambda: java_processes(group), 10)
        parent.kill()
    took = wait_until("no java is left", lambda: not java_processes(group), 10)
    wait_until("the folder is gone", lambda: not Path(log).parent.exists(), 5)
    print(f"parent killed while {moment}: java gone after {took:.1f} s")


@pytest.mark.timeout(120)
def test_ctrl_c_reaches_us_and_not_the_broker() -> None:
    with child_with_a_broker() as parent:
        assert parent.stdout is not None
        group = int([parent.stdout.readline() for _ in range(3)][1].split()[0])
        os.killpg(parent.pid, signal.SIGINT)  # as a terminal does: to the whole foreground group
        assert parent.stdout.readline() == "brokers: 1\n"
        assert parent.wait(30) == 0
    assert not java_processes(group)


@pytest.mark.timeout(120)
def test_a_killed_supervisor_takes_the_broker_with_it(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux can tie a child's life to its parent's")
    kafka = LocalKafka(tmp_path)
    try:
        kafka.start()
        group = kafka.process_group
        assert group is not None
        os.kill(group, signal.SIGKILL)
        wait_until("no java is left", lambda: not java_processes(group), 10)
        kafka.start()
        create_topic(kafka, "again")
    finally:
        kafka.stop()


@pytest.mark.timeout(120)
def test_a_broker_that_dies_while_starting_quotes_its_log(tmp_path: Path) -> None:
    with pytest.raises(KafkaUnavailable) as caught:
        LocalKafka(tmp_path, heap="nonsense").start()
    assert "-Xmxnonsense" in caught.value.reason
    assert str(tmp_path / "broker.log") in caught.value.reason


@pytest.mark.timeout(120)
def test_a_data_folder_of_another_node_is_refused_with_kafkas_own_reason(tmp_path: Path) -> None:
    kafka = LocalKafka(tmp_path)
    with kafka:
        address = kafka.bootstrap_servers
    identity = tmp_path / "kafka-logs" / "meta.properties"
    text = identity.read_text(encoding="utf-8")
    identity.write_text(text.replace("node.id=1", "node.id=7"), encoding="utf-8")
    with pytest.raises(KafkaUnavailable, match="Stored node id 7") as caught:
        kafka.start()
    assert kafka.process_group is None
    assert "\tat " not in caught.value.reason
    identity.write_text(text, encoding="utf-8")
    with kafka:
        assert kafka.bootstrap_servers == address


@pytest.mark.timeout(120)
def test_two_brokers_on_one_folder_are_refused_and_the_first_lives_on(tmp_path: Path) -> None:
    with LocalKafka(tmp_path) as first:
        with pytest.raises(KafkaUnavailable, match="Another Kafka is running"):
            LocalKafka(tmp_path).start()
        create_topic(first, "still-there")
