"""Operators that compare sentences with reference sentences: similarity, off_script, emptiness."""

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta

from pipeline.qa.language.grams import dice, plain
from pipeline.qa.language.limits import MAX_SENTENCE_CHARS
from pipeline.qa.language.operators.base import (
    CostClass,
    Operator,
    Problem,
    Reading,
    Reads,
    absence,
    inside,
    mark,
    mark_whole,
    turns_inside,
)
from pipeline.qa.language.ranges import Count, View, Window
from pipeline.qa.language.state import Mark
from pipeline.qa.language.values import Hit, Who

Sentence = Annotated[str, Meta(min_length=1, max_length=MAX_SENTENCE_CHARS)]
Share = Annotated[float, Meta(gt=0, le=1)]

_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a text begin and end; commas do not part."""
    for found in _SENTENCE.finditer(text):
        yield found.start(), found.end()


def alike(reading: Reading, text: str, references: list[str]) -> float:
    """The greatest likeness (Dice, of pairs of characters) to one of the references, 0…1."""
    pieces = reading.grams(text)
    return max((dice(pieces, reading.grams(reference)) for reference in references), default=0.0)


def _no_letters(key: str, references: list[str]) -> Problem | None:
    if not references:
        return Problem(key, "an empty list of sentences")
    for reference in references:
        if not plain(reference):
            return Problem(key, "a sentence without a letter or figure is like nothing")
    return None


class Similarity(Operator, frozen=True, kw_only=True):
    """A turn, or a sentence of it, is like one of the reference sentences.

    Likeness is the Dice coefficient of their pairs of characters, `at_least` by default 0.7.
    Sentences shorter than `min_chars` letters are not looked at. The likest place is the evidence.
    """

    to: list[Sentence]
    at_least: Share = 0.7
    min_chars: Count = 4

    reads: ClassVar[Reads] = "every turn"
    cost_class: ClassVar[CostClass] = "quadratic"

    def problem(self) -> Problem | None:
        return _no_letters("to", self.to)

    def read(self, reading: Reading) -> list[Mark]:
        text = reading.turn.text
        best, place = 0.0, (0, 0)
        for start, end in ((0, len(text)), *sentences(text)):
            if len(plain(text[start:end])) < self.min_chars:
                continue
            value = alike(reading, text[start:end], self.to)
            if value > best:
                best, place = value, (start, end)
        return [mark(reading, *place)] if best >= self.at_least else []


class OffScript(Operator, frozen=True, kw_only=True):
    """A sentence that is like none of the approved script: the first one of a turn.

    Likeness as in `similarity`; sentences shorter than `min_chars` letters are free.
    """

    script: list[Sentence]
    below: Share = 0.4
    min_chars: Count = 8

    reads: ClassVar[Reads] = "every turn"
    cost_class: ClassVar[CostClass] = "quadratic"

    def problem(self) -> Problem | None:
        return _no_letters("script", self.script)

    def read(self, reading: Reading) -> list[Mark]:
        text = reading.turn.text
        for start, end in sentences(text):
            if len(plain(text[start:end])) < self.min_chars:
                continue
            if alike(reading, text[start:end], self.script) < self.below:
                return [mark(reading, start, end)]
        return []


class Emptiness(Operator, frozen=True, kw_only=True):
    """Nothing but templates was said: every turn is like one of them, and there are `min_turns`.

    Hits when the range is over.
    """

    templates: list[Sentence]
    at_least: Share = 0.8
    min_turns: Count = 2

    reads: ClassVar[Reads] = "every turn"
    cost_class: ClassVar[CostClass] = "quadratic"
    is_in_order: ClassVar[bool] = False
    is_single: ClassVar[bool] = True

    def needs_the_end(self) -> bool:
        return True

    def problem(self) -> Problem | None:
        return _no_letters("templates", self.templates)

    def read(self, reading: Reading) -> list[Mark]:
        """A turn that is no template leaves a mark."""
        is_template = alike(reading, reading.turn.text, self.templates) >= self.at_least
        return [] if is_template else [mark_whole(reading)]

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        if next(inside(marks, view, window, who), None):
            return []
        if len(turns_inside(view, window, who)) < self.min_turns:
            return []
        return absence(view, window, who)
