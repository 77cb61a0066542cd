"""Operators on the interaction itself: hang_up, duration, turn_count, transfers, hold."""

from typing import ClassVar

from pipeline.qa.language.operators.base import (
    CostClass,
    Operator,
    Problem,
    turn_span,
    turns_hit,
    turns_inside,
)
from pipeline.qa.language.ranges import Count, Seconds, View, Window
from pipeline.qa.language.state import Mark
from pipeline.qa.language.values import Hit, Span, Who
from schemas.events import HangupCause, Party


class _OfTheWhole(Operator, frozen=True):
    """Speaks of the whole interaction, and may change its mind with time and facts alone."""

    looks_at_whole: ClassVar[bool] = True
    is_in_order: ClassVar[bool] = False
    is_single: ClassVar[bool] = True
    default_who: ClassVar[Who] = "any"

    def wakes(self) -> bool:
        return True


def _one_of(first: object, second: object, names: str) -> Problem | None:
    if (first is None) == (second is None):
        return Problem("", f"give one of {names}")
    return None


def _end_hit(view: View) -> list[Hit]:
    """The end of the interaction as a hit; nothing if the end was not seen."""
    end = view.facts.end
    if end is None:
        return []
    return [Hit(view.index_at(end.time_ms), end.time_ms, (Span(end.event_id),), is_turn=False)]


class HangUp(_OfTheWhole, frozen=True, kw_only=True):
    """The interaction was ended by one of `by`, for one of `causes`; what is not given is free.

    `answered`: only where an agent had picked up or spoken, or only where none had.
    """

    by: list[Party] | None = None
    causes: list[HangupCause] | None = None
    answered: bool | None = None

    def problem(self) -> Problem | None:
        if self.by is None and self.causes is None:
            return Problem("", "give `by`, `causes` or both")
        return None

    def may_hit(self, view: View, *, has_marks: bool) -> bool:
        return view.facts.end is not None

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        end = view.facts.end
        if end is None or (self.by is not None and end.by not in self.by):
            return []
        if self.causes is not None and end.cause not in self.causes:
            return []
        answered = view.facts.answered or any(turn.who == "agent" for turn in view.turns)
        if self.answered is not None and self.answered != answered:
            return []
        return _end_hit(view)


class Duration(_OfTheWhole, frozen=True, kw_only=True):
    """From the opening (or the first turn) to the end, longer or shorter than a bound.

    `over_seconds` is known as soon as it has lasted longer; its evidence is the opening.
    """

    over_seconds: Seconds | None = None
    under_seconds: Seconds | None = None

    def problem(self) -> Problem | None:
        return _one_of(self.over_seconds, self.under_seconds, "`over_seconds`, `under_seconds`")

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        opened_ms = view.facts.opened_ms
        if opened_ms is None:
            if not view.turns:
                return []
            opened_ms = view.turns[0].time_ms
        if self.over_seconds is not None:
            if not view.has_passed(opened_ms + round(self.over_seconds * 1000)):
                return []
            if view.facts.opened_id:
                return [Hit(0, opened_ms, (Span(view.facts.opened_id),), is_turn=False)]
            return [Hit(0, opened_ms, (turn_span(view, 0),))] if view.turns else []
        end = view.facts.end
        if end is None or not view.ended or self.under_seconds is None:
            return []
        is_short = end.time_ms - opened_ms < round(self.under_seconds * 1000)
        return _end_hit(view) if is_short else []


class TurnCount(_OfTheWhole, frozen=True, kw_only=True):
    """More than `over` or fewer than `under` turns of `who`.

    `over` is known with the first turn too many, which is the evidence; `under` at the end.
    """

    over: Count | None = None
    under: Count | None = None

    def problem(self) -> Problem | None:
        return _one_of(self.over, self.under, "`over`, `under`")

    def may_hit(self, view: View, *, has_marks: bool) -> bool:
        return view.ended if self.over is None else len(view.turns) > self.over

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        indices = turns_inside(view, window, who)
        if self.over is not None:
            return [turns_hit(view, [indices[self.over]])] if len(indices) > self.over else []
        if not view.ended or self.under is None or len(indices) >= self.under:
            return []
        return _end_hit(view) or ([turns_hit(view, indices[-1:])] if indices else [])


class Transfers(_OfTheWhole, frozen=True, kw_only=True):
    """Handed over at least so often: each transfer from that one on is a hit.

    Evidence: the last `at_least` transfers.
    """

    at_least: Count = 1

    is_single: ClassVar[bool] = False

    def may_hit(self, view: View, *, has_marks: bool) -> bool:
        return len(view.facts.transfers) >= self.at_least

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        transfers = view.facts.transfers
        hits = []
        for stop in range(self.at_least, len(transfers) + 1):
            spans = tuple(Span(one.event_id) for one in transfers[stop - self.at_least : stop])
            time_ms = transfers[stop - 1].time_ms
            hits.append(Hit(view.index_at(time_ms), time_ms, spans, is_turn=False))
        return hits

    def settled(self, view: View, window: Window, *, has_hit: bool) -> int:
        """A transfer that is still to come stands after the turns that are known."""
        return len(view.turns)


class OnHold(_OfTheWhole, frozen=True, kw_only=True):
    """A hold of longer than `over_seconds`; known as soon as it has lasted longer."""

    over_seconds: Seconds

    is_single: ClassVar[bool] = False
    cost_class: ClassVar[CostClass] = "cheap"

    def may_hit(self, view: View, *, has_marks: bool) -> bool:
        return bool(view.facts.holds)

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        hits = []
        limit_ms = round(self.over_seconds * 1000)
        for hold in view.facts.holds:
            if hold.end_ms is None:
                is_long = view.has_passed(hold.start_ms + limit_ms)
            else:
                is_long = hold.end_ms - hold.start_ms > limit_ms
            if is_long:
                at = view.index_at(hold.start_ms)
                hits.append(Hit(at, hold.start_ms, (Span(hold.event_id),), is_turn=False))
        return hits
