"""SnowNLP's word segmentation, bit for bit, from precomputed tables.

The model tags each Chinese character b(egin), m(iddle), e(nd) or s(ingle) by a trigram model over
(character, tag). Two quirks of the original are kept: for a character that was never seen the last
predecessor wins without a maximum, and of equal scores the first wins.

A state is the pair of the last two tags. States are kept in the order in which the original's
dictionary holds them (last tag major, previous tag minor), because ties go to the first.
"""

from collections.abc import Mapping
from math import log
from typing import Any

TAGS = ("b", "m", "e", "s")
_CODE = {tag: code for code, tag in enumerate(TAGS)}
_NONE = float("-inf")

Rows = list[list[float]]
"""For each predecessor state, in order: the log probability of each next tag."""


class Segmenter:
    """Cuts runs of Chinese characters into words. Not for two threads."""

    def __init__(self, counts: Mapping[str, Any], *, cached_trigrams: int = 60_000) -> None:
        """`counts` as snownlp stores them. The cache cannot change a result, only its cost."""
        self._l1, self._l2, self._l3 = counts["l1"], counts["l2"], counts["l3"]
        self._uni: dict[Any, int] = counts["uni"]["d"]
        self._total: float = counts["uni"]["total"]
        self._bi: dict[Any, int] = counts["bi"]["d"]
        self._tri: dict[Any, int] = counts["tri"]["d"]
        self._known = {char for char, _ in self._uni}
        self._limit = cached_trigrams
        self._rows: dict[tuple[str, str, str], Rows] = {}

    def words(self, run: str) -> list[str]:
        """The words of one run of Chinese characters."""
        tags = self._tags(run)
        words: list[str] = []
        word = ""
        for char, tag in zip(run, tags, strict=True):
            if tag == 2:
                words.append(word + char)
                word = ""
            elif tag == 0 or tag == 3:
                if word:
                    words.append(word)
                word = char
            else:
                word += char
        if word:
            words.append(word)
        return words

    def _tags(self, run: str) -> list[int]:
        """The most likely tag codes, by dynamic programming over pairs of tags."""
        before, last = "", ""
        scores = [0.0]
        width = 1  # how many tags the previous character has; 1 before the first
        back: list[list[int]] = []
        for char in run:
            # States are ordered last tag major; `groups` last tags of `width` states each.
            groups = len(scores) // width
            new: list[float] = []
            origin: list[int] = []
            if char not in self._known:
                for _ in TAGS:
                    for group in range(groups):
                        index = group * width + width - 1
                        new.append(scores[index])
                        origin.append(index)
            else:
                rows = self._transitions(before, last, char)
                for tag in range(4):
                    for group in range(groups):
                        index = group * width
                        best = scores[index] + rows[index][tag]
                        best_index = index
                        for other in range(index + 1, index + width):
                            score = scores[other] + rows[other][tag]
                            if score > best:
                                best, best_index = score, other
                        new.append(best)
                        origin.append(best_index)
            back.append(origin)
            scores = new
            width = groups
            before, last = last, char
        state = max(range(len(scores)), key=scores.__getitem__)
        tags: list[int] = []
        size = len(scores)
        for position in range(len(run) - 1, -1, -1):
            tags.append(state // (size // 4))
            state = back[position][state]
            size = len(back[position - 1]) if position else 1
        tags.reverse()
        return tags

    def _transitions(self, before: str, last: str, char: str) -> Rows:
        key = (before, last, char)
        rows = self._rows.get(key)
        if rows is None:
            if len(self._rows) >= self._limit:
                self._rows.clear()
            rows = self._rows[key] = self._compute(before, last, char)
        return rows

    def _compute(self, before: str, last: str, char: str) -> Rows:
        rows: Rows = []
        lasts = [(last, tag) for tag in TAGS] if last else [("", "BOS")]
        befores = [(before, tag) for tag in TAGS] if before else [("", "BOS")]
        for s2 in lasts:
            for s1 in befores:
                rows.append([self._log_prob(s1, s2, (char, tag)) for tag in TAGS])
        return rows

    def _log_prob(self, s1: tuple[str, str], s2: tuple[str, str], s3: tuple[str, str]) -> float:
        """The original's formula, operation by operation: floats depend on their order."""
        uni = self._l1 * (float(self._uni.get(s3, 0)) / self._total)
        count = self._uni.get(s2, 0)
        bi = float(self._l2 * self._bi.get((s2, s3), 0)) / count if count else 0
        count = self._bi.get((s1, s2), 0)
        tri = float(self._l3 * self._tri.get((s1, s2, s3), 0)) / count if count else 0
        total = uni + bi + tri
        return log(total) if total else _NONE
