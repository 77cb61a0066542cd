"""The operator on personal data that is spoken."""

from typing import ClassVar

from pipeline.masking import PLACEHOLDERS
from pipeline.qa.language.operators.base import Operator, Problem, Reading, Reads, mark, mark_whole
from pipeline.qa.language.state import Mark


class PersonalData(Operator, frozen=True, kw_only=True):
    """A turn holds personal data of one of `kinds` (all, if not given), as masking found it.

    The evidence is the first placeholder; the data itself is never kept.
    """

    kinds: list[str] | None = None

    reads: ClassVar[Reads] = "every turn"

    def problem(self) -> Problem | None:
        for kind in self.kinds or ():
            if kind not in PLACEHOLDERS:
                return Problem("kinds", f"unknown kind; allowed: {', '.join(PLACEHOLDERS)}")
        return None

    def read(self, reading: Reading) -> list[Mark]:
        wanted = PLACEHOLDERS if self.kinds is None else self.kinds
        kinds = [kind for kind in reading.turn.kinds if kind in wanted]
        if not kinds:
            return []
        text = reading.turn.text
        places = [(text.find(PLACEHOLDERS[kind]), PLACEHOLDERS[kind]) for kind in kinds]
        shown = [(start, start + len(shown)) for start, shown in places if start >= 0]
        return [mark(reading, *min(shown))] if shown else [mark_whole(reading)]
