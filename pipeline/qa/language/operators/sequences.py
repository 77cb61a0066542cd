"""Operators on order: role_order, script_steps."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from pipeline.qa.language.operators.base import (
    CostClass,
    Operator,
    Problem,
    Reading,
    Reads,
    absence,
    inside,
    mark,
    turns_hit,
)
from pipeline.qa.language.operators.words import Word, in_turn_order
from pipeline.qa.language.ranges import View, Window
from pipeline.qa.language.state import Mark
from pipeline.qa.language.values import Hit, Who

_MAX_STEPS = 20


class RoleOrder(Operator, frozen=True, kw_only=True):
    """Neighbouring turns whose speakers are `roles`, in this order; found from the left, without
    overlap. `who` counts only for the range."""

    roles: Annotated[
        list[Literal["customer", "agent", "bot"]], Meta(min_length=1, max_length=_MAX_STEPS)
    ]

    cost_class: ClassVar[CostClass] = "linear"
    default_who: ClassVar[Who] = "any"

    def wakes(self) -> bool:
        return True

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        hits = []
        size = len(self.roles)
        start = window.lo
        while start + size <= window.hi:
            if all(view.turns[start + i].who == role for i, role in enumerate(self.roles)):
                hits.append(turns_hit(view, list(range(start, start + size))))
                start += size
            else:
                start += 1
        return hits


class ScriptSteps(Operator, frozen=True, kw_only=True):
    """Steps that must be said in this order, each with one of its words; hits when the range is
    over and they were not. Steps may share a turn."""

    steps: Annotated[list[list[Word]], Meta(min_length=1, max_length=_MAX_STEPS)]

    reads: ClassVar[Reads] = "words"
    is_in_order: ClassVar[bool] = False
    is_single: ClassVar[bool] = True

    def needs_the_end(self) -> bool:
        return True

    def problem(self) -> Problem | None:
        return None if all(self.steps) else Problem("steps", "a step without words")

    def words(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(step) for step in self.steps)

    def read(self, reading: Reading) -> list[Mark]:
        first: dict[int, Mark] = {}
        for one in in_turn_order(reading.found):
            first.setdefault(one.slot, mark(reading, one.start, one.end, slot=one.slot))
        return list(first.values())

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        turn = window.lo
        for slot in range(len(self.steps)):
            said = inside(marks, view, window._replace(lo=turn), who, slot=slot)
            step = next(said, None)
            if step is None:
                return absence(view, window, who)
            turn = step.turn
        return []
