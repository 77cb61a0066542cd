"""`kefu backfill`: import what was lost and has been recovered, into a running system."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from agents.topics import TopicsError, partition_counts
from kefu.commands.replay import checked_config
from kefu.errors import FoundWrongError, NoKafkaError
from kefu.kafka_choice import chosen_kafka
from kefu.log_writer import LogWriter
from kefu.options import bootstrap_option, config_option, json_option, print_json
from kefu.progress import counting
from kefu.reconcile_recovered import Fate, Recovered, fates
from kefu.source_options import open_source, source_options
from kefu.sources import SourceRecord
from pipeline.scorecards import KEPT_MS, SHORT_KEPT_MS
from schemas.codec import encode, to_ms
from schemas.events import Tick

HOUR_MS = 3_600_000
SHOWN = 20
"""So many lines of a kind are named."""
_WHY = {
    Fate.TOO_LATE: "is older than what its interaction remembers: it cannot be told from a repeat",
    Fate.FORGOTTEN: "belongs to an interaction that the engines have let go: it may be a repeat",
}


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@source_options
@click.option("--also-forgotten", is_flag=True, help="Write what may be counted twice, too.")
@bootstrap_option
@config_option
@json_option
def command(
    path: Path,
    source_format: str,
    mapping: tuple[str, ...],
    seed: int,
    zone: str,
    also_forgotten: bool,
    bootstrap_servers: str | None,
    config_dir: Path | None,
    as_json: bool,
) -> None:
    """Write recovered events to Kafka with their own times, for workers that keep wall time.

    No ticks are written: the workers' clocks go on. Windows that have closed are published again
    with a higher revision that names the one it corrects; waits are judged by the events' times.
    What was processed before is left out or recognised, so the same file may be imported again.
    Exit code 1 where something could not be written.
    """
    config = checked_config(config_dir)
    now_ms = to_ms(datetime.now(UTC))
    wrong: list[str] = []
    with counting(open_source(path, source_format, mapping, seed, zone), path.name) as records:
        recovered = recovered_of(records, wrong)
    counts: Counter[str] = Counter(
        {"events_in": len(recovered), "unreadable": len(wrong), "written": 0}
    )
    counts.update({fate.value: 0 for fate in Fate})
    with chosen_kafka(bootstrap_servers) as connection:
        try:
            partitions = partition_counts(connection)
        except TopicsError as error:
            raise NoKafkaError(str(error)) from None
        writer = LogWriter(connection, partitions, source="kefu/backfill")
        places = ((writer.partition_of(one.topic, one.key), one) for one in recovered)
        before_ms = now_ms - round(config.sla.reopen_window_hours * HOUR_MS)
        judged = fates(connection, places, forgotten_before_ms=before_ms)
        with counting(iter(judged), "writing", len(judged)) as shown:
            for one, fate in shown:
                counts[fate.value] += 1
                if fate is Fate.TAKEN or (fate is Fate.FORGOTTEN and also_forgotten):
                    writer.write(one.topic, one.key, one.value, None)
                    counts["written"] += 1
                elif fate in _WHY:
                    wrong.append(f"line {one.line} {_WHY[fate]}")
        writer.flush()
    counts["beyond_hours"] = _older(recovered, now_ms - KEPT_MS)
    counts["beyond_quarters"] = _older(recovered, now_ms - SHORT_KEPT_MS)
    _report(path, counts, wrong, as_json=as_json)


def recovered_of(records: Iterable[SourceRecord], wrong: list[str]) -> list[Recovered]:
    """The events of a file, interaction by interaction, each in the order of its times.

    So that seldom a tick stands between a question and its answer, and a breach is said that has
    to be taken back. Rows that are no events are added to `wrong`.
    """
    by_key: dict[tuple[str, str], list[Recovered]] = {}
    for record in records:
        event = record.event
        if isinstance(event, Tick):
            continue
        if event is None:
            why = "no event" if record.problem is None else record.problem.detail
            why = why.removeprefix(f"line {record.line}, ")
            wrong.append(f"line {record.line} cannot be read: {why}")
            continue
        key = record.key.encode("utf-8", "replace")
        value = encode(event) if record.raw is None else record.raw
        one = Recovered(record.line, event, record.topic, key, value)
        by_key.setdefault((record.topic, record.key), []).append(one)
    groups = [sorted(group, key=lambda one: one.event.time) for group in by_key.values()]
    groups.sort(key=lambda group: group[0].event.time)
    return [one for group in groups for one in group]


def _older(recovered: list[Recovered], than_ms: int) -> int:
    return sum(to_ms(one.event.time) < than_ms for one in recovered)


def _report(path: Path, counts: Counter[str], wrong: list[str], *, as_json: bool) -> None:
    for line in wrong[:SHOWN]:
        click.echo(f"{path}: {line}", err=True)
    if len(wrong) > SHOWN:
        click.echo(f"{path}: and {len(wrong) - SHOWN:,} more", err=True)
    if as_json:
        print_json(dict(counts))
    else:
        click.echo(
            f"{path.name}: {counts['events_in']:,} events, {counts['written']:,} written, "
            f"{counts['known']:,} processed before, {counts['too_late']:,} too late, "
            f"{counts['forgotten']:,} of interactions that are let go, "
            f"{counts['unreadable']:,} lines unreadable"
        )
        if older := counts["beyond_hours"]:
            click.echo(f"{older:,} are older than 8 days: no scorecard is revised for them")
        if older := counts["beyond_quarters"]:
            click.echo(f"{older:,} are older than 3 days: quarters and halves are not revised")
    if wrong:
        raise FoundWrongError(f"{len(wrong):,} lines of {path} were not imported")
