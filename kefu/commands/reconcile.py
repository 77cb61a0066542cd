"""`kefu reconcile`: what each source sent, against what arrived."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from kefu.errors import FoundWrongError, UserError
from kefu.kafka_choice import chosen_kafka
from kefu.options import bootstrap_option, json_option, print_json
from kefu.reconcile_reader import Reading, read_and_reconcile
from kefu.reconcile_report import as_document, print_report, write_metrics, write_ranges
from kefu.reconcile_watch import watch
from kefu.sources import ZONE
from schemas.codec import EARLIEST, to_ms

_AGO = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@click.command()
@click.option(
    "--since",
    metavar="TIME",
    required=True,
    help="Read what arrived from then on: 2026-11-22, 2026-11-22T09:00+08:00, or 30m, 3h ago.",
)
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only this one.")
@click.option(
    "--tz", "zone", default=ZONE, show_default=True, help="Of a --since without one, and shown."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Missing ranges as TSV."
)
@click.option(
    "--metrics",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write metrics for node-exporter's textfile collector (FILE.prom).",
)
@click.option(
    "--every",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    help="Look again and again, and serve the metrics; a --since such as 10m moves along.",
)
@click.option("--metrics-host", default="127.0.0.1", show_default=True, help="With --every.")
@click.option("--metrics-port", default=9121, show_default=True, help="With --every.")
@bootstrap_option
@json_option
def command(
    since: str,
    sources: tuple[str, ...],
    zone: str,
    out: Path | None,
    metrics: Path | None,
    every: float | None,
    metrics_host: str,
    metrics_port: int,
    bootstrap_servers: str | None,
    as_json: bool,
) -> None:
    """Find lost events: by source and hour what was sent, arrived, came twice, was refused.

    A number (`sequence`) that is missing between two others is an event that was lost. Exit code 1
    where one is.
    """
    now = datetime.now(UTC)
    shown_in = parse_zone(zone)
    since_ms = parse_since(since, shown_in, now)
    with chosen_kafka(bootstrap_servers) as connection:
        if every is not None:

            def look(at: datetime) -> Reading:
                return read_and_reconcile(
                    connection, parse_since(since, shown_in, at), frozenset(sources)
                )

            watch(look, every, metrics_host, metrics_port)
        reading = read_and_reconcile(connection, since_ms, frozenset(sources))
    if out is not None:
        write_ranges(out, reading.found.ranges)
    if metrics is not None:
        write_metrics(metrics, reading, now)
    if as_json:
        print_json(as_document(reading))
    else:
        print_report(reading, shown_in)
    if missing := reading.found.missing:
        ranges = sum(gap.sure for gap in reading.found.ranges)
        raise FoundWrongError(f"{missing:,} events are missing, in {ranges:,} ranges of numbers")


def parse_zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name; raises `UserError`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UserError(f"--tz {name}: expected a time zone such as Asia/Shanghai") from None


def parse_since(text: str, zone: ZoneInfo, now: datetime) -> int:
    """A day, an instant or a time ago, in milliseconds since 1970; raises `UserError`."""
    ago = _AGO.fullmatch(text)
    try:
        if ago is not None:
            found = now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        else:
            found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise UserError(
            f"--since {text}: expected a day or time such as 2026-11-22 or 2026-11-22T09:00+08:00, "
            "or a time ago such as 30m"
        ) from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    if not EARLIEST <= found <= now:
        raise UserError(f"--since {text}: expected a time between the year 2000 and now")
    return to_ms(found)
