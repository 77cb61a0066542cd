"""Cuts and cleans text for chat messages, whose limits are in bytes of UTF-8."""

import unicodedata
from urllib.parse import quote, urlsplit

ELLIPSIS = "…"
_JOINER = "\u200d"
_FLAGS = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_JAMO_AFTER_FIRST = range(0x1160, 0x1200)


def cut(text: str, max_bytes: int) -> str:
    """The text, or its beginning and `…`, in at most that many bytes of UTF-8.

    Cuts only between what a reader sees as characters: a joined, coloured or flag emoji and a
    letter with its marks stay whole or go. Where not even `…` fits, the result is empty.
    """
    data = text.encode()
    if len(data) <= max_bytes:
        return text
    room = max_bytes - len(ELLIPSIS.encode())
    if room < 0:
        return ""
    end = len(data[:room].decode(errors="ignore"))
    while end and not _may_cut(text, end):
        end -= 1
    return text[:end].rstrip() + ELLIPSIS


def _may_cut(text: str, at: int) -> bool:
    """Whether a character that a reader sees ends before that position."""
    after, code = text[at], ord(text[at])
    if after == _JOINER or text[at - 1] == _JOINER:
        return False
    if unicodedata.category(after) in ("Mn", "Me", "Mc"):  # variation selectors are Mn
        return False
    if code in _SKIN_TONES or code in _TAGS or code in _JAMO_AFTER_FIRST:
        return False
    if code in _FLAGS:
        start = at
        while start and ord(text[start - 1]) in _FLAGS:
            start -= 1
        return (at - start) % 2 == 0
    return True


def clean(text: str) -> str:
    """The text without what a chat would take for a command.

    `<` becomes the full-width one, as `<at id=all>` and `<@all>` call everybody; `](` is parted, as
    it makes a link; line ends become a space, as a line can begin a heading; control characters
    (and bidirectional ones, which can make a text read as another) go, but those of emoji stay.
    """
    kept = "".join(c for c in text if c.isspace() or _is_printed(c))
    return " ".join(kept.replace("<", "＜").replace("](", "] (").split())


def _is_printed(char: str) -> bool:
    if char == _JOINER or ord(char) in _TAGS:
        return True
    return unicodedata.category(char) not in ("Cc", "Cf")


def safe_link(url: str) -> str:
    """The url in a form that cannot end a Markdown link early; empty where it is not http(s)."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    return quote(url, safe=";/?:@&=+$,#%[]!~*'")
