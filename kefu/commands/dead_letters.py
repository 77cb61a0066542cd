"""`kefu dead-letters`: look at events that were refused, send them again, or drop them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from kefu.dead_letter_store import DeadLetterStore, Wanted
from kefu.errors import FoundWrongError, UserError
from kefu.kafka_choice import chosen_kafka
from kefu.options import bootstrap_option, json_option, print_json
from pipeline.masking import mask
from schemas.codec import Reason, to_ms
from schemas.outputs import DeadLetter
from schemas.topics import INPUTS

SHOWN = 50
AT_ONCE = 10_000
"""So many letters are sent again or dropped by one call: memory is bounded."""
SHORT = 12
"""Characters of an id that the list shows; enough of it names a letter."""


@click.group()
def command() -> None:
    """Look at events that could not be processed, send them again after a fix, or drop them.

    The letters say why, and are kept for two weeks; the events themselves, which are not masked,
    for three days.
    """


def filters(function: Callable[..., Any]) -> Callable[..., Any]:
    """`ID…`, `--reason`, `--topic`, `--since`."""
    for decorate in (
        click.argument("ids", nargs=-1, metavar="[ID]…"),
        click.option(
            "--reason", "reasons", multiple=True, type=click.Choice([r.value for r in Reason])
        ),
        click.option(
            "--topic",
            "topics",
            multiple=True,
            type=click.Choice([topic.name for topic in INPUTS]),
        ),
        click.option("--since", metavar="TIME", help="Refused since then: 2026-11-23T09:00+08:00."),
    ):
        function = decorate(function)
    return function


def wanted_of(
    ids: tuple[str, ...], reasons: tuple[str, ...], topics: tuple[str, ...], since: str | None
) -> Wanted:
    """The filters of the options. Raises `UserError` for a time that is none."""
    since_ms = None
    if since is not None:
        try:
            found = datetime.fromisoformat(since)
        except ValueError:
            raise UserError(
                f"--since {since}: expected a time such as 2026-11-23T09:00+08:00"
            ) from None
        since_ms = to_ms(found.replace(tzinfo=found.tzinfo or UTC))
    return Wanted(ids, tuple(reasons), tuple(topics), since_ms)


@command.command(name="list")
@filters
@click.option("--limit", default=SHOWN, show_default=True, type=click.IntRange(1, 100_000))
@bootstrap_option
@json_option
def list_(
    ids: tuple[str, ...],
    reasons: tuple[str, ...],
    topics: tuple[str, ...],
    since: str | None,
    limit: int,
    bootstrap_servers: str | None,
    as_json: bool,
) -> None:
    """List letters, the newest last, and count them by reason."""
    with chosen_kafka(bootstrap_servers) as connection:
        store = DeadLetterStore(connection)
        found = store.letters(wanted_of(ids, reasons, topics, since), limit)
        kept = store.kept()
    if as_json:
        letters = [_row(letter, kept) for letter in found.letters]
        print_json({"total": found.reasons.total(), "reasons": found.reasons, "letters": letters})
        return
    table = Table("id", "refused", "reason", "where", "key", "bytes", "event")
    for letter in found.letters:
        row = _row(letter, kept)
        table.add_row(
            letter.id[:SHORT],
            letter.time.isoformat(timespec="seconds"),
            row["reason"],
            f"{row['topic']}/{row['partition']}@{row['offset']}",
            mask(letter.subject).text,
            f"{row['bytes']:,}",
            "kept" if row["kept"] else "–",
        )
    console = Console()
    console.print(table)
    by_reason = ", ".join(f"{count:,} {reason}" for reason, count in found.reasons.most_common())
    console.print(f"{found.reasons.total():,} letters: {by_reason or 'none'}")


@command.command()
@click.argument("letter_id", metavar="ID")
@click.option("--raw", is_flag=True, help="Show the event as it came, personal data and all.")
@bootstrap_option
def show(letter_id: str, raw: bool, bootstrap_servers: str | None) -> None:
    """Show one letter, and its event with personal data masked."""
    with chosen_kafka(bootstrap_servers) as connection:
        store = DeadLetterStore(connection)
        letters = store.letters(Wanted((letter_id,))).letters
        if len(letters) != 1:
            many = "no letter" if not letters else f"{len(letters)} letters, name more of it"
            raise UserError(f"{letter_id}: {many}")
        (letter,) = letters
        payload = store.payloads([letter.id]).get(letter.id)
    data = letter.data
    click.echo(f"id       {letter.id}")
    click.echo(f"refused  {letter.time.isoformat()}")
    click.echo(f"reason   {data.reason}: {data.detail}")
    click.echo(f"where    {data.topic} partition {data.partition} offset {data.offset}")
    if payload is None:
        click.echo(f"event    {data.payload_bytes:,} bytes, not kept or dropped")
        return
    text = payload.value.decode("utf-8", "replace")
    click.echo(f"event    {data.payload_bytes:,} bytes")
    click.echo(text if raw else mask(text).text)


@command.command()
@filters
@click.option("--all", "every", is_flag=True, help="Where no filter is given: all of them.")
@click.option("--keep", is_flag=True, help="Keep the events; else they are dropped once sent.")
@bootstrap_option
@json_option
def replay(
    ids: tuple[str, ...],
    reasons: tuple[str, ...],
    topics: tuple[str, ...],
    since: str | None,
    every: bool,
    keep: bool,
    bootstrap_servers: str | None,
    as_json: bool,
) -> None:
    """Send events to their topics again, as they came, after what refused them was mended.

    An event that was processed meanwhile is a duplicate; one that is refused again makes a new
    letter.
    """
    wanted = _some(wanted_of(ids, reasons, topics, since), every=every)
    with chosen_kafka(bootstrap_servers) as connection:
        store = DeadLetterStore(connection)
        letters = store.letters(wanted, AT_ONCE).letters
        payloads = store.payloads(letter.id for letter in letters)
        sent = store.send_again(payloads.values())
        dropped = 0 if keep else store.drop(payloads)
    result = {"letters": len(letters), "sent": sent, "dropped": dropped}
    result["gone"] = len(letters) - sent
    _report("sent again", result, as_json=as_json)


@command.command()
@filters
@click.option("--all", "every", is_flag=True, help="Where no filter is given: all of them.")
@bootstrap_option
@json_option
def drop(
    ids: tuple[str, ...],
    reasons: tuple[str, ...],
    topics: tuple[str, ...],
    since: str | None,
    every: bool,
    bootstrap_servers: str | None,
    as_json: bool,
) -> None:
    """Forget events for good; the letters stay for as long as their topic keeps them."""
    wanted = _some(wanted_of(ids, reasons, topics, since), every=every)
    with chosen_kafka(bootstrap_servers) as connection:
        store = DeadLetterStore(connection)
        letters = store.letters(wanted, AT_ONCE).letters
        kept = store.kept()
        dropped = store.drop(letter.id for letter in letters if letter.id in kept)
    result = {"letters": len(letters), "dropped": dropped}
    _report("dropped", result, as_json=as_json)


def _some(wanted: Wanted, *, every: bool) -> Wanted:
    if wanted == Wanted() and not every:
        raise UserError("which ones? name ids, --reason, --topic or --since; or --all")
    return wanted


def _row(letter: DeadLetter, kept: set[str]) -> dict[str, Any]:
    data = letter.data
    return {
        "id": letter.id,
        "refused": letter.time.isoformat(),
        "reason": data.reason,
        "topic": data.topic,
        "partition": data.partition,
        "offset": data.offset,
        "key": mask(letter.subject).text,
        "bytes": data.payload_bytes,
        "kept": letter.id in kept,
    }


def _report(what: str, result: dict[str, int], *, as_json: bool) -> None:
    if as_json:
        print_json(result)
    else:
        click.echo(f"{what}: " + ", ".join(f"{count:,} {name}" for name, count in result.items()))
    if not result["letters"]:
        raise FoundWrongError("no letter matches")
