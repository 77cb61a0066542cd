"""A real Apache Kafka on this machine: one broker in KRaft combined mode on a loopback port.

    with LocalKafka() as kafka:
        Producer({"bootstrap.servers": kafka.bootstrap_servers})

The jars come from `kefu.kafka_jars`, the Java from `kefu.java`. Everything the broker is and
says lies in one folder: `server.properties`, `ports`, `broker.log`, `kafka-logs/`.
"""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from kefu import local_kafka_config as config
from kefu.java import find_java
from kefu.kafka_jars import Progress, fetch_jars
from kefu.kafka_unavailable import KafkaUnavailable

START_LIMIT_S = 60.0  # measured: 2-5 s; a loaded CI machine may be ten times slower
STOP_LIMIT_S = 20.0  # measured: 0.2-0.5 s
KILL_LIMIT_S = 5.0  # SIGKILL to the memory of the JVM being given back
QUOTED_LOG_LINES = 12
LOG_LIMIT_BYTES = 10_000_000  # looked at on each start, which writes about 90 kB


class LocalKafka:
    """One Kafka broker, started and ended with this object; it never outlives this process.

    `data_dir`: data, port and log live there and survive; None: in a temporary folder, removed
    by `stop()` (or, when this process is killed, by the supervisor). `progress` is told about
    downloads (see `kefu.kafka_jars.Progress` and `progress_bar`). `heap` is the JVM's -Xmx.

    After `stop()` or `kill()` the same object can be started again; clients reconnect, because
    the port stays the same unless another program took it meanwhile. Only `stop()` of a temporary
    one forgets both data and port.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        progress: Progress | None = None,
        heap: str = "512m",
        further: Mapping[str, str] | None = None,
        cluster_id: str | None = None,
    ) -> None:
        """`further`: settings of the broker as `write_properties` takes them. `cluster_id`: that of
        the cluster which it belongs to, 22 characters of URL-safe base 64; None: one of its own.
        """
        self._further = dict(further or {})
        self._cluster_id = cluster_id
        self._is_temporary = data_dir is None
        self._given = data_dir
        self._folder: Path | None = None
        self._progress = progress
        self._heap = heap
        self._port: int | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._log_begin = 0  # where in the log the last started process began

    @property
    def bootstrap_servers(self) -> str:
        """Return `127.0.0.1:PORT`, also after `stop()`. Raises RuntimeError before a start."""
        if self._port is None:
            raise RuntimeError("LocalKafka was never started")
        return f"{config.HOST}:{self._port}"

    @property
    def log_path(self) -> Path:
        """Return the file with what the broker says; it exists once started."""
        if self._folder is None:
            raise RuntimeError("LocalKafka has no folder before start()")
        return self._folder / "broker.log"

    @property
    def process_group(self) -> int | None:
        """Return the id of the process group of the broker and its supervisor, None if stopped."""
        return self._supervisor.pid if self._supervisor is not None else None

    def __enter__(self) -> LocalKafka:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the broker and return once it answers a metadata request; no-op when running.

        Raises KafkaUnavailable with reason and advice, leaving no process behind.
        """
        if self._supervisor is not None:
            if self._supervisor.poll() is None:
                return
            self._reap()
        java = find_java()
        classpath = os.pathsep.join(map(str, fetch_jars(progress=self._progress)))
        folder = self._folder = self._make_folder()
        try:
            with config.only_user_of(folder, limit_s=KILL_LIMIT_S) as lock:
                self._port, broker = self._launch(java, classpath, folder, lock)
            self._wait_until_it_answers(broker)
        except BaseException:  # Ctrl-C during the start must not leave a broker either
            self.kill()
            self._remove_temporary_folder()
            raise

    def stop(self) -> None:
        """End the broker cleanly (SIGTERM, after 20 s SIGKILL); no-op when not running."""
        if self._supervisor is not None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._supervisor.wait(STOP_LIMIT_S)
        self.kill()
        self._remove_temporary_folder()

    def kill(self) -> None:
        """End the broker as a power cut would (SIGKILL); its data stays for the next start."""
        if self._supervisor is not None:
            self._signal(signal.SIGKILL)
            self._reap()

    def _signal(self, number: signal.Signals) -> None:
        if self._supervisor is not None and self._supervisor.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._supervisor.pid, number)  # its session has the broker in it

    def _reap(self) -> None:
        if self._supervisor is not None:
            self._supervisor.communicate()  # waits, and closes the pipe
            self._supervisor = None

    def _make_folder(self) -> Path:
        if self._given is None:
            return self._folder or Path(tempfile.mkdtemp(prefix="kefu-kafka-"))
        try:
            self._given.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise KafkaUnavailable(
                f"Kafka's data folder {self._given} cannot be made: {error.strerror}.",
                "Name a folder that you may write to.",
            ) from None
        return self._given.resolve()

    def _remove_temporary_folder(self) -> None:
        if self._is_temporary and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _launch(
        self, java: Path, classpath: str, folder: Path, lock: int
    ) -> tuple[int, subprocess.Popen[bytes]]:
        port, controller_port = config.choose_ports(folder)
        properties = folder / "server.properties"
        data = folder / "kafka-logs"
        jvm = [str(java), *config.jvm_flags(self._heap), "-cp", classpath]
        if not data.exists():
            # Formatted beside and renamed: a start that is killed halfway leaves nothing odd.
            fresh = folder / "kafka-logs.new"
            shutil.rmtree(fresh, ignore_errors=True)
            config.write_properties(properties, fresh, port, controller_port, self._further)
            cluster = self._cluster_id or _new_cluster_id()
            tool = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)]
            self._wait_for_format(self._supervise([*jvm, *tool], folder, lock))
            fresh.rename(data)
        config.write_properties(properties, data, port, controller_port, self._further)
        broker = self._supervise([*jvm, "kafka.Kafka", str(properties)], folder, lock)
        return port, broker

    def _supervise(self, command: list[str], folder: Path, lock: int) -> subprocess.Popen[bytes]:
        log_file = folder / "broker.log"
        with contextlib.suppress(FileNotFoundError):
            if log_file.stat().st_size > LOG_LIMIT_BYTES:
                log_file.replace(folder / "broker.log.1")
        doomed = str(folder) if self._is_temporary else "-"
        supervisor = Path(__file__).with_name("supervise.py")
        with log_file.open("ab") as log:
            self._log_begin = log.tell()
            self._supervisor = subprocess.Popen(
                [sys.executable, "-IS", supervisor, str(os.getpid()), doomed, *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                cwd=folder,
                start_new_session=True,  # Ctrl-C in the terminal is for us, not for the broker
            )
        return self._supervisor

    def _wait_for_format(self, tool: subprocess.Popen[bytes]) -> None:
        try:
            status: int | None = tool.wait(START_LIMIT_S)
        except subprocess.TimeoutExpired:
            status = None
        if status != 0:
            raise self._failure("Kafka's storage could not be formatted")
        self._reap()

    def _wait_until_it_answers(self, broker: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            if broker.poll() is not None:
                raise self._failure("Kafka ended while it started")
            if config.is_listening(self.bootstrap_servers) and self._answers():
                return
            time.sleep(0.05)
        raise self._failure(f"Kafka did not answer within {START_LIMIT_S:.0f} s")

    def _answers(self) -> bool:
        client = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})
        try:
            return bool(client.list_topics(timeout=5).brokers)
        except KafkaException:
            return False  # it listens before it can answer

    def _failure(self, what: str) -> KafkaUnavailable:
        with self.log_path.open("rb") as file:
            file.seek(self._log_begin)
            said = file.read().decode(errors="replace").splitlines()
        # Stack frames tell a reader nothing, and the orderly end of the rest hides the cause.
        lines = [line for line in said if not line.lstrip().startswith("at ")]
        lines = [line for line in lines if "[INFO]" not in line] or lines
        last = "\n".join(f"  {line}" for line in lines[-QUOTED_LOG_LINES:])
        where = "" if self._is_temporary else f" {self.log_path}"
        return KafkaUnavailable(
            f"{what}. The end of its log{where}:\n{last}",
            "Usual causes: too little memory or disk, or a data folder of another Kafka.",
        )


def _new_cluster_id() -> str:
    # A leading "-" would be read as an option by the format tool.
    return "k" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]
