"""What a metrics page costs: 50 queues, 6 channels and 4 priorities, and what counting costs."""

import asyncio
import sys
import time
import urllib.request
from itertools import product
from statistics import median

from prometheus_client import CollectorRegistry

from agents.changelog import Checkpoint
from agents.export import Exporter
from agents.labels import LabelConfig
from agents.metrics_server import MetricsServer
from agents.settings import load_config
from agents.task import Task
from pipeline.config import EngineConfig
from pipeline.engine import Engine
from pipeline.scorecards import Scorecards
from schemas.codec import from_ms
from schemas.envelope import Priority
from schemas.events import ConversationMessage, MessageData
from schemas.outputs import Output, QaFacts
from schemas.topics import CONVERSATIONS

CHANNELS = ("wechat", "web", "app", "sms", "phone", "hotline")
QUEUES = tuple(f"queue-{number:02}" for number in range(50))
PRIORITIES: tuple[Priority, ...] = ("P1", "P2", "P3", "P4")
PARTITIONS = 8
START_MS = 1_790_000_000_000
SCRAPES = 20


def run() -> dict[str, object]:
    """Milliseconds of a scrape, series, milliseconds that an event loop beside it was late (at rest
    and while scraped), and microseconds that an event's export costs.
    """
    config = load_config()
    labels = LabelConfig(channels=CHANNELS, call_channels=("phone", "hotline"), queues=QUEUES)
    exporter = Exporter(CollectorRegistry(), config, labels)
    exporter.rebalanced(PARTITIONS)
    outputs = _fill(exporter, config)
    counting_us = _counting_us(exporter, outputs)
    server = MetricsServer(exporter.metrics, "127.0.0.1", 0)
    try:
        url = f"http://127.0.0.1:{server.port}/metrics"
        times = []
        page = b""
        for _ in range(SCRAPES):
            began = time.perf_counter()
            page = _get(url)
            times.append((time.perf_counter() - began) * 1000)
        at_rest = asyncio.run(_lateness_ms(None))
        while_scraped = asyncio.run(_lateness_ms(url))
    finally:
        server.close()
    refused = sum(
        float(line.split()[-1])
        for line in page.splitlines()
        if line.startswith(b"kefu_series_refused_total")
    )
    series = sum(not line.startswith(b"#") for line in page.splitlines())
    return {
        "scrape_ms": round(median(times), 1),
        "scrape_ms_max": round(max(times), 1),
        "series": series,
        "series_refused": round(refused),
        "page_bytes": len(page),
        "loop_late_ms_at_rest": round(at_rest, 1),
        "loop_late_ms_scraped": round(while_scraped, 1),
        "export_us_per_event": round(counting_us, 2),
    }


def _fill(exporter: Exporter, config: EngineConfig) -> list[list[Output]]:
    """A customer waits in every group, spread over the partitions; and time passes."""
    tasks = [
        Task(CONVERSATIONS.name, n, Engine(config, origin=str(n)), Checkpoint(-1, None, {}))
        for n in range(PARTITIONS)
    ]
    batches: list[list[Output]] = [[] for _ in tasks]
    for number, (queue, channel, priority) in enumerate(product(QUEUES, CHANNELS, PRIORITIES)):
        task = tasks[number % PARTITIONS]
        message = ConversationMessage(
            id=f"m{number}",
            source="bench",
            time=from_ms(START_MS + number),
            subject=f"chat-{number}",
            data=MessageData(
                role="customer",
                text="我的订单什么时候发货",
                channel=channel,
                queue=queue,
                priority=priority,
            ),
        )
        batches[number % PARTITIONS].extend(task.engine.feed(message))
        task.processed += 1
    for task, batch in zip(tasks, batches, strict=True):
        engine = task.engine
        assert isinstance(engine, Engine)  # noqa: S101 - for the type checker
        for minute in range(1, 120):
            batch.extend(engine.advance(START_MS + minute * 60_000))
        exporter.sent(task, batch)
        exporter.show(task, 0)
    exporter.outputs(_windows(batches, config), 0)
    return batches


def _windows(batches: list[list[Output]], config: EngineConfig) -> list[Output]:
    """The scorecards and queue intervals that follow from the facts."""
    scorecards = Scorecards(config, frozenset(map(str, range(PARTITIONS))))
    facts = [output for batch in batches for output in batch if isinstance(output, QaFacts)]
    return [output for fact in facts for output in scorecards.feed(fact)]


def _counting_us(exporter: Exporter, batches: list[list[Output]]) -> float:
    """Microseconds of export per output, in batches as the hot stage has them."""
    count = sum(map(len, batches))
    began = time.perf_counter()
    for batch in batches:
        exporter.outputs(batch)
    return (time.perf_counter() - began) / count * 1e6


async def _lateness_ms(url: str | None) -> float:
    """The longest that a timer of a millisecond came late in two seconds, scraped or not; whoever
    scrapes is a process of its own, as Prometheus is.
    """
    loop = asyncio.get_running_loop()
    scraper = None
    if url is not None:
        command = [sys.executable, "-c", _SCRAPER, url]
        scraper = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert scraper.stdout is not None  # noqa: S101 - for the type checker
        await scraper.stdout.readline()
    worst, until = 0.0, loop.time() + 2
    while loop.time() < until:
        asleep = loop.time()
        await asyncio.sleep(0.001)
        worst = max(worst, loop.time() - asleep - 0.001)
    if scraper is not None:
        scraper.terminate()
        await scraper.wait()
    return worst * 1000


_SCRAPER = """
import sys, time, urllib.request
print("ready", flush=True)
while True:
    urllib.request.urlopen(sys.argv[1], timeout=10).read()
    time.sleep(0.05)
"""
"""Twenty scrapes a second; Prometheus makes one in some seconds."""


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own page
        page: bytes = answer.read()
        return page
