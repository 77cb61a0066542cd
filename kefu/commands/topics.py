"""`kefu topics`: create what kefu needs in Kafka, and see what is there."""

import click
from rich.console import Console
from rich.table import Table

from agents.topics import DEFAULT_PARTITIONS, TopicsError, apply_topics, topic_states
from kefu.errors import FoundWrongError, NoKafkaError
from kefu.kafka_choice import chosen_kafka
from kefu.options import bootstrap_option, json_option, print_json


@click.group()
def command() -> None:
    """Create kefu's topics, or list them."""


@command.command()
@bootstrap_option
@click.option("--partitions", default=DEFAULT_PARTITIONS, show_default=True, help="Of each input.")
@click.option("--replication", default=1, show_default=True, help="Copies; 3 on a real cluster.")
@json_option
def apply(bootstrap_servers: str | None, partitions: int, replication: int, as_json: bool) -> None:
    """Create the topics that are missing; existing ones are left as they are."""
    with chosen_kafka(bootstrap_servers) as connection:
        try:
            made = apply_topics(connection, partitions=partitions, replication=replication)
        except TopicsError as error:
            raise NoKafkaError(str(error)) from None
    if as_json:
        print_json({"created": made})
    else:
        click.echo("\n".join(f"created {name}" for name in made) or "nothing to create")


@command.command(name="list")
@bootstrap_option
@json_option
def list_(bootstrap_servers: str | None, as_json: bool) -> None:
    """Show every topic that kefu needs, beside what Kafka has."""
    with chosen_kafka(bootstrap_servers) as connection:
        try:
            states = topic_states(connection)
        except TopicsError as error:
            raise NoKafkaError(str(error)) from None
    missing = [state.name for state in states if state.partitions is None]
    if as_json:
        print_json({"topics": [state._asdict() for state in states]})
    else:
        table = Table("topic", "partitions", "kept", "what")
        for state in states:
            count = "missing" if state.partitions is None else str(state.partitions)
            table.add_row(state.name, count, "newest" if state.compacted else "days", state.doc)
        Console().print(table)
    if missing:
        raise FoundWrongError(f"{len(missing)} topics are missing: run `kefu topics apply`")
