"""What every operator is: parameters that check themselves, and two steps of evaluation.

1. `read` looks at one turn, once, when it arrives, and leaves *marks*.
2. `find` looks at the marks and turns of one window and says what is certain: its hits. A hit that
   `find` has given it gives for every longer conversation too.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import ClassVar, Literal, NamedTuple

from msgspec import Struct

from pipeline.masking import truncate
from pipeline.qa.language.limits import MAX_EVIDENCE_CHARS
from pipeline.qa.language.ranges import FOREVER, View, Window, is_seen_by
from pipeline.qa.language.state import Mark, Seen
from pipeline.qa.language.values import Hit, Span, Turn, Who

Reads = Literal["nothing", "words", "patterns", "every turn"]
"""When an operator is asked to read a turn: never, where one of its words or patterns is in it, or
always."""
CostClass = Literal["cheap", "linear", "quadratic"]
"""What a turn costs: nothing but the shared scan; work on every turn; work against many earlier
turns or many reference sentences."""


class Problem(NamedTuple):
    """What is wrong with a parameter: its key (or an empty text), and what was expected."""

    key: str
    what: str


class Found(NamedTuple):
    """One word or pattern in a turn: which slot and word of the operator, and where."""

    slot: int
    word: int
    start: int
    end: int


class Reading(NamedTuple):
    """One turn that is being read, the one with the index `number`.

    `found` is what the scan found of the operator's words or patterns. `earlier` are the turns
    before it, `recent` the short texts of the newest of them with their indices. `grams` splits a
    text into the pieces by which texts are compared; `plain` are the letters of the turn's text.
    """

    turn: Turn
    who: Who
    number: int
    found: list[Found]
    earlier: list[Seen]
    recent: list[tuple[int, str]]
    grams: Callable[[str], frozenset[str]]
    plain: str


class Operator(Struct, frozen=True, forbid_unknown_fields=True):
    """The parameters of a condition, and what it does with them."""

    reads: ClassVar[Reads] = "nothing"
    reads_everyone: ClassVar[bool] = False
    """Whether it reads the turns of all roles, not only of the one that it looks at."""
    is_in_order: ClassVar[bool] = True
    """Whether a new hit always stands at a new turn."""
    is_single: ClassVar[bool] = False
    """Whether there is at most one hit in one window."""
    remembers_texts: ClassVar[bool] = False
    """Whether it needs the texts of earlier turns."""
    cost_class: ClassVar[CostClass] = "cheap"
    default_who: ClassVar[Who] = "agent"
    looks_at_whole: ClassVar[bool] = False
    """Whether it speaks of the interaction as a whole, so that a range has no meaning."""

    def problem(self) -> Problem | None:
        """What is wrong with the parameters beyond their types; None if nothing is."""
        return None

    def wakes(self) -> bool:
        """Whether a turn that it left no mark in, or a tick, may change what it says."""
        return False

    def is_spot(self) -> bool:
        """Whether each mark is a hit: `find` does nothing else."""
        return type(self).find is Operator.find

    def needs_marks(self) -> bool:
        """Whether there can be no hit without a mark."""
        return self.is_spot()

    def needs_the_end(self) -> bool:
        """Whether there can be no hit in a window that is open."""
        return False

    def may_hit(self, view: View, *, has_marks: bool) -> bool:
        """Whether there can be a hit now; a cheap look, so that the others cost nothing.

        Where it says no, neither time nor anything else but a turn or a fact can change that.
        """
        return has_marks or not self.needs_marks()

    def words(self) -> tuple[tuple[str, ...], ...]:
        """Words to look for, in slots."""
        return ()

    def patterns(self) -> tuple[tuple[str, str], ...]:
        """Regular expressions to look for, each with the key it stands under."""
        return ()

    def read(self, reading: Reading) -> list[Mark]:
        """What of this turn matters later."""
        return []

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        """The hits in the window that are certain now. By default each mark is one."""
        return [mark_hit(mark, view) for mark in inside(marks, view, window, who)]

    def settled(self, view: View, window: Window, *, has_hit: bool) -> int:
        """The turn index below which no new hit of an open window can come."""
        if has_hit and self.is_single:
            return FOREVER
        return len(view.turns) if self.is_in_order else window.lo


def mark(reading: Reading, start: int, end: int, *, slot: int = 0, word: int = 0) -> Mark:
    """A mark at these characters of the turn."""
    text = truncate(reading.turn.text[start:end], MAX_EVIDENCE_CHARS)
    return Mark(reading.number, slot, word, start, start + len(text), text)


def mark_whole(reading: Reading, *, slot: int = 0) -> Mark:
    """A mark on the whole turn."""
    return mark(reading, 0, len(reading.turn.text), slot=slot)


def inside(
    marks: list[Mark], view: View, window: Window, who: Who, *, slot: int = 0
) -> Iterator[Mark]:
    """The marks of one slot that lie in the window, of the role looked at, in order."""
    for number in range(bisect_left(marks, window.lo, key=_turn), len(marks)):
        one = marks[number]
        if one.turn >= window.hi:
            return
        if one.slot == slot and is_seen_by(who, view.turns[one.turn]):
            yield one


def _turn(one: Mark) -> int:
    return one.turn


def turns_inside(view: View, window: Window, who: Who) -> list[int]:
    """The indices of the turns of that role in the window."""
    return [i for i in range(window.lo, window.hi) if is_seen_by(who, view.turns[i])]


def mark_span(one: Mark, view: View) -> Span:
    """The evidence that a mark is."""
    return Span(view.turns[one.turn].event_id, one.start, one.end, one.text)


def turn_span(view: View, index: int) -> Span:
    """A whole turn as evidence (its beginning, if it is long)."""
    return seen_span(view.turns[index])


def seen_span(turn: Seen) -> Span:
    """A remembered turn as evidence."""
    return Span(turn.event_id, 0, len(turn.quote), turn.quote)


def mark_hit(one: Mark, view: View) -> Hit:
    """A mark as a hit, with the other turns that it speaks of."""
    spans = (*(turn_span(view, other) for other in one.others), mark_span(one, view))
    return Hit(one.turn, view.turns[one.turn].time_ms, spans)


def turns_hit(view: View, indices: list[int]) -> Hit:
    """Whole turns as one hit, which stands at the last of them."""
    spans = tuple(turn_span(view, index) for index in indices)
    return Hit(indices[-1], view.turns[indices[-1]].time_ms, spans)


def absence(view: View, window: Window, who: Who) -> list[Hit]:
    """Something is missing in a closed window: the hit.

    Its evidence is what the window lies beside, or the last turn that was looked at. Where the
    role looked at said nothing at all, nothing is missing from what it said: no hit.
    """
    if not window.closed:
        return []
    indices = turns_inside(view, window, who)
    if not indices:
        return []
    hit = turns_hit(view, indices[-1:])
    return [hit if window.anchor is None else hit._replace(spans=window.anchor.spans)]
