"""The demo's worker processes, and a reader of what they publish."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, TopicPartition

from agents.connection import KafkaConnection
from kefu.demo.board import Board
from kefu.ports import free_port as free_port
from schemas.codec import decode_output
from schemas.topics import OUTPUTS

STOP_LIMIT_S = 15.0


class Workers:
    """Two `kefu worker` processes, as a user would start them."""

    def __init__(
        self,
        connection: KafkaConnection,
        folder: Path,
        count: int = 2,
        *,
        config_dir: Path | None = None,
    ) -> None:
        """Start `count` of them, with their logs in `folder` and the configuration given."""
        self._config = [] if config_dir is None else ["--config", str(config_dir)]
        self.ports = [free_port() for _ in range(count)]
        self.logs = [folder / f"worker-{number}.log" for number in range(1, count + 1)]
        self._processes = [
            self._start(connection, number, port, log)
            for number, (port, log) in enumerate(zip(self.ports, self.logs, strict=True), start=1)
        ]

    def _start(
        self, connection: KafkaConnection, number: int, port: int, log: Path
    ) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            return subprocess.Popen(
                [
                    *(sys.executable, "-m", "kefu", "worker", "--clock", "source"),
                    *("--worker-id", f"demo-{number}", "--metrics-port", str(port)),
                    *self._config,
                ],
                env={**os.environ, **connection.to_environment()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for the demo, which stops them in order
            )

    def ended(self) -> list[int]:
        """The numbers of workers that have ended by themselves."""
        return [n for n, p in enumerate(self._processes, start=1) if p.poll() is not None]

    def stop(self) -> None:
        """Ask all to end, and make sure that they have."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class OutputReader:
    """A thread that reads every output topic into a board, as a downstream system would."""

    def __init__(
        self,
        connection: KafkaConnection,
        counts: dict[str, int],
        board: Board,
        *,
        is_fresh: bool,
    ) -> None:
        self._board = board
        self._stop = threading.Event()
        self._consumer = Consumer(
            {
                **connection.confluent(),
                "group.id": "kefu-demo-reader",  # required by the client, never joined
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 100,
            }
        )
        # An own Kafka may hold outputs of other days: only what comes from now on counts.
        begin = OFFSET_BEGINNING if is_fresh else OFFSET_END
        self._consumer.assign(
            [TopicPartition(t.name, n, begin) for t in OUTPUTS for n in range(counts[t.name])]
        )
        self._thread = threading.Thread(target=self._run, name="demo-reader", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            for message in self._consumer.consume(1_000, timeout=0.2):
                error = message.error()
                if error is None:
                    self._board.add(decode_output(message.value()))
                elif error.code() != KafkaError._PARTITION_EOF and error.fatal():
                    return
