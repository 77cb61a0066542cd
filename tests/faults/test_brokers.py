"""Brokers are restarted, die and go away in the middle of a stream: nothing is lost or invented."""

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


# Not in `make test` for now: see the hourly scorecards in docs/faults.md.
@only_in_full
@repeated(3)
def test_the_broker_is_restarted_then_killed_then_gone_for_a_while(
    tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    with (
        broker(tmp_path / "kafka") as (kafka, connection),
        crew(connection, tmp_path, "w0", "w1") as workers,
    ):
        with Load(connection, generated(300 + seed), RATE) as load:
            workers.wait_until_at_work()
            for end, away_s in ((kafka.stop, 0.0), (kafka.kill, 0.0), (kafka.kill, AWAY_S)):
                time.sleep(random.uniform(0.0, 2.0))
                ends = workers.recovery.ends()
                end()
                time.sleep(away_s)
                kafka.start()
                workers.recovery.wait(ends, time.monotonic())
        workers.finish(f"broker stopped, killed, and gone for {AWAY_S:g} s, seed {seed}", load)


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
