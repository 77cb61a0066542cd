"""Fits a user's own labels on top of a trained model: what it lacks for them is added to it.

Only the mood changes. The shipped weights stay as they are; the difference is learned by logistic
regression with the model's values as given, and shrunk towards nothing. So few labels
change little, and no text of the shipped model's training is needed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from kefu.errors import UserError
from kefu.labelled_file import LabelledText
from kefu.training.pack import from_table, to_table
from pipeline.sentiment.grams import grams, runs, seen_of
from pipeline.sentiment.normalise import normalise
from pipeline.sentiment.service_model import OUTPUTS, ServiceModel

MIN_TEXTS = 50
"""With fewer labelled texts nothing can be learned or judged."""
MIN_SEEN = 3
"""A gram that the model does not know is learned from so many of the user's texts."""
SHRINK = 0.3
"""Half the weight of the squared difference. A round value, not tuned on any user's data."""
HELD_OUT_OF = 5
"""One text in so many is held out, chosen by the hash of its normalised text."""


def split(texts: Sequence[LabelledText]) -> tuple[list[LabelledText], list[LabelledText]]:
    """The texts to learn from and those held out; the same text is always on the same side."""
    if len(texts) < MIN_TEXTS:
        raise UserError(f"{len(texts)} labelled texts; at least {MIN_TEXTS} are needed to learn")
    learn: list[LabelledText] = []
    out: list[LabelledText] = []
    for text in texts:
        digest = sha256(normalise(text.text).encode("utf-8", "replace")).digest()
        (out if digest[0] % HELD_OUT_OF == 0 else learn).append(text)
    if not out or len({text.label for text in learn}) < 2:
        raise UserError("all labels are the same, or all texts are; there is nothing to learn")
    return learn, out


def fit_on_top(base: ServiceModel, texts: Sequence[LabelledText]) -> ServiceModel:
    """A model of its own name, with what these texts add."""
    pieces = [grams(runs(seen_of(text.text, is_agent=text.role == "agent"))) for text in texts]
    known = base.grams.split("\n")
    seen = Counter(gram for found in pieces for gram in found)
    new = sorted({gram for gram, n in seen.items() if n >= MIN_SEEN} - set(known))
    table = to_table(base)
    table = np.hstack([table, np.zeros((table.shape[0], len(new)))])
    known = known + new
    values = _matrix(pieces, known)
    biases = np.array(base.biases)
    for number, chosen, true in _questions(texts):
        part = values[chosen]
        given = np.asarray(part @ table[number]) + biases[number]
        change, shift = _difference(part, given, true)
        table[number] += change
        biases[number] += shift
    labels = "\n".join(f"{text.label}\t{text.text}" for text in texts)
    digest = sha256(labels.encode("utf-8", "replace")).hexdigest()
    return from_table(
        known,
        table,
        biases,
        base.cuts,
        name=f"{base.name.split('+')[0]}+own-{digest[:8]}",
        trained_on=f"{base.trained_on}, {len(texts)} own labels of the user",
        seed=base.seed,
    )


def _matrix(pieces: Sequence[set[str]], known: Sequence[str]) -> csr_matrix:
    column = {gram: number for number, gram in enumerate(known)}
    rows = [sorted(column[gram] for gram in found if gram in column) for found in pieces]
    sizes = np.array([len(row) for row in rows])
    shares = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes)
    columns = np.array([number for row in rows for number in row], dtype=np.int64)
    ends = np.concatenate([[0], np.cumsum(sizes)])
    return csr_matrix((shares, columns, ends), shape=(len(rows), len(known)))


def _questions(texts: Sequence[LabelledText]) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Which output learns from which texts, and the answers.

    An output of which the labels know one answer only is left alone: who labels reviews as good and
    bad does not say that nothing is neutral.
    """
    labels = np.array([text.label for text in texts])
    emotional = labels != "neutral"
    everything = np.arange(len(texts))
    for name, chosen, true in (
        ("emotional", everything, emotional),
        ("polarity", everything[emotional], labels[emotional] == "positive"),
    ):
        if len(set(true.tolist())) == 2:
            yield OUTPUTS.index(name), chosen, true


def _difference(
    values: csr_matrix, given: np.ndarray, true: np.ndarray
) -> tuple[np.ndarray, float]:
    """The weights and the bias to add: minimal log loss, with the squares of both as price."""
    sign = np.where(true, 1.0, -1.0)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (given + np.asarray(values @ flat[:-1]) + flat[-1])
        wrong = -sign / (1 + np.exp(np.clip(margin, -40, 40)))
        price = float(np.logaddexp(0, -margin).sum()) + SHRINK / 2 * float(flat @ flat)
        slope = np.concatenate([np.asarray(values.T @ wrong), [wrong.sum()]])
        return price, slope + SHRINK * flat

    start = np.zeros(values.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return found[:-1], float(found[-1])
