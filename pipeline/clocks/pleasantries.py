"""Closing pleasantries: what a customer says without expecting an answer."""

import re
import unicodedata

_BRACKETED = re.compile(r"\[[^\[\]]{1,8}\]|#E-s\S*")
"""Stickers as text: `[微笑]`, and the emoticon codes of older shop systems."""
_MAX_CHARS = 64
"""A longer text is no pleasantry, whatever it consists of."""


def is_closing_pleasantry(text: str, pleasantries: frozenset[str]) -> bool:
    """Tell whether a text says no more than 好的, 谢谢 or an emoji: it expects no answer.

    A question mark asks, whatever stands before it: 可以？ waits.
    """
    if len(text) > _MAX_CHARS:
        return False
    plain = unicodedata.normalize("NFKC", _BRACKETED.sub("", text)).lower()
    if "?" in plain:
        return False
    bare = "".join(char for char in plain if unicodedata.category(char)[0] in "LN")
    return not bare or bare in pleasantries
