"""Figures of how right a classifier is. Pure Python: `kefu eval` needs no package for training."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

BOOTSTRAP_ROUNDS = 500


class ClassFigures(NamedTuple):
    """`confusion[true][said]`; a class that does not occur has no part in macro-F1, recall None."""

    n: int
    accuracy: float
    macro_f1: float
    recalls: list[float | None]
    confusion: list[list[int]]


def class_figures(true: Sequence[int], said: Sequence[int], classes: int) -> ClassFigures:
    """Count and compare; labels are 0…classes-1. Raises `ValueError` without any text."""
    if not true:
        raise ValueError("no text to judge by")
    return _figures(Counter(zip(true, said, strict=True)), classes)


def _figures(cells: Counter[tuple[int, int]], classes: int) -> ClassFigures:
    table = [[cells[t, s] for s in range(classes)] for t in range(classes)]
    n = sum(map(sum, table))
    hits = [table[c][c] for c in range(classes)]
    of_true = [sum(row) for row in table]
    of_said = [sum(row[c] for row in table) for c in range(classes)]
    f1 = [2 * hits[c] / (of_true[c] + of_said[c]) for c in range(classes) if of_true[c]]
    recalls = [hits[c] / of_true[c] if of_true[c] else None for c in range(classes)]
    return ClassFigures(n, sum(hits) / n, sum(f1) / len(f1), recalls, table)


def macro_f1_interval(
    true: Sequence[int], said: Sequence[int], classes: int, *, seed: int
) -> tuple[float, float]:
    """The middle 95 % of macro-F1 over bootstrap samples of the texts."""
    chance = Random(seed)  # noqa: S311 - no secret
    cells = Counter(zip(true, said, strict=True))
    kinds, sizes = list(cells), list(cells.values())
    scores = sorted(
        _figures(Counter(chance.choices(kinds, sizes, k=len(true))), classes).macro_f1
        for _ in range(BOOTSTRAP_ROUNDS)
    )
    return scores[int(0.025 * BOOTSTRAP_ROUNDS)], scores[int(0.975 * BOOTSTRAP_ROUNDS)]


def expected_calibration_error(stated: Sequence[float], right: Sequence[bool]) -> float:
    """Mean distance of stated probability and share of right answers, in ten bins of one width."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for share, is_right in zip(stated, right, strict=True):
        bins.setdefault(min(9, int(share * 10)), []).append((share, is_right))
    gaps = (abs(sum(s for s, _ in b) - sum(r for _, r in b)) for b in bins.values())
    return sum(gaps) / max(1, len(stated))


def kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Cohen's κ of two labellers; 1.0 where both say one and the same of everything."""
    n = len(first)
    agreed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    one, two = Counter(first), Counter(second)
    chance = sum(one[label] * two[label] for label in one) / n**2
    return (agreed - chance) / (1 - chance) if chance < 1 else 1.0
