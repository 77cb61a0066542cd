"""What the shipped model does on industries that it has not seen: printed by its training."""

from collections.abc import Sequence

import numpy as np

from kefu.measures import class_figures, expected_calibration_error
from kefu.training.calibrate import Calibration, called, class_shares
from kefu.training.corpus import Labelled
from kefu.training.fit import targets
from pipeline.sentiment.service_model import CLASSES, MOODS, OUTPUTS


def report(rows: Sequence[Labelled], values: np.ndarray, calibration: Calibration) -> list[str]:
    """Lines of figures; `values` are calibrated and held out."""
    label = np.array([CLASSES.index(row.sentiment) for row in rows])
    shares = class_shares(values)
    said = called(shares, calibration.cuts[0], calibration.cuts[1])
    lines = [f"cuts: negative {calibration.cuts[0]}, positive {calibration.cuts[1]}"]
    parts = {"all": np.ones(len(rows), bool)}
    parts["customers"] = np.array([row.role == "customer" for row in rows])
    parts["agents"] = ~parts["customers"]
    parts["traditional"] = np.array([row.script != "simplified" for row in rows])
    for name, part in parts.items():
        figures = class_figures(label[part].tolist(), said[part].tolist(), len(CLASSES))
        ece = expected_calibration_error(
            shares[part].max(axis=1).tolist(), (shares[part].argmax(axis=1) == label[part]).tolist()
        )
        recalls = ", ".join(f"{recall or 0:.3f}" for recall in figures.recalls)
        lines.append(
            f"{name}: n {figures.n}, macro-F1 {figures.macro_f1:.3f}, recalls {recalls}, "
            f"neutral called emotional {1 - (figures.recalls[1] or 0):.3f}, ECE {ece:.3f}"
        )
    for number in range(len(MOODS), len(OUTPUTS)):
        target = targets(rows, OUTPUTS[number])
        true = target.positive[target.known]
        told = values[target.known, number] >= calibration.cuts[number]
        hits = int((told & true).sum())
        lines.append(
            f"{OUTPUTS[number]}: n {int(true.sum())}, precision {hits / max(1, told.sum()):.2f}, "
            f"recall {hits / max(1, true.sum()):.2f}"
        )
    return lines
