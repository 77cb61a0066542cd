"""`kefu produce`: write a file of conversations to Kafka, with ticks of its own time."""

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from agents.topics import TopicsError, partition_counts
from kefu.commands.replay import checked_config
from kefu.errors import NoKafkaError, UserError
from kefu.kafka_choice import chosen_kafka
from kefu.log_writer import LogWriter, Pace
from kefu.options import bootstrap_option, config_option, json_option, print_json
from kefu.progress import counting
from kefu.source_options import open_source, source_options
from kefu.summary import print_summary
from kefu.ticks import final_tick, is_ahead
from schemas.codec import encode, to_ms
from schemas.events import Tick


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@source_options
@bootstrap_option
@config_option
@click.option("--speed", metavar="60x", help="Times real time; else as fast as Kafka takes it.")
@json_option
def command(
    path: Path,
    source_format: str,
    mapping: tuple[str, ...],
    seed: int,
    zone: str,
    bootstrap_servers: str | None,
    config_dir: Path | None,
    speed: str | None,
    as_json: bool,
) -> None:
    """Write exported chats to Kafka as events, for workers that run with --clock source.

    Rows that cannot become an event are written as they are, so that a worker makes dead letters
    of them.
    """
    config = checked_config(config_dir)
    factor = parse_speed(speed)
    wall_ms = to_ms(datetime.now(UTC))
    started = time.monotonic()
    records = open_source(path, source_format, mapping, seed, zone)
    with chosen_kafka(bootstrap_servers) as connection:
        try:
            counts = partition_counts(connection)
        except TopicsError as error:
            raise NoKafkaError(str(error)) from None
        writer = LogWriter(connection, counts, source=f"kefu/produce/{path.name}"[:256])
        pace = None if factor is None else Pace(factor, writer.tick_everywhere)
        last_ms: int | None = None
        with counting(records, path.name) as shown:
            for record in shown:
                event = record.event
                if isinstance(event, Tick):
                    continue  # the writer makes its own, for the partitions that there are
                time_ms = None
                if event is not None and not is_ahead(to_ms(event.time), wall_ms, config):
                    time_ms = to_ms(event.time)
                    last_ms = max(last_ms or 0, time_ms)
                    if pace is not None:
                        pace.wait_for(time_ms)
                value = record.raw if event is None or record.raw is not None else encode(event)
                writer.write(record.topic, record.key.encode("utf-8", "replace"), value, time_ms)
        if last_ms is not None:
            writer.tick_everywhere(final_tick(last_ms, config))
        writer.flush()
    result = {
        "events_in": writer.events,
        "ticks": writer.ticks,
        "seconds": round(time.monotonic() - started, 3),
    }
    if as_json:
        print_json(result)
    else:
        print_summary(path.name, result)


def parse_speed(speed: str | None) -> float | None:
    """`60x` as 60.0; None for as fast as possible."""
    if speed is None:
        return None
    try:
        factor = float(speed.rstrip("xX"))
    except ValueError:
        factor = 0.0
    if not 0 < factor < 1e9:
        raise UserError(f"--speed {speed}: expected a factor such as 60x")
    return factor
