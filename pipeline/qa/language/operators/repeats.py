"""The operator on repeats: somebody says again what was said before."""

from typing import ClassVar, Literal

from pipeline.qa.language.grams import dice
from pipeline.qa.language.limits import REPEAT_TEXT_CHARS
from pipeline.qa.language.operators.base import CostClass, Operator, Reading, Reads, mark_whole
from pipeline.qa.language.operators.similar import Share
from pipeline.qa.language.operators.words import Word
from pipeline.qa.language.ranges import Count
from pipeline.qa.language.state import Mark
from pipeline.qa.language.values import Who


class Repeat(Operator, frozen=True, kw_only=True):
    """A turn is like at least `count` earlier turns: the speaker's own, or others'.

    Likeness as in `similarity`, of the first 256 letters; looked for among the newest 100 turns
    before. Turns with fewer than `min_chars` letters, and turns that say one of `exceptions`, do
    not repeat. Evidence: the first `count` like turns, and the one that repeats them.
    """

    of: Literal["own", "other"] = "own"
    similarity: Share = 0.8
    count: Count = 1
    min_chars: Count = 5
    exceptions: tuple[Word, ...] = ()

    reads: ClassVar[Reads] = "every turn"
    remembers_texts: ClassVar[bool] = True
    cost_class: ClassVar[CostClass] = "quadratic"
    default_who: ClassVar[Who] = "customer"

    def words(self) -> tuple[tuple[str, ...], ...]:
        return (tuple(self.exceptions),)

    def read(self, reading: Reading) -> list[Mark]:
        text = reading.plain[:REPEAT_TEXT_CHARS]
        if len(text) < self.min_chars or reading.found:
            return []
        pieces = reading.grams(text)
        others: list[int] = []
        for number, earlier in reading.recent:
            is_own = reading.earlier[number].who == reading.who
            if is_own != (self.of == "own") or len(earlier) < self.min_chars:
                continue
            if dice(pieces, reading.grams(earlier)) >= self.similarity:
                others.append(number)
                if len(others) == self.count:
                    one = mark_whole(reading)
                    one.others = tuple(others)
                    return [one]
        return []
