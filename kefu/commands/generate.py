"""`kefu generate`: made-up conversations into a Kafka whose workers keep wall time."""

import time
from datetime import UTC, datetime

import click

from agents.topics import TopicsError, partition_counts
from kefu.errors import NoKafkaError, UserError
from kefu.generator import Generator
from kefu.log_writer import LogWriter
from kefu.options import bootstrap_option, json_option, named_connection, print_json
from kefu.summary import print_summary
from schemas.codec import encode, to_ms
from schemas.topics import TOPIC_OF_TYPE


@click.command()
@click.option("--seconds", type=click.FloatRange(min=1), help="End by itself; else with Ctrl-C.")
@click.option(
    "--rate",
    default=12.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="New interactions a minute, at the day's mean; the hour of the day makes it more or less.",
)
@click.option("--seed", default=7, show_default=True, help="Of the made-up conversations.")
@bootstrap_option
@json_option
def command(
    seconds: float | None,
    rate: float,
    seed: int,
    bootstrap_servers: str | None,
    as_json: bool,
) -> None:
    """Write made-up chats, calls and presence to your Kafka, each event when it is due.

    For workers that run with the clock of the wall, as `kefu worker` does by itself: to try
    dashboards and alerts before real events come.
    """
    connection = named_connection(bootstrap_servers)
    if connection is None:
        raise UserError("no Kafka is named: give --bootstrap-servers or KEFU_BOOTSTRAP_SERVERS")
    try:
        counts = partition_counts(connection)
    except TopicsError as error:
        raise NoKafkaError(str(error)) from None
    writer = LogWriter(connection, counts, source=f"kefu/generate/{seed}")
    began_ms = to_ms(datetime.now(UTC))
    until_ms = None if seconds is None else began_ms + round(seconds * 1000)
    try:
        for event in Generator(seed, start_ms=began_ms, rate_per_minute=rate):
            due_ms = to_ms(event.time)
            if until_ms is not None and due_ms > until_ms:
                break
            time.sleep(max(0.0, due_ms / 1000 - time.time()))
            topic = TOPIC_OF_TYPE[str(event.__struct_config__.tag)].name
            writer.write(topic, event.subject.encode(), encode(event), None)
    except KeyboardInterrupt:
        click.echo("stopping …", err=True)
    writer.flush()
    result = {"events_in": writer.events, "seconds": round(time.time() - began_ms / 1000, 1)}
    if as_json:
        print_json(result)
    else:
        print_summary("kefu generate", result)
