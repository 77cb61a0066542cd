"""`kefu demo`: the whole product at work on made-up conversations."""

import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.live import Live

from agents.connection import KafkaConnection
from agents.scorer import load_scorer
from agents.topics import TopicsError, apply_topics, partition_counts
from kefu.commands.replay import checked_config
from kefu.demo.alerting import Alerting
from kefu.demo.board import Board
from kefu.demo.feed import Feed
from kefu.demo.health import Health, scrape
from kefu.demo.view import render
from kefu.demo.workers import OutputReader, Workers
from kefu.errors import FoundWrongError, NoKafkaError
from kefu.generator.faults import Faults
from kefu.kafka_choice import local_broker
from kefu.options import bootstrap_option, config_option, json_option, named_connection, print_json
from kefu.replay import InProcess
from kefu.summary import print_summary
from schemas.topics import INPUTS

FAULTS: dict[str, dict[str, Any]] = {
    "late": {"late": 0.02},
    "duplicated": {"duplicated": 0.05},
    "shuffled": {"shuffled_by": 20},
    "corrupt": {"corrupt": 0.02},
}
"""What each of --faults turns on: shares of the records, and by how many places they move."""
REFRESH_S = 0.5
WORKERS_READY_S = 60.0
DRAIN_LIMIT_S = 60.0
QUIET_S = 3.0
"""The workers are through when they have nothing to read and have published nothing so long."""


@click.command()
@click.option("--seconds", type=click.FloatRange(min=1), help="End by itself, with a summary.")
@click.option("--speed", default=60.0, show_default=True, help="How much faster than real time.")
@click.option("--rate", default=12.0, show_default=True, help="New interactions a minute of it.")
@click.option("--seed", default=7, show_default=True, help="Of the made-up conversations.")
@click.option(
    "--faults",
    multiple=True,
    type=click.Choice(sorted(FAULTS)),
    help="Disturb the events: late, twice, out of order, corrupt copies. May be given repeatedly.",
)
@bootstrap_option
@config_option
@json_option
def command(
    seconds: float | None,
    speed: float,
    rate: float,
    seed: int,
    faults: tuple[str, ...],
    bootstrap_servers: str | None,
    config_dir: Path | None,
    as_json: bool,
) -> None:
    """Watch service quality live: a Kafka broker, two workers, made-up chats and calls.

    Without --bootstrap-servers a real Kafka is started on this machine and removed at the end.
    """
    feed = Feed(
        seed, speed, rate, Faults(**{k: v for name in faults for k, v in FAULTS[name].items()})
    )
    demo = _Demo(seconds, feed, speed, config_dir, show=sys.stdout.isatty() and not as_json)
    named = named_connection(bootstrap_servers)
    with ExitStack() as stack:
        connection: KafkaConnection | None
        try:
            connection = named or stack.enter_context(local_broker(None))
        except NoKafkaError as error:
            reason = str(error).replace("\n", " ")
            click.echo(f"no Kafka here ({reason}): the same engine runs in this process", err=True)
            connection = None
        if connection is None:
            result = demo.in_process()
        else:
            result = demo.on_kafka(connection, is_fresh=named is None)
    if as_json:
        print_json(result)
    else:
        print_summary("kefu demo", result)
    if result["lost"]:
        raise FoundWrongError(f"{result['lost']} messages were lost")


class _Demo:
    """One run of the demo."""

    def __init__(
        self,
        seconds: float | None,
        feed: Feed,
        speed: float,
        config_dir: Path | None,
        *,
        show: bool,
    ) -> None:
        self._seconds = seconds
        self._config_dir = config_dir
        self._config = checked_config(config_dir)
        self._board = Board()
        self._health = Health()
        self._feed = feed
        self._speed = speed
        self._show = show
        self._started = time.monotonic()
        self._alerting: Alerting | None = None

    def on_kafka(self, connection: KafkaConnection, *, is_fresh: bool) -> dict[str, float]:
        """With workers on a broker."""
        try:
            apply_topics(connection)
            counts = partition_counts(connection)
        except TopicsError as error:
            raise NoKafkaError(str(error)) from None
        with tempfile.TemporaryDirectory(prefix="kefu-demo-") as folder, ExitStack() as stack:
            workers = Workers(connection, Path(folder), config_dir=self._config_dir)
            stack.callback(workers.stop)
            reader = OutputReader(connection, counts, self._board, is_fresh=is_fresh)
            stack.callback(reader.stop)
            self._wait_for(workers, sum(counts[topic.name] for topic in INPUTS))
            self._alerting = alerting = stack.enter_context(Alerting(workers.ports))
            notes = [
                f"Kafka {connection.bootstrap_servers}   topics kefu.*.v1 (`kefu topics list`)",
                *(f"metrics http://127.0.0.1:{port}/metrics" for port in workers.ports),
                *alerting.notes,
            ]
            if not self._show:
                click.echo("\n".join(notes), err=True)
            self._feed.to_kafka(connection, counts, self._config)
            stack.callback(self._feed.stop)
            self._watch(lambda: scrape(workers.ports), notes, workers)
            self._feed.stop()
            self._drain(workers)
        return self._result()

    def in_process(self) -> dict[str, float]:
        """With an engine in this process, where no broker can be had."""
        pipeline = InProcess(self._config, load_scorer())
        self._feed.to_engine(pipeline, self._board, self._config)

        def look() -> Health:
            health = Health(workers_up=1, clock_s=(pipeline.engine.now_ms or 0) / 1000)
            for group, now in list(pipeline.engine.waiting()):
                count, oldest = health.waiting.get(group.queue, (0, None))
                since = None if now.oldest_since_ms is None else now.oldest_since_ms / 1000
                known = [value for value in (oldest, since) if value is not None]
                health.waiting[group.queue] = (count + now.customers, min(known, default=None))
            return health

        self._watch(look, ["no Kafka: engine in this process"], None)
        self._feed.stop()
        return self._result()

    def _wait_for(self, workers: Workers, partitions: int) -> None:
        console = Console(stderr=True)
        deadline = time.monotonic() + WORKERS_READY_S
        with console.status("starting two workers …"):
            while (health := scrape(workers.ports)).partitions < partitions:
                if workers.ended() or time.monotonic() > deadline:
                    tail = workers.logs[0].read_text(errors="replace")[-800:]
                    raise FoundWrongError(
                        f"the workers did not start ({health.partitions} partitions): {tail}"
                    )
                time.sleep(0.3)

    def _watch(self, look: Callable[[], Health], notes: list[str], workers: Workers | None) -> None:
        began = time.monotonic()
        with ExitStack() as stack:
            live = None
            if self._show:
                live = stack.enter_context(Live(screen=True, refresh_per_second=4))
            try:
                while self._seconds is None or time.monotonic() - began < self._seconds:
                    self._health = look()
                    alerting = self._alerting
                    alerts = alerting.firing() if alerting and alerting.is_on else None
                    if live is not None:
                        live.update(render(self._board, self._health, self._speed, notes, alerts))
                    if self._feed.failure is not None:
                        raise self._feed.failure
                    if workers is not None and workers.ended():
                        raise FoundWrongError("a worker ended by itself")
                    time.sleep(REFRESH_S)
            except KeyboardInterrupt:
                click.echo("stopping …", err=True)

    def _drain(self, workers: Workers) -> None:
        """Wait until everything that was sent has come out, or nothing more comes."""
        deadline = time.monotonic() + DRAIN_LIMIT_S
        before, quiet_since = -1, time.monotonic()
        while time.monotonic() < deadline:
            self._health = scrape(workers.ports)
            count = sum(self._board.totals.values())
            if count != before or self._health.lag:
                before, quiet_since = count, time.monotonic()
            elif time.monotonic() - quiet_since > QUIET_S:
                return
            time.sleep(REFRESH_S)

    def _result(self) -> dict[str, float]:
        board, feed = self._board, self._feed
        events = self._health.events
        alerting = self._alerting
        return {
            "events_in": feed.events,
            "conversations": len(board.interactions["conversation"]),
            "calls": len(board.interactions["call"]),
            "enriched": board.totals["enriched"],
            "breaches": board.totals["breaches"],
            "corrections": board.totals["corrections"],
            "qa_issues": board.totals["qa_issues"],
            "scorecards": board.totals["scorecards"],
            "dead_letters": board.totals["dead_letters"],
            **({"alerts": len(alerting.seen)} if alerting and alerting.is_on else {}),
            "duplicates": events.get("duplicate", 0) + events.get("replayed", 0),
            "lost": len(feed.sent - board.enriched_events),
            "seconds": round(time.monotonic() - self._started, 1),
        }
