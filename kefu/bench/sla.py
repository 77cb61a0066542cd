"""The engine with many open conversations: what an event costs, and what one of them weighs."""

import gc
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count, islice
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import click

from agents.settings import load_config
from pipeline.engine import Engine
from schemas.codec import from_ms, to_ms
from schemas.envelope import Role
from schemas.events import (
    ClosedData,
    ConversationClosed,
    ConversationEvent,
    ConversationMessage,
    ConversationOpened,
    ConversationOpenedData,
    MessageData,
)

SIZES = {"1k": 1_000, "100k": 100_000, "1m": 1_000_000}
START_MS = 1_790_000_000_000
EVENTS = 40_000
"""How many events are measured at each size, in eight parts of which the median counts."""
PARTS = 8
SPREAD_MS = 100_000
"""All conversations open within this time: less than any first-response target but P1's, so that
their timers are live."""
SEED = 7
CHANNELS = ("wechat", "web", "app")
QUEUES = ("sales", "after_sales", "logistics", "vip")


def run() -> dict[str, object]:
    """Microseconds of CPU an event (median of eight parts), bytes an open conversation, and
    microseconds to restore one from a checkpoint.

    Every measurement runs in a process of its own, so that none inherits another's memory.
    """
    result: dict[str, object] = {"events": EVENTS}
    for label, size in SIZES.items():
        click.echo(f"{size:,} open conversations …", err=True)
        us_per_event, bytes_per_open, timers = _alone(_measure, size)
        (us_per_restored,) = _alone(_restore, size)
        result[f"us_per_event_{label}"] = round(us_per_event, 2)
        result[f"bytes_per_open_{label}"] = round(bytes_per_open)
        result[f"us_per_restored_{label}"] = round(us_per_restored, 2)
        result[f"timers_{label}"] = round(timers)
    first, last = result["us_per_event_1k"], result["us_per_event_1m"]
    assert isinstance(first, float)  # noqa: S101 - for the type checker
    assert isinstance(last, float)  # noqa: S101 - for the type checker
    result["growth_1m_over_1k"] = round(last / first, 3)
    return result


def _alone(measure: Callable[[int], tuple[float, ...]], size: int) -> tuple[float, ...]:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(measure, size, sender))
    process.start()
    sender.close()
    try:
        found: tuple[float, ...] = receiver.recv()
    except EOFError:
        raise click.ClickException(f"the run with {size:,} conversations failed") from None
    process.join()
    return found


def _send(measure: Callable[[int], tuple[float, ...]], size: int, sender: Connection) -> None:
    sender.send(measure(size))


def _measure(size: int) -> tuple[float, ...]:
    engine = Engine(load_config(), origin="bench", scorer=None)
    gc.collect()
    before = _resident_bytes()
    for event in _opening(size):
        engine.feed(event)
    engine.take_changes()
    engine.advance(START_MS + SPREAD_MS)
    gc.collect()
    bytes_per_open = (_resident_bytes() - before) / size
    parts: list[float] = []
    traffic = _traffic(size)
    for _ in range(PARTS):
        events = list(islice(traffic, EVENTS // PARTS))
        began = time.process_time()
        for number, event in enumerate(events):
            if number % 1_000 == 0:
                engine.advance(to_ms(event.time) - 1)
            engine.feed(event)
        parts.append((time.process_time() - began) / len(events) * 1e6)
        engine.take_changes()
    return median(parts), bytes_per_open, engine.timers


def _restore(size: int) -> tuple[float, ...]:
    engine = Engine(load_config(), origin="bench", scorer=None)
    for event in _opening(size):
        engine.feed(event)
    records = {key: value for key, value in engine.take_changes() if value is not None}
    partition = engine.encode_partition()
    restored = Engine(load_config(), origin="bench", scorer=None)
    began = time.process_time()
    restored.restore(partition, records)
    return ((time.process_time() - began) / size * 1e6,)


def _opening(size: int) -> Iterator[ConversationEvent]:
    random = Random(SEED)  # noqa: S311 - a benchmark's draw
    for number in range(size):
        yield from _open(random, number, START_MS + number * SPREAD_MS // size)


def _traffic(size: int) -> Iterator[ConversationEvent]:
    """An answer in a random open conversation, its end, and a new one in its place: the same mix
    of events at every size, and always as many open conversations.
    """
    random = Random(SEED + 1)  # noqa: S311 - a benchmark's draw
    at_ms = START_MS + SPREAD_MS
    open_ones = list(range(size))
    for number in count(size):
        at_ms += 4
        place = random.randrange(size)
        ends, open_ones[place] = open_ones[place], number
        yield _message(ends, at_ms, f"a{ends}", "agent")
        yield ConversationClosed(
            **_envelope(ends, at_ms + 1, f"x{ends}"), data=ClosedData(by="agent")
        )
        yield from _open(random, number, at_ms + 2)


def _open(random: Random, number: int, at_ms: int) -> Iterator[ConversationEvent]:
    data = ConversationOpenedData(
        tenant="bench",
        channel=random.choice(CHANNELS),
        queue=random.choice(QUEUES),
        priority="P3",
        customer_id=f"customer-{number}",
    )
    yield ConversationOpened(**_envelope(number, at_ms, f"o{number}"), data=data)
    yield _message(number, at_ms + 1, f"q{number}", "customer")


def _message(conversation: int, at_ms: int, name: str, role: Role) -> ConversationMessage:
    data = MessageData(role=role, text="我的订单什么时候发货")
    return ConversationMessage(**_envelope(conversation, at_ms, name), data=data)


def _envelope(conversation: int, at_ms: int, name: str) -> dict[str, Any]:
    return {
        "id": name,
        "source": "bench",
        "time": from_ms(at_ms),
        "subject": f"chat-{conversation}",
    }


def _resident_bytes() -> int:
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
