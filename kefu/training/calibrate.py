"""Turns raw values into probabilities, on texts of industries that the values' model never saw."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from kefu.measures import class_figures
from kefu.training.corpus import Labelled
from kefu.training.fit import FITTED, Fitted, targets
from pipeline.sentiment.service_model import CLASSES, OUTPUTS

MAX_NEUTRAL_CALLED = 0.08
"""At most this share of the neutral texts held out may be called emotional."""
CUTS = [n / 50 for n in range(15, 36)]


class Calibration(NamedTuple):
    """`values @ mix.T + shift` are calibrated; `cuts` are on the scale of `service_model`."""

    mix: np.ndarray
    shift: np.ndarray
    cuts: list[float]


def calibrate(rows: Sequence[Labelled], values: np.ndarray) -> Calibration:
    """Fit on held-out values; `values` has one row for each of `rows`."""
    width = len(OUTPUTS)
    mix, shift, cuts = np.zeros((width, len(FITTED))), np.zeros(width), [0.5] * width
    negative, positive = FITTED.index("negative"), FITTED.index("positive")
    for number, output in enumerate(OUTPUTS):
        target = targets(rows, output)
        parts, true = values[target.known], target.positive[target.known]
        if output == "emotional":
            used = [number, negative, positive]
            model = LogisticRegression(C=100.0).fit(parts[:, used], true)
            mix[number, used], shift[number] = model.coef_[0], model.intercept_[0]
        else:
            # Polarity: both views of it count alike, for the best mix on our own texts would be
            # one for our own texts alone.
            mix[number, number] = 1.0
            if output == "polarity":
                mix[number, [negative, positive]] = -0.5, 0.5
            model = LogisticRegression(C=100.0).fit((parts @ mix[number])[:, None], true)
            mix[number] *= model.coef_[0, 0]
            shift[number] = model.intercept_[0]
        cuts[number] = best_cut(parts @ mix[number] + shift[number], true)
    label = np.array([CLASSES.index(row.sentiment) for row in rows])
    cuts[:2] = class_cuts(class_shares(values @ mix.T + shift), label)
    return Calibration(mix, shift, cuts)


def class_shares(values: np.ndarray) -> np.ndarray:
    """Probabilities of negative, neutral, positive from calibrated values."""
    emotional, positive = (1 / (1 + np.exp(-values[:, n])) for n in (0, 1))
    return np.stack([emotional * (1 - positive), 1 - emotional, emotional * positive], axis=1)


def class_cuts(shares: np.ndarray, label: np.ndarray) -> tuple[float, float]:
    """From which probability a text is negative, and positive: best macro-F1 within limits."""
    best, found = -1.0, (0.5, 0.5)
    for negative in CUTS:
        for positive in CUTS:
            said = called(shares, negative, positive)
            if np.mean(said[label == 1] != 1) > MAX_NEUTRAL_CALLED:
                continue
            score = class_figures(label.tolist(), said.tolist(), len(CLASSES)).macro_f1
            if score > best:
                best, found = score, (negative, positive)
    return found


def called(shares: np.ndarray, negative: float, positive: float) -> np.ndarray:
    """The class of each text, as `ServiceScorer` decides."""
    is_negative = (shares[:, 0] >= negative) & (shares[:, 0] >= shares[:, 2])
    is_positive = (shares[:, 2] >= positive) & (shares[:, 2] > shares[:, 0])
    return np.where(is_negative, 0, np.where(is_positive, 2, 1))


def best_cut(values: np.ndarray, true: np.ndarray) -> float:
    """The value with the best F1 of the output (values are logits)."""
    order = np.argsort(-values, kind="stable")
    hits = np.cumsum(true[order])
    scores = 2 * hits / (np.arange(1, len(values) + 1) + true.sum())
    return float(values[order][int(np.argmax(scores))])


def applied(fitted: Fitted, calibration: Calibration) -> Fitted:
    """The model with the calibration worked into its weights."""
    return Fitted(
        fitted.known,
        calibration.mix @ fitted.weights,
        calibration.mix @ fitted.biases + calibration.shift,
    )
