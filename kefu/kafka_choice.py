"""Which Kafka a command talks to: the one that is named, else the local one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agents.connection import KafkaConnection
from kefu.errors import NoKafkaError
from kefu.kafka_jars import progress_bar
from kefu.kafka_unavailable import KafkaUnavailable
from kefu.local_kafka import LocalKafka
from kefu.local_kafka_config import is_listening
from kefu.options import named_connection


def local_data_dir() -> Path:
    """Where the local broker that survives between commands keeps its data."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "kefu" / "kafka"


def running_local_broker(folder: Path) -> str | None:
    """The address of the local broker that another kefu command has running, or None."""
    try:
        port = (folder / "ports").read_text(encoding="utf-8").split()[0]
    except (OSError, IndexError, UnicodeDecodeError):
        return None
    address = f"127.0.0.1:{port}"
    return address if port.isdecimal() and is_listening(address) else None


@contextmanager
def local_broker(data_dir: Path | None) -> Iterator[KafkaConnection]:
    """Run a local broker for as long as the context lasts; raises `NoKafkaError`."""
    with progress_bar() as progress:
        kafka = LocalKafka(data_dir, progress=progress)
        try:
            kafka.start()
        except KafkaUnavailable as error:
            raise NoKafkaError(f"{error.reason} {error.advice}") from None
    try:
        yield KafkaConnection(kafka.bootstrap_servers)
    finally:
        kafka.stop()


@contextmanager
def chosen_kafka(bootstrap_servers: str | None) -> Iterator[KafkaConnection]:
    """The named Kafka; else the running local one; else a local one for this command's time."""
    connection = named_connection(bootstrap_servers)
    if connection is None:
        folder = local_data_dir()
        address = running_local_broker(folder)
        if address is None:
            with local_broker(folder) as local:
                yield local
            return
        connection = KafkaConnection(address)
    yield connection
