"""End to end on one broker and the same events: reference loops, Quix Streams, engine, worker."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import click
import orjson
from prometheus_client.parser import text_string_to_metric_families

from agents.connection import KafkaConnection
from agents.settings import load_config
from agents.topics import apply_topics, partition_counts
from kefu.demo.workers import free_port
from kefu.generator import Generator
from kefu.kafka_choice import local_broker
from kefu.log_writer import LogWriter
from pipeline.engine import Engine
from schemas.codec import decode, encode, to_ms
from schemas.events import ConversationEvent, Event
from schemas.topics import CONVERSATIONS, ENRICHED

EVENTS = 200_000
PARTITIONS = 8
QUIX = "quixstreams==3.28.1"
QUIX_ENVIRONMENT = Path(".venv-quix")
START_MS = 1_790_000_000_000
LIMIT_S = 300.0
SCRAPE_EVERY_S = 1.0
"""A scrape costs the worker some 20 ms of CPU, which counts as its own."""

Measured = dict[str, float]
"""`events`, `seconds`, `cpu_seconds`."""


def run() -> dict[str, object]:
    """Measure everything in one run; rates are events a second of one core's time.

    `*_s` are events/s by CPU time of the measured process (so that noise of a shared machine and
    threads beside count as what they cost), `*_wall_s` by the clock on the wall.
    """
    events = list(islice(_conversations(), EVENTS))
    with local_broker(None) as connection:
        apply_topics(connection, partitions=PARTITIONS)
        counts = partition_counts(connection)
        _say(f"writing {EVENTS:,} events")
        writer = LogWriter(connection, counts, "bench")
        for event in events:
            writer.write(CONVERSATIONS.name, event.subject.encode(), encode(event), None)
        writer.tick_everywhere(to_ms(events[-1].time))
        writer.flush()
        measured: dict[str, Measured | None] = {}
        for name in ("aiokafka", "confluent"):
            _say(f"{name} loop")
            measured[name] = _loop(name, connection)
        _say("Quix Streams")
        measured["quix"] = _quix(connection)
        _say("engine alone")
        measured["engine"] = _engine(events)
        _say("one kefu worker")
        measured["worker"] = _worker(connection)
    names = {
        "aiokafka": "consume_decode",
        "confluent": "confluent_loop",
        "quix": "quix",
        "engine": "engine",
        "worker": "worker",
    }
    result: dict[str, object] = {"events": EVENTS}
    for name, label in names.items():
        figures = measured[name]
        result[f"{label}_s"] = None if figures is None else _rate(figures, "cpu_seconds")
        result[f"{label}_wall_s"] = None if figures is None else _rate(figures, "seconds")
        result[f"{label}_cpu_us"] = (
            None if figures is None else round(figures["cpu_seconds"] / figures["events"] * 1e6, 2)
        )
    return result


def _conversations() -> Iterable[Event]:
    generator = Generator(7, start_ms=START_MS, rate_per_minute=200.0)
    return (event for event in generator if isinstance(event, ConversationEvent))


def _loop(name: str, connection: KafkaConnection) -> Measured:
    arguments = [connection.bootstrap_servers, CONVERSATIONS.name, str(PARTITIONS), str(EVENTS)]
    return _child([sys.executable, "-m", "kefu.bench.loops", name, *arguments, ENRICHED.name])


def _quix(connection: KafkaConnection) -> Measured | None:
    python = QUIX_ENVIRONMENT / "bin" / "python"
    if not python.exists():
        made = subprocess.run(
            [sys.executable, "-m", "venv", str(QUIX_ENVIRONMENT)], check=False, capture_output=True
        )
        done = made.returncode == 0 and subprocess.run(
            [str(python), "-m", "pip", "install", "-q", QUIX], check=False, capture_output=True
        )
        if not done or done.returncode:
            click.echo(f"left out: {QUIX} could not be installed in {QUIX_ENVIRONMENT}", err=True)
            return None
    script = Path(__file__).with_name("quix_loop.py")
    arguments = [connection.bootstrap_servers, CONVERSATIONS.name, str(EVENTS), "bench.quix"]
    return _child([str(python), str(script), *arguments])


def _child(command: list[str]) -> Measured:
    done = subprocess.run(command, capture_output=True, check=False, timeout=LIMIT_S)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2_000:])
    measured: Measured = orjson.loads(done.stdout.splitlines()[-1])
    return measured


def _engine(events: list[Event]) -> Measured:
    """Decode and feed in one process, without the sentiment model."""
    values = [encode(event) for event in events]
    engine = Engine(load_config(), origin="bench")
    wall, cpu = time.perf_counter(), time.process_time()
    for value in values:
        engine.feed(decode(value).event)
    return {
        "events": len(values),
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
    }


def _worker(connection: KafkaConnection) -> Measured:
    """One worker over the backlog, without the sentiment model, by its own metrics page."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "worker.log"
        with log.open("wb") as output:
            worker = subprocess.Popen(
                [
                    *(sys.executable, "-m", "kefu", "worker", "--clock", "source"),
                    *("--no-sentiment", "--metrics-port", str(port), "--worker-id", "bench"),
                ],
                env={**os.environ, **connection.to_environment()},
                stdout=output,
                stderr=output,
            )
        try:
            return _watched(port, worker, log)
        finally:
            worker.terminate()
            worker.wait(30)


def _watched(port: int, worker: "subprocess.Popen[bytes]", log: Path) -> Measured:
    began: tuple[float, float, float] | None = None
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline and worker.poll() is None:
        time.sleep(SCRAPE_EVERY_S)
        try:
            sample = _sample(port)
        except OSError:
            continue
        now, done, cpu = sample
        if began is None and done:
            began = sample
        if began is not None and done >= EVENTS:
            return {
                "events": done - began[1],
                "seconds": now - began[0],
                "cpu_seconds": cpu - began[2],
            }
    raise RuntimeError(f"the worker did not finish: {log.read_text(errors='replace')[-2_000:]}")


def _sample(port: int) -> tuple[float, float, float]:
    """Wall time, events processed, CPU seconds of the worker."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
        text = page.read().decode()
    done = cpu = 0.0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "kefu_events_total":
                done += sample.value
            elif sample.name == "process_cpu_seconds_total":
                cpu = sample.value
    return time.perf_counter(), done, cpu


def _rate(figures: Measured, by: str) -> int:
    return round(figures["events"] / figures[by])


def _say(what: str) -> None:
    click.echo(f"… {what}", err=True)
