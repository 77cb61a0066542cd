"""One message or utterance: masked, scored, flagged."""

import re
from typing import NamedTuple

from pipeline.masking import mask, truncate
from pipeline.sentiment.scorer import Scorer
from pipeline.sentiment.snownlp_exact import MAX_SCORED_CHARS
from schemas.envelope import Role
from schemas.outputs import Sentiment, SentimentReason

MAX_SHOWN_CHARS = 4_096
"""How much of a text is published, after masking."""
DIGITS = 4
"""Decimal places of probabilities."""

_MOJIBAKE = re.compile(
    "\ufffd|锟斤拷|烫烫烫|Ã[\x80-\xbf]|â€|ï¿½|å[\x80-\xbf]|ç[\x80-\xbf]|æ[\x80-\xbf]"
)
"""The replacement character, and what UTF-8 looks like when read as GBK or Latin-1."""


class ReadText(NamedTuple):
    """What is known of a text. `shown` is masked; nothing else of the text leaves the engine."""

    shown: str
    masked: list[str]
    flags: list[str]
    sentiment: Sentiment | None
    intents: list[str]
    risk_words: list[str]


def read_text(text: str | None, *, role: Role, scorer: Scorer | None) -> ReadText:
    """Mask a text and, with a scorer, look for its mood, intents and risk words.

    Of agents and bots only the mood is of use: their intents are the company's.
    """
    if text is None or not text.strip():
        return ReadText("", [], ["no_text"], None, [], [])
    flags = ["mojibake"] if _MOJIBAKE.search(text) else []
    masked = mask(text)
    shown = masked.text
    if len(shown) > MAX_SHOWN_CHARS:
        shown = truncate(shown, MAX_SHOWN_CHARS)
        flags.append("truncated")
    kinds = sorted(set(masked.kinds))
    if scorer is None:
        return ReadText(shown, kinds, flags, None, [], [])
    # Of the masked text: what a model shows of a text must not be what was masked in it.
    reading = scorer.read(shown, role)
    is_customer = role == "customer"
    snownlp = scorer.base_score(text) if is_customer else None
    if snownlp is not None and len(text) > MAX_SCORED_CHARS:
        flags.append("windowed")
    probability = {
        "negative": reading.negative,
        "neutral": reading.neutral,
        "positive": reading.positive,
    }[reading.label]
    sentiment = Sentiment(
        label=reading.label,
        mood=round(reading.positive + reading.neutral / 2, DIGITS),
        probability=round(probability, DIGITS),
        intensity=reading.intensity,
        emotion=reading.emotion,
        reasons=[SentimentReason(**one._asdict()) for one in reading.evidence],
        model=scorer.name,
        snownlp=snownlp,
    )
    intents = list(reading.intents) if is_customer else []
    risks = list(reading.risk_words) if is_customer else []
    return ReadText(shown, kinds, flags, sentiment, intents, risks)
