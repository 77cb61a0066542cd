"""The operator on the customer's sentiment, 0 (worst) to 1."""

from typing import Annotated, ClassVar

from msgspec import Meta

from pipeline.qa.language.operators.base import (
    CostClass,
    Operator,
    Problem,
    Reading,
    Reads,
    mark_whole,
    turns_hit,
    turns_inside,
)
from pipeline.qa.language.ranges import Count, View, Window
from pipeline.qa.language.state import Mark
from pipeline.qa.language.values import Hit, Who

Score = Annotated[float, Meta(ge=0, le=1)]


class Sentiment(Operator, frozen=True, kw_only=True):
    """One of: `below` a score; `falling_by` so much from the best score since the last fall;
    `negative_turns` running.

    Turns that were not scored are passed over. Evidence: the turn; the best and the fallen one; the
    negative turns. A run that goes on beyond `negative_turns` is one hit.
    """

    below: Score | None = None
    falling_by: Annotated[float, Meta(gt=0, le=1)] | None = None
    negative_turns: Count | None = None

    reads: ClassVar[Reads] = "every turn"
    cost_class: ClassVar[CostClass] = "linear"
    default_who: ClassVar[Who] = "customer"

    def problem(self) -> Problem | None:
        given = (self.below, self.falling_by, self.negative_turns)
        if sum(one is not None for one in given) != 1:
            return Problem("", "give one of `below`, `falling_by`, `negative_turns`")
        if self.below == 0:
            return Problem("below", "no score is below 0")
        return None

    def needs_marks(self) -> bool:
        return True

    def is_spot(self) -> bool:
        return self.below is not None

    def read(self, reading: Reading) -> list[Mark]:
        """A turn at which there may be a hit leaves a mark."""
        score = reading.turn.score
        if self.negative_turns is not None:
            may_hit = reading.turn.label == "negative"
        elif self.falling_by is not None:
            may_hit = score is not None and score <= 1 - self.falling_by
        else:
            may_hit = self.below is not None and score is not None and score < self.below
        return [mark_whole(reading)] if may_hit else []

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        if self.falling_by is not None:
            return self._falls(view, window, who, self.falling_by)
        if self.negative_turns is not None:
            return self._runs(view, window, who, self.negative_turns)
        return super().find(marks, view, window, who)

    @staticmethod
    def _falls(view: View, window: Window, who: Who, falling_by: float) -> list[Hit]:
        hits = []
        best: int | None = None
        best_score = 0.0
        for index in turns_inside(view, window, who):
            score = view.turns[index].score
            if score is None:
                continue
            if best is not None and best_score - score >= falling_by:
                hits.append(turns_hit(view, [best, index]))
                best = None
            if best is None or score > best_score:
                best, best_score = index, score
        return hits

    @staticmethod
    def _runs(view: View, window: Window, who: Who, count: int) -> list[Hit]:
        hits = []
        run: list[int] = []
        for index in turns_inside(view, window, who):
            label = view.turns[index].label
            if label is None:
                continue
            run = [*run, index] if label == "negative" else []
            if len(run) == count:
                hits.append(turns_hit(view, run))
        return hits
