"""A real Prometheus and Alertmanager on this machine, for as long as a context lasts."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from kefu.errors import UserError
from kefu.ports import free_port
from kefu.prometheus_query import PrometheusQuery, QueryError, get_json

INSTALL = "apt-get install prometheus prometheus-alertmanager"
START_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0
QUOTED_LOG_LINES = 3
_PROMETHEUS = ("prometheus",)
_ALERTMANAGER = ("alertmanager", "prometheus-alertmanager")  # the second one is Debian's


class NotInstalledError(UserError):
    """The machine has no such program; one line says what to install."""


class StartError(UserError):
    """The program ended, or did not answer in time; the end of its log is quoted."""


def find_prometheus() -> Path:
    """The program `prometheus` on the PATH; raises `NotInstalledError`."""
    return _find(_PROMETHEUS)


def find_alertmanager() -> Path:
    """The program `alertmanager` on the PATH; raises `NotInstalledError`."""
    return _find(_ALERTMANAGER)


def _find(names: tuple[str, ...]) -> Path:
    for name in names:
        if (found := shutil.which(name)) is not None:
            return Path(found)
    raise NotInstalledError(f"no {names[0]} on this machine: {INSTALL}")


class _Server:
    """One program that answers HTTP on the loopback, with a temporary folder of its own.

    It runs below `supervise.py`, so it ends with this process however that dies.
    """

    def __init__(self, program: Path) -> None:
        self._program = program
        self._port = free_port()
        self._folder: Path | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://{self.address}"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:  # Ctrl-C during the start must not leave a process either
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Return once it is ready; raises `StartError`."""
        folder = self._folder = Path(tempfile.mkdtemp(prefix=f"kefu-{self._program.name}-"))
        with (folder / "log").open("wb") as log:
            self._supervisor = subprocess.Popen(
                [
                    *(sys.executable, "-IS", str(Path(__file__).with_name("supervise.py"))),
                    *(str(os.getpid()), str(folder), str(self._program)),
                    *self._options(folder),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is for us, who stop it in order
            )
        deadline = time.monotonic() + START_LIMIT_S
        while not self._is_ready():
            if self._supervisor.poll() is not None or time.monotonic() > deadline:
                said = (folder / "log").read_text(errors="replace").splitlines()
                tail = " | ".join(said[-QUOTED_LOG_LINES:])
                raise StartError(f"{self._program.name} did not start: {tail}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it (SIGTERM, after 10 s SIGKILL) and remove its folder; no-op when not running."""
        if self._supervisor is not None:
            for number in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._supervisor.pid, number)  # its session has the program in it
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._supervisor.wait(STOP_LIMIT_S)
                    break
            self._supervisor.communicate()
            self._supervisor = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _options(self, folder: Path) -> list[str]:
        raise NotImplementedError

    def _is_ready(self) -> bool:
        raise NotImplementedError


class Prometheus(_Server):
    """Scrapes the given targets and evaluates the given rules."""

    def __init__(
        self,
        jobs: Mapping[str, Sequence[str]],
        *,
        rules: Sequence[Path] = (),
        scrape_s: float = 1.0,
        alertmanager: str | None = None,
        external_labels: Mapping[str, str] | None = None,
    ) -> None:
        """Describe one; `start()`, or the context, starts it.

        `jobs`: HOST:PORT of the targets by job name. Rules are evaluated each `scrape_s` seconds,
        where their group names no interval. `alertmanager`: HOST:PORT. `external_labels` are for
        the texts of rules (`$externalLabels`), not for Alertmanager. Raises `NotInstalledError`.
        """
        super().__init__(find_prometheus())
        self._jobs = jobs
        self._rules = [str(path.resolve()) for path in rules]
        self._scrape_s = scrape_s
        self._alertmanager = alertmanager
        self._labels = dict(external_labels or {})

    @property
    def query(self) -> PrometheusQuery:
        """Asks it."""
        return PrometheusQuery(self.url)

    def _options(self, folder: Path) -> list[str]:
        config = folder / "prometheus.yml"
        config.write_text(yaml.safe_dump(self._config()), encoding="utf-8")
        return [
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={self.address}",
            # Alerts that fire before Alertmanager is found are sent again only after this.
            "--rules.alert.resend-delay=5s",
        ]

    def _config(self) -> dict[str, Any]:
        every = f"{round(self._scrape_s * 1000)}ms"
        config: dict[str, Any] = {
            "global": {
                "scrape_interval": every,
                "scrape_timeout": every,
                "evaluation_interval": every,
                "external_labels": self._labels,
            },
            "rule_files": self._rules,
            "scrape_configs": [
                {"job_name": name, "static_configs": [{"targets": list(targets)}]}
                for name, targets in self._jobs.items()
            ],
        }
        if self._alertmanager is not None:
            config["alerting"] = {
                "alertmanagers": [{"static_configs": [{"targets": [self._alertmanager]}]}]
            }
            if self._labels:
                drop = "|".join(map(re.escape, self._labels))
                config["alerting"]["alert_relabel_configs"] = [
                    {"action": "labeldrop", "regex": drop}
                ]
        return config

    def _is_ready(self) -> bool:
        try:
            self.query.instant("vector(1)")
        except QueryError:
            return False
        return True


class Alertmanager(_Server):
    """Groups, inhibits and routes what Prometheus sends."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """`config`: the document of an alertmanager.yml. Raises `NotInstalledError`."""
        super().__init__(find_alertmanager())
        self._config = dict(config)

    def alerts(self) -> list[dict[str, Any]]:
        """What fires and is not inhibited, as version 2 of its interface has it."""
        wanted = {"active": "true", "inhibited": "false", "silenced": "false"}
        return list(get_json(f"{self.url}/api/v2/alerts", wanted))

    def _options(self, folder: Path) -> list[str]:
        config = folder / "alertmanager.yml"
        config.write_text(yaml.safe_dump(self._config), encoding="utf-8")
        return [
            f"--config.file={config}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address={self.address}",
            "--cluster.listen-address=",  # alone: it would look for a network to gossip on
        ]

    def _is_ready(self) -> bool:
        try:
            return "uptime" in get_json(f"{self.url}/api/v2/status", {})
        except QueryError:
            return False
