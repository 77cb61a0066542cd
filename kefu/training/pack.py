"""A table of weights as a model file's content, and back."""

from collections.abc import Sequence

import numpy as np

from pipeline.sentiment.service_model import OUTPUTS, ServiceModel


def from_table(
    known: Sequence[str],
    table: np.ndarray,
    biases: np.ndarray,
    cuts: list[float],
    *,
    name: str,
    trained_on: str,
    seed: int,
) -> ServiceModel:
    """`table` has one row for each output and one column for each gram; kept as signed squares."""
    scales = np.maximum(np.abs(table).max(axis=1), 1e-9) / 127**2
    sizes = np.rint(np.sqrt(np.abs(table) / scales[:, None]))
    codes = (np.sign(table) * sizes).astype(np.int8)
    return ServiceModel(
        name=name,
        trained_on=trained_on,
        seed=seed,
        grams="\n".join(known),
        weights=codes.T.tobytes(),
        scales=[float(scale) for scale in scales],
        biases=[float(bias) for bias in biases],
        cuts=cuts,
    )


def to_table(model: ServiceModel) -> np.ndarray:
    """The weights of a model, as `from_table` takes them."""
    codes = np.frombuffer(model.weights, np.int8).reshape(-1, len(OUTPUTS)).astype(np.float64)
    table: np.ndarray = np.sign(codes) * codes**2 * np.array(model.scales)
    return table.T.copy()
