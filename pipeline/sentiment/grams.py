"""What the trained model sees of a text: the runs of 1 to 4 characters that occur in it.

Numbers count as one `0`, so that an order number looks like any other; `[微笑]` and emoji count as
one character by their mood, so that each stands for all of its kind. A text has a begin and an end,
which are characters too ("好的" alone is not "好的" in a sentence). Of `@name` the `@` is left.
"""

import re
from operator import add

from pipeline.sentiment.emoticons import MOODS, NAMED
from pipeline.sentiment.normalise import normalise, without_mentions

BEGIN, END, AGENT = "\x02", "\x03", "\x04"
"""`AGENT` is the begin of what an agent or a bot says: "请稍等" is another thing from them."""
MAX_CHARS = 1_000
"""Of longer texts the first and the last half of so many characters are read."""

_FOLDED = re.compile(r"\d[\d.:\-]*|\[[^\[\]]{1,8}\]|#e-[a-z]?[\[\]0-9a-z数字]{1,8}")


def folded(normal: str, *, is_agent: bool = False) -> str:
    """A normalised text as the model sees it, with begin and end."""
    if len(normal) > MAX_CHARS:
        normal = normal[: MAX_CHARS // 2] + normal[-MAX_CHARS // 2 :]
    if not MOODS.keys().isdisjoint(normal):
        normal = "".join([MOODS.get(letter, letter) for letter in normal])
    return (AGENT if is_agent else BEGIN) + _FOLDED.sub(_fold, normal) + END


def seen_of(text: str, *, is_agent: bool = False) -> str:
    """Any text as the model sees it."""
    return folded(normalise(without_mentions(text)), is_agent=is_agent)


def _fold(found: re.Match[str]) -> str:
    piece = found[0]
    if piece[0] == "[":
        return NAMED.get(piece[1:-1], "0")
    return NAMED[""] if piece[0] == "#" else "0"


Runs = tuple[list[str], list[str], list[str], list[str]]


def runs(seen: str) -> Runs:
    """The runs of 1, 2, 3 and 4 characters at each place of a folded text."""
    ones = list(seen)
    twos = list(map(add, ones, ones[1:]))
    threes = list(map(add, twos, ones[2:]))
    return ones, twos, threes, list(map(add, threes, ones[3:]))


def grams(pieces: Runs) -> set[str]:
    """All different ones."""
    return set(pieces[0]).union(*pieces[1:])
