"""On real Kafka: facts that were written while no worker read them become the same scorecards."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from agents import scorecard_agent
from agents.connection import KafkaConnection
from agents.export import Exporter
from agents.outbox import Outbox
from agents.scorecard_agent import ScorecardStage
from agents.settings import WorkerSettings, load_config, load_labels
from agents.topics import partition_counts
from kefu.ticks import final_tick, tick_before
from pipeline.engine import Engine
from pipeline.scorecards import Scorecards
from schemas.codec import to_ms
from schemas.outputs import Output, QaFacts
from schemas.topics import FACTS
from tests.broker.harness import PUBLISHED, Expected, fresh_broker, newest_windows, read_all
from tests.broker.in_process import decoded
from tests.faults.load import events

pytestmark = pytest.mark.broker

ORIGIN = "kefu.conversations.v1/0"
EVENTS = 4_000
IN_ONE_TRANSACTION = 50
"""Each leaves a marker: a hole in the offsets."""


def facts() -> list[QaFacts]:
    """What one input partition puts out for the scorecards."""
    config = load_config()
    engine = Engine(config, origin=ORIGIN)
    found: list[Output] = []
    last_ms = 0
    for event in events(seed=11, count=EVENTS):
        last_ms = max(last_ms, to_ms(event.time))
        found += engine.advance(tick_before(to_ms(event.time)))
        found += engine.feed(event)
    found += engine.advance(final_tick(last_ms, config))
    return [output for output in found if isinstance(output, QaFacts)]


def write(connection: KafkaConnection, found: list[QaFacts]) -> None:
    """Write them as a worker does, in many transactions."""
    outbox = Outbox(connection, "t", partition_counts(connection)[FACTS.name], threading.Event())
    for start in range(0, len(found), IN_ONE_TRANSACTION):
        for output in found[start : start + IN_ONE_TRANSACTION]:
            outbox.send_output(output)
        outbox.commit()


class Reading:
    """The stage of a worker that Faust gives all facts partitions and no record."""

    def __init__(self, connection: KafkaConnection, folder: Path) -> None:
        config = load_config()
        self.exporter = Exporter(CollectorRegistry(), config, load_labels())
        settings = WorkerSettings(connection, "w1", folder)
        self._numbers = set(range(partition_counts(connection)[FACTS.name]))
        self._stage = ScorecardStage(
            settings, config, frozenset({ORIGIN}), self.exporter, threading.Event()
        )

    async def catch_up(self) -> None:
        """Be assigned everything, and look for what was missed."""
        self._stage.assign(self._numbers)
        await self._stage.catch_up()


def test_a_backlog_of_facts_is_read_in_parts_and_loses_or_doubles_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorecard_agent, "OFFSETS_AT_ONCE", 37)
    found = facts()
    plain = Scorecards(load_config(), frozenset({ORIGIN}))
    demanded = Expected(decoded(card for fact in found for card in plain.feed(fact)))
    assert len(demanded.windows) > 50
    half = len(found) // 2
    with fresh_broker() as connection:
        write(connection, found[:half])
        asyncio.run(Reading(connection, tmp_path).catch_up())
        write(connection, found[half:])
        asyncio.run(Reading(connection, tmp_path).catch_up())  # another worker, from the changelog
        told = read_all(connection, *PUBLISHED)
        asyncio.run(Reading(connection, tmp_path).catch_up())
        assert len(read_all(connection, *PUBLISHED)) == len(told)
    assert newest_windows(told) == demanded.windows
