"""The trained model on real utterances that were labelled twice; the labels are kept as hashes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from agents.service_model import load_service_scorer
from kefu.measures import class_figures, kappa, macro_f1_interval
from kefu.sentiment_eval import snownlp_scorer
from pipeline.sentiment.service_model import CLASSES

LABELS = Path(__file__).with_name("sentiment_labels.tsv")


class Judged(NamedTuple):
    text: str
    role: str
    first: str
    second: str


def utterances(folder: Path) -> Iterator[str]:
    """Every utterance of the two files, as it stands there and without blanks at its ends."""
    lines = (folder / "jddc_sessions.tsv").read_text(encoding="utf-8").splitlines()
    for line in lines[1:]:
        yield line.split("\t")[-1]
    for line in (folder / "stc3_helpdesk.jsonl").read_text(encoding="utf-8").splitlines():
        for turn in json.loads(line)["turns"]:
            yield from turn["utterances"]
            yield " ".join(turn["utterances"])
            yield "".join(turn["utterances"])


@pytest.fixture(scope="module")
def judged(shared_data: Path) -> list[Judged]:
    by_hash = {}
    for text in utterances(shared_data):
        for form in (text, text.strip()):
            by_hash[sha256(form.encode()).hexdigest()] = form
    with LABELS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found = [
        Judged(by_hash[row["sha256"]], row["role"], row["first"], row["second"])
        for row in rows
        if row["sha256"] in by_hash
    ]
    assert len(found) >= 0.98 * len(rows), f"only {len(found)} of {len(rows)} texts were found"
    return found


def said_and_true(texts: list[Judged], labels: list[str]) -> tuple[list[int], list[int]]:
    scorer = load_service_scorer()
    said = [CLASSES.index(scorer.read(one.text, one.role).label) for one in texts]
    return said, [CLASSES.index(label) for label in labels]


def shown(name: str, said: list[int], true: list[int]) -> str:
    figures = class_figures(true, said, len(CLASSES))
    low, high = macro_f1_interval(true, said, len(CLASSES), seed=7)
    recalls = ", ".join(f"{n} {r or 0:.3f}" for n, r in zip(CLASSES, figures.recalls, strict=True))
    return (
        f"{name}: n {figures.n}, macro-F1 {figures.macro_f1:.3f} ({low:.3f}–{high:.3f}), "
        f"recall {recalls}, confusion {figures.confusion}"
    )


@pytest.mark.data
def test_two_labellers_agree_well_enough_for_their_labels_to_mean_something(
    judged: list[Judged],
) -> None:
    agreement = kappa([one.first for one in judged], [one.second for one in judged])
    print(f"kappa {agreement:.3f} on {len(judged)}")
    assert agreement > 0.6


@pytest.mark.data
def test_real_utterances_are_read_as_well_as_the_model_card_says(
    judged: list[Judged],
) -> None:
    agreed = [one for one in judged if one.first == one.second]
    said, true = said_and_true(agreed, [one.first for one in agreed])
    print(shown("agreed", said, true))
    for role in ("customer", "agent"):
        part = [number for number, one in enumerate(agreed) if one.role == role]
        print(shown(role, [said[n] for n in part], [true[n] for n in part]))
    print(shown("all, first labeller", *said_and_true(judged, [one.first for one in judged])))
    print(shown("all, second labeller", *said_and_true(judged, [one.second for one in judged])))
    figures = class_figures(true, said, len(CLASSES))
    negative, neutral, _ = (recall or 0.0 for recall in figures.recalls)
    assert figures.macro_f1 >= 0.75
    assert neutral >= 0.92
    assert negative >= 0.70


@pytest.mark.data
def test_takeaway_reviews_are_told_apart_better_than_by_snownlp(shared_data: Path) -> None:
    with (shared_data / "waimai_reviews.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["review"], int(row["label"])) for row in csv.DictReader(file)]
    assert binary_macro_f1(rows) >= 0.765 + 0.06


@pytest.mark.data
def test_chat_utterances_are_told_apart_better_than_by_snownlp(shared_data: Path) -> None:
    rows = []
    path = shared_data / "xs_utterances_auto.txt"
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        label, _, text = line.partition(",")
        if label in ("positive", "negative"):
            rows.append((text, int(label == "positive")))
    assert len(rows) > 29_000
    snownlp = snownlp_scorer()
    floor = 0.0
    for name, texts in (
        ("as it stands", [text for text, _ in rows]),
        ("without the blanks between words", [text.replace(" ", "") for text, _ in rows]),
    ):
        said = [int(snownlp.score(text) > 0.5) for text in texts]
        found = class_figures([label for _, label in rows], said, 2).macro_f1
        print(f"snownlp, {name}: macro-F1 {found:.4f}")
        floor = max(floor, found)
    assert binary_macro_f1(rows) >= floor + 0.06


def binary_macro_f1(rows: list[tuple[str, int]]) -> float:
    scorer = load_service_scorer()
    readings = [scorer.read(text) for text, _ in rows]
    said = [int(reading.positive > reading.negative) for reading in readings]
    figures = class_figures([label for _, label in rows], said, 2)
    print(f"n {figures.n}, macro-F1 {figures.macro_f1:.4f}, accuracy {figures.accuracy:.4f}")
    return figures.macro_f1
