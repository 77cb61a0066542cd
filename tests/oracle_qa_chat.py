"""Conversations and texts as the oracle of the quality rules sees them: all at once."""

import re
from itertools import pairwise

from pipeline.masking import PLACEHOLDERS
from pipeline.qa.language.values import Turn


class Seen:
    """A hit: index of the turn it stands at, time, spans; `is_turn` false for a fact."""

    def __init__(self, at, time_ms, spans, is_turn=True):
        self.at, self.time_ms, self.spans, self.is_turn = at, time_ms, tuple(spans), is_turn

    def place(self):
        return self.at, self.time_ms, self.spans


def who_speaks(turn: Turn) -> str | None:
    if turn.private or turn.role == "system":
        return None
    return "bot" if turn.auto and turn.role == "agent" else turn.role


class Chat:
    def __init__(self, turns, facts):
        kept = [(t, who_speaks(t)) for t in turns if who_speaks(t)]
        self.turns = [t for t, _ in kept]
        self.who = [who for _, who in kept]
        self.facts = facts
        self.n = len(self.turns)

    def of(self, who, lo=0, hi=None):
        return [
            i for i in range(lo, self.n if hi is None else hi) if who == "any" or self.who[i] == who
        ]

    def span(self, i, start=0, end=None):
        text = self.turns[i].text
        quoted = cut(text[start : len(text) if end is None else end])
        return (self.turns[i].event_id, start, start + len(quoted))

    def hit(self, *indices):
        last = max(indices)
        return Seen(last, self.turns[last].time_ms, [self.span(i) for i in indices])

    def upto(self, time_ms):
        return sum(t.time_ms <= time_ms for t in self.turns)

    def lasted_beyond(self, time_ms):
        end = self.facts.end
        return (end is not None and end.time_ms > time_ms) or any(
            t.time_ms > time_ms for t in self.turns
        )


def cut(text):
    """At most 120 characters, and no half placeholder at the end."""
    if len(text) <= 120:
        return text
    for start in range(108, 120):
        for shown in PLACEHOLDERS.values():
            if text.startswith(shown, start) and start + len(shown) > 120:
                return text[:start]
    return text[:120]


# --- texts ---------------------------------------------------------------------------------------


def low(text):
    return "".join(
        chr(ord(c) - 0xFEE0).lower()
        if 0xFF01 <= ord(c) <= 0xFF5E
        else (c.lower() if c.isascii() else c)
        for c in text
    )


def places(word, text):
    """Where a word stands in a text; Latin words by themselves."""
    word, text = low(word), low(text)
    at = text.find(word)
    while at >= 0:
        before = text[at - 1 : at]
        behind = text[at + len(word) : at + len(word) + 1]
        latin = re.match("[a-z]", word)
        glued = re.match("[a-z]", before) or (len(word) < 4 and re.match("[a-z]", behind))
        if not (latin and glued):
            yield at, at + len(word)
        at = text.find(word, at + 1)


def first_word(words, text):
    """The first of the words in the text: start, end; the longest of those at one place."""
    all_places = [p for word in words for p in list(places(word, text))[:1]]
    return min(all_places, key=lambda p: (p[0], -p[1]), default=None)


def letters(text):
    return [c for c in low(text) if c.isalnum()]


def pairs(text):
    chars = letters(text)
    return {a + b for a, b in pairwise(chars)} or set(chars)


def likeness(left, right):
    left, right = pairs(left), pairs(right)
    return 2 * len(left & right) / (len(left) + len(right)) if left or right else 0


def sentences(text):
    start = 0
    for end, char in enumerate(text):
        if char in "。！？!?；;":
            if start < end:
                yield start, end + 1
            start = end + 1
        elif char == "\n":
            if start < end:
                yield start, end
            start = end + 1
    if start < len(text):
        yield start, len(text)
