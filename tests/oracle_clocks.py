"""The clocks of docs/clocks.md, computed slowly from all events of one interaction at once.

It shares nothing with the engine but `pipeline.ids`. Events are put in their order, then each clock
is the answer to "where does it begin, and which later event ends it", and its time is algebra of
half-open intervals in milliseconds since 1970. Only what is sequential by nature (status, cycles,
response waits) is labelled by walking the events once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from pipeline.ids import event_digest
from schemas.codec import to_ms
from schemas.events import (
    CallAnswered,
    CallEnded,
    CallEvent,
    CallHold,
    CallQueued,
    CallRetrieved,
    CallTransferred,
    CallUtterance,
    CallWrapUpEnded,
    ConversationAssigned,
    ConversationClosed,
    ConversationMessage,
    ConversationNode,
    ConversationOpened,
    ConversationPaused,
    ConversationRated,
    ConversationReopened,
    ConversationResolved,
    ConversationResumed,
    ConversationTransferred,
    Event,
    InteractionEvent,
)

FOREVER = 1 << 62
"""The end of what has none, in ms."""
HORIZON_MS = 400 * 86_400_000
"""How far ahead a deadline is looked for; a calendar closed for longer has none."""
MAX_SEQUENCE = 4_294_967_295
DIMENSIONS = ("tenant", "channel", "queue", "priority", "segment")

Interval = tuple[int, int]
Intervals = list[Interval]
OpenIntervals = Callable[[str, int, int], Intervals]


class Target(NamedTuple):
    """What a policy says of one clock; `calendar` None is wall time. Warnings in counted ms."""

    target_ms: int
    warnings_ms: tuple[int, ...]
    calendar: str | None
    pauses: frozenset[str]


TargetOf = Callable[[str, dict[str, str | None]], Target | None]


class Truth(NamedTuple):
    """What is true of one instance in the end.

    `end` is stopped, cancelled or running; `outcome` is met, breached, cancelled, running, or
    measured (stopped, and no policy judges it). `elapsed_ms` is counted up to the end, or up to the
    newest tick. `deadline_ms` is the first instant at which the target has been counted: None
    without a policy, where the instance ended before it, and where it will not come by itself.
    """

    clock: str
    start_source: str
    start_id: str
    start_ms: int
    end: str
    end_ms: int | None
    elapsed_ms: int
    outcome: str
    target_ms: int | None
    deadline_ms: int | None
    abandoned: bool


class Warned(NamedTuple):
    """One warning that is said where a tick stands at every millisecond."""

    clock: str
    start_source: str
    start_id: str
    warning_ms: int
    at_ms: int


class Instance(NamedTuple):
    """A clock from its starting event on; `runs` are the half-open stretches in which it counts.

    `known_ms` is when the instance came to be: later than its start for a held message.
    """

    clock: str
    start: int
    start_ms: int
    end: str
    end_ms: int | None
    runs: Intervals
    known_ms: int
    abandoned: bool = False


# --- order ---------------------------------------------------------------------------------------

RANKS: dict[type, int] = {
    ConversationOpened: 0,
    ConversationReopened: 1,
    ConversationResumed: 2,
    ConversationAssigned: 4,
    ConversationTransferred: 7,
    ConversationPaused: 8,
    ConversationNode: 9,
    ConversationResolved: 10,
    ConversationClosed: 11,
    ConversationRated: 12,
    CallQueued: 0,
    CallRetrieved: 2,
    CallAnswered: 4,
    CallUtterance: 6,
    CallTransferred: 7,
    CallHold: 8,
    CallEnded: 11,
    CallWrapUpEnded: 12,
}


def by_customer(event: Event) -> bool:
    """Whether it is a message of the customer."""
    return (
        isinstance(event, ConversationMessage)
        and event.data.role == "customer"
        and not event.data.private
    )


def by_human(event: Event) -> bool:
    """Whether it is a human answer."""
    return (
        isinstance(event, ConversationMessage)
        and event.data.role == "agent"
        and not event.data.private
        and not event.data.auto
    )


def by_bot(event: Event) -> bool:
    """Whether it is a bot message."""
    return (
        isinstance(event, ConversationMessage)
        and event.data.role == "bot"
        and not event.data.private
    )


def to_a_queue(event: Event) -> bool:
    """Whether it is a transfer of kind queue, of a conversation or a call."""
    return (
        isinstance(event, ConversationTransferred | CallTransferred) and event.data.kind == "queue"
    )


def rank(event: Event) -> int:
    """The rank of the type at equal times and sequences."""
    if isinstance(event, ConversationMessage):
        return 3 if by_customer(event) else 5 if by_human(event) else 6
    return RANKS[type(event)]


def ordered(events: Iterable[Event]) -> list[InteractionEvent]:
    """Each event once (the first with its source and id), in the order of the definition."""
    unique: dict[tuple[str, str], InteractionEvent] = {}
    for event in events:
        if type(event) not in RANKS and not isinstance(event, ConversationMessage):
            raise ValueError(f"{type(event).__name__} is no event of an interaction")
        unique.setdefault((event.source, event.id), event)  # type: ignore[arg-type]
    found = sorted(unique.values(), key=_position)
    if any(isinstance(e, CallEvent) for e in found) and not all(
        isinstance(e, CallEvent) for e in found
    ):
        raise ValueError("events of a call and of a conversation in one interaction")
    return found


def _position(event: InteractionEvent) -> tuple[int, int, int, bytes]:
    return (
        to_ms(event.time),
        _sequence(event),
        rank(event),
        event_digest(event.source, event.id),
    )


def _sequence(event: InteractionEvent) -> int:
    """Its number, also where that is written as a text of digits; 0 where it has none."""
    text = str(event.sequence)
    found = int(text) if text.isascii() and text.isdigit() else 0
    return found if found <= MAX_SEQUENCE else 0


def dimensions_at(events: Sequence[InteractionEvent], index: int) -> dict[str, str | None]:
    """The last value that an event up to and including that one has named, each for itself."""
    found: dict[str, str | None] = dict.fromkeys(DIMENSIONS)
    for event in events[: index + 1]:
        for name in DIMENSIONS:
            found[name] = getattr(event.data, name) or found[name]
        if isinstance(event, ConversationTransferred | CallTransferred):
            found["queue"] = event.data.to_queue or found["queue"]
    return found


# --- intervals -----------------------------------------------------------------------------------


def union(intervals: Iterable[Interval]) -> Intervals:
    """The same instants as disjoint intervals in order; empty ones are gone."""
    found: Intervals = []
    for start, end in sorted(i for i in intervals if i[0] < i[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def intersection(one: Intervals, other: Intervals) -> Intervals:
    """The instants that are in both."""
    return union((max(a, c), min(b, d)) for a, b in one for c, d in other)


def complement(intervals: Intervals) -> Intervals:
    """All instants that are in none, from the beginning of time to its end."""
    edges = [-FOREVER, *(edge for interval in union(intervals) for edge in interval), FOREVER]
    return union(zip(edges[::2], edges[1::2], strict=True))


def length(intervals: Intervals) -> int:
    """The milliseconds in disjoint intervals."""
    return sum(end - start for start, end in intervals)


def instant_at(intervals: Intervals, amount_ms: int, start_ms: int) -> int | None:
    """The first instant at which that much lies behind, from the start on; None if never."""
    if amount_ms <= 0:
        return start_ms
    for start, end in intervals:
        if end - start >= amount_ms:
            return start + amount_ms
        amount_ms -= end - start
    return None


# --- instances -----------------------------------------------------------------------------------

Index = Callable[[int], bool]


def _at(event: Event) -> int:
    return to_ms(event.time)


def _never(_: int) -> bool:
    return False


def _end_of(events: Sequence[Event], start: int, *ends: Index) -> int | None:
    """The index of the first later event at which one of these holds."""
    later = range(start + 1, len(events))
    return next((j for j in later if any(end(j) for end in ends)), None)


def _instance(
    events: Sequence[Event],
    clock: str,
    start: int,
    stops: Index,
    cancels: Index = _never,
    *,
    known: int | None = None,
    abandons: Index = _never,
) -> Instance:
    """The clock that this event starts, ended by the first later event that stops or cancels it."""
    known = start if known is None else known
    end = _end_of(events, known, stops, cancels)
    start_ms, known_ms = _at(events[start]), _at(events[known])
    if end is None:
        return Instance(
            clock, start, start_ms, "running", None, union([(start_ms, FOREVER)]), known_ms
        )
    end_ms = _at(events[end])
    return Instance(
        clock,
        start,
        start_ms,
        "stopped" if stops(end) else "cancelled",
        end_ms,
        union([(start_ms, end_ms)]),
        known_ms,
        abandons(end),
    )


def _one_at_a_time(
    events: Sequence[Event],
    clock: str,
    starts: Iterable[int],
    *,
    stops: Index,
    cancels: Index = _never,
    abandons: Index = _never,
) -> list[Instance]:
    """The clocks that these events start, in order, but none while the one before still runs."""
    found: list[Instance] = []
    free: int | None = 0
    for start in starts:
        if free is not None and start >= free:
            found.append(_instance(events, clock, start, stops, cancels, abandons=abandons))
            free = _end_of(events, start, stops, cancels)
    return found


# --- conversations -------------------------------------------------------------------------------


class Wait(NamedTuple):
    """A response wait: the index of its message, and of the event at which it came to be."""

    clock: str
    start: int
    known: int


class Reading(NamedTuple):
    """What walking a conversation once tells: for each event the status before it and its cycle."""

    events: Sequence[InteractionEvent]
    before: list[str]
    cycle: list[int]
    waits: list[Wait]

    def resolves(self, i: int) -> bool:
        """Whether this event makes an open conversation a resolved one."""
        return isinstance(self.events[i], ConversationResolved) and self.before[i] == "open"

    def closes(self, i: int) -> bool:
        """Whether this event closes what was not closed."""
        return isinstance(self.events[i], ConversationClosed) and self.before[i] != "closed"

    def reopens(self, i: int) -> bool:
        """Whether this event opens what was not open."""
        return isinstance(self.events[i], ConversationReopened) and self.before[i] != "open"

    def answers(self, i: int) -> bool:
        """Whether this is a human answer before the close."""
        return by_human(self.events[i]) and self.before[i] != "closed"

    def assigns(self, i: int) -> bool:
        """Whether this is an assignment before the close."""
        return isinstance(self.events[i], ConversationAssigned) and self.before[i] != "closed"

    def begins(self, i: int) -> bool:
        """Whether an event of this kind can be the one with which the whole matter begins."""
        return not isinstance(
            self.events[i],
            ConversationReopened | ConversationResolved | ConversationClosed | ConversationRated,
        )

    def earlier_in_cycle(self, i: int, what: Callable[[int], bool]) -> bool:
        """Whether an event before this one, in the same cycle, is such."""
        return any(self.cycle[j] == self.cycle[i] and what(j) for j in range(i))


def read(
    events: Sequence[InteractionEvent], is_pleasantry: Callable[[str | None], bool]
) -> Reading:
    """Walk once for what is sequential: status, cycles, renewals, and which message waits."""
    reading = Reading(events, [], [], [])
    status, cycle = "open", 0
    renewed = responded = human_ever = False
    running: str | None = None
    held: int | None = None
    for i, event in enumerate(events):
        reading.before.append(status)
        begun: Wait | None = None
        if by_customer(event) and not (human_ever and is_pleasantry(event.data.text)):  # type: ignore[union-attr]
            if status == "closed":
                held = i if held is None else held
            elif running is None:
                if status == "resolved" and not renewed:
                    cycle, renewed, responded = cycle + 1, True, False
                begun = Wait("next_response" if responded else "first_response", i, i)
        elif by_human(event):
            human_ever = True
            if status == "closed":
                held = None
            else:
                responded = responded or running == "first_response"
                running = None
        elif isinstance(event, ConversationResolved) and status != "closed":
            status, renewed = "resolved", False
        elif isinstance(event, ConversationReopened) and status != "open":
            status = "open"
            if not renewed:
                cycle, responded = cycle + 1, False
            renewed = False
            if held is not None:
                begun = Wait("first_response", held, i)
            held = None
        elif isinstance(event, ConversationClosed) and status != "closed":
            status, running, held, renewed = "closed", None, None, False
        if begun is not None:
            running = begun.clock
            reading.waits.append(begun)
        reading.cycle.append(cycle)
    return reading


def conversation_clocks(reading: Reading) -> list[Instance]:
    """Every instance of every clock of a conversation."""
    events = reading.events
    found: list[Instance] = []
    every = range(len(events))
    found += [
        _instance(events, clock, wait.start, reading.answers, reading.closes, known=wait.known)
        for wait in reading.waits
        for clock in (wait.clock, "long_wait")
    ]

    def joins(i: int) -> bool:
        return (
            reading.assigns(i)
            and not reading.earlier_in_cycle(i, reading.assigns)
            and not reading.earlier_in_cycle(i, lambda j: by_human(events[j]))
        )

    found += _one_at_a_time(
        events,
        "joined_response",
        filter(joins, every),
        stops=reading.answers,
        cancels=reading.closes,
    )

    def queues(i: int) -> bool:
        event = events[i]
        if isinstance(event, ConversationOpened):
            return (
                not event.data.campaign
                and reading.before[i] == "open"
                and not reading.earlier_in_cycle(
                    i, lambda j: by_human(events[j]) or reading.assigns(j)
                )
            )
        return to_a_queue(event) and reading.before[i] != "closed"

    found += _one_at_a_time(
        events,
        "answer",
        filter(queues, every),
        stops=lambda j: reading.answers(j) or reading.assigns(j),
        cancels=lambda j: by_bot(events[j]) or reading.closes(j),
        abandons=reading.closes,
    )
    found += _matters(reading)
    for i in filter(reading.closes, every):
        found.append(
            _instance(
                events,
                "follow_up",
                i,
                lambda j: by_human(events[j]) or _follows_up(events[j]),
                reading.reopens,
            )
        )
    return found


def _follows_up(event: Event) -> bool:
    return isinstance(event, ConversationNode) and event.data.node == "follow_up"


def _matters(reading: Reading) -> list[Instance]:
    """`resolution_first`, `resolution_total` and `silent_progress`."""
    every = range(len(reading.events))
    first = next(filter(reading.begins, every), None)

    def speaks(j: int) -> bool:
        return by_human(reading.events[j]) and reading.before[j] == "open"

    def ends(j: int) -> bool:
        return reading.resolves(j) or reading.closes(j)

    begins = [
        i
        for i in every
        if (i == first and reading.before[i] == "open")
        or speaks(i)
        or (reading.reopens(i) and first is not None and first < i)
    ]
    found = _one_at_a_time(reading.events, "silent_progress", begins, stops=speaks, cancels=ends)
    if first is None:
        return found
    start_ms = _at(reading.events[first])
    end, end_at, since = "running", FOREVER, start_ms
    if reading.before[first] == "open":
        found.append(
            _instance(reading.events, "resolution_first", first, reading.resolves, reading.closes)
        )
    else:
        end, end_at = "cancelled", start_ms
    runs: Intervals = []
    counts = reading.before[first] == "open"
    for j in range(first + 1, len(reading.events)):
        if reading.resolves(j) or (reading.closes(j) and end == "running"):
            end, end_at = "stopped" if reading.resolves(j) else "cancelled", _at(reading.events[j])
            runs += [(since, end_at)] if counts else []
        elif reading.reopens(j):
            end, end_at, since, counts = "running", FOREVER, _at(reading.events[j]), True
    runs += [(since, FOREVER)] if end == "running" and counts else []
    ended = None if end == "running" else end_at
    found.append(Instance("resolution_total", first, start_ms, end, ended, union(runs), start_ms))
    return found


# --- calls ---------------------------------------------------------------------------------------


def call_clocks(events: Sequence[InteractionEvent]) -> list[Instance]:
    """Every instance of every clock of a call."""
    every = range(len(events))
    over = next((i for i in every if isinstance(events[i], CallEnded)), None)

    def ends(i: int) -> bool:
        return i == over

    def live(i: int) -> bool:
        return over is None or i < over

    def queues(i: int) -> bool:
        return live(i) and (isinstance(events[i], CallQueued) or to_a_queue(events[i]))

    def answers(i: int) -> bool:
        return live(i) and isinstance(events[i], CallAnswered)

    def waits(i: int) -> bool:
        begun = [j for j in range(i) if queues(j)]
        return bool(begun) and not any(answers(j) for j in range(begun[-1], i))

    def holds(i: int) -> bool:
        answered = any(answers(j) for j in range(i))
        return live(i) and isinstance(events[i], CallHold) and answered and not waits(i)

    def leaves_hold(i: int) -> bool:
        return queues(i) or answers(i) or ends(i) or isinstance(events[i], CallRetrieved)

    found = _one_at_a_time(
        events,
        "answer",
        filter(queues, every),
        stops=answers,
        cancels=ends,
        abandons=lambda i: gives_up_on(events[i]),
    )
    found += _one_at_a_time(events, "hold", filter(holds, every), stops=leaves_hold)
    if over is not None and any(map(answers, every)):
        found.append(
            _instance(
                events, "after_call_work", over, lambda j: isinstance(events[j], CallWrapUpEnded)
            )
        )
    return found


def gives_up_on(event: Event) -> bool:
    """Whether who still waits at this end has given up."""
    return isinstance(event, CallEnded) and event.data.cause not in ("callback", "voicemail")


def talk_ms(events: Iterable[Event]) -> int:
    """Talk of a call: from each answer to the end or the next queue, less hold.

    Talk that has not come to the end or a queue does not count yet.
    """
    found = ordered(events)
    over = next((i for i, e in enumerate(found) if isinstance(e, CallEnded)), len(found))
    talks: Intervals = []
    for i, event in enumerate(found[:over]):
        if isinstance(event, CallAnswered):
            end = _end_of(
                found,
                i,
                lambda j: isinstance(found[j], CallQueued | CallEnded) or to_a_queue(found[j]),
            )
            talks += [(_at(event), _at(found[end]))] if end is not None else []
    holds = union(run for i in call_clocks(found) if i.clock == "hold" for run in i.runs)
    return length(intersection(union(talks), complement(holds)))


# --- time ----------------------------------------------------------------------------------------


def pauses_of(reading: Reading) -> dict[str, Intervals]:
    """When each reason of pause stands."""
    events = reading.events
    found: dict[str, Intervals] = {}
    for i, event in enumerate(events):
        if not isinstance(event, ConversationPaused) or reading.before[i] != "open":
            continue
        reason = event.data.reason

        def over(j: int, reason: str = reason) -> bool:
            later = events[j]
            resumed = isinstance(later, ConversationResumed) and later.data.reason == reason
            return resumed or reading.resolves(j) or reading.closes(j)

        end = _end_of(events, i, over)
        end_ms = FOREVER if end is None else _at(events[end])
        found[reason] = union([*found.get(reason, []), (_at(event), end_ms)])
    return found


def unpaused(instance: Instance, target: Target | None, pauses: dict[str, Intervals]) -> Intervals:
    """The instants at which the clock runs and no reason stands that the policy names."""
    if target is None:
        return instance.runs
    paused = union(i for reason in sorted(target.pauses) for i in pauses.get(reason, []))
    return intersection(instance.runs, complement(paused))


def counted(
    running: Intervals, target: Target | None, until_ms: int, open_intervals: OpenIntervals
) -> Intervals:
    """The instants before `until_ms` that count: of these, the open ones of the calendar."""
    found = intersection(running, [(-FOREVER, until_ms)])
    if target is None or target.calendar is None or not found:
        return found
    return intersection(found, union(open_intervals(target.calendar, found[0][0], found[-1][1])))


def reached(
    instance: Instance,
    target: Target,
    amount_ms: int,
    pauses: dict[str, Intervals],
    open_intervals: OpenIntervals,
) -> int | None:
    """The first instant at which that much is or will be counted; None if it will not come."""
    running = unpaused(instance, target, pauses)
    if amount_ms <= 0 or not running:
        return instance.start_ms if amount_ms <= 0 else None
    begun, end = running[-1]
    ahead = amount_ms + 86_400_000
    while True:
        time = counted(running, target, min(end, begun + ahead), open_intervals)
        found = instant_at(time, amount_ms, instance.start_ms)
        if found is not None or end <= begun + ahead or ahead > HORIZON_MS:
            return found
        ahead *= 4


# --- truth ---------------------------------------------------------------------------------------


class Judged(NamedTuple):
    """An instance with its policy, and the pauses of its interaction."""

    instance: Instance
    start: InteractionEvent
    target: Target | None
    pauses: dict[str, Intervals]


def judged(
    events: Iterable[Event], target_of: TargetOf, is_pleasantry: Callable[[str | None], bool]
) -> list[Judged]:
    """Every instance with the policy that the dimensions at its start choose."""
    found = ordered(events)
    if found and isinstance(found[0], CallEvent):
        instances, pauses = call_clocks(found), {}
    else:
        reading = read(found, is_pleasantry)
        instances, pauses = conversation_clocks(reading), pauses_of(reading)
    return [
        Judged(
            instance,
            found[instance.start],
            target_of(instance.clock, dimensions_at(found, instance.start)),
            pauses,
        )
        for instance in instances
    ]


def truths(
    events: Iterable[Event],
    *,
    last_tick_ms: int,
    target_of: TargetOf,
    open_intervals: OpenIntervals,
    is_pleasantry: Callable[[str | None], bool],
) -> list[Truth]:
    """What is true of every clock after all these events, in any order, and a newest tick.

    `open_intervals(calendar, start_ms, end_ms)` gives half-open intervals. Sorted by start, clock,
    source and id of the start. Raises `ValueError` for what is no event of one interaction.
    """
    found = [
        _truth(each, last_tick_ms, open_intervals)
        for each in judged(events, target_of, is_pleasantry)
    ]
    return sorted(found, key=lambda t: (t.start_ms, t.clock, t.start_source, t.start_id))


def _truth(each: Judged, last_tick_ms: int, open_intervals: OpenIntervals) -> Truth:
    instance, start, target, pauses = each
    until = last_tick_ms if instance.end_ms is None else instance.end_ms
    running = unpaused(instance, target, pauses)
    elapsed = length(counted(running, target, until, open_intervals))
    deadline = None
    if target is None:
        outcome = "measured" if instance.end == "stopped" else instance.end
    else:
        deadline = reached(instance, target, target.target_ms, pauses, open_intervals)
        if instance.end == "running":
            late = deadline is not None and deadline <= last_tick_ms
        else:
            late = elapsed > target.target_ms
        calm = {"stopped": "met", "cancelled": "cancelled", "running": "running"}
        outcome = "breached" if late else calm[instance.end]
    return Truth(
        instance.clock,
        start.source,
        start.id,
        instance.start_ms,
        instance.end,
        instance.end_ms,
        elapsed,
        outcome,
        target.target_ms if target is not None else None,
        deadline,
        instance.abandoned,
    )


def warned(
    events: Iterable[Event],
    *,
    last_tick_ms: int,
    target_of: TargetOf,
    open_intervals: OpenIntervals,
    is_pleasantry: Callable[[str | None], bool],
) -> list[Warned]:
    """The warnings said where a tick stands at every millisecond up to the newest.

    A warning instant at the very end of an instance is not reached while it runs. Where it lies
    before the instance was known, or between two runs, it is said when the clock is next seen to
    run; never at or after the deadline.
    """
    found = []
    for each in judged(events, target_of, is_pleasantry):
        instance, start, target, pauses = each
        if target is None:
            continue
        deadline = reached(instance, target, target.target_ms, pauses, open_intervals)
        seen = intersection(instance.runs, [(instance.known_ms, FOREVER)])
        for warning_ms in target.warnings_ms:
            at = reached(instance, target, warning_ms, pauses, open_intervals)
            if at is None:
                continue
            said = next((max(at, a) for a, b in seen if max(at, a) < b), None)
            if said is None or said > last_tick_ms or (deadline is not None and said >= deadline):
                continue
            found.append(Warned(instance.clock, start.source, start.id, warning_ms, said))
    return sorted(found, key=lambda w: (w.at_ms, w.clock, w.start_source, w.start_id, w.warning_ms))
