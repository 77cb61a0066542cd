"""Mood, intents and evidence of one service text, by the trained model. Pure Python, no package.

All outputs of a gram are in one long integer, 32 bits each, so that one addition adds them all.
"""

import sys
from array import array
from math import exp, sqrt
from struct import Struct
from typing import NamedTuple

from pipeline.sentiment.evidence import Evidence, evidence
from pipeline.sentiment.grams import folded, grams, runs, seen_of
from pipeline.sentiment.normalise import normalise, without_mentions
from pipeline.sentiment.risk_words import RISK_VERSION, risk_words
from pipeline.sentiment.service_model import (
    EMOTIONS,
    INTENTS,
    MOODS,
    OUTPUTS,
    STRENGTHS,
    ServiceModel,
)
from schemas.outputs import Emotion, SentimentLabel

_WIDTH = len(OUTPUTS)
_FIELD_BITS = 32
_SIGNED = [code - 256 if code > 127 else code for code in range(256)]
_SQUARES = [value * abs(value) for value in _SIGNED]
_FIELDS = Struct(f"<{_WIDTH}I")
_BIAS = int.from_bytes(b"\x00\x00\x00\x80" * _WIDTH, "little")
"""Half of a field in each field: makes every sum positive, so that no field borrows of the next."""
_HALF = 1 << 31
_STRENGTH_AT = len(MOODS)
_EMOTION_AT = _STRENGTH_AT + len(STRENGTHS)
_INTENT_AT = _EMOTION_AT + len(EMOTIONS)
_EMOTION_NUMBER = {name: number for number, name in enumerate(EMOTIONS, _EMOTION_AT)}
_EMOTIONS_OF: dict[str, tuple[Emotion, ...]] = {
    "negative": ("angry", "anxious", "disappointed", "confused"),
    "positive": ("grateful", "satisfied"),
}


MIN_RISK = 0.15
"""Risk words of a text that is less probably negative are no risk: "起诉要找哪个法院"."""


class Reading(NamedTuple):
    """What a text says. The three probabilities are calibrated and add up to 1.

    `intensity`: 0 none, 1 mild, 2 clear, 3 strong; 0 exactly where the label is neutral, and then
    `emotion` is none. `evidence` is empty for neutral texts: there is nothing to show.
    """

    label: SentimentLabel
    negative: float
    neutral: float
    positive: float
    intensity: int
    emotion: Emotion
    intents: tuple[str, ...]
    risk_words: tuple[str, ...]
    evidence: tuple[Evidence, ...]


NOTHING = Reading("neutral", 0.0, 1.0, 0.0, 0, "none", (), (), ())
"""The reading of None, of an empty text and of one that is blank."""


class ServiceScorer:
    """A loaded model. Has no state that changes: threads may share it."""

    def __init__(self, model: ServiceModel) -> None:
        self.name = f"{model.name}+{RISK_VERSION}"
        self._rows = _rows(model)
        self._margins = {"negative": _margins(model, -1), "positive": _margins(model, 1)}
        self._scales = model.scales
        self._biases = model.biases
        self._cuts = model.cuts

    def read(self, text: str | None, role: str = "customer") -> Reading:
        """Read one text; `role` is customer, agent or bot. Defined for every text, even None."""
        normal = normalise(text or "")
        if not normal:
            return NOTHING
        # `normal` keeps the names for the risk words: who sends a post to @12315 threatens.
        nameless = normalise(without_mentions(text or "")) if "@" in normal else normal
        seen = folded(nameless, is_agent=role != "customer")
        pieces = runs(seen)
        found = grams(pieces)
        values = self._values(found)
        negative, neutral, positive = _shares(values[0], values[1])
        label = self._label(negative, neutral, positive)
        cuts = self._cuts
        return Reading(
            label,
            negative,
            neutral,
            positive,
            self._intensity(label, values),
            self._emotion(label, values),
            tuple(
                [
                    intent
                    for number, intent in enumerate(INTENTS, _INTENT_AT)
                    if values[number] >= cuts[number]
                ]
            ),
            risk_words(normal, found) if negative >= MIN_RISK else (),
            () if label == "neutral" else evidence(seen, pieces, self._margins[label].get),
        )

    def values(self, text: str, role: str = "customer") -> list[float]:
        """The value of every one of `OUTPUTS` before it becomes a probability."""
        return self._values(grams(runs(seen_of(text, is_agent=role != "customer"))))

    def _values(self, found: set[str]) -> list[float]:
        get = self._rows.get
        rows = [row for gram in found if (row := get(gram)) is not None]
        total = (sum(rows) + _BIAS).to_bytes(_WIDTH * 4, "little")
        share = 1 / sqrt(len(rows) or 1)
        return [
            bias + (field - _HALF) * scale * share
            for bias, field, scale in zip(
                self._biases, _FIELDS.unpack(total), self._scales, strict=True
            )
        ]

    def _label(self, negative: float, neutral: float, positive: float) -> SentimentLabel:
        cut_negative, cut_positive = self._cuts[:2]
        if negative >= cut_negative and negative >= positive:
            return "negative"
        if positive >= cut_positive and positive > negative:
            return "positive"
        return "neutral"

    def _intensity(self, label: SentimentLabel, values: list[float]) -> int:
        if label == "neutral":
            return 0
        clear, strong = _STRENGTH_AT, _STRENGTH_AT + 1
        if values[clear] < self._cuts[clear]:
            return 1
        return 3 if values[strong] >= self._cuts[strong] else 2

    def _emotion(self, label: SentimentLabel, values: list[float]) -> Emotion:
        if label == "neutral":
            return "none"
        return max(_EMOTIONS_OF[label], key=lambda name: values[_EMOTION_NUMBER[name]])


def _margins(model: ServiceModel, sign: int) -> dict[str, float]:
    """How much each gram speaks for a mood at all, and for the negative (-1) or positive (1)."""
    emotional = [square * model.scales[0] for square in _SQUARES]
    polarity = [sign * square * model.scales[1] for square in _SQUARES]
    return {
        gram: emotional[one] + polarity[other]
        for gram, one, other in zip(
            model.grams.split("\n"), model.weights[::_WIDTH], model.weights[1::_WIDTH], strict=True
        )
    }


def _rows(model: ServiceModel) -> dict[str, int]:
    """Each gram's weights as one integer: the sum of weight x 2^(32 x column), signs included."""
    # Biased first, so that no field is negative while the bytes are put together.
    wide = array("I", map([square + _HALF for square in _SQUARES].__getitem__, model.weights))
    if sys.byteorder == "big":
        wide.byteswap()
    content = wide.tobytes()
    size = _WIDTH * 4
    from_bytes = int.from_bytes
    return {
        gram: from_bytes(content[at : at + size], "little") - _BIAS
        for gram, at in zip(model.grams.split("\n"), range(0, len(content), size), strict=True)
    }


def _shares(emotional: float, polarity: float) -> tuple[float, float, float]:
    """The probabilities of negative, neutral and positive."""
    mood, positive = _logistic(emotional), _logistic(polarity)
    return mood * (1 - positive), 1 - mood, mood * positive


def _logistic(value: float) -> float:
    # Beyond 40 it is 0 or 1 to the last digit, and far beyond `exp` overflows.
    return 1 / (1 + exp(-max(-40.0, min(40.0, value))))
