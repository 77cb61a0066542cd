"""Workers die, freeze, join and leave in the middle of a stream: nothing is lost or invented."""

import signal
import time
from pathlib import Path
from random import Random

import pytest

from tests.faults.crew import broker, crew
from tests.faults.load import Load, events, generated, in_time
from tests.faults.settings import RATE, SESSION_TIMEOUT_S, SHORT, repeated

pytestmark = pytest.mark.broker

KILLS = 5 if SHORT else 50
BACKLOG = 10_000
FROZEN_S = SESSION_TIMEOUT_S + 3 if SHORT else 60.0


@repeated(2)
def test_workers_are_killed_again_and_again(tmp_path: Path, seed: int) -> None:
    """One of two, and now and then again while it comes back."""
    random = Random(seed)
    with broker() as (_, connection), crew(connection, tmp_path, "w0", "w1") as workers:
        with Load(connection, generated(seed), RATE) as load:
            workers.wait_until_at_work()
            for number in range(KILLS):
                time.sleep(random.uniform(0.0, 1.0))
                victim = random.choice(("w0", "w1"))
                ends, since = workers.recovery.ends(), time.monotonic()
                workers.kill(victim)
                workers.start(victim)
                if number % 3 != 1:  # else the next one dies while this one recovers
                    workers.recovery.wait(ends, since)
            workers.wait_until_at_work()
        workers.finish(f"{KILLS} times SIGKILL, seed {seed}", load)


def test_a_worker_is_killed_in_the_middle_of_a_backlog(tmp_path: Path) -> None:
    """All of it is there when the first one begins; no clock of the present is involved."""
    with broker() as (_, connection):
        with Load(connection, in_time(events(50, BACKLOG)), 50 * RATE) as load:
            load.wait()
        with crew(connection, tmp_path) as workers:
            with workers.recovery.after():
                workers.start("w0")
                done = workers.recovery.wait_until_begun()
                workers.kill("w0")
                left = sum(workers.recovery.ends().values()) - done
                assert left, "void: the kill came after the input had ended"
                workers.start("w0")
            workers.finish(f"SIGKILL in a backlog, {left:,} records left", load)


@repeated(3)
def test_a_worker_that_was_frozen_comes_back_as_a_zombie(tmp_path: Path, seed: int) -> None:
    """Its partitions have gone to the other one; what it still holds must not be written."""
    random = Random(seed)
    with broker() as (_, connection), crew(connection, tmp_path, "w0", "w1") as workers:
        with Load(connection, generated(100 + seed), RATE) as load:
            workers.wait_until_at_work()
            time.sleep(random.uniform(0.0, 1.0))
            zombie = workers.workers[random.choice(("w0", "w1"))].process
            with workers.recovery.after():
                zombie.send_signal(signal.SIGSTOP)
            time.sleep(FROZEN_S - min(FROZEN_S, workers.recovery.longest_s))
            with workers.recovery.after():
                zombie.send_signal(signal.SIGCONT)
            time.sleep(3)
        workers.finish(f"SIGSTOP for {FROZEN_S:g} s, seed {seed}", load)


@repeated(3)
def test_workers_join_and_leave_and_are_replaced_one_after_another(
    tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    with broker() as (_, connection), crew(connection, tmp_path, "w0", "w1") as workers:
        with Load(connection, generated(200 + seed), RATE) as load:
            workers.wait_until_at_work()
            with workers.recovery.after():
                workers.start("w2")
                time.sleep(random.uniform(0.5, 4.0))
            with workers.recovery.after():
                workers.stop("w0")
            for name in ("w1", "w2"):
                with workers.recovery.after():
                    workers.stop(name)
                    workers.start(name)
                    time.sleep(random.uniform(0.0, 4.0))
        workers.finish(f"one joins, one leaves, two are restarted, seed {seed}", load)
        print(f"from SIGTERM to the end at most {workers.longest_stop_s:.1f} s")
