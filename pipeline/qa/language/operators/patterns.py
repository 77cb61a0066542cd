"""The operator on regular expressions."""

from typing import Annotated, ClassVar

from msgspec import Meta

from pipeline.qa.language.limits import MAX_PATTERN_CHARS
from pipeline.qa.language.operators.base import Operator, Reading, Reads, mark
from pipeline.qa.language.state import Mark

Pattern = Annotated[str, Meta(min_length=1, max_length=MAX_PATTERN_CHARS)]

_WANTED, _EXCLUDED = 0, 1


class Regex(Operator, frozen=True, kw_only=True):
    """A regular expression (RE2's syntax, upper and lower case alike), the first place of a turn.

    A turn in which `exclude` is found anywhere does not count.
    """

    pattern: Pattern
    exclude: Pattern | None = None

    reads: ClassVar[Reads] = "patterns"

    def patterns(self) -> tuple[tuple[str, str], ...]:
        wanted = (("pattern", self.pattern),)
        return wanted if self.exclude is None else (*wanted, ("exclude", self.exclude))

    def read(self, reading: Reading) -> list[Mark]:
        if any(one.slot == _EXCLUDED for one in reading.found):
            return []
        return [mark(reading, one.start, one.end) for one in reading.found if one.slot == _WANTED][
            :1
        ]
