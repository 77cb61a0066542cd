"""One message or utterance: masked, scored, flagged."""

import re
from typing import NamedTuple

from pipeline.masking import mask, truncate
from pipeline.sentiment.cues import CUES_VERSION, read
from pipeline.sentiment.scorer import Scorer
from schemas.outputs import Sentiment, SentimentLabel

MAX_SHOWN_CHARS = 4_096
"""How much of a text is published, after masking."""

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

    @property
    def label(self) -> SentimentLabel | None:
        """The sentiment class, None where nothing was scored."""
        return self.sentiment.label if self.sentiment else None


def read_text(text: str | None, *, scorer: Scorer | None, is_customer: bool) -> ReadText:
    """Mask a text, and for customers score it and look for intents and risk words."""
    if text is None or not text.strip():
        return ReadText("", [], ["no_text"], None, [], [])
    flags = ["mojibake"] if _MOJIBAKE.search(text) else []
    masked = mask(text)
    shown = masked.text
    if len(shown) > MAX_SHOWN_CHARS:
        shown = truncate(shown, MAX_SHOWN_CHARS)
        flags.append("truncated")
    kinds = sorted(set(masked.kinds))
    if not is_customer:
        return ReadText(shown, kinds, flags, None, [], [])
    score = scorer.score(text) if scorer else None
    reading = read(text, score)
    sentiment = None
    if scorer is not None and score is not None:
        model = f"{scorer.name}+{CUES_VERSION}"
        sentiment = Sentiment(score=score, label=reading.label, model=model)
    return ReadText(shown, kinds, flags, sentiment, reading.intents, reading.risk_words)
