"""The faults of a run: what is done to the workers while the load goes on."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

from tests.faults.runtime_trial.load import Load
from tests.faults.runtime_trial.processes import Worker
from tests.faults.runtime_trial.settings import SESSION_TIMEOUT_MS

CASES = ("graceful", "sigkill", "sigkill-moved", "zombie")
JOIN_LIMIT_S = 12.0  # a worker under load needs 3-6 s from start to partitions
Start = Callable[[str], Worker]


class Faults:
    """Runs one case; `moments` are the times (s) of the faults, for the check that they hit."""

    def __init__(self, start: Start, load: Load, seed: int) -> None:
        self._start = start
        self._load = load
        self._random = random.Random(seed)
        self.live = [start("w0"), start("w1")]
        self.gone: list[Worker] = []
        self._leaving: list[Worker] = []
        self.moments: list[float] = []
        self.unclean = 0

    def run(self, case: str) -> None:
        """Inflict the case once both workers have partitions."""
        if not all(worker.wait_until_assigned() for worker in self.live):
            raise RuntimeError("the workers never got partitions")
        self._load.start()
        time.sleep(self._random.uniform(0.2, 1.0))
        match case:
            case "graceful":
                self._graceful()
            case "sigkill":
                self._sigkill(comes_back=True)
            case "sigkill-moved":
                self._sigkill(comes_back=False)
            case "zombie":
                self._zombie()

    def _share_sent(self) -> float:
        return self._load.sent / self._load.count

    def _graceful(self) -> None:
        """One joins, one of the older ones leaves, again and again."""
        number = 2
        while self._share_sent() < 0.7:
            joiner = self._start(f"w{number}")
            number += 1
            if joiner.wait_until_assigned(JOIN_LIMIT_S):
                self.moments.append(time.time())
            self.live.append(joiner)
            time.sleep(self._random.uniform(0.0, 0.8))
            leaver = self.live.pop(self._random.randrange(len(self.live) - 1))
            self.moments.append(time.time())
            leaver.signal(signal.SIGTERM)
            self._leaving.append(leaver)

    def _sigkill(self, *, comes_back: bool) -> None:
        """One dies at a random moment, and comes back under its name or is replaced."""
        time.sleep(self._random.uniform(0.0, 2.5))
        victim = self.live.pop(self._random.randrange(2))
        self.moments.append(time.time())
        victim.kill()
        self.gone.append(victim)
        time.sleep(self._random.uniform(0.0, 1.0))
        self.live.append(self._start(victim.settings.worker if comes_back else "w2"))

    def _zombie(self) -> None:
        """One is frozen past its session, loses its partitions, and wakes up in the middle."""
        time.sleep(self._random.uniform(0.0, 1.0))
        victim = self.live[self._random.randrange(2)]
        self.moments.append(time.time())
        victim.signal(signal.SIGSTOP)
        time.sleep(SESSION_TIMEOUT_MS / 1000 + self._random.uniform(0.5, 2.0))
        self.moments.append(time.time())
        victim.signal(signal.SIGCONT)

    def _retire(self, worker: Worker) -> None:
        if not worker.wait_for_exit():
            self.unclean += 1
        self.gone.append(worker)

    def end(self) -> None:
        """End all that still live."""
        for worker in self.live:
            worker.signal(signal.SIGTERM)
        for worker in [*self._leaving, *self.live]:
            self._retire(worker)
        self.live = []
