"""Follow kefu's scorecards: each hour of each group once, and again when it is corrected.

    python examples/read_scorecards.py localhost:9092

Needs the packages `kefu` (of it only `schemas`) and `confluent-kafka`. Ctrl-C ends it.
"""

import sys
from collections.abc import Iterable, Iterator

from confluent_kafka import Consumer, KafkaException

from schemas.codec import InvalidEvent, Reason, decode_output, to_ms
from schemas.outputs import Scorecard
from schemas.topics import DAY_MS, SCORECARDS
from schemas.view import TopicView, Verdict

KEPT_MS = 14 * DAY_MS
"""Longer than kefu revises an hour."""
FORGET_EVERY = 10_000


def changes(values: Iterable[bytes]) -> Iterator[tuple[Verdict, Scorecard]]:
    """The scorecards that say something new, as they come: first ones and revisions."""
    view, newest_ms = TopicView(), 0
    for number, value in enumerate(values, 1):
        try:
            output = decode_output(value)
        except InvalidEvent as invalid:
            if invalid.reason is Reason.UNKNOWN_TYPE:
                continue  # of a newer kefu: the contract says to skip it
            raise
        verdict = view.take(output)
        if isinstance(output, Scorecard) and verdict in (Verdict.NEW, Verdict.REVISION):
            yield verdict, output
        newest_ms = max(newest_ms, to_ms(output.time))
        if number % FORGET_EVERY == 0:
            view.forget(newest_ms - KEPT_MS)


def values_of(consumer: Consumer) -> Iterator[bytes]:
    """The values of the records as they come, for ever; raises `KafkaException`."""
    while True:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        yield message.value()


def main(bootstrap_servers: str) -> None:
    """Read from the beginning, as the view lives in memory only, and go on until Ctrl-C."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "read-scorecards",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
        }
    )
    consumer.subscribe([SCORECARDS.name])
    try:
        for verdict, card in changes(values_of(consumer)):
            data = card.data
            who, hour = f"{data.group} {data.name}".strip(), data.window_start.isoformat()
            score = "-" if data.score.mean is None else f"{data.score.mean:.1f}"
            said = f"score {score} of {data.scored} scored, {data.closed} closed"
            line = f"{verdict}: {hour} {who}: {said} (revision {data.revision})"
            print(line, flush=True)  # noqa: T201 - what it is for
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()


if __name__ == "__main__":
    main(sys.argv[1])
