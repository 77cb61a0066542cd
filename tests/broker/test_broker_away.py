"""The broker goes away for a while: workers go on where they were, the hourly stream too."""

import time
from pathlib import Path

import pytest

from agents.connection import KafkaConnection
from agents.topics import apply_topics
from kefu.local_kafka import LocalKafka
from tests.broker.harness import (
    ids,
    outputs_when_complete,
    running_worker,
    wait_until_drained,
)
from tests.broker.test_faults import generated, undisturbed, write

pytestmark = pytest.mark.broker

AWAY_S = 8.0


def test_a_broker_killed_and_started_again_costs_no_output_and_no_scorecard(
    tmp_path: Path,
) -> None:
    events = generated(6_000, seed=21)
    first, second = events[:3_000], events[3_000:]
    expected = undisturbed(events)
    options = ("--clock", "source", "--no-sentiment")
    with LocalKafka(tmp_path / "kafka") as kafka:
        connection = KafkaConnection(kafka.bootstrap_servers)
        apply_topics(connection)
        with running_worker(connection, "w1", tmp_path, *options) as worker:
            write(connection, first, is_last=False)
            wait_until_drained(connection, worker)
            kafka.kill()
            time.sleep(AWAY_S)
            kafka.start()
            write(connection, second)
            wait_until_drained(connection, worker)
            documents = outputs_when_complete(connection, expected, limit_s=90)
            assert worker.stop() == 0, worker.tail()
    lost, invented = expected.difference(documents)
    found = ids(documents)
    print(
        f"broker away {AWAY_S:g} s: inputs {len(events)}, outputs {len(set(found))}, "
        f"lost {len(lost)}, invented {len(invented)}, repeated {len(found) - len(set(found))}"
    )
    assert not lost
    assert not invented
