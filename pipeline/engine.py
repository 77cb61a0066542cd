"""The engine of one input partition: fed events, told the time, it returns what follows.

Two verbs carry all meaning: `feed` and `advance`. The same events and times in the same order give
the same outputs, byte for byte, however they are batched, and from any checkpoint on.
"""

from collections.abc import Iterator, Sequence
from typing import get_args

from pipeline.clocks.clocks import due_times, reach, rewind_timers, take
from pipeline.clocks.fold import Move
from pipeline.clocks.moves import move_of
from pipeline.config import EngineConfig
from pipeline.hearing import note_of, read_speech
from pipeline.ids import event_digest
from pipeline.past import past_after_ms
from pipeline.presence import Staff
from pipeline.quality.review import adopt_rules, hear
from pipeline.quality.review import expire as expire_quality
from pipeline.quality.review import next_due_ms as quality_due_ms
from pipeline.quality.review import reach as reach_quality
from pipeline.quality.state import Quality
from pipeline.records import Records
from pipeline.sentiment.scorer import Scorer
from pipeline.speech import answers_of, enrich
from pipeline.state import (
    Interaction,
    PartitionState,
    decode_interaction,
    decode_partition,
    decode_presence,
    encode_state,
)
from pipeline.step import Step
from pipeline.summaries import summarise
from pipeline.taking_part import TRANSFERS, merge, named, sequence_of, transfer
from pipeline.tallies import Book, Tallies
from pipeline.timers import Timers
from pipeline.waiting import SETTLES_MS, Waiting, WaitingGroup, WaitingNow
from schemas.codec import InvalidEvent, Reason, to_ms
from schemas.envelope import InteractionKind
from schemas.events import (
    AgentPresence,
    CallAnswered,
    CallEvent,
    CallQueued,
    CallUtterance,
    CallWrapUpEnded,
    ConversationMessage,
    ConversationOpened,
    ConversationRated,
    ConversationReopened,
    ConversationResolved,
    Event,
    InteractionEvent,
    Tick,
)
from schemas.outputs import Duplicate, Output

_HOUR_MS = 3_600_000
_CALLS = frozenset(get_args(CallEvent))
_MILESTONES = frozenset(
    {
        ConversationOpened,
        ConversationResolved,
        ConversationReopened,
        ConversationRated,
        CallQueued,
        CallAnswered,
        CallWrapUpEnded,
    }
)
"""Events after which the summary is revised."""


class Engine:
    """All interactions of one partition, their timers, and the partition's time."""

    def __init__(self, config: EngineConfig, *, origin: str, scorer: Scorer | None = None) -> None:
        """`origin` names the partition in its facts; without a scorer no sentiment is said."""
        self._config = config
        self._origin = origin
        self._scorer = scorer
        self._tolerance_ms = round(config.sla.future_tolerance_seconds * 1000)
        self._reopen_ms = round(config.sla.reopen_window_hours * _HOUR_MS)
        self._idle_ms = round(config.sla.idle_expiry_hours * _HOUR_MS)
        self._records = Records()
        self._staff = Staff()
        self._changed: set[str] = set()
        self._timers = Timers()
        self._waiting = Waiting()
        self._partition = PartitionState(pending=[])
        self._past_after_ms = past_after_ms(config.sla.lateness_ms)
        self._tallies = Tallies(self._partition, origin, self._past_after_ms)
        self._past: list[str] = []

    # --- the two verbs ---------------------------------------------------------------------------

    def feed(self, event: Event) -> tuple[Output, ...]:
        """Take one event. Raises `InvalidEvent`, with nothing changed, if it cannot be taken."""
        self._past.clear()
        time_ms = to_ms(event.time)
        if isinstance(event, Tick):
            return self.advance(time_ms)
        now_ms = self._partition.now_ms
        if now_ms is not None and time_ms > now_ms + self._tolerance_ms:
            raise InvalidEvent(
                Reason.TIME_IN_FUTURE,
                f"{time_ms - now_ms} ms ahead of the clock, at most {self._tolerance_ms}",
            )
        if isinstance(event, AgentPresence):
            return self._present(event, time_ms)
        return self._interact(event, time_ms)

    def advance(self, now_ms: int, most: int | None = None) -> tuple[Output, ...]:
        """Tell the time: deadlines at or before it fire. A time that has passed changes nothing.

        With `most`, a call ends after so many outputs and changed records (those of one interaction
        belong together). Where more is due the time stands still (`now_ms`); told the same time
        again, the engine goes on, and all that it returns is what one call would have returned.
        """
        self._past.clear()
        partition = self._partition
        before_ms = partition.now_ms
        if before_ms is not None and now_ms <= before_ms:
            return ()
        partition.now_ms = now_ms
        out: list[Output] = []
        changed = len(self._changed)
        while (popped := self._timers.pop_due(now_ms)) is not None:
            # Only up to the popped instant: what is due later goes back, so that all interactions
            # speak in the order of their times, however stale their timers are.
            due_ms, key = popped
            record = self._records.get(key)
            if record is not None:
                self._fire(key, record, due_ms, before_ms, out)
            made = len(out) + len(self._changed) - changed
            if most is not None and made >= most and self._timers.has_due(now_ms):
                partition.now_ms = before_ms
                return tuple(out)
        self._changed.update(self._staff.roll(now_ms, before_ms, self._tallies))
        facts = self._tallies.send_due(now_ms)
        self._past.extend(fact.id for fact in facts.past)
        return (*out, *facts.past, *facts.live)

    # --- what is shown of the state --------------------------------------------------------------

    @property
    def now_ms(self) -> int | None:
        """The newest tick, in milliseconds, or None before the first."""
        return self._partition.now_ms

    @property
    def past(self) -> Sequence[str]:
        """The ids of those outputs of the last call that are told of the past (`pipeline.past`).

        What an event brings is as late as the event. What a tick brings is as late as the newest
        of: when it fell due, and the last event of its interaction.
        """
        return self._past

    def is_past(self, time_ms: int) -> bool:
        """Whether an event of that time would be one of the past now."""
        return self._tallies.book(time_ms, self._partition.now_ms).is_past

    def waiting(self) -> Iterator[tuple[WaitingGroup, WaitingNow]]:
        """Who waits now, by kind, channel, queue and priority."""
        return self._waiting.now(self._partition.now_ms)

    def presence(self) -> dict[tuple[str, str], int]:
        """How many agents are in which state, by (queue, state)."""
        return self._staff.counts()

    @property
    def open_interactions(self) -> int:
        """How many interactions and agents the state holds."""
        return len(self._records) + len(self._staff)

    @property
    def changes(self) -> int:
        """How many records `take_changes` would return."""
        return len(self._changed)

    @property
    def timers(self) -> int:
        """How many interactions have a timer."""
        return len(self._timers)

    # --- checkpoint ------------------------------------------------------------------------------

    def take_changes(self) -> list[tuple[str, bytes | None]]:
        """Records that changed since the last call, as bytes; None for those that have left."""
        changes: list[tuple[str, bytes | None]] = []
        for key in self._changed:
            agent = self._staff.get(key)
            value = self._records.encoded(key) if agent is None else encode_state(agent)
            changes.append((key, value))
        self._changed.clear()
        return changes

    def encode_partition(self) -> bytes:
        """The state of the partition itself, as bytes."""
        return encode_state(self._partition)

    def restore(self, partition: bytes | None, records: dict[str, bytes]) -> None:
        """Take up from a checkpoint; raises `StateVersionError` for a newer version's state.

        The records may come in several calls, those after the first without the partition.
        """
        if partition is not None:
            self._partition = decode_partition(partition)
            self._tallies = Tallies(self._partition, self._origin, self._past_after_ms)
        for key, value in records.items():
            if key[0] == "a":
                self._staff.restore(key, decode_presence(value))
                continue
            record = decode_interaction(value)
            rewind_timers(record, self._config.sla.policies)
            adopt_rules(record, self._config, self._partition.now_ms)
            self._records.restore(key, encode_state(record))
            self._timers.schedule(key, self._next_due_ms(record))
            self._note_wait(key, record)

    # --- one step --------------------------------------------------------------------------------

    def _interact(self, event: InteractionEvent, time_ms: int) -> tuple[Output, ...]:
        is_call = type(event) in _CALLS
        kind: InteractionKind = "call" if is_call else "conversation"
        key = ("p:" if is_call else "c:") + event.subject
        digest = event_digest(event.source, event.id)
        it = self._records.get(key)
        if it is None:
            quality = Quality.new(self._config.qa, kind)
            it = Interaction(event.subject, kind, time_ms, time_ms, time_ms, quality)
            self._records.add(key, it)
        else:
            if it.history.knows(digest):
                return (Duplicate(event.subject, event.source, event.id),)
            if it.history.is_too_late_to_tell(time_ms):
                raise InvalidEvent(
                    Reason.LATE_BEYOND_MEMORY,
                    "older than the events this interaction still remembers, "
                    "so it cannot be told from a duplicate",
                )
        self._changed.add(key)
        merge(it, event, time_ms)
        now_ms = self._partition.now_ms
        book = self._tallies.book(time_ms, now_ms)
        step = Step(self._config, it, book, time_ms, event.id, now_ms)
        was_closed = it.status == "closed"
        read = None
        if isinstance(event, ConversationMessage | CallUtterance):
            read = read_speech(event, self._scorer)
        note = note_of(event, read, self._config.lexicons)
        move = Move(
            time_ms,
            sequence_of(event),
            move_of(event, self._config.sla.closing_pleasantries.words),
            digest,
            event.id,
            named(event),
            note,
        )
        taken = take(step, move)
        if isinstance(event, ConversationMessage | CallUtterance) and read is not None:
            answer = answers_of(taken.changed).get(event.id)
            if note is not None and note.said is not None:
                note.said.answer(answer)
            enrich(step, event, read, answer)
        if isinstance(event, TRANSFERS):
            transfer(it, event.data)
        hear(step, move, taken)
        if type(event) in _MILESTONES or (it.status == "closed") != was_closed:
            step.milestone = True
        it.touched_ms = max(it.touched_ms, now_ms or 0, time_ms)
        if step.milestone:
            summarise(step)
        self._timers.schedule(key, self._next_due_ms(it))
        self._note_wait(key, it)
        self._mark(step)
        return tuple(step.out)

    def _present(self, event: AgentPresence, time_ms: int) -> tuple[Output, ...]:
        key = "a:" + event.subject
        if self._staff.is_known(key, event, time_ms):
            return (Duplicate(event.subject, event.source, event.id),)
        if self._staff.take(key, event, time_ms, self._partition.now_ms, self._tallies):
            self._changed.add(key)
        return ()

    def _fire(
        self, key: str, it: Interaction, until_ms: int, before_ms: int | None, out: list[Output]
    ) -> None:
        while (due := self._next_due_ms(it)) is not None and due <= until_ms:
            self._changed.add(key)
            if due == self._expiry_ms(it, due_times(it)[1]):
                self._expire(key, it, out)
                return
            # Against the tick before: what fell due since then could not be said any earlier,
            # however long that tick is ago.
            book = self._tallies.book(max(due, it.last_ms), before_ms)
            step = Step(self._config, it, book, due, "", due)
            if due == due_times(it)[0]:
                reach(step, due)
            else:
                reach_quality(step, due)
            if step.milestone:
                summarise(step)
            self._mark(step)
            out.extend(step.out)
        self._timers.schedule(key, self._next_due_ms(it))
        self._note_wait(key, it)

    def _expire(self, key: str, it: Interaction, out: list[Output]) -> None:
        if it.status != "closed":
            book = self._book_of_state(it)
            step = Step(self._config, it, book, it.last_ms, "", self._partition.now_ms)
            expire_quality(step)
            summarise(step, has_expired=True)
            self._mark(step)
            out.extend(step.out)
        self._waiting.forget(key)
        self._records.remove(key)

    def _mark(self, step: Step) -> None:
        if step.interaction.synthetic:
            for output in step.out:
                if not isinstance(output, Duplicate):
                    output.synthetictime = True
        if step.tallies.is_past:
            self._past.extend(output.id for output in step.out)

    def _book_of_state(self, it: Interaction) -> Book:
        """Where to count what follows from the interaction having been left as it is: it is of the
        past where the last event was of the past when it came.
        """
        return self._tallies.book(it.last_ms, it.touched_ms)

    def _expiry_ms(self, it: Interaction, last_due_ms: int | None) -> int:
        leaves_ms = it.last_ms if it.last_ms > it.touched_ms else it.touched_ms
        leaves_ms += self._reopen_ms if it.clocks.status == "closed" else self._idle_ms
        # A clock that still has something to say keeps its interaction.
        return leaves_ms if last_due_ms is None else max(leaves_ms, last_due_ms + 1)

    def _next_due_ms(self, it: Interaction) -> int:
        first_due_ms, last_due_ms = due_times(it)
        due = self._expiry_ms(it, last_due_ms)
        if first_due_ms is not None and first_due_ms < due:
            due = first_due_ms
        rule_due = quality_due_ms(it)
        if rule_due is not None and rule_due < due:
            due = rule_due
        return due

    def _note_wait(self, key: str, it: Interaction) -> None:
        wait = it.clocks.response_wait() or it.clocks.running.get("answer")
        if wait is None:
            self._waiting.forget(key)
            return
        group = WaitingGroup(it.kind, it.channel or "", it.queue or "", it.priority or "")
        settles_ms = it.touched_ms + SETTLES_MS if self._book_of_state(it).is_past else None
        self._waiting.set(key, group, wait.start_ms, settles_ms)
