"""Operators on the customer's waiting: reply_gap, response_time. Times in seconds."""

from typing import ClassVar

from pipeline.qa.language.operators.base import (
    CostClass,
    Operator,
    Reading,
    Reads,
    mark_whole,
    turns_hit,
)
from pipeline.qa.language.ranges import Seconds, View, Window, is_seen_by
from pipeline.qa.language.state import Mark
from pipeline.qa.language.values import Hit, Who


class ReplyGap(Operator, frozen=True, kw_only=True):
    """A customer waited longer than `over_seconds` for the next turn of `who`, or waits still.

    A wait begins with the first turn of the customer that is unanswered. Unlike `response_time` it
    is plain wall time, counts every wait, and is known as soon as it is too long. Evidence: the
    turn that began the wait.
    """

    over_seconds: Seconds

    cost_class: ClassVar[CostClass] = "linear"
    looks_at_whole: ClassVar[bool] = True

    def wakes(self) -> bool:
        return True

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        hits: list[Hit] = []
        limit_ms = round(self.over_seconds * 1000)
        since: int | None = None
        for index, turn in enumerate(view.turns):
            if turn.who == "customer":
                since = index if since is None else since
            elif since is not None and is_seen_by(who, turn):
                if turn.time_ms - view.turns[since].time_ms > limit_ms:
                    hits.append(turns_hit(view, [since]))
                since = None
        if since is not None and view.has_passed(view.turns[since].time_ms + limit_ms):
            hits.append(turns_hit(view, [since]))
        return hits

    def settled(self, view: View, window: Window, *, has_hit: bool) -> int:
        """A wait that goes on may still become too long; whose turn ends it is not known here."""
        for index in range(len(view.turns) - 1, -1, -1):
            if view.turns[index].who == "agent":
                return index
        return 0


class ResponseTime(Operator, frozen=True, kw_only=True):
    """A turn ended a wait that was longer than `over_seconds`, by the policy's own clock."""

    over_seconds: Seconds

    reads: ClassVar[Reads] = "every turn"

    def read(self, reading: Reading) -> list[Mark]:
        waited_ms = reading.turn.response_ms
        if waited_ms is None or waited_ms <= round(self.over_seconds * 1000):
            return []
        return [mark_whole(reading)]
