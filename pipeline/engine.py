"""The engine of one input partition: fed events, told the time, it returns what follows.

Two verbs carry all meaning: `feed` and `advance`. The same events and times in the same order give
the same outputs, byte for byte, however they are batched, and from any checkpoint on.
"""

from collections.abc import Iterator

from pipeline.call import apply_call
from pipeline.config import EngineConfig
from pipeline.conversation import apply_conversation
from pipeline.ids import event_digest
from pipeline.qa.rules import QualityRules
from pipeline.responses import fire, next_due_ms
from pipeline.sentiment.scorer import Scorer
from pipeline.state import (
    Interaction,
    PartitionState,
    Presence,
    Record,
    decode_interaction,
    decode_partition,
    decode_presence,
    encode_state,
)
from pipeline.step import Step
from pipeline.summaries import summarise
from pipeline.tallies import Tallies
from pipeline.timers import Timers
from pipeline.waiting import Waiting, WaitingGroup, WaitingNow
from schemas.codec import InvalidEvent, Reason, to_ms
from schemas.events import (
    AgentPresence,
    CallAnswered,
    CallEnded,
    CallHold,
    CallQueued,
    CallRetrieved,
    CallTransferred,
    CallUtterance,
    CallWrapUpEnded,
    Event,
    InteractionEvent,
    Tick,
)
from schemas.outputs import Duplicate, InteractionKind, Output

_CALLS = (
    CallQueued,
    CallAnswered,
    CallUtterance,
    CallHold,
    CallRetrieved,
    CallTransferred,
    CallEnded,
    CallWrapUpEnded,
)
_HOUR_MS = 3_600_000


class Engine:
    """All interactions of one partition, their timers, and the partition's time."""

    def __init__(self, config: EngineConfig, *, origin: str, scorer: Scorer | None = None) -> None:
        """`origin` names the partition in its facts; without a scorer no sentiment is said."""
        self._config = config
        self._origin = origin
        self._scorer = scorer
        self._rules = QualityRules(config)
        self._tolerance_ms = round(config.sla.future_tolerance_seconds * 1000)
        self._reopen_ms = round(config.sla.reopen_window_hours * _HOUR_MS)
        self._idle_ms = round(config.sla.idle_expiry_hours * _HOUR_MS)
        self._records: dict[str, Record] = {}
        self._changed: set[str] = set()
        self._timers = Timers()
        self._waiting = Waiting()
        self._partition = PartitionState(pending=[])
        self._tallies = Tallies(self._partition, origin)

    # --- the two verbs ---------------------------------------------------------------------------

    def feed(self, event: Event) -> tuple[Output, ...]:
        """Take one event. Raises `InvalidEvent`, with nothing changed, if it cannot be taken."""
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

    def advance(self, now_ms: int) -> tuple[Output, ...]:
        """Tell the time: deadlines at or before it fire. A time that has passed changes nothing."""
        partition = self._partition
        if partition.now_ms is not None and now_ms <= partition.now_ms:
            return ()
        partition.now_ms = now_ms
        out: list[Output] = []
        while (popped := self._timers.pop_due(now_ms)) is not None:
            # Only up to the popped instant: what is due later goes back, so that all interactions
            # speak in the order of their times, however stale their timers are.
            due_ms, key = popped
            record = self._records.get(key)
            if isinstance(record, Interaction):
                self._fire(key, record, due_ms, out)
        out.extend(self._tallies.send_due(now_ms))
        return tuple(out)

    # --- what is shown of the state --------------------------------------------------------------

    @property
    def now_ms(self) -> int | None:
        """The newest tick, in milliseconds, or None before the first."""
        return self._partition.now_ms

    def waiting(self) -> Iterator[tuple[WaitingGroup, WaitingNow]]:
        """Who waits now, by kind, channel, queue and priority."""
        return self._waiting.now()

    def presence(self) -> dict[tuple[str, str], int]:
        """How many agents are in which state, by (queue, state)."""
        counts: dict[tuple[str, str], int] = {}
        for record in self._records.values():
            if isinstance(record, Presence):
                key = (record.queue or "", record.state)
                counts[key] = counts.get(key, 0) + 1
        return counts

    @property
    def open_interactions(self) -> int:
        """How many interactions and agents the state holds."""
        return len(self._records)

    # --- checkpoint ------------------------------------------------------------------------------

    def take_changes(self) -> list[tuple[str, bytes | None]]:
        """Records that changed since the last call, as bytes; None for those that have left."""
        records = self._records
        changes = [
            (key, None if (record := records.get(key)) is None else encode_state(record))
            for key in self._changed
        ]
        self._changed.clear()
        return changes

    def encode_partition(self) -> bytes:
        """The state of the partition itself, as bytes."""
        return encode_state(self._partition)

    def restore(self, partition: bytes | None, records: dict[str, bytes]) -> None:
        """Take up from a checkpoint; raises `StateVersionError` for a newer version's state."""
        if partition is not None:
            self._partition = decode_partition(partition)
            self._tallies = Tallies(self._partition, self._origin)
        for key, value in records.items():
            if key[0] == "a":
                self._records[key] = decode_presence(value)
                continue
            record = decode_interaction(value)
            self._records[key] = record
            self._timers.schedule(key, self._next_due_ms(record))
            self._note_wait(key, record)

    # --- one step --------------------------------------------------------------------------------

    def _interact(self, event: InteractionEvent, time_ms: int) -> tuple[Output, ...]:
        is_call = isinstance(event, _CALLS)
        kind: InteractionKind = "call" if is_call else "conversation"
        key = ("p:" if is_call else "c:") + event.subject
        digest = event_digest(event.source, event.id)
        it = self._records.get(key)
        if it is None:
            it = Interaction(
                id=event.subject,
                kind=kind,
                opened_ms=time_ms,
                last_ms=time_ms,
                touched_ms=time_ms,
                issues=[],
            )
            is_new = True
        else:
            assert isinstance(it, Interaction)  # noqa: S101 - keys of presence begin with "a:"
            if it.remembers(digest):
                return (Duplicate(event.subject, event.source, event.id),)
            if it.is_too_late_to_tell(time_ms):
                raise InvalidEvent(
                    Reason.LATE_BEYOND_MEMORY,
                    "older than the events this interaction still remembers, "
                    "so it cannot be told from a duplicate",
                )
            is_new = False
        self._records[key] = it
        self._changed.add(key)
        _merge(it, event, time_ms)
        step = Step(self._config, it, self._tallies, time_ms, event.id)
        if is_new:
            self._tallies.at(time_ms, it).opened += 1
        if isinstance(event, _CALLS):
            apply_call(step, event, self._rules, self._scorer)
        else:
            apply_conversation(step, event, self._rules, self._scorer)
        it.remember(digest, time_ms)
        it.touched_ms = max(it.touched_ms, self._partition.now_ms or 0, time_ms)
        if step.milestone:
            summarise(step)
        self._timers.schedule(key, self._next_due_ms(it))
        self._note_wait(key, it)
        self._mark(it, step.out)
        return tuple(step.out)

    def _present(self, event: AgentPresence, time_ms: int) -> tuple[Output, ...]:
        key = "a:" + event.subject
        known = self._records.get(key)
        if isinstance(known, Presence):
            if known.since_ms == time_ms and known.state == event.data.state:
                return (Duplicate(event.subject, event.source, event.id),)
            if known.since_ms > time_ms:
                return ()
        self._records[key] = Presence(
            agent_id=event.subject,
            state=event.data.state,
            since_ms=time_ms,
            queue=event.data.queue,
        )
        self._changed.add(key)
        return ()

    def _fire(self, key: str, it: Interaction, until_ms: int, out: list[Output]) -> None:
        while (due := self._next_due_ms(it)) is not None and due <= until_ms:
            self._changed.add(key)
            if due == self._expiry_ms(it):
                self._expire(key, it, out)
                return
            wait = it.wait
            if wait is not None and due == next_due_ms(wait):
                step = Step(self._config, it, self._tallies, due, wait.event_id)
                fire(step, wait)
            else:
                step = Step(self._config, it, self._tallies, due, it.wants_human_id)
                self._rules.fire(step)
                step.milestone = True
            if step.milestone:
                summarise(step)
            self._mark(it, step.out)
            out.extend(step.out)
        self._timers.schedule(key, self._next_due_ms(it))
        self._note_wait(key, it)

    def _expire(self, key: str, it: Interaction, out: list[Output]) -> None:
        if it.status != "closed":
            step = Step(self._config, it, self._tallies, it.last_ms, "")
            summarise(step, has_expired=True)
            self._mark(it, step.out)
            out.extend(step.out)
        it.wait = None
        self._note_wait(key, it)
        del self._records[key]

    @staticmethod
    def _mark(it: Interaction, out: list[Output]) -> None:
        if it.synthetic:
            for output in out:
                if not isinstance(output, Duplicate):
                    output.synthetictime = True

    def _expiry_ms(self, it: Interaction) -> int:
        since_ms = max(it.last_ms, it.touched_ms)
        return since_ms + (self._reopen_ms if it.status == "closed" else self._idle_ms)

    def _next_due_ms(self, it: Interaction) -> int | None:
        due = self._expiry_ms(it)
        if it.wait is not None:
            wait_due = next_due_ms(it.wait)
            if wait_due is not None and wait_due < due:
                due = wait_due
        rule_due = self._rules.next_due_ms(it)
        if rule_due is not None and rule_due < due:
            due = rule_due
        return due

    def _note_wait(self, key: str, it: Interaction) -> None:
        if it.wait is None:
            self._waiting.forget(key)
            return
        group = WaitingGroup(it.kind, it.channel or "", it.queue or "", it.priority or "")
        self._waiting.set(key, group, it.wait.since_ms)


def _merge(it: Interaction, event: InteractionEvent, time_ms: int) -> None:
    """Take over the dimensions that the event names; an event older than the newest adds only.

    Written out, because this runs for every event and most name one or two.
    """
    data = event.data
    newest = time_ms >= it.last_ms
    if data.tenant is not None and (newest or it.tenant is None):
        it.tenant = data.tenant
    if data.channel is not None and (newest or it.channel is None):
        it.channel = data.channel
    if data.queue is not None and (newest or it.queue is None):
        it.queue = data.queue
    if data.priority is not None and (newest or it.priority is None):
        it.priority = data.priority
    if data.segment is not None and (newest or it.segment is None):
        it.segment = data.segment
    if data.customer_id is not None and (newest or it.customer_id is None):
        it.customer_id = data.customer_id
    if data.agent_id is not None and (newest or it.agent_id is None):
        it.agent_id = data.agent_id
    if data.agent_tier is not None and (newest or it.agent_tier is None):
        it.agent_tier = data.agent_tier
    if newest:
        it.last_ms = time_ms
    if event.synthetictime is True:
        it.synthetic = True
