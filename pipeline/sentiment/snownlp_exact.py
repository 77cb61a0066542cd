"""The score of `SnowNLP(text).sentiments`, bit for bit, many times faster.

The original cuts a text into words (runs of Chinese characters by a model, each run by itself; all
else at blanks), drops stop words and compares two classes by naive Bayes. Traditional characters
are not converted. What it does besides (an index of the text for search) has no part in the score
and is left out.
"""

import re
from functools import cache, lru_cache
from math import exp, log

from pipeline.sentiment.snownlp_model import SentimentCounts, SnowNLPData
from pipeline.sentiment.snownlp_segmenter import Segmenter

UNDEFINED = 0.5
"""The score of what says nothing: None or empty (SnowNLP raises) and only blanks (SnowNLP gives its
training set's share of positive words). Of all else the score is SnowNLP's: it takes emoji,
`[微笑]`, digits, English and most traditional characters for words like any other, and a word that
it has never seen moves the score a little towards the negative class."""
WINDOW_CHARS = 5_000
"""Of text longer than twice this, the first and the last so many characters are scored."""
MAX_SCORED_CHARS = 2 * WINDOW_CHARS
"""A score is of the whole text exactly if the text is no longer than this."""
CACHED_RUNS = 20_000
"""How many runs of Chinese characters are remembered; the least recently used leave first. It finds
54 % of the runs of shop chats (a third more texts a second), 23 % of those of reviews (7 %)."""
CACHED_RUN_CHARS = 64
"""Longer runs hardly ever repeat and are not remembered."""

_CHINESE = re.compile("([\u4e00-\u9fa5]+)")

Terms = tuple[tuple[float, ...], ...]
"""For each word that counts: its log probability in each class."""


class ExactSnowNLP:
    """A loaded model. Its caches bound memory and cannot change a score. Use one in each thread."""

    name = "snownlp-0.12.3"

    def __init__(
        self,
        segmenter: Segmenter,
        sentiment: SentimentCounts,
        stop_words: frozenset[str],
        *,
        cached_runs: int = CACHED_RUNS,
    ) -> None:
        self._segmenter = segmenter
        self._stop = stop_words
        totals = sentiment.class_totals
        self._class_names = sentiment.classes
        self._priors = [log(total) - log(sentiment.total) for total in totals]

        # Only some 3,000 combinations of counts occur among 39,000 words: worth computing once.
        @cache
        def terms(*counts: int) -> tuple[float, ...]:
            return tuple(log(float(n) / total) for n, total in zip(counts, totals, strict=True))

        self._unseen = terms(*sentiment.unseen)
        self._logs = dict(zip(sentiment.words, map(terms, *sentiment.counts), strict=True))
        self._run = lru_cache(maxsize=cached_runs)(self._compute_run)

    @classmethod
    def of(cls, data: SnowNLPData) -> "ExactSnowNLP":
        """A scorer of this model. Views in it (see `snownlp_packed`) are used in place."""
        return cls(Segmenter(data.segmentation), data.sentiment, data.stop_words)

    def score(self, text: str | None) -> float:
        """The probability that the text is positive, 0…1; `UNDEFINED` for none or blank text.

        The cost is linear in the length. Of text longer than `MAX_SCORED_CHARS` only the first and
        the last `WINDOW_CHARS` are scored, as if they were one text.
        """
        if text is None:
            return UNDEFINED
        if len(text) > MAX_SCORED_CHARS:
            text = text[:WINDOW_CHARS] + text[-WINDOW_CHARS:]
        if not text.strip():
            return UNDEFINED
        negative, positive = self._priors
        # One by one and in the text's order, as the original adds: floats depend on it, and the
        # built-in `sum` rounds otherwise from Python 3.12 on.
        for number, part in enumerate(_CHINESE.split(text)):
            if not part:
                continue
            if number % 2 == 0:
                terms = self._terms(part.split())
            elif len(part) <= CACHED_RUN_CHARS:
                terms = self._run(part)
            else:
                terms = self._compute_run(part)
            for in_negative, in_positive in terms:
                negative += in_negative
                positive += in_positive
        return self._positive_share([negative, positive])

    def _positive_share(self, sums: list[float]) -> float:
        best_name, best = "", 0.0
        for name, own in zip(self._class_names, sums, strict=True):
            now = _share(own, sums)
            if now > best:
                best_name, best = name, now
        return best if best_name == "pos" else 1 - best

    def _compute_run(self, run: str) -> Terms:
        return self._terms(self._segmenter.words(run))

    def _terms(self, words: list[str]) -> Terms:
        logs, unseen, stop = self._logs, self._unseen, self._stop
        return tuple(logs.get(word, unseen) for word in words if word not in stop)


def _share(own: float, sums: list[float]) -> float:
    now = 0.0
    try:
        for other in sums:
            now += exp(other - own)
    except OverflowError:
        return 0.0
    return 1 / now
