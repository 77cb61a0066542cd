"""Half an hour at a steady rate: memory stays flat, nothing leaks, lag does not grow."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import pytest

from agents.connection import KafkaConnection
from agents.settings import default_config_dir
from kefu.demo.workers import free_port
from schemas.topics import HOUR_MS
from tests.broker.harness import input_lag
from tests.broker.pages import scrape, total
from tests.faults.crew import broker, crew
from tests.faults.load import START_MS, Arrival, Load, events, in_time
from tests.faults.memory import MIB
from tests.faults.settings import RATE, WORKER

pytestmark = [pytest.mark.broker, pytest.mark.slow]

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
EVERY_S = 5.0
SETTLING = 0.4
"""This share of the time passes until the first interactions have left the state again."""
MAX_MIB_PER_HOUR = 30.0


class Sample(NamedTuple):
    """What a worker holds at one moment."""

    at_s: float
    memory_mib: float
    threads: int
    files: int
    tasks: float
    live: float
    lag: int


def remembering_briefly(folder: Path) -> Path:
    """The shipped configuration, but interactions leave soon after their last event, and no clock
    runs for longer than they last: then their number is steady.
    """
    config = folder / "config"
    shutil.copytree(default_config_dir(), config)
    sla = config / "sla.yaml"
    text = sla.read_text(encoding="utf-8")
    for key in ("reopen_window_hours", "idle_expiry_hours"):
        (line,) = [one for one in text.splitlines() if one.startswith(f"{key}:")]
        text = text.replace(line, f"{key}: 0.1")
    text = re.sub(
        r"target_seconds: (\d+)", lambda at: f"target_seconds: {min(int(at[1]), 300)}", text
    )
    sla.write_text(text, encoding="utf-8")
    return config


def slope_per_hour(samples: list[Sample], values: list[float]) -> float:
    """Of the line through the values, by least squares."""
    return float(np.polyfit([one.at_s / 3_600 for one in samples], values, 1)[0])


def sample(connection: KafkaConnection, process: psutil.Process, port: int, since: float) -> Sample:
    pages = [scrape(port) or []]
    return Sample(
        time.monotonic() - since,
        process.memory_info().rss / MIB,
        process.num_threads(),
        process.num_fds(),
        total(pages, "kefu_runtime_tasks"),
        total(pages, "kefu_live_records"),
        input_lag(connection) or 0,
    )


def steady() -> Iterator[Arrival]:
    """As many new interactions a minute from begin to end: the made-up day is level after 14:00,
    for longer than half an hour of load stands for.
    """
    return in_time(events(1_000, start_ms=START_MS + 5 * HOUR_MS, rate_per_minute=600.0))


def test_half_an_hour_of_steady_load(tmp_path: Path) -> None:
    port = free_port()
    options = (
        *(*WORKER, "--config", str(remembering_briefly(tmp_path))),
        *("--metrics-port", str(port)),
    )
    samples: list[Sample] = []
    with (
        broker() as (_, connection),
        crew(connection, tmp_path, "w0", options=options) as workers,
    ):
        with Load(connection, steady(), RATE) as load:
            workers.wait_until_at_work()
            process = psutil.Process(workers.workers["w0"].process.pid)
            since = time.monotonic()
            while time.monotonic() - since < MINUTES * 60:
                time.sleep(EVERY_S)
                samples.append(sample(connection, process, port, since))
        workers.drain()
        workers.stop_all()
    settled = [one for one in samples if one.at_s > SETTLING * MINUTES * 60]
    first, last = settled[0], settled[-1]
    slope = slope_per_hour(settled, [one.memory_mib for one in settled])
    lag = slope_per_hour(settled, [float(one.lag) for one in settled])
    print(
        f"{MINUTES:g} minutes, inputs {len(load.written):,}: memory {first.memory_mib:.0f} to "
        f"{last.memory_mib:.0f} MiB, slope {slope:+.1f} MiB an hour; live records "
        f"{first.live:,.0f} to {last.live:,.0f}; lag at most {max(s.lag for s in settled)}, slope "
        f"{lag:+.0f} an hour; threads {first.threads} to {last.threads}, files {first.files} to "
        f"{last.files}, tasks {first.tasks:.0f} to {last.tasks:.0f}"
    )
    assert slope < MAX_MIB_PER_HOUR
    assert last.threads <= max(one.threads for one in settled[: len(settled) // 3])
    assert last.files <= max(one.files for one in settled[: len(settled) // 3]) + 2
    assert last.tasks <= max(one.tasks for one in settled[: len(settled) // 3])
    assert lag < RATE * 60
