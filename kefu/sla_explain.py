"""Why an event has the response-time targets it has: which policies match, which wins, and when."""

from collections.abc import Iterable
from typing import NamedTuple, get_args

from pipeline.calendars import END_MS
from pipeline.clocks import moves
from pipeline.policies import WEIGHT, Candidate, PolicyKey, Target, When
from pipeline.sla_file import SlaPolicy
from schemas.codec import to_ms
from schemas.events import (
    CallTransferred,
    ConversationEvent,
    ConversationMessage,
    ConversationTransferred,
    InteractionEvent,
)
from schemas.outputs import Clock

_NO_ANSWER_YET = "if no human has answered in this cycle"
_STARTS: dict[int, tuple[tuple[Clock, str], ...]] = {
    moves.OPENED: (("answer", "unless it was assigned or answered before"),),
    moves.ASKED: (
        ("first_response", _NO_ANSWER_YET),
        ("next_response", "if a human has answered in this cycle"),
        ("long_wait", "with a response wait"),
    ),
    moves.PLEASANTRY: (
        ("first_response", "a pleasantry: only if no human has ever answered"),
        ("long_wait", "a pleasantry: only if no human has ever answered"),
    ),
    moves.ASSIGNED: (("joined_response", "if it is the cycle's first and no human has answered"),),
    moves.HUMAN_ANSWER: (("silent_progress", "anew with each human answer"),),
    moves.TO_QUEUE: (("answer", "unless it waits in a queue already"),),
    moves.REOPENED: (("silent_progress", "if it was resolved or closed"),),
    moves.CLOSED: (("follow_up", "if it was not closed"),),
    moves.QUEUED: (("answer", "unless it waits in a queue already"),),
    moves.HELD: (("hold", "if the call was answered"),),
    moves.ENDED: (("after_call_work", "if the call was answered"),),
    moves.ENDED_OTHERWISE: (("after_call_work", "if the call was answered"),),
}
"""The clocks that each move can start, and under which condition: see `docs/clocks.md`."""

_WITH_FIRST: tuple[Clock, ...] = ("resolution_first", "resolution_total", "silent_progress")
"""What the first event of a conversation starts, unless it is one of these moves."""
_NEVER_FIRST = (moves.REOPENED, moves.RESOLVED, moves.CLOSED, moves.RATED)


class Verdict(NamedTuple):
    """One policy that sets a clock: whether it matches, whether it wins, and the reason."""

    policy: str
    when: str
    matches: bool
    wins: bool
    why: str


class Explained(NamedTuple):
    """One clock. Instants are ms since 1970; `closed` are the gaps from the start to the deadline.

    `target` is None where no policy applies. `deadline_ms` is None where the calendar does not
    open long enough before 2100. `note` tells of holidays that are not known by then.
    """

    clock: Clock
    starts: str
    verdicts: list[Verdict]
    target: Target | None
    hours: str
    warnings_ms: list[int]
    deadline_ms: int | None
    closed: list[tuple[int, int]]
    note: str | None


class Subject(NamedTuple):
    """The event that is explained, with the dimensions that it and those before it have named."""

    event: InteractionEvent
    key: PolicyKey


def subject_of(events: Iterable[InteractionEvent]) -> Subject:
    """The last message of the customer, or the last event where there is none; at least one event.

    Events count in the order of their times, those of one millisecond as they stand. Dimensions
    are merged up to the chosen event: what comes later does not change a wait that has begun.
    """
    ordered = sorted(events, key=lambda event: to_ms(event.time))
    asked = [index for index, event in enumerate(ordered) if _is_customer(event)]
    chosen = asked[-1] if asked else len(ordered) - 1
    known: dict[str, str] = {}
    for event in ordered[: chosen + 1]:
        known.update(_named(event))
    return Subject(ordered[chosen], PolicyKey(*(known.get(name) for name in PolicyKey._fields)))


def explain(sla: SlaPolicy, subject: Subject) -> list[Explained]:
    """Every clock that the event can start, in the order in which `docs/clocks.md` names them."""
    move = moves.move_of(subject.event, sla.closing_pleasantries.words)
    starts = dict(_STARTS.get(move, ()))
    if isinstance(subject.event, ConversationEvent) and move not in _NEVER_FIRST:
        for clock in _WITH_FIRST:
            starts.setdefault(clock, "if it is the conversation's first event")
    start_ms = to_ms(subject.event.time)
    return [
        _clock(sla, subject.key, clock, starts[clock], start_ms)
        for clock in get_args(Clock)
        if clock in starts
    ]


def _is_customer(event: InteractionEvent) -> bool:
    return (
        isinstance(event, ConversationMessage)
        and event.data.role == "customer"
        and not event.data.private
    )


def _named(event: InteractionEvent) -> dict[str, str]:
    found = {name: getattr(event.data, name) for name in PolicyKey._fields}
    if isinstance(event, ConversationTransferred | CallTransferred):
        found["queue"] = event.data.to_queue or found["queue"]
    return {name: value for name, value in found.items() if value is not None}


def _clock(sla: SlaPolicy, key: PolicyKey, clock: Clock, starts: str, start_ms: int) -> Explained:
    candidates = sla.policies.explain(key, clock)
    winner = next((one for one in candidates if one.wins), None)
    verdicts = [_verdict(one, winner, key) for one in candidates]
    target = sla.policies.judge(key).get(clock)
    if target is None or winner is None:
        return Explained(clock, starts, verdicts, None, "", [], None, [], None)
    warnings = [_reached(target, start_ms, ms) for ms in target.warnings_ms]
    deadline_ms = _reached(target, start_ms, target.target_ms)
    return Explained(
        clock,
        starts,
        verdicts,
        target,
        _hours(sla, key, clock, winner, target),
        [ms for ms in warnings if ms is not None],
        deadline_ms,
        [] if deadline_ms is None else _closed(target, start_ms, deadline_ms),
        target.calendar.warning(deadline_ms or END_MS) if target.calendar else None,
    )


def _reached(target: Target, start_ms: int, amount_ms: int) -> int | None:
    if target.calendar is None:
        return start_ms + amount_ms
    at_ms = target.calendar.add(start_ms, amount_ms)
    return at_ms if at_ms < END_MS else None


def _closed(target: Target, start_ms: int, deadline_ms: int) -> list[tuple[int, int]]:
    if target.calendar is None:
        return []
    gaps = []
    at_ms = start_ms
    for opens_ms, closes_ms in target.calendar.open_intervals(start_ms, deadline_ms):
        if opens_ms > at_ms:
            gaps.append((at_ms, opens_ms))
        at_ms = closes_ms
    return gaps


def _hours(sla: SlaPolicy, key: PolicyKey, clock: Clock, winner: Candidate, target: Target) -> str:
    name = "wall time" if target.calendar is None else f"calendar `{target.calendar.name}`"
    given = getattr(winner.policy.clocks, clock)
    if given.calendar is not None:
        return f"{name}: `{winner.policy.name}` says `calendar: {given.calendar}`"
    line = sla.policies.hours_of(key)
    return f"{name}: " + (f"`hours` for {line.when}" if line else "no line of `hours` matches")


def _verdict(candidate: Candidate, winner: Candidate | None, key: PolicyKey) -> Verdict:
    policy = candidate.policy
    if not candidate.matches or winner is None:
        why = _mismatch(policy.when, key)
    elif candidate.wins:
        why = "the most specific that matches"
    else:
        why = _lost(policy.when, winner)
    return Verdict(policy.name, str(policy.when), candidate.matches, candidate.wins, why)


def _mismatch(when: When, key: PolicyKey) -> str:
    parts = []
    for name, value in zip(PolicyKey._fields, key, strict=True):
        wanted = when.values(name)
        if wanted is not None and value not in wanted:
            parts.append(f"{name} is {value or 'not known'}, not {' or '.join(wanted)}")
    return "; ".join(parts)


def _lost(when: When, winner: Candidate) -> str:
    name = f"`{winner.policy.name}`"
    mine, theirs = _conditions(when), _conditions(winner.policy.when)
    if len(mine) != len(theirs):
        return f"{name} has more conditions: {len(theirs)}, not {len(mine)}"
    for dimension in WEIGHT:
        if (dimension in mine) != (dimension in theirs):
            return f"{name} has equally many conditions, and {dimension} weighs more"
    return f"{name} has conditions on the same and stands first in the file"


def _conditions(when: When) -> set[str]:
    return {name for name in PolicyKey._fields if when.values(name) is not None}
