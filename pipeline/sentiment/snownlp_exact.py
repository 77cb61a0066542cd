"""The score of `SnowNLP(text).sentiments`, bit for bit, many times faster.

The original cuts a text into words, drops stop words and compares two classes by naive Bayes. What
it does besides (an index of the text for search) has no part in the score and is left out.
"""

import re
from collections.abc import Mapping
from math import exp, log
from typing import Any

from pipeline.sentiment.snownlp_model import read_model
from pipeline.sentiment.snownlp_segmenter import Segmenter

UNDEFINED = 0.5
"""The score of text in which SnowNLP raises: nothing but blanks."""
WINDOW_CHARS = 5_000
"""Of text longer than twice this, the first and the last so many characters are scored."""

_CHINESE = re.compile("([\u4e00-\u9fa5]+)")


class ExactSnowNLP:
    """A loaded model. Its caches bound memory and cannot change a score. Not for two threads."""

    name = "snownlp-0.12.3"

    def __init__(
        self,
        segmenter: Segmenter,
        bayes: Mapping[str, Any],
        stop_words: frozenset[str],
        *,
        cached_runs: int = 20_000,
    ) -> None:
        self._segmenter = segmenter
        self._stop = stop_words
        self._limit = cached_runs
        self._runs: dict[str, list[str]] = {}
        total = bayes["total"]
        self._classes = [
            _Class(name, log(part["total"]) - log(total), part["d"], part["none"], part["total"])
            for name, part in bayes["d"].items()
        ]

    @classmethod
    def load(cls) -> "ExactSnowNLP":
        """Read the package's own model files; raises `ModelFileError`."""
        data = read_model()
        return cls(Segmenter(data.segmentation), data.sentiment, data.stop_words)

    def score(self, text: str) -> float:
        """The probability that the text is positive, 0…1; `UNDEFINED` for blank text."""
        if len(text) > 2 * WINDOW_CHARS:
            text = text[:WINDOW_CHARS] + text[-WINDOW_CHARS:]
        if not text.strip():
            return UNDEFINED
        stop = self._stop
        words = [word for word in self._words(text) if word not in stop]
        sums = [cls.sum_of(words) for cls in self._classes]
        best_name, best = "", 0.0
        for cls, own in zip(self._classes, sums, strict=True):
            now = _share(own, sums)
            if now > best:
                best_name, best = cls.name, now
        return best if best_name == "pos" else 1 - best

    def _words(self, text: str) -> list[str]:
        words: list[str] = []
        for number, part in enumerate(_CHINESE.split(text)):
            if number % 2:
                words += self._run(part)
            elif part:
                words += part.split()
        return words

    def _run(self, run: str) -> list[str]:
        words = self._runs.get(run)
        if words is None:
            words = self._segmenter.words(run)
            if len(run) <= 64:
                if len(self._runs) >= self._limit:
                    self._runs.clear()
                self._runs[run] = words
        return words


class _Class:
    """One class of the naive Bayes model; logarithms are taken once for each word."""

    def __init__(
        self, name: str, prior: float, counts: Mapping[str, int], unseen: int, total: float
    ) -> None:
        self.name = name
        self._prior = prior
        self._logs = {word: log(float(count) / total) for word, count in counts.items()}
        self._unseen = log(float(unseen) / total)

    def sum_of(self, words: list[str]) -> float:
        """Added up word by word, as the original does: floats depend on the order."""
        logs, unseen = self._logs, self._unseen
        total = self._prior
        for word in words:
            total += logs.get(word, unseen)
        return total


def _share(own: float, sums: list[float]) -> float:
    now = 0.0
    try:
        for other in sums:
            now += exp(other - own)
        return 1 / now
    except OverflowError:
        return 0.0
