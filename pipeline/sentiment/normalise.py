"""One spelling for texts that say the same: before lexicons and the trained model see them.

Full-width becomes half-width, traditional simplified, capitals small; blanks beside Chinese
characters go; runs of one character (digits apart) are cut to two. Emoji and `[微笑]` stay as they
are. The score of SnowNLP is always that of the original text.
"""

import re
from operator import eq

from pipeline.sentiment.traditional import PHRASES, SIMPLIFIED, TRADITIONAL

_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f"
_BLANK = "\t\r\n\v\f\u00a0\u2028\u2029\u3000"
_FOLD = (
    {chr(code + 0xFEE0): chr(code).lower() for code in range(0x21, 0x7F)}
    | {chr(code): chr(code).lower() for code in range(0x41, 0x5B)}
    | dict(zip("。、“”‘’【】「」『』…—～", '.,""\'\'[]"""".-~', strict=True))
    | dict.fromkeys(_BLANK, " ")
    | dict.fromkeys(_INVISIBLE, "")
    | dict(zip(TRADITIONAL, SIMPLIFIED, strict=True))
)
"""What one character becomes, where it does not stay."""
_PHRASE = re.compile("(" + "|".join(sorted(map(re.escape, PHRASES), key=len, reverse=True)) + ")")
_PHRASE_STARTS = frozenset(phrase[0] for phrase in PHRASES)
_BLANKS = re.compile(" {2,}")
_INNER_BLANK = re.compile(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])|(?<=\W) | (?=\W)")
_REPEATED = re.compile(r"([^\d])\1{2,}")

_MENTION = re.compile(r"[@＠][\w\-]{1,15}(?![\w\-])")
"""A name that is spoken to, as chats and public posts write it: up to a blank or a mark."""


def without_mentions(text: str) -> str:
    """The text without the names after `@`: whom it is said to says nothing of its mood.

    Before `normalise`, which drops the blank that ends a name. A text that is nothing but one such
    word stays, for there a sentence may follow the name without a blank.
    """
    if "@" not in text and "＠" not in text:
        return text
    rest = _MENTION.sub("@", text)
    return text if rest.strip(" @") == "" else rest


def normalise(text: str) -> str:
    """The text in one spelling; defined for every text, and no longer than it."""
    if _PHRASE_STARTS.isdisjoint(text):
        text = _letters(text)
    else:
        parts = _PHRASE.split(text)
        parts[::2] = map(_letters, parts[::2])
        parts[1::2] = map(PHRASES.__getitem__, parts[1::2])
        text = "".join(parts)
    if " " in text:
        text = _INNER_BLANK.sub("", _BLANKS.sub(" ", text.strip()))
    # Few texts have a character twice in a row, and the search for three is dear.
    return _REPEATED.sub(r"\1\1", text) if True in map(eq, text, text[1:]) else text


def _letters(text: str) -> str:
    fold = _FOLD.get
    return "".join([fold(letter, letter) for letter in text])
