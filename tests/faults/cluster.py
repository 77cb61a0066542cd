"""Three brokers that hold everything three times, so that one may die."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka.admin import AdminClient

from agents.connection import KafkaConnection
from agents.topics import apply_topics
from kefu.local_kafka import LocalKafka
from kefu.local_kafka_config import HOST, choose_ports
from tests.faults.settings import BROKER

NODES = (1, 2, 3)
CALL_LIMIT_S = 20.0


class Cluster:
    """Brokers by their node id."""

    def __init__(self, folder: Path) -> None:
        ports = {}
        for node in NODES:
            (folder / str(node)).mkdir(parents=True)
            ports[node] = choose_ports(folder / str(node))
        voters = ",".join(f"{node}@{HOST}:{ports[node][1]}" for node in NODES)
        copies = dict.fromkeys(
            (
                "default.replication.factor",
                "offsets.topic.replication.factor",
                "transaction.state.log.replication.factor",
            ),
            "3",
        )
        insync = dict.fromkeys(("min.insync.replicas", "transaction.state.log.min.isr"), "2")
        self.nodes = {
            node: LocalKafka(
                folder / str(node),
                cluster_id="kefuFaultSuite00000000",
                further={
                    **BROKER,
                    **copies,
                    **insync,
                    "node.id": str(node),
                    "controller.quorum.voters": voters,
                },
            )
            for node in NODES
        }
        self.connection = KafkaConnection(",".join(f"{HOST}:{ports[n][0]}" for n in NODES))

    def start(self) -> None:
        """Start all at once: one alone has no quorum and never answers."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            for started in [pool.submit(node.start) for node in self.nodes.values()]:
                started.result()

    def stop(self) -> None:
        """End all."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            for stopped in [pool.submit(node.stop) for node in self.nodes.values()]:
                stopped.result()

    def leader_of(self, topic: str, partition: int) -> int:
        """The node that leads a partition now."""
        found = AdminClient(self.connection.confluent()).list_topics(topic, timeout=CALL_LIMIT_S)
        return int(found.topics[topic].partitions[partition].leader)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A running cluster with all topics, three copies of each."""
    found = Cluster(folder)
    try:
        found.start()
        apply_topics(found.connection, replication=len(NODES))
        yield found
    finally:
        found.stop()
