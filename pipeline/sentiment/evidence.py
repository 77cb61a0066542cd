"""The parts of a text that made its mood, for the people who check what was decided."""

from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate
from typing import Literal, NamedTuple

from pipeline.sentiment.emoticons import GLAD, ODD, SAD, UPSET
from pipeline.sentiment.grams import AGENT, BEGIN, END, Runs, grams, runs
from pipeline.sentiment.lexicon import GROUPS, INTENSIFIERS, NEGATIONS

Reason = Literal["cue", "negation", "intensity", "emoji", "punctuation", "model"]
MAX_SHOWN = 3
"""The weightiest so many parts are shown."""
MIN_SHARE = 0.12
"""A part with less than this share of all that speaks for the class is not worth showing."""

_MOODS = frozenset((GLAD, UPSET, SAD, ODD))
_SHOWN_MOOD = {GLAD: "[glad]", UPSET: "[upset]", SAD: "[sad]", ODD: "[emoticon]"}
_CUES = frozenset().union(*GROUPS.values())
_FRAME = frozenset((BEGIN, END, AGENT))


class Evidence(NamedTuple):
    """One part: its text in normalised spelling, numbers as `0`; its share of all, 0…1."""

    text: str
    reason: Reason
    share: float


def evidence(
    seen: str, pieces: Runs, margin: Callable[[str], float | None]
) -> tuple[Evidence, ...]:
    """The parts of a folded text that speak most for a class, weightiest first.

    `pieces` are the runs of the text. `margin` is how much a gram speaks for the class and against
    neutral, None for one that the model does not know. It is spread over its characters;
    neighbours that speak for the class together make a part.
    """
    steps = [0.0] * (len(seen) + 1)
    for size, of_size in enumerate(pieces, start=1):
        for at, weight in enumerate(map(margin, of_size)):
            if weight:
                each = weight / size
                steps[at] += each
                steps[at + size] -= each
    steps.pop()
    credit = list(accumulate(steps))
    total = sum(share for share in credit if share > 0) or 1.0
    floor = 0.25 * max(credit)
    parts: list[tuple[float, str]] = []
    begin = None
    for at, letter in enumerate([*seen, END]):
        speaks = at < len(seen) and credit[at] > floor and letter not in _FRAME
        if speaks and begin is None:
            begin = at
        elif not speaks and begin is not None:
            parts.append((sum(credit[begin:at]) / total, seen[begin:at]))
            begin = None
    parts.sort(key=lambda part: -part[0])
    return tuple(
        Evidence(_shown(text), _reason(text), round(share, 3))
        for share, text in parts[:MAX_SHOWN]
        if share >= MIN_SHARE
    )


def _shown(text: str) -> str:
    return "".join(_SHOWN_MOOD.get(letter, letter) for letter in text)


@lru_cache(maxsize=4_096)
def _reason(text: str) -> Reason:
    if not _MOODS.isdisjoint(text):
        return "emoji"
    if all(letter in "!?.,~-" for letter in text):
        return "punctuation"
    if not NEGATIONS.isdisjoint(text):
        return "negation"
    pieces = grams(runs(text))
    if not _CUES.isdisjoint(pieces):
        return "cue"
    return "model" if INTENSIFIERS.isdisjoint(pieces) else "intensity"
