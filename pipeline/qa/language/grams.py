"""Texts as they are compared, and how alike two are: the pairs of characters that they share."""

import re

_FOLD = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_FOLD |= {0xFF01 + i: ord(chr(0x21 + i).lower()) for i in range(94)}
"""Upper to lower case and full-width to half-width, one character for one."""


_NO_LETTERS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """The text as words are compared; every character keeps its place."""
    return text.translate(_FOLD)


def plain(text: str) -> str:
    """The letters, figures and characters of a text: no blanks, punctuation or case."""
    return _NO_LETTERS.sub("", fold(text))


def grams(text: str) -> frozenset[str]:
    """All pairs of neighbouring characters; a single character stands for itself."""
    chars = plain(text)
    if len(chars) == 1:
        return frozenset((chars,))
    return frozenset(chars[i : i + 2] for i in range(len(chars) - 1))


def dice(left: frozenset[str], right: frozenset[str]) -> float:
    """The Dice coefficient: twice what is shared over both sizes, 0…1; 0 for empty texts."""
    size = len(left) + len(right)
    return 2 * len(left & right) / size if size else 0.0
