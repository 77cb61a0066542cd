"""What a single local broker is told: ports, broker settings, JVM flags, and its folder's lock."""

from __future__ import annotations

import fcntl
import random
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kefu.kafka_unavailable import KafkaUnavailable

HOST = "127.0.0.1"

# Below every system's range for outgoing connections (Linux 32768+, macOS 49152+): otherwise a
# client that retries while the broker is down can be given the broker's own port, and even
# connect to itself, and the broker could not come back.
PORTS = range(20_000, 32_000)


def jvm_flags(heap: str) -> list[str]:
    """Return the JVM flags; `heap` as in -Xmx.

    Serial collector and first compiler only: for a broker that starts often and lives shortly on
    a small machine. Measured on 2 cores with Java 17: ready 1.9 s after its JVM starts, against
    2.4 s with both compilers, for 2.5 s of processor time against 4.1 s, and producing was no
    slower. A class-data archive would save another 0.6 s, for 48 MB of cache to look after.
    """
    return [
        f"-Xmx{heap}",
        "-Xms128m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Djava.awt.headless=true",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
        "-Dorg.slf4j.simpleLogger.levelInBrackets=true",
    ]


def write_properties(
    path: Path, data: Path, port: int, controller_port: int, further: Mapping[str, str]
) -> None:
    """Write the broker's settings for one node that is broker and controller.

    `further` ones are added; one that begins with a comma goes on behind the value that is there.
    """
    settings: dict[str, object] = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "log.dirs": data,
        # There is one broker to hold a copy.
        "default.replication.factor": 1,
        "min.insync.replicas": 1,
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        # Kafka's 50 partitions each are for clusters; few are made and loaded faster.
        "offsets.topic.num.partitions": 8,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.num.partitions": 1,
        "log.index.size.max.bytes": 1_048_576,  # preallocated per partition; default 10 MiB
        "group.initial.rebalance.delay.ms": 0,
        # After a SIGKILL the controller lets the broker in again only when the session of the
        # dead one has ended; with Kafka's 9 s the next start takes 12 s instead of 6.
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        "auto.create.topics.enable": "false",
    }
    for key, value in further.items():
        settings[key] = f"{settings[key]}{value}" if value.startswith(",") else value
    text = "".join(f"{key}={value}\n" for key, value in settings.items())
    path.write_text(text, encoding="utf-8")


def choose_ports(folder: Path) -> tuple[int, int]:
    """Return (broker port, controller port): those of the last start where still free.

    They are kept in the file `ports` of `folder`, two numbers on a line.

    Raises KafkaUnavailable when that file holds something else, or no port is free.
    """
    file = folder / "ports"
    wanted = _ports_of_the_last_start(file)
    spare = (port for port in random.sample(PORTS, len(PORTS)) if port not in wanted)
    free = (port for port in spare if _is_free(port))
    chosen = [port if _is_free(port) else next(free, 0) for port in wanted or (0, 0)]
    if 0 in chosen:
        raise KafkaUnavailable(
            f"No port is free on {HOST} from {PORTS.start} to {PORTS.stop - 1}.",
            "End some of the programs that listen there.",
        )
    file.write_text(f"{chosen[0]} {chosen[1]}\n", encoding="utf-8")
    return chosen[0], chosen[1]


def _ports_of_the_last_start(file: Path) -> tuple[int, ...]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    words = text.split()
    if len(words) != 2 or not all(word.isdecimal() and 0 < int(word) < 65536 for word in words):
        raise KafkaUnavailable(
            f"{file}:1: expected two port numbers.", "Remove the file: new ports are chosen then."
        )
    return tuple(map(int, words))


def _is_free(port: int) -> bool:
    if port == 0:
        return False
    with socket.socket() as probe:
        # As Java does: connections of the last broker in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def is_listening(address: str) -> bool:
    """Tell whether `HOST:PORT` accepts a connection."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def only_user_of(folder: Path, *, limit_s: float) -> Iterator[int]:
    """Hold the lock of a data folder; yields its descriptor, for the broker to inherit.

    The lock lives as long as any process has the descriptor, so whoever gets it knows that the
    last broker is entirely gone: its port and files are free. Waits at most `limit_s` seconds.

    Raises KafkaUnavailable when another broker still uses the folder then.
    """
    deadline = time.monotonic() + limit_s
    with (folder / "in-use.lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise KafkaUnavailable(
                        f"Another Kafka is running in {folder}.", "Stop it, or name another folder."
                    ) from None
                time.sleep(0.02)
        yield lock.fileno()
