"""Our own corpus is what the model card says it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from kefu.errors import UserError
from kefu.training.corpus import COLUMNS, Labelled, own_corpus
from kefu.training.duplicates import near_duplicates, self_similarity


@pytest.fixture(scope="module")
def rows() -> list[Labelled]:
    return own_corpus()


def test_the_corpus_has_enough_texts_of_enough_industries(rows: list[Labelled]) -> None:
    assert len(rows) >= 8_000
    assert len({row.source for row in rows}) >= 20


def test_a_tenth_of_the_corpus_is_traditional_or_mixed(rows: list[Labelled]) -> None:
    assert sum(row.script != "simplified" for row in rows) >= len(rows) / 10


def test_no_two_texts_of_the_corpus_are_nearly_the_same(rows: list[Labelled]) -> None:
    pairs = near_duplicates(rows)
    shown = [(rows[p.earlier].text, rows[p.later].text) for p in pairs[:5]]
    assert not pairs, f"{len(pairs)} pairs, e.g. {shown}; `python -m kefu.training.duplicates`"


def test_texts_of_the_corpus_are_not_made_from_templates(rows: list[Labelled]) -> None:
    share = self_similarity(rows)
    print(f"self-similarity {share:.3f}: mean share in common with the most alike earlier text")
    assert share < 0.15


def test_every_class_emotion_and_intent_occurs_often_enough_to_be_learned(
    rows: list[Labelled],
) -> None:
    assert all(
        sum(row.sentiment == label for row in rows) >= 1_000
        for label in ("negative", "neutral", "positive")
    )
    assert sum(row.role == "agent" for row in rows) >= len(rows) / 6
    intents = [intent for row in rows for intent in row.intents or ()]
    assert min(intents.count(intent) for intent in set(intents)) >= 40


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("好的\tcustomer\tchat\tsimplified\tneutral\t0\tnone\t", ":2: 8 columns, expected 9"),
        ("好的\tboss\tchat\tsimplified\tneutral\t0\tnone\t\t", ":2: role is 'boss'"),
        ("好的\tcustomer\tchat\tsimplified\tneutral\t1\tnone\t\t", ":2: intensity 0 is for"),
        ("好的\tcustomer\tchat\tsimplified\tneutral\t0\tnone\tbuy\t", ":2: intents are 'buy'"),
        ("好的\tcustomer\tchat\tsimplified\tneutral\t0\tnone\t\t曝光", ":2: the risk word '曝光'"),
    ],
)
def test_a_wrong_line_of_the_corpus_is_named_by_file_and_line(
    tmp_path: Path, line: str, expected: str
) -> None:
    (tmp_path / "shop.tsv").write_text("\t".join(COLUMNS) + f"\n{line}\n", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        own_corpus(tmp_path)
    assert expected in str(caught.value)
    assert "shop.tsv" in str(caught.value)
