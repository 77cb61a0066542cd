"""Brokers are restarted, die and go away in the middle of a stream: nothing is lost or invented."""

import json
import time
from pathlib import Path
from random import Random

import pytest

from schemas.topics import CONVERSATIONS
from tests.faults.cluster import cluster
from tests.faults.crew import broker, crew
from tests.faults.load import Load, generated
from tests.faults.settings import RATE, SHORT, only_in_full, repeated

pytestmark = pytest.mark.broker

AWAY_S = 10.0 if SHORT else 120.0

ATTEMPTS_PER_S = 8.0
"""Twice what `METADATA_PAUSE_S` allows; without it there were hundreds."""


def attempts(log: Path) -> int:
    """How often a worker has found no broker to ask, as its log tells."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    told = [line for line in lines if line["message"].startswith("Unable to update metadata")]
    return sum(1 + line.get("left_out", 0) for line in told)


@repeated(3)
def test_the_broker_is_restarted_then_killed_then_gone_for_a_while(
    tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    with (
        broker(tmp_path / "kafka") as (kafka, connection),
        crew(connection, tmp_path, "w0", "w1") as workers,
    ):
        begun = time.monotonic()
        with Load(connection, generated(300 + seed), RATE) as load:
            workers.wait_until_at_work()
            for end, away_s in ((kafka.stop, 0.0), (kafka.kill, 0.0), (kafka.kill, AWAY_S)):
                time.sleep(random.uniform(0.0, 2.0))
                ends = workers.recovery.ends()
                end()
                time.sleep(away_s)
                kafka.start()
                workers.recovery.wait(ends, time.monotonic())
        seconds = time.monotonic() - begun
        workers.finish(f"broker stopped, killed, and gone for {AWAY_S:g} s, seed {seed}", load)
    for name in ("w0", "w1"):
        found = attempts(tmp_path / f"{name}.log")
        assert 0 < found < ATTEMPTS_PER_S * seconds, f"{name} asked {found} times for metadata"


def test_a_worker_is_told_to_stop_and_the_broker_is_gone(tmp_path: Path) -> None:
    with (
        broker(tmp_path / "kafka") as (kafka, connection),
        crew(connection, tmp_path, "w0") as workers,
    ):
        with Load(connection, generated(500), RATE, is_last=False):
            workers.wait_until_at_work()
        kafka.kill()
        workers.stop("w0")
        print(f"broker gone, worker told to stop: ended in {workers.longest_stop_s:.1f} s")


@only_in_full
@repeated(3)
def test_one_of_three_brokers_is_killed_then_the_leader(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    with (
        cluster(tmp_path / "cluster") as brokers,
        crew(brokers.connection, tmp_path, "w0", "w1") as workers,
    ):
        with Load(brokers.connection, generated(400 + seed), RATE) as load:
            workers.wait_until_at_work()
            leader = brokers.leader_of(CONVERSATIONS.name, 0)
            follower = random.choice([node for node in brokers.nodes if node != leader])
            for victim in (follower, leader):
                time.sleep(random.uniform(0.0, 2.0))
                with workers.recovery.after():
                    brokers.nodes[victim].kill()
                brokers.nodes[victim].start()
                time.sleep(2)
        workers.finish(f"one of three brokers killed, then the leader, seed {seed}", load)
