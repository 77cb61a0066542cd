"""One consumed partition: its engine, its ledger, and the outputs that wait to be sent."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Protocol

from agents.changelog import LEDGER_KEY, Checkpoint, encode_ledger, packed
from agents.dead_letters import Refused, dead_letter, is_kept
from schemas.codec import EVENT_TYPES, InvalidEvent, Reason, decode, to_ms
from schemas.events import Event, Tick
from schemas.outputs import Duplicate, Output
from schemas.topics import TOPIC_OF_TYPE


class Admission(Enum):
    """What the ledger says of an input offset."""

    NEXT = auto()
    DUPLICATE = auto()
    HOLE = auto()


class PartitionEngine(Protocol):
    """What a task needs of an engine."""

    @property
    def now_ms(self) -> int | None: ...
    @property
    def past(self) -> Sequence[str]: ...
    @property
    def changes(self) -> int: ...
    def is_past(self, time_ms: int) -> bool: ...
    def feed(self, event: Event) -> tuple[Output, ...]: ...
    def advance(self, now_ms: int, most: int | None = None) -> tuple[Output, ...]: ...
    def take_changes(self) -> list[tuple[str, bytes | None]]: ...
    def encode_partition(self) -> bytes: ...


class Task:
    """Feeds one partition in order; never raises for bad input.

    Counts since the last `take_*`: events processed, duplicates (by id, and by offset), dead
    letters, fields that this version of the contract does not know, events of the past, and of each
    other event by how many milliseconds it was behind the newest tick. `past` are the ids of the
    outputs that are told of the past.
    """

    def __init__(
        self,
        topic: str,
        partition: int,
        engine: PartitionEngine,
        checkpoint: Checkpoint,
        topic_id: str = "",
    ) -> None:
        """`topic_id`: Kafka's own id of the topic, empty where it has none or is not known now."""
        self.topic = topic
        self.topic_id = topic_id or checkpoint.topic_id
        self.partition = partition
        self.engine = engine
        self.ledger = checkpoint.offset_in(topic_id)
        self.hole_asked = -1
        self.outputs: list[Output] = []
        self.refused: list[Refused] = []
        self.processed = 0
        self.ticks = 0
        self.replayed = 0
        self.unknown_fields = 0
        self.backfilled = 0
        self.delays_ms: list[int] = []
        self.past: set[str] = set()
        self.changed = False

    def admit(self, offset: int) -> Admission:
        """Compare an input offset with the ledger. A task without any checkpoint takes the first.

        A hole is never accepted but fetched again; one that is still there when it was asked for
        again is proven: compaction, retention or transaction markers made it.
        """
        if offset <= self.ledger:
            return Admission.DUPLICATE
        if offset == self.ledger + 1 or self.hole_asked == self.ledger + 1:
            return Admission.NEXT
        return Admission.HOLE

    @property
    def unsent(self) -> int:
        """How many records wait to be sent: outputs, and changes of the state."""
        return len(self.outputs) + self.engine.changes

    def process(
        self,
        offset: int,
        key: bytes | None,
        value: bytes | None,
        time_ms: int,
        *,
        poisoned: bool,
        most: int | None = None,
    ) -> bool:
        """Feed one record. Anything but `InvalidEvent` that the engine raises passes through.

        False where it is a tick of which more than `most` records would follow: it must come again.
        """
        try:
            if poisoned:
                raise InvalidEvent(Reason.ENGINE_ERROR, "the engine failed on this event")
            event, unknown = decode(value)
            _check_place(event, key, self.topic)
            if type(event) is Tick:
                if not self._advance(event, most):
                    self.ledger, self.changed = offset - 1, True
                    return False
            else:
                self._feed(event)
            self.unknown_fields += unknown
        except InvalidEvent as invalid:
            letter = dead_letter(
                invalid,
                topic=self.topic,
                partition=self.partition,
                offset=offset,
                key=key,
                value=value,
                time_ms=time_ms,
            )
            self.outputs.append(letter)
            if is_kept(value):
                self.refused.append(Refused(letter.id, self.topic, key, value or b""))
        self.ledger, self.changed = offset, True
        return True

    def _advance(self, tick: Tick, most: int | None) -> bool:
        time_ms = to_ms(tick.time)
        self.outputs.extend(self.engine.advance(time_ms, most))
        self.past.update(self.engine.past)
        if (self.engine.now_ms or 0) < time_ms:
            return False
        self.ticks += 1
        return True

    def _feed(self, event: Event) -> None:
        now_ms = self.engine.now_ms
        made = self.engine.feed(event)
        self.outputs.extend(made)
        self.past.update(self.engine.past)
        self.processed += 1
        if now_ms is None or (made and type(made[0]) is Duplicate):
            return
        event_ms = to_ms(event.time)
        if self.engine.is_past(event_ms):
            self.backfilled += 1
        else:
            self.delays_ms.append(max(0, now_ms - event_ms))

    def take_outputs(self) -> list[Output]:
        """The outputs since the last call, duplicates among them."""
        outputs, self.outputs = self.outputs, []
        return outputs

    def take_refused(self) -> list[Refused]:
        """The events of the dead letters since the last call, as they came."""
        refused, self.refused = self.refused, []
        return refused

    def take_checkpoint(self) -> list[tuple[str, bytes | None]]:
        """The changelog records that bring the stored state up to the ledger; the ledger last."""
        self.changed = False
        records = [(key, packed(value)) for key, value in self.engine.take_changes()]
        state = self.engine.encode_partition()
        records.append((LEDGER_KEY, encode_ledger(self.ledger, state, self.topic_id)))
        return records


_TOPIC_OF_CLASS = {
    cls: TOPIC_OF_TYPE[tag].name for tag, cls in EVENT_TYPES.items() if cls is not Tick
}


def _check_place(event: Event, key: bytes | None, topic: str) -> None:
    if type(event) is Tick:
        return
    if _TOPIC_OF_CLASS[type(event)] != topic:
        raise InvalidEvent(Reason.WRONG_TOPIC, "this type does not belong on this topic")
    if key != event.subject.encode():
        raise InvalidEvent(
            Reason.KEY_MISMATCH,
            "the record's key must be the event's `subject`, so that one interaction stays in "
            "order on one partition",
        )


def count_duplicates(outputs: list[Output]) -> int:
    """How many of the outputs say that an event was already processed."""
    return sum(type(output) is Duplicate for output in outputs)
