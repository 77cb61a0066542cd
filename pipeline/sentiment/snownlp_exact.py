"""The score of `SnowNLP(text).sentiments`, bit for bit, many times faster.

The original cuts a text into words (runs of Chinese characters by a model, each run by itself; all
else at blanks), drops stop words and compares two classes by naive Bayes. Traditional characters
are not converted. What it does besides (an index of the text for search) has no part in the score
and is left out.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from math import exp, log
from typing import Any

from pipeline.sentiment.snownlp_model import read_model
from pipeline.sentiment.snownlp_segmenter import Segmenter

UNDEFINED = 0.5
"""The score of text that says nothing: empty (SnowNLP raises) or only blanks (SnowNLP gives its
training set's share of positive words)."""
WINDOW_CHARS = 5_000
"""Of text longer than twice this, the first and the last so many characters are scored."""
CACHED_RUNS = 20_000
"""How many runs of Chinese characters are remembered; the least recently used leave first."""
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
        bayes: Mapping[str, Any],
        stop_words: frozenset[str],
        *,
        cached_runs: int = CACHED_RUNS,
    ) -> None:
        """`bayes` as snownlp stores it."""
        self._segmenter = segmenter
        self._stop = stop_words
        classes = bayes["d"]
        self._class_names = tuple(classes)
        self._priors = [log(part["total"]) - log(bayes["total"]) for part in classes.values()]
        self._unseen = tuple(log(float(part["none"]) / part["total"]) for part in classes.values())
        self._logs = {
            word: tuple(
                log(float(part["d"].get(word, part["none"])) / part["total"])
                for part in classes.values()
            )
            for word in {word for part in classes.values() for word in part["d"]}
        }
        self._run = lru_cache(maxsize=cached_runs)(self._compute_run)

    @classmethod
    def load(cls) -> "ExactSnowNLP":
        """Read the package's own model files (seconds); raises `ModelFileError`."""
        data = read_model()
        return cls(Segmenter(data.segmentation), data.sentiment, data.stop_words)

    def score(self, text: str) -> float:
        """The probability that the text is positive, 0…1; `UNDEFINED` for empty or blank text.

        The cost is linear in the length. Of text longer than 10,000 characters only the first and
        the last `WINDOW_CHARS` are scored, as if they were one text.
        """
        if len(text) > 2 * WINDOW_CHARS:
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
