"""Texts of the corpus that say the same in almost the same words; `main` drops the later ones.

python -m kefu.training.duplicates        prints them
python -m kefu.training.duplicates drop   takes them out of the files
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import click

from kefu.training.corpus import Labelled, corpus_folder, own_corpus
from pipeline.sentiment.normalise import normalise

TOO_ALIKE = 0.6
"""Two texts of one role with more of their runs of three characters in common are one too many."""


class Pair(NamedTuple):
    """Positions of an earlier and a later text, and the share of runs in common."""

    earlier: int
    later: int
    share: float


def near_duplicates(rows: Sequence[Labelled], limit: float = TOO_ALIKE) -> list[Pair]:
    """For each text the most alike of the earlier ones that it is too much alike."""
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    sizes: list[int] = []
    found: list[Pair] = []
    for number, row in enumerate(rows):
        runs = _threes(normalise(row.text))
        common: Counter[int] = Counter()
        for run in runs:
            common.update(holders[row.role, run])
            holders[row.role, run].append(number)
        sizes.append(len(runs))
        alike = [
            Pair(other, number, n / (sizes[other] + len(runs) - n)) for other, n in common.items()
        ]
        best = max(alike, key=lambda pair: pair.share, default=None)
        if best is not None and best.share > limit:
            found.append(best)
    return found


def _threes(text: str) -> set[str]:
    """Its runs of three characters; a shorter text is one run."""
    return {text[at : at + 3] for at in range(max(1, len(text) - 2))}


def self_similarity(rows: Sequence[Labelled]) -> float:
    """The mean, over all texts, of the share in common with the most alike earlier text."""
    return sum(pair.share for pair in near_duplicates(rows, 0.0)) / len(rows)


def main() -> None:
    """Print or drop."""
    rows = own_corpus()
    pairs = near_duplicates(rows)
    for pair in pairs:
        one, two = rows[pair.earlier], rows[pair.later]
        click.echo(f"{pair.share:.2f} {one.source}: {one.text} | {two.source}: {two.text}")
    click.echo(f"{len(pairs)} of {len(rows)}; self-similarity {self_similarity(rows):.3f}")
    if sys.argv[1:] != ["drop"]:
        return
    dropped = {pair.later for pair in pairs}
    line_of: Counter[str] = Counter()
    doomed: dict[str, set[int]] = defaultdict(set)
    for number, row in enumerate(rows):
        line_of[row.source] += 1
        if number in dropped:
            doomed[row.source].add(line_of[row.source])
    for source, lines in doomed.items():
        path = corpus_folder() / f"{source}.tsv"
        kept = path.read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for n, line in enumerate(kept) if n not in lines)
        path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
