"""Looks for lost events again and again, and serves what the last look found to Prometheus."""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import click
from prometheus_client import CollectorRegistry, Metric, start_http_server
from prometheus_client.registry import Collector

from kefu.errors import NoKafkaError, UserError
from kefu.reconcile_reader import Reading
from kefu.reconcile_report import metrics_of


class LastLook(Collector):
    """The metrics of the last look; none before the first."""

    def __init__(self) -> None:
        self._found = CollectorRegistry()

    def show(self, reading: Reading, now: datetime) -> None:
        """Serve this from now on."""
        self._found = metrics_of(reading, now)

    def collect(self) -> Iterable[Metric]:
        """What Prometheus asks for."""
        return self._found.collect()


def watch(look: Callable[[datetime], Reading], every_s: float, host: str, port: int) -> None:
    """Look every so many seconds, until interrupted; says what has changed.

    `look` is told the time. Where Kafka is away it is tried again; the metrics then stand still,
    which their `last_run` shows. Raises `UserError` where the address cannot be had.
    """
    last = LastLook()
    registry = CollectorRegistry()
    registry.register(last)
    try:
        start_http_server(port, host, registry)
    except OSError as error:
        raise UserError(f"metrics port {port}: {error.strerror}") from None
    said = -1
    while True:
        began, now = time.monotonic(), datetime.now(UTC)
        try:
            reading = look(now)
        except NoKafkaError as failure:
            click.echo(f"{now:%F %T}Z {failure}", err=True)
        else:
            last.show(reading, now)
            if reading.found.missing != said:
                said = reading.found.missing
                ranges = sum(gap.sure for gap in reading.found.ranges)
                click.echo(f"{now:%F %T}Z missing: {said:,} events, in {ranges:,} ranges")
        time.sleep(max(0.0, every_s - (time.monotonic() - began)))
