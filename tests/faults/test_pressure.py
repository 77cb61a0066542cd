"""More than usual, or less of Kafka or of the processor: a worker's memory stays bounded, and what
comes out is what it would have been.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.codec import from_ms, to_ms
from schemas.events import ConversationMessage, Event, MessageData
from tests.faults.crew import Crew, broker, crew
from tests.faults.load import START_MS, Arrival, Load, events, generated, in_time
from tests.faults.memory import Watched
from tests.faults.settings import RATE, SHORT, only_in_full

pytestmark = pytest.mark.broker

MAX_GROWN_MIB = 250.0
"""Kafka's client may hold 32 MiB of input and 256 MiB of unsent output; the rest is state."""
SECONDS = 5.0 if SHORT else 60.0
LONG = 10_000 if SHORT else 100_000
STOPPED_S, RUNNING_S = 0.4, 0.1


def hot(number: int, time_ms: int, times: int = 1) -> ConversationMessage:
    """One of many messages of one conversation; it says so many `times` what it has to say."""
    is_customer = number % 3 > 0
    text = f"第{number}次问了，我的订单怎么还没到" if is_customer else "请稍等，我帮您查询一下"
    return ConversationMessage(
        id=f"hot-{number}",
        source="hot",
        time=from_ms(time_ms),
        subject="conv-hot",
        data=MessageData(
            role="customer" if is_customer else "agent",
            text=text * times,
            channel="web",
            queue="sales",
            agent_id=None if is_customer else "a1",
        ),
    )


def halved(seed: int) -> Iterator[Arrival]:
    """The demo's events, and after each of them one message more of one conversation."""
    for number, event in enumerate(events(seed)):
        yield from in_time([event, hot(number, to_ms(event.time))])


def pid(workers: Crew) -> int:
    return workers.workers["w0"].process.pid


def told(name: str, watched: Watched) -> str:
    return f"{name}; memory {watched.first:.0f} MiB, at most {watched.grown:.0f} more"


def test_ten_times_as_many_events_come_for_a_while(tmp_path: Path) -> None:
    with broker() as (_, connection), crew(connection, tmp_path, "w0") as workers:
        with Load(connection, generated(900), RATE) as load:
            workers.wait_until_at_work()
            time.sleep(2)
            with Watched(pid(workers)) as watched, workers.recovery.after():
                load.rate = 10 * RATE
                time.sleep(SECONDS)
                load.rate = RATE
        workers.finish(told("burst of ten times the rate", watched), load)
    assert watched.grown < MAX_GROWN_MIB


@only_in_full
def test_half_of_all_events_belong_to_one_conversation(tmp_path: Path) -> None:
    with broker() as (_, connection), crew(connection, tmp_path, "w0", "w1") as workers:
        with Load(connection, halved(901), 2 * RATE) as load:
            workers.wait_until_at_work()
            processes = [worker.process.pid for worker in workers.workers.values()]
            with Watched(*processes) as watched:
                time.sleep(2 * SECONDS)
        workers.finish(told("half of all traffic on one key", watched), load)
    assert watched.grown < MAX_GROWN_MIB


def test_one_conversation_has_very_many_long_messages(tmp_path: Path) -> None:
    """What lies behind the first 1,000 turns is counted and not judged; all of it is enriched. Its
    record would be larger than what Kafka takes by default.
    """
    found: list[Event] = [hot(n, START_MS + 700 * n, times=15) for n in range(LONG)]
    with broker() as (_, connection), crew(connection, tmp_path, "w0") as workers:
        with Load(connection, in_time(found), 20 * RATE) as load:
            workers.wait_until_at_work()
            with Watched(pid(workers)) as watched:
                load.wait()
                workers.drain()
        workers.finish(told(f"{LONG:,} messages of one conversation", watched), load)
    assert watched.grown < MAX_GROWN_MIB


@pytest.mark.parametrize("slow", ["broker", pytest.param("worker", marks=only_in_full)])
def test_kafka_or_the_worker_is_slow(tmp_path: Path, slow: str) -> None:
    """It is stopped four fifths of the time. What piles up waits in Kafka, not in memory.

    A slow reader of the outputs is no case of its own: it reads from Kafka, and no worker waits.
    """
    with broker() as (kafka, connection), crew(connection, tmp_path, "w0") as workers:
        with Load(connection, generated(902), 4 * RATE) as load:
            workers.wait_until_at_work()
            with Watched(pid(workers)) as watched, workers.recovery.after():
                group = kafka.process_group if slow == "broker" else pid(workers)
                assert group is not None
                deadline = time.monotonic() + 2 * SECONDS
                while time.monotonic() < deadline:
                    os.killpg(group, signal.SIGSTOP)
                    time.sleep(STOPPED_S)
                    os.killpg(group, signal.SIGCONT)
                    time.sleep(RUNNING_S)
        workers.finish(told(f"slow {slow}", watched), load)
    assert watched.grown < MAX_GROWN_MIB
