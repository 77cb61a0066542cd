"""`kefu read`: what stands on a topic of outputs, without repeats and what was revised."""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click
from confluent_kafka import Message

from kefu.commands.reconcile import parse_since
from kefu.errors import FoundWrongError
from kefu.kafka_choice import chosen_kafka
from kefu.options import bootstrap_option
from kefu.progress import counting
from kefu.sources import ZONE
from kefu.topic_reader import read_topic
from schemas.codec import InvalidEvent, Reason, decode_output, encode
from schemas.outputs import PublishedOutput
from schemas.topics import DEAD_LETTERS, ENRICHED, OUTPUTS
from schemas.view import TopicView, Verdict

SAID_ONCE = (ENRICHED.name, DEAD_LETTERS.name)
"""Nothing on them is ever revised: what is new can be printed as it comes."""


class Reading:
    """What was read: the view, how often each verdict was given, and what was no output."""

    def __init__(self) -> None:
        self.view = TopicView()
        self.verdicts: Counter[str] = Counter()
        self.unknown_types = 0
        self.unreadable = 0
        self.first_unreadable = ""

    def new(self, messages: Iterator[Message]) -> Iterator[PublishedOutput]:
        """Take all, and pass on what was heard for the first time."""
        for message in messages:
            if message.value() is None:  # somebody has deleted a key of a compacted topic
                continue
            try:
                output = decode_output(message.value())
            except InvalidEvent as invalid:
                if invalid.reason is Reason.UNKNOWN_TYPE:
                    self.unknown_types += 1
                else:
                    place = f"{message.topic()}/{message.partition()}@{message.offset()}"
                    self.first_unreadable = self.first_unreadable or f"{place}: {invalid}"
                    self.unreadable += 1
                continue
            verdict = self.view.take(output)
            self.verdicts[verdict] += 1
            if verdict is Verdict.NEW:
                yield output

    def summary(self) -> str:
        """One line of counts."""
        found = [f"{self.verdicts[verdict]:,} {verdict}" for verdict in Verdict]
        if self.unknown_types:
            found.append(f"{self.unknown_types:,} of types that this version does not know")
        return f"{self.verdicts.total():,} outputs: {', '.join(found)}"


@click.command()
@click.argument("topic", metavar="TOPIC", type=click.Choice([topic.name for topic in OUTPUTS]))
@click.option(
    "--since",
    metavar="TIME",
    help=f"Only what Kafka took from then on: 2026-11-22 ({ZONE}) or 2026-11-22T09:00+08:00.",
)
@bootstrap_option
def command(topic: str, since: str | None, bootstrap_servers: str | None) -> None:
    """Print what stands on a TOPIC of outputs, one JSON object a line.

    \b
    The newest revision of each window and interaction, the last word on each wait, the issues and
    moods that were not withdrawn, by time; messages and dead letters as they come. Reads to the
    present end of the topic; a TOPIC that is none lists them all. For example:
      kefu read kefu.qa.scorecards.v1 > scorecards.jsonl
    """
    now = datetime.now(UTC)
    since_ms = None if since is None else parse_since(since, ZoneInfo(ZONE), now)
    out = click.get_binary_stream("stdout")  # the progress bar takes sys.stdout for itself
    comes_at_once = topic in SAID_ONCE
    reading = Reading()
    with chosen_kafka(bootstrap_servers) as connection:
        messages = read_topic(connection, topic, since_ms=since_ms)
        with _shown(messages, is_bar=not (comes_at_once and out.isatty())) as shown:
            for output in reading.new(shown):
                if comes_at_once:
                    out.write(encode(output) + b"\n")
    for truth in sorted(reading.view.truths(), key=lambda one: (one.time, one.id)):
        out.write(encode(truth) + b"\n")
    out.flush()
    click.echo(reading.summary(), err=True)
    if count := reading.unreadable:
        first = reading.first_unreadable
        raise FoundWrongError(f"{count:,} records are no outputs of kefu, the first: {first}")


def _shown(
    messages: Iterator[Message], *, is_bar: bool
) -> AbstractContextManager[Iterator[Message]]:
    """With a bar, but where the lines themselves are seen coming."""
    return counting(messages, "records") if is_bar else nullcontext(messages)
