"""An estimate of the customer's satisfaction, fitted to the user's own ratings; off without them.

The estimate is a weighted sum of ten plain features of one interaction. The weights come from
ridge regression on standardised features. It is an estimate of what a customer would say, not a
measure of the agent's work.
"""

from collections.abc import Sequence
from math import log1p
from typing import NamedTuple

from msgspec import Struct

FORMAT = 1
"""Of the model file; a file of another format, or with other features, is refused."""
RIDGE = 1.0
"""What is added to the diagonal, in interactions: it bounds the weights of features that say the
same, and is nothing beside some hundred ratings."""
MIN_ROWS = 50
"""Fewer ratings than that do not carry ten weights."""


class Features(NamedTuple):
    """Of one interaction, at its end. Moods are 0 (negative) … 1 (positive).

    `fall` is the mood's fall since the first turn; `last_length` is ln(1 + characters) of the
    customer's last turn. The next three are 0 or 1; `apologies` are the agent's messages with one,
    `breaches` broken targets, both as ln(1 + n).
    """

    mood: float
    last_mood: float
    lowest_mood: float
    fall: float
    last_length: float
    thanks_at_end: float
    question_at_end: float
    is_unanswered: float
    apologies: float
    breaches: float


NAMES = Features._fields


class Rated(NamedTuple):
    """One interaction with what its customer, or a rater, said of it, in any unit."""

    features: Features
    rating: float


class SatisfactionModel(Struct, frozen=True, forbid_unknown_fields=True):
    """What was fitted; lists go with `features`. The estimate is in the unit of the ratings."""

    name: str
    format: int
    features: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    lowest: float
    highest: float
    learned_from: int

    def problem(self) -> str | None:
        """Why this model cannot be used, or None."""
        if self.format != FORMAT:
            return f"format {self.format}, expected {FORMAT}: train it anew"
        if self.features != NAMES:
            return f"its features are not {', '.join(NAMES)}: train it anew"
        if any(len(part) != len(NAMES) for part in (self.means, self.scales, self.weights)):
            return f"expected {len(NAMES)} means, scales and weights"
        return None if all(scale > 0 for scale in self.scales) else "expected scales above 0"

    def estimate(self, features: Features) -> float:
        """The satisfaction, never outside the ratings that the model has learned from."""
        parts = zip(features, self.means, self.scales, self.weights, strict=True)
        value = self.intercept + sum(w * (x - mean) / scale for x, mean, scale, w in parts)
        return min(self.highest, max(self.lowest, value))


def damped(count: int) -> float:
    """ln(1 + n): the tenth apology says less than the first."""
    return log1p(count)


def fit(rows: Sequence[Rated], *, name: str) -> SatisfactionModel:
    """Ridge regression; raises `ValueError` with fewer than `MIN_ROWS` rows or one rating only.

    A feature that never varies (no breaches in the file) gets the weight 0.
    """
    if len(rows) < MIN_ROWS:
        raise ValueError(f"{len(rows)} rated interactions; expected at least {MIN_ROWS}")
    ratings = [row.rating for row in rows]
    if min(ratings) == max(ratings):
        raise ValueError(f"all ratings are {ratings[0]:g}; there is nothing to learn")
    columns = list(zip(*(row.features for row in rows), strict=True))
    means = [sum(column) / len(rows) for column in columns]
    spreads = [
        (sum((x - mean) ** 2 for x in column) / len(rows)) ** 0.5
        for column, mean in zip(columns, means, strict=True)
    ]
    scales = [spread if spread > 1e-9 else 1.0 for spread in spreads]
    standard = [
        [(x - mean) / scale for x in column]
        for column, mean, scale in zip(columns, means, scales, strict=True)
    ]
    intercept = sum(ratings) / len(rows)
    gaps = [rating - intercept for rating in ratings]
    matrix = [[_dot(one, other) for other in standard] for one in standard]
    for index in range(len(standard)):
        matrix[index][index] += RIDGE
    weights = _solve(matrix, [_dot(column, gaps) for column in standard])
    return SatisfactionModel(
        name=name,
        format=FORMAT,
        features=NAMES,
        means=tuple(means),
        scales=tuple(scales),
        weights=tuple(weights),
        intercept=intercept,
        lowest=min(ratings),
        highest=max(ratings),
        learned_from=len(rows),
    )


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gaussian elimination; the ridge makes the matrix positive definite, so no pivot is 0."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for pivot in range(size):
        for below in range(pivot + 1, size):
            factor = rows[below][pivot] / rows[pivot][pivot]
            for column in range(pivot, size + 1):
                rows[below][column] -= factor * rows[pivot][column]
    solution = [0.0] * size
    for index in reversed(range(size)):
        known = sum(rows[index][later] * solution[later] for later in range(index + 1, size))
        solution[index] = (rows[index][size] - known) / rows[index][index]
    return solution
