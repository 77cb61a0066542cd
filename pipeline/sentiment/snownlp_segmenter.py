"""SnowNLP's word segmentation, bit for bit, from compact tables.

The model tags each Chinese character b(egin), m(iddle), e(nd) or s(ingle) by a trigram model over
(character, tag). Two quirks of the original are kept: for a character that was never seen the last
predecessor wins without a maximum, and of equal scores the first wins.

A state is the pair of the last two tags, numbered `last * 4 + previous`: the order in which the
original's dictionary holds them, which matters because ties go to the first. The original has fewer
states before the third character; here the others are there with a score of minus infinity, which
nothing prefers. Adding up keeps the original's order of operations: floats depend on it.
"""

from bisect import bisect_left
from functools import lru_cache
from math import log
from typing import NamedTuple

from pipeline.sentiment.snownlp_counts import COUNT_BITS, SegmentationCounts

_NONE = float("-inf")
_NAN = float("nan")
_COUNT_MASK = (1 << COUNT_BITS) - 1
_BEGINNING = 0
"""The number of the character "" that stands before a run."""
_UNSEEN = -1

Row = float | tuple[float, float, float, float]
"""The log probabilities of one (next tag, last tag), for each of the four tags before; one number
where it is the same for all four, which is most of the time."""


class _Pair(NamedTuple):
    """What is known of two neighbouring characters, by `second's tag * 4 + first's tag`."""

    counts: tuple[int, ...]
    sums: tuple[float, ...]
    """The single's and the pair's part of the probability of the second, given the first."""
    rows: tuple[Row, ...]
    """Their logarithms: what holds where the triple was never seen."""


class Segmenter:
    """Cuts runs of Chinese characters into words. Use one in each thread."""

    def __init__(
        self,
        counts: SegmentationCounts,
        *,
        cached_pairs: int = 16_384,
        cached_triples: int = 65_536,
    ) -> None:
        """The caches (about 50 MB when full) bound memory and cannot change a result."""
        self._ids = counts.ids
        self._uni, self._bi, self._tri = counts.uni, counts.bi, counts.tri
        self._l1, self._l2, self._l3 = counts.weights
        self._uni_parts = [self._l1 * (float(n) / counts.uni_total) for n in counts.uni]
        self._uni_logs = [log(part) if part else _NONE for part in self._uni_parts]
        self._pair = lru_cache(maxsize=cached_pairs)(self._compute_pair)
        self._rows = lru_cache(maxsize=cached_triples)(self._compute_rows)

    def words(self, run: str) -> list[str]:
        """The words of one run of Chinese characters (U+4E00 to U+9FA5)."""
        words: list[str] = []
        word = ""
        for char, tag in zip(run, self._tags(run), strict=True):
            if tag == 2:  # e
                words.append(word + char)
                word = ""
            elif tag == 1:  # m
                word += char
            else:
                if word:
                    words.append(word)
                word = char
        if word:
            words.append(word)
        return words

    def _tags(self, run: str) -> list[int]:
        """The most likely tag of each character, by dynamic programming over pairs of tags."""
        scores = [0.0] + [_NONE] * 15
        c1 = c2 = _BEGINNING
        origins: list[list[int]] = []  # for each character and state: the tag before the previous
        for place, char in enumerate(run):
            c3 = self._ids.get(char, _UNSEEN)
            if c3 == _UNSEEN:
                last = 3 if place > 1 else 0
                origins.append([last] * 16)
                scores = scores[last::4] * 4
            else:
                scores, origin = _step(scores, self._rows(c1, c2, c3))
                origins.append(origin)
            c1, c2 = c2, c3
        state = scores.index(max(scores))
        tags: list[int] = []
        for origin in reversed(origins):
            tags.append(state >> 2)
            state = (state & 3) << 2 | origin[state]
        tags.reverse()
        return tags

    def _compute_rows(self, c1: int, c2: int, c3: int) -> tuple[Row, ...]:
        """For each state that `c3` may lead to: the log probabilities by the tag of `c1`."""
        pair = self._pair(c2, c3)
        if c1 == _UNSEEN or c2 == _UNSEEN:
            return pair.rows
        table = self._tri[c3]
        key = c1 << 13 | c2
        at = bisect_left(table, key << (COUNT_BITS + 6))
        rows: list[Row] | None = None
        before = None
        while at < len(table) and table[at] >> (COUNT_BITS + 6) == key:
            if rows is None or before is None:
                rows = list(pair.rows)
                before = self._pair(c1, c2).counts
            tags = table[at] >> COUNT_BITS
            t1, t2, t3 = tags >> 4 & 3, tags >> 2 & 3, tags & 3
            seen = before[t2 << 2 | t1]
            if seen:
                state = t3 << 2 | t2
                tri = float(self._l3 * (table[at] & _COUNT_MASK)) / seen
                old = rows[state]
                row = [old] * 4 if isinstance(old, float) else list(old)
                row[t1] = log(pair.sums[state] + tri)
                rows[state] = (row[0], row[1], row[2], row[3])
            at += 1
        return pair.rows if rows is None else tuple(rows)

    def _compute_pair(self, c2: int, c3: int) -> _Pair:
        counts = [0] * 16
        sums: list[float] = []
        rows: list[Row] = []
        for place in range(c3 * 4, c3 * 4 + 4):
            sums += [self._uni_parts[place]] * 4
            rows += [self._uni_logs[place]] * 4
        if c2 != _UNSEEN:
            table = self._bi[c3]
            at = bisect_left(table, c2 << (COUNT_BITS + 4))
            while at < len(table) and table[at] >> (COUNT_BITS + 4) == c2:
                tags = table[at] >> COUNT_BITS
                t2, state = tags >> 2 & 3, (tags & 3) << 2 | (tags >> 2 & 3)
                counts[state] = count = table[at] & _COUNT_MASK
                seen = self._uni[c2 * 4 + t2]
                if seen:
                    sums[state] += float(self._l2 * count) / seen
                    rows[state] = log(sums[state])
                at += 1
        return _Pair(tuple(counts), tuple(sums), tuple(rows))


def _step(scores: list[float], rows: tuple[Row, ...]) -> tuple[list[float], list[int]]:
    """The best score of each state after one more character, and where it came from."""
    new = [_NONE] * 16
    origin = [0] * 16
    groups = [_leader(scores[at : at + 4]) for at in (0, 4, 8, 12)]
    for state, row in enumerate(rows):
        if row == _NONE:
            continue
        four, highest, index, runner_up = groups[state & 3]
        if isinstance(row, float):
            best = highest + row
            if runner_up + row != best:
                new[state] = best
                origin[state] = index
                continue
            row = (row, row, row, row)  # two scores become equal by rounding: the first must win
        s0, s1, s2, s3 = four
        r0, r1, r2, r3 = row
        best, index = s0 + r0, 0
        if (score := s1 + r1) > best:
            best, index = score, 1
        if (score := s2 + r2) > best:
            best, index = score, 2
        if (score := s3 + r3) > best:
            best, index = score, 3
        new[state] = best
        origin[state] = index
    return new, origin


def _leader(four: list[float]) -> tuple[list[float], float, int, float]:
    """The scores, the highest, its place, and the highest before it (not a number: none)."""
    highest = max(four)
    index = four.index(highest)
    return four, highest, index, max(four[:index]) if index else _NAN
