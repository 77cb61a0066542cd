"""Operators on speech: silence, speech_rate, overtalk. Turns without a start and an end (chat) are
not looked at. Times are seconds of the call."""

from typing import ClassVar

from pipeline.qa.language.grams import plain
from pipeline.qa.language.limits import OVERTALK_MEMORY_TURNS
from pipeline.qa.language.operators.base import (
    CostClass,
    Operator,
    Problem,
    Reading,
    Reads,
    mark,
    mark_whole,
    turns_hit,
    turns_inside,
)
from pipeline.qa.language.operators.words import Word, earliest
from pipeline.qa.language.ranges import Count, Seconds, View, Window
from pipeline.qa.language.state import Mark, Seen
from pipeline.qa.language.values import Hit, Who

_PATIENCE_TURNS = 3
"""请稍等 excuses a silence when it was said in one of this many turns before: the customer's 好的
comes between."""


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


class Silence(Operator, frozen=True, kw_only=True):
    """Nobody speaks for longer than `over_seconds`; known when somebody speaks again.

    Time on hold does not count. A silence after one of `except_after`, said by an agent or bot, is
    excused (up to `excused_seconds`, if that is given). `who` is the one who speaks next. Evidence:
    the turn before and the turn after.
    """

    over_seconds: Seconds
    except_after: tuple[Word, ...] = ("稍等", "稍候", "稍后", "等一下", "等我一下")
    excused_seconds: Seconds | None = None

    reads: ClassVar[Reads] = "words"
    reads_everyone: ClassVar[bool] = True
    cost_class: ClassVar[CostClass] = "linear"
    default_who: ClassVar[Who] = "any"

    def words(self) -> tuple[tuple[str, ...], ...]:
        return (tuple(self.except_after),)

    def wakes(self) -> bool:
        return True

    def may_hit(self, view: View, *, has_marks: bool) -> bool:
        return view.is_spoken

    def read(self, reading: Reading) -> list[Mark]:
        first = earliest(reading.found)
        if first is None or reading.who == "customer":
            return []
        return [mark(reading, first.start, first.end)]

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        patient = {one.turn for one in marks}
        looked_at = set(turns_inside(view, window, who))
        hits = []
        before: int | None = None
        reach_ms = 0
        for index, turn in enumerate(view.turns[: window.hi]):
            if turn.start_ms is None or turn.end_ms is None:
                continue
            if before is not None and index in looked_at:
                quiet_ms = turn.start_ms - reach_ms
                if quiet_ms > _ms(self.over_seconds):
                    quiet_ms -= _held_ms(view, turn, reach_ms)
                excused = any(i in patient for i in range(index - _PATIENCE_TURNS, index))
                if excused and self.excused_seconds is not None:
                    excused = quiet_ms <= _ms(self.excused_seconds)
                if quiet_ms > _ms(self.over_seconds) and not excused:
                    hits.append(turns_hit(view, [before, index]))
            if before is None or turn.end_ms > reach_ms:
                before, reach_ms = index, turn.end_ms
        return hits


def _held_ms(view: View, turn: Seen, quiet_from_ms: int) -> int:
    """How much of the silence before a turn was on hold; holds do not overlap."""
    if turn.start_ms is None or turn.end_ms is None:
        return 0
    answered_ms = turn.time_ms - turn.end_ms
    held_ms = 0
    for hold in view.facts.holds:
        start_ms = max(hold.start_ms - answered_ms, quiet_from_ms)
        end_ms = turn.start_ms
        if hold.end_ms is not None:
            end_ms = min(hold.end_ms - answered_ms, end_ms)
        held_ms += max(0, end_ms - start_ms)
    return held_ms


class SpeechRate(Operator, frozen=True, kw_only=True):
    """A turn is spoken faster than `above` or slower than `below` characters a minute.

    Turns with fewer than `min_chars` letters are not measured.
    """

    above: Count | None = None
    below: Count | None = None
    min_chars: Count = 10

    reads: ClassVar[Reads] = "every turn"
    cost_class: ClassVar[CostClass] = "linear"

    def problem(self) -> Problem | None:
        if self.above is None and self.below is None:
            return Problem("", "give `above`, `below` or both, in characters a minute")
        if self.above is not None and self.below is not None and self.below > self.above:
            return Problem("below", "greater than `above`: every turn would hit")
        return None

    def read(self, reading: Reading) -> list[Mark]:
        turn, chars = reading.turn, len(reading.plain)
        if turn.start_ms is None or turn.end_ms is None or chars < self.min_chars:
            return []
        lasted_ms = turn.end_ms - turn.start_ms
        if lasted_ms <= 0:
            return []
        is_fast = self.above is not None and chars * 60_000 > self.above * lasted_ms
        is_slow = self.below is not None and chars * 60_000 < self.below * lasted_ms
        return [mark_whole(reading)] if is_fast or is_slow else []


class Overtalk(Operator, frozen=True, kw_only=True):
    """`who` begins while another has been speaking for at least `after_seconds`, and both go on
    for more than `over_seconds`.

    A turn that is nothing but one of `except_words` (嗯, 对) is no overtalk. Evidence: both turns.
    """

    after_seconds: Seconds = 1.0
    over_seconds: Seconds = 0.5
    except_words: tuple[Word, ...] = (
        "嗯",
        "嗯嗯",
        "对",
        "对对",
        "对的",
        "哦",
        "啊",
        "好",
        "好的",
        "是",
        "是的",
    )

    reads: ClassVar[Reads] = "every turn"
    cost_class: ClassVar[CostClass] = "linear"

    def wakes(self) -> bool:
        return True

    def may_hit(self, view: View, *, has_marks: bool) -> bool:
        return view.is_spoken

    def read(self, reading: Reading) -> list[Mark]:
        """A turn that is only a back-channel leaves a mark."""
        if reading.turn.start_ms is None:
            return []
        is_back_channel = reading.plain in {plain(word) for word in self.except_words}
        return [mark_whole(reading)] if is_back_channel else []

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        excused = {one.turn for one in marks}
        hits: list[Hit] = []
        for mine in turns_inside(view, window, who):
            if mine in excused:
                continue
            lo = max(window.lo, mine - OVERTALK_MEMORY_TURNS)
            hi = min(window.hi, mine + OVERTALK_MEMORY_TURNS + 1)
            hits += [
                turns_hit(view, sorted((mine, other)))
                for other in range(lo, hi)
                if self._is_cut(view.turns[mine], view.turns[other])
            ]
        return sorted(hits)

    def _is_cut(self, mine: Seen, other: Seen) -> bool:
        if (
            mine.who == other.who
            or mine.start_ms is None
            or mine.end_ms is None
            or other.start_ms is None
            or other.end_ms is None
        ):
            return False
        both_ms = min(mine.end_ms, other.end_ms) - mine.start_ms
        spoken_ms = mine.start_ms - other.start_ms
        return spoken_ms >= _ms(self.after_seconds) and both_ms > _ms(self.over_seconds)
