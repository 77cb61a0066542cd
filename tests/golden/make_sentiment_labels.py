"""Writes `sentiment_labels.tsv` from two labellers' files: hashes only, no text.

    python -m tests.golden.make_sentiment_labels TEXTS.jsonl FIRST.tsv SECOND.tsv

TEXTS has `n`, `role` and `text` on each line; the other two `n` and a label, separated by a tab.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path

from kefu.measures import kappa

TARGET = Path(__file__).with_name("sentiment_labels.tsv")


def labels(path: Path) -> dict[str, str]:
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line)
    return {n.strip(): label.strip() for n, label in rows}


def main(texts: Path, first: Path, second: Path) -> None:
    one, two = labels(first), labels(second)
    lines = []
    for line in texts.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        n = str(row["n"])
        digest = sha256(row["text"].encode()).hexdigest()
        lines.append("\t".join((digest, row["role"], one[n], two[n])))
    TARGET.write_text(
        "sha256\trole\tfirst\tsecond\n" + "\n".join(sorted(lines)) + "\n", encoding="utf-8"
    )
    numbers = sorted(one.keys() & two.keys())
    agreement = kappa([one[n] for n in numbers], [two[n] for n in numbers])
    print(f"{len(lines)} texts, kappa {agreement:.3f}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
