"""What the engines still know of events that are to be backfilled, by their newest checkpoints."""

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from confluent_kafka import KafkaException

from agents.changelog import ChangelogReader, CheckpointVersionError
from agents.connection import KafkaConnection
from kefu.errors import NoKafkaError, UserError
from kefu.topic_reader import read_topic
from pipeline.ids import event_digest
from pipeline.state import decode_interaction
from schemas.codec import to_ms
from schemas.events import Event
from schemas.topics import CALLS, CONVERSATIONS, INTERACTIONS, changelog_of

_PREFIX = {CONVERSATIONS.name: "c:", CALLS.name: "p:"}
"""How the engine's keys begin. What agents do is not remembered event by event."""


class Fate(Enum):
    """What an engine will make of an event."""

    TAKEN = "taken"
    """It is new, or the engine can tell that it is not."""
    KNOWN = "known"
    """It has been processed, and is remembered."""
    TOO_LATE = "too_late"
    """Older than what its interaction remembers: it would be refused (`late_beyond_memory`)."""
    FORGOTTEN = "forgotten"
    """The engines have let its interaction go: if it was processed before, it would count twice."""


class Recovered(NamedTuple):
    """One event that was recovered, and how it is written."""

    line: int
    event: Event
    topic: str
    key: bytes
    value: bytes


def fates(
    connection: KafkaConnection,
    recovered: Iterable[tuple[int, Recovered]],
    *,
    forgotten_before_ms: int,
) -> list[tuple[Recovered, Fate]]:
    """What will become of each event, in the order given, which has the partition before it.

    An interaction that took an event has not been let go while that event is younger than
    `forgotten_before_ms`. Raises `NoKafkaError`, and `UserError` for checkpoints of a newer kefu.
    """
    given = list(recovered)
    by_place: dict[tuple[str, int], list[int]] = {}
    for index, (partition, one) in enumerate(given):
        if one.topic in _PREFIX:
            by_place.setdefault((one.topic, partition), []).append(index)
    found = dict.fromkeys(range(len(given)), Fate.TAKEN)
    old = {one.event.subject for _, one in given if to_ms(one.event.time) < forgotten_before_ms}
    try:
        # Before the states: a worker that is just now publishing a first summary keeps the state.
        summarised = _summarised(connection, old) if old else set()
        reader = ChangelogReader(connection)
        for (topic, partition), indices in sorted(by_place.items()):
            # One partition at a time: its state is the most that is held.
            records = reader.read(changelog_of(topic), [partition])[partition].records
            for index in indices:
                one = given[index][1]
                state = records.get(_PREFIX[topic] + one.event.subject)
                if state is not None:
                    found[index] = _by_state(state, one.event)
                elif (
                    one.event.subject in summarised and to_ms(one.event.time) < forgotten_before_ms
                ):
                    found[index] = Fate.FORGOTTEN
    except CheckpointVersionError as error:
        raise UserError(str(error)) from None
    except KafkaException as failure:
        raise NoKafkaError(f"cannot read the engines' state: {failure.args[0].str()}") from None
    return [(one, found[index]) for index, (_, one) in enumerate(given)]


def _by_state(state: bytes, event: Event) -> Fate:
    history = decode_interaction(state).history
    if history.knows(event_digest(event.source, event.id)):
        return Fate.KNOWN
    return Fate.TOO_LATE if history.is_too_late_to_tell(to_ms(event.time)) else Fate.TAKEN


def _summarised(connection: KafkaConnection, subjects: set[str]) -> set[str]:
    """Those of which a summary was ever published; the topic is compacted, so it has them all."""
    keys = (message.key() for message in read_topic(connection, INTERACTIONS.name))
    return {key.decode() for key in keys if key is not None} & subjects
