"""Shows a reconciliation: as tables, as JSON, as a file of ranges, as metrics."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile
from rich import box
from rich.console import Console
from rich.table import Table

from kefu.errors import UserError
from kefu.reconcile_reader import Reading
from pipeline.reconcile import MissingRange, SourceTotals
from schemas.codec import from_ms

MAX_HOURS = 500
MAX_RANGES = 50
"""How many lines a person is shown; `--json` and `--out` have all."""
MAX_SOURCES = 100
"""How many sources the metrics name, those with the most missing first; the rest is `other`."""

COUNTS = {
    "sent": "Events sent, as far as is known.",
    "arrived": "Events that arrived, each counted once.",
    "duplicates": "Further copies of events.",
    "dead_letters": "Events that arrived and were refused.",
    "missing": "Events that were sent and did not arrive.",
    "unsure": "Missing numbers that may lie outside of what was read.",
    "unnumbered": "Events without a sequence number.",
    "reused": "Sequence numbers that the source used for two events.",
}
"""The counts of a source, which are metrics and members in JSON; what each means."""
HOUR_COUNTS = tuple(COUNTS)[:5]
"""Those that an hour has too."""


def print_report(reading: Reading, zone: tzinfo) -> None:
    """Print the hours of each source, the sums, and the missing ranges; times in `zone`."""
    console = Console()
    found = reading.found
    heads = ("sent", "arrived", "twice", "dead letter", "missing")
    table = _table("source", "hour", *heads, "source says")
    for hour in found.hours[-MAX_HOURS:]:
        counts = [getattr(hour, name) for name in HOUR_COUNTS]
        said = "–" if hour.stated is None else f"{hour.stated:,}"
        table.add_row(hour.source, _time(hour.start_ms, zone)[:13], *_numbers(counts), said)
    if len(found.hours) > MAX_HOURS:
        console.print(f"the last {MAX_HOURS:,} of {len(found.hours):,} lines; --json has all")
    console.print(table)
    sums = _table("source", "numbers", *heads, "unsure", "no number")
    for one in found.sources:
        span = "–" if one.lowest is None else f"{one.lowest}…{one.highest}"
        sums.add_row(one.source, span, *_numbers((*_counts(one)[:5], one.unsure, one.unnumbered)))
    console.print(sums)
    sure = [gap for gap in found.ranges if gap.sure]
    for gap in sure[:MAX_RANGES]:
        numbers = str(gap.first) if gap.size == 1 else f"{gap.first}…{gap.last} ({gap.size:,})"
        between = f"{_time(gap.after_ms, zone)} and {_time(gap.before_ms, zone)}"
        console.print(f"missing: {gap.source} {numbers}, between {between}", highlight=False)
    if len(sure) > MAX_RANGES:
        console.print(f"… and {len(sure) - MAX_RANGES:,} more ranges; --out writes all to a file")
    for line in notes(reading):
        console.print(line, highlight=False)


def notes(reading: Reading) -> list[str]:
    """What a reader of the figures must know besides."""
    found = []
    sums = reading.found.sources
    if unsure := sum(one.unsure for one in sums):
        found.append(
            f"unsure: {unsure:,} numbers may have come before what was read (an earlier --since "
            "tells), or are still under way"
        )
    found += [
        f"{one.source}: {one.reused:,} numbers were used for two events: the source began anew "
        "under its old name, and losses may hide behind them"
        for one in sums
        if one.reused
    ]
    if unnumbered := sum(one.unnumbered for one in sums):
        found.append(
            f"{unnumbered:,} events have no sequence number: only a source's own counts can show "
            "losses among them"
        )
    if reading.unreadable:
        found.append(f"{reading.unreadable:,} records name no source: see `kefu dead-letters list`")
    if reading.bad_counts:
        found.append(f"{reading.bad_counts:,} counts of sources cannot be read")
    return found


def as_document(reading: Reading) -> dict[str, Any]:
    """Everything, for `--json`."""
    found = reading.found
    return {
        "records": reading.records,
        "unreadable": reading.unreadable,
        "bad_counts": reading.bad_counts,
        "missing": found.missing,
        "sources": [
            {"source": one.source, "lowest": one.lowest, "highest": one.highest, **_named(one)}
            for one in found.sources
        ],
        "hours": [
            {
                "source": hour.source,
                "hour": from_ms(hour.start_ms).isoformat(),
                **{name: getattr(hour, name) for name in (*HOUR_COUNTS, "stated")},
            }
            for hour in found.hours
        ],
        "ranges": [
            {
                "source": gap.source,
                "first": gap.first,
                "last": gap.last,
                "count": gap.size,
                "after": from_ms(gap.after_ms).isoformat(),
                "before": from_ms(gap.before_ms).isoformat(),
                "sure": gap.sure,
            }
            for gap in found.ranges
        ],
        "notes": notes(reading),
    }


def write_ranges(path: Path, ranges: Iterable[MissingRange]) -> None:
    """Write the ranges that are surely missing as tab-separated lines, for who must find them."""
    lines = ["source\tfirst\tlast\tcount\tafter\tbefore"]
    for gap in ranges:
        if gap.sure:
            source = gap.source.replace("\t", " ").replace("\n", " ")
            after, before = from_ms(gap.after_ms).isoformat(), from_ms(gap.before_ms).isoformat()
            lines.append(f"{source}\t{gap.first}\t{gap.last}\t{gap.size}\t{after}\t{before}")
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from None


def metrics_of(reading: Reading, now: datetime) -> CollectorRegistry:
    """What Prometheus is told of a look at that time."""
    registry = CollectorRegistry()
    gauges = {
        name: Gauge(f"kefu_reconcile_{name}", help_, ("source",), registry=registry)
        for name, help_ in COUNTS.items()
    }
    ordered = sorted(reading.found.sources, key=lambda one: (-one.missing, one.source))
    for place, one in enumerate(ordered):
        for name, count in _named(one).items():
            gauges[name].labels(one.source if place < MAX_SOURCES else "other").inc(count)
    unreadable = Gauge(
        "kefu_reconcile_unreadable", "Records that name no source.", registry=registry
    )
    unreadable.set(reading.unreadable)
    last_run = Gauge(
        "kefu_reconcile_last_run_timestamp_seconds",
        "When this was last reckoned.",
        registry=registry,
    )
    last_run.set(now.timestamp())
    return registry


def write_metrics(path: Path, reading: Reading, now: datetime) -> None:
    """Write what node-exporter's textfile collector reads; the file appears whole or not at all."""
    try:
        write_to_textfile(str(path), metrics_of(reading, now))
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from None


def _named(one: SourceTotals) -> dict[str, int]:
    return dict(zip(COUNTS, _counts(one), strict=True))


def _counts(one: SourceTotals) -> tuple[int, ...]:
    return tuple(getattr(one, name) for name in COUNTS)


def _numbers(counts: Iterable[int]) -> list[str]:
    return [f"{count:,}" for count in counts]


def _table(first: str, second: str, *counts: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column(first, min_width=12, overflow="fold")
    table.add_column(second, no_wrap=True)
    for name in counts:
        table.add_column(name.replace(" ", "\n"), justify="right", no_wrap=True)
    return table


def _time(time_ms: int, zone: tzinfo) -> str:
    return from_ms(time_ms).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
