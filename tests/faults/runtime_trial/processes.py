"""Start, signal and read the worker processes of a run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import Any

import msgspec

from tests.faults.runtime_trial.settings import Settings

EXIT_LIMIT_S = 20.0


class Worker:
    """One worker process; its log is beside its stats file."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._log = settings.stats_path.with_suffix(".log").open("ab")
        command = [sys.executable, "-m", "tests.faults.runtime_trial.worker"]
        self._process = subprocess.Popen(
            [*command, msgspec.json.encode(settings).decode()],
            stdout=self._log,
            stderr=self._log,
        )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def last_stats(self) -> dict[str, Any]:
        """Return the newest whole line of figures of this process, {} if there is none yet."""
        lines = self.all_stats()
        return lines[-1] if lines else {}

    def all_stats(self) -> list[dict[str, Any]]:
        """Return all lines of figures that this process wrote."""
        try:
            text = self.settings.stats_path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        whole = text[: text.rfind("\n") + 1].splitlines()
        lines = [json.loads(line) for line in whole]
        return [line for line in lines if line["pid"] == self._process.pid]

    def wait_until_assigned(self, limit_s: float = 25.0) -> bool:
        """Tell whether the worker had partitions within the limit."""
        deadline = time.time() + limit_s
        while time.time() < deadline and self.is_alive:
            if self.last_stats().get("assigned"):
                return True
            time.sleep(0.1)
        return False

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if the process still lives."""
        if self.is_alive:
            self._process.send_signal(number)

    def wait_for_exit(self) -> bool:
        """Tell whether it went after its SIGTERM by itself, in time, with status 0.

        The signal is sent once, by `signal`: a second one may hit while Python shuts down.
        """
        try:
            self._process.wait(EXIT_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        finally:
            self._log.close()
        return self._process.returncode == 0

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._process.kill()
        self._process.wait()
        self._log.close()
