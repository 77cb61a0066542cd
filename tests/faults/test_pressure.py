"""More than usual, or less of Kafka or of the processor: a worker's memory stays bounded, and what
comes out is what it would have been.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agents.changelog import LEDGER_KEY, Ledger
from agents.connection import KafkaConnection
from schemas.codec import from_ms, to_ms
from schemas.events import ConversationMessage, Event, MessageData
from schemas.topics import CONVERSATIONS, changelog_of
from tests.broker.harness import read_records
from tests.faults.crew import Crew, broker, crew
from tests.faults.load import START_MS, Arrival, Load, events, generated, in_time
from tests.faults.memory import Watched
from tests.faults.settings import RATE, SHORT, only_in_full

pytestmark = pytest.mark.broker

MAX_GROWN_MIB = 250.0
"""Kafka's client may hold 32 MiB of input and 256 MiB of unsent output; the rest is state."""
SECONDS = 5.0 if SHORT else 60.0
LONG = 10_000 if SHORT else 100_000
OPEN = 10_000 if SHORT else 100_000
STOPPED_S, RUNNING_S = 0.4, 0.1
SLOW_RATE = (2 if SHORT else 4) * RATE


def hot(number: int, time_ms: int, times: int = 1) -> ConversationMessage:
    """One of many messages of one conversation; it says so many `times` what it has to say."""
    return message("conv-hot", number, time_ms, times, is_customer=number % 3 > 0)


def message(
    subject: str, number: int, time_ms: int, times: int = 1, *, is_customer: bool = True
) -> ConversationMessage:
    """A message of that number."""
    text = f"第{number}次问了，我的订单怎么还没到" if is_customer else "请稍等，我帮您查询一下"
    return ConversationMessage(
        id=f"hot-{number}",
        source="hot",
        time=from_ms(time_ms),
        subject=subject,
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


def partly_told_ticks(connection: KafkaConnection) -> int:
    """How many checkpoints left a tick to be gone on with: their ledger is that of the last one."""
    found = 0
    ledgers: dict[int, int] = {}
    for record in read_records(connection, changelog_of(CONVERSATIONS.name)):
        if record.key() == LEDGER_KEY.encode():
            offset = msgspec.msgpack.decode(record.value() or b"", type=Ledger).offset
            found += ledgers.get(record.partition()) == offset
            ledgers[record.partition()] = offset
    return found


def test_a_worker_dies_with_very_many_conversations_open_and_then_all_of_them_are_due(
    tmp_path: Path,
) -> None:
    """The last tick is hours later: more falls due than fits into a transaction."""
    found: list[Event] = [
        message(f"conv-{number}", number, START_MS + 100_000 * number // OPEN)
        for number in range(OPEN)
    ]
    with broker() as (_, connection), crew(connection, tmp_path, "w0") as workers:
        with Load(connection, in_time(found), 10 * RATE) as load:
            load.wait()
            with workers.recovery.after():
                workers.kill("w0")
                workers.start("w0")
        workers.finish(f"{OPEN:,} conversations open, then due at once", load)
        parts = partly_told_ticks(connection)
    print(f"{parts} transactions ended in the middle of a tick")
    assert parts


@pytest.mark.parametrize("slow", ["broker", pytest.param("worker", marks=only_in_full)])
def test_kafka_or_the_worker_is_slow(tmp_path: Path, slow: str) -> None:
    """It is stopped four fifths of the time. What piles up waits in Kafka, not in memory.

    A slow reader of the outputs is no case of its own: it reads from Kafka, and no worker waits.
    """
    with broker() as (kafka, connection), crew(connection, tmp_path, "w0") as workers:
        with Load(connection, generated(902), SLOW_RATE) as load:
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
