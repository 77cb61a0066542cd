"""Evaluates one rule on an interaction up to some moment, with three values: true, false, open.

Everything said is certain: a hit that is given, and a truth that is not None, stay for every longer
interaction. Each outcome also knows up to which turn nothing new can come (`settled`), so that "the
first hit" of a condition is named only when no earlier one can appear.
"""

from typing import NamedTuple

from pipeline.qa.language.conditions import All, AnyOf, Condition, Leaf, Not, speaking_parts
from pipeline.qa.language.operators.base import turn_span, turns_inside
from pipeline.qa.language.ranges import FOREVER, Near, View, Window, windows
from pipeline.qa.language.state import Anchors, Mark
from pipeline.qa.language.values import Hit, Span


class Outcome(NamedTuple):
    """What is certain of a condition: its truth (None: open), its hits, and what is settled."""

    truth: bool | None
    hits: list[Hit]
    settled: int


def evaluate(
    when: Condition, ordered: list[Leaf], view: View, marks: dict[int, list[Mark]]
) -> Outcome:
    """Evaluate the conditions of a rule; `ordered` are its leaves, anchors first."""
    anchors: dict[str, Anchors] = {}
    outcomes: dict[int, Outcome] = {}
    for leaf in ordered:
        beside = anchors[leaf.where.hit_of] if isinstance(leaf.where, Near) else None
        known = windows(leaf.where, leaf.who, view, beside)
        found = _look(leaf, view, marks.get(leaf.number, []), known, beside)
        if leaf.label:
            anchors[leaf.label] = found
        outcomes[leaf.number] = (
            _negated(leaf, view, known, found) if leaf.is_negative else _positive(found)
        )
    return _combine(when, outcomes)


def _look(
    leaf: Leaf, view: View, marks: list[Mark], known: list[Window], beside: Anchors | None
) -> Anchors:
    """The operator's own hits in all windows."""
    operator = leaf.operator
    hits: dict[tuple[Span, ...], Hit] = {}
    closed = view.ended or (beside.closed if beside is not None else bool(known))
    settled = FOREVER
    for window in known:
        found = operator.find(marks, view, window, leaf.who)
        for hit in found:
            hits.setdefault(hit.spans, hit)
        if not window.closed:
            closed = False
            here = operator.settled(view, window, has_hit=bool(found))
            settled = min(settled, here)
    if closed:
        settled = FOREVER
    elif isinstance(leaf.where, Near):
        # A hit of the anchor that is still to come opens a window: after it, or reaching back.
        reach = beside.settled if beside is not None and leaf.where.side == "after" else 0
        settled = min(settled, FOREVER if beside is not None and beside.closed else reach)
    elif not known:
        settled = 0
    return Anchors(list(hits.values()), closed, settled)


def _positive(found: Anchors) -> Outcome:
    truth = True if found.hits else (False if found.closed else None)
    return Outcome(truth, found.hits, found.settled)


def _negated(leaf: Leaf, view: View, known: list[Window], found: Anchors) -> Outcome:
    if found.hits:
        return Outcome(False, [], FOREVER)
    if not found.closed:
        return Outcome(None, [], 0)
    hits = _scope(leaf, view, known)
    return Outcome(True, hits, FOREVER if hits or view.ended else 0)


def _scope(leaf: Leaf, view: View, known: list[Window]) -> list[Hit]:
    """The evidence that something was looked for in vain: the last turn that was looked at.

    Else what the window lies beside, and at the end of the interaction that end, or its last turn.
    """
    if known:
        window = max(known, key=lambda one: (one.hi, one.lo))
        indices = turns_inside(view, window, leaf.who)
        if indices:
            last = indices[-1]
            return [Hit(last, view.turns[last].time_ms, (turn_span(view, last),))]
        if window.anchor is not None:
            return [window.anchor]
    if not view.ended:
        return []
    n = len(view.turns)
    end = view.facts.end
    if end is not None:
        return [Hit(n, end.time_ms, (Span(end.event_id),), is_turn=False)]
    return [Hit(n - 1, view.turns[-1].time_ms, (turn_span(view, n - 1),))] if n else []


def _combine(condition: Condition, outcomes: dict[int, Outcome]) -> Outcome:
    match condition:
        case Leaf(number=number):
            return outcomes[number]
        case AnyOf(parts=parts):
            return _any([_combine(part, outcomes) for part in parts])
        case All(parts=parts):
            return _all(parts, [_combine(part, outcomes) for part in parts])
        case Not():
            raise AssertionError("the condition is not in normal form")


def _any(results: list[Outcome]) -> Outcome:
    truth: bool | None = None
    if any(one.truth for one in results):
        truth = True
    elif all(one.truth is False for one in results):
        truth = False
    hits = [hit for one in results for hit in one.hits]
    return Outcome(truth, hits, min(one.settled for one in results))


def _all(parts: tuple[Condition, ...], results: list[Outcome]) -> Outcome:
    if any(one.truth is False for one in results):
        return Outcome(False, [], FOREVER)
    if not all(one.truth for one in results):
        return Outcome(None, [], 0)
    subject, *others = (results[i] for i in speaking_parts(parts))
    beside: list[Span] = []
    for other in others:
        if not other.hits:
            # Its evidence is still open; at the end this means that there is none to show.
            if other.settled < FOREVER:
                return Outcome(True, [], 0)
            continue
        first = min(other.hits, key=_place)
        if first.at >= other.settled:
            return Outcome(True, [], 0)
        beside.extend(first.spans)
    hits = [hit._replace(spans=tuple(dict.fromkeys((*hit.spans, *beside)))) for hit in subject.hits]
    return Outcome(True, hits, subject.settled)


def _place(hit: Hit) -> tuple[int, int, tuple[Span, ...]]:
    return hit.at, hit.time_ms, hit.spans
