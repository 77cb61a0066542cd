"""Operators on words: keywords, must_say, must_not_say."""

from itertools import islice
from typing import Annotated, ClassVar

from msgspec import Meta

from pipeline.qa.language.limits import MAX_WORD_CHARS
from pipeline.qa.language.operators.base import (
    Found,
    Operator,
    Problem,
    Reading,
    Reads,
    absence,
    inside,
    mark,
    mark_hit,
    mark_span,
    turns_hit,
    turns_inside,
)
from pipeline.qa.language.ranges import FOREVER, Count, View, Window
from pipeline.qa.language.state import Mark
from pipeline.qa.language.values import Hit, Who

Word = Annotated[str, Meta(min_length=1, max_length=MAX_WORD_CHARS)]


def earliest(found: list[Found], slot: int = 0) -> Found | None:
    """The first word of that slot in the turn; of several at one place the longest."""
    ours = [one for one in found if one.slot == slot]
    return min(ours, key=lambda one: (one.start, -one.end, one.word), default=None)


def in_turn_order(found: list[Found]) -> list[Found]:
    """The words of a turn in the order in which they stand there."""
    return sorted(found, key=lambda one: (one.start, -one.end, one.slot, one.word))


class Keywords(Operator, frozen=True, kw_only=True):
    """Words that are said: one of `any`, each of `all`, or `at_least` of `of`; or `none` is said.

    `any` hits once for each turn that says one. `all` hits when the last missing one is said.
    `at_least` counts different words in a turn, and turns: the same word in two turns is two.
    `none` hits when the range is over and no word was said in it.
    """

    any: list[Word] | None = None
    all: list[Word] | None = None
    none: list[Word] | None = None
    of: list[Word] | None = None
    at_least: Count | None = None

    reads: ClassVar[Reads] = "words"

    def needs_the_end(self) -> bool:
        return self.none is not None

    def problem(self) -> Problem | None:
        given = [k for k in ("any", "all", "none", "of") if getattr(self, k) is not None]
        if len(given) != 1:
            return Problem("", "give one of `any`, `all`, `none`, or `of` with `at_least`")
        if (self.of is None) != (self.at_least is None):
            return Problem("", "`of` and `at_least` belong together")
        words = getattr(self, given[0])
        if not words:
            return Problem(given[0], "an empty list of words")
        return None

    def words(self) -> tuple[tuple[str, ...], ...]:
        return (tuple(self.any or self.all or self.none or self.of or ()),)

    def is_spot(self) -> bool:
        return self.any is not None

    def needs_marks(self) -> bool:
        return self.none is None

    def read(self, reading: Reading) -> list[Mark]:
        found = in_turn_order(reading.found)
        if self.any is not None or self.none is not None:
            found = found[:1]
        return [mark(reading, f.start, f.end, word=f.word) for f in found]

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        said = inside(marks, view, window, who)
        if self.none is not None:
            return [] if next(said, None) else absence(view, window, who)
        if self.any is not None:
            return [mark_hit(one, view) for one in said]
        if self.at_least is not None:
            needed = list(islice(said, self.at_least))
            return [_together(needed, view)] if len(needed) == self.at_least else []
        first: dict[int, Mark] = {}
        for one in said:
            first.setdefault(one.word, one)
        if len(first) < len(self.all or ()):
            return []
        return [_together(list(first.values()), view)]

    def settled(self, view: View, window: Window, *, has_hit: bool) -> int:
        if self.any is not None:
            return len(view.turns)
        if has_hit:
            return FOREVER
        return window.lo if self.none is not None else len(view.turns)


class MustSay(Operator, frozen=True, kw_only=True):
    """One of the words must be said in the range: hits when the range is over without."""

    any: list[Word]

    reads: ClassVar[Reads] = "words"
    is_in_order: ClassVar[bool] = False

    def needs_the_end(self) -> bool:
        return True

    def problem(self) -> Problem | None:
        return None if self.any else Problem("any", "an empty list of words")

    def words(self) -> tuple[tuple[str, ...], ...]:
        return (tuple(self.any),)

    def read(self, reading: Reading) -> list[Mark]:
        first = earliest(reading.found)
        return [mark(reading, first.start, first.end)] if first else []

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        if next(inside(marks, view, window, who), None):
            return []
        return absence(view, window, who)


class MustSpeak(Operator, frozen=True, kw_only=True):
    """`who` must say anything at all in the range: hits when the range is over without a turn.

    Evidence: what the range lies beside, else the last turn of anybody.
    """

    is_in_order: ClassVar[bool] = False

    def needs_the_end(self) -> bool:
        return True

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        if not window.closed or turns_inside(view, window, who):
            return []
        if window.anchor is not None:
            return [window.anchor]
        return [turns_hit(view, [len(view.turns) - 1])] if view.turns else []


class MustNotSay(MustSay, frozen=True, kw_only=True):
    """None of the words may be said in the range: hits for each turn that says one."""

    is_in_order: ClassVar[bool] = True

    def needs_the_end(self) -> bool:
        return False

    def is_spot(self) -> bool:
        return True

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        return [mark_hit(one, view) for one in inside(marks, view, window, who)]


def _together(marks: list[Mark], view: View) -> Hit:
    last = marks[-1]
    spans = tuple(mark_span(one, view) for one in marks)
    return Hit(last.turn, view.turns[last.turn].time_ms, spans)
