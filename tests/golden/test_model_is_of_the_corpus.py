"""The model that ships is the one that the committed corpus gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.service_model import read_service_model
from kefu.training.corpus import own_corpus


@pytest.mark.data
def test_the_shipped_model_was_trained_on_the_corpus_as_it_stands(shared_data: Path) -> None:
    shipped = pytest.importorskip("kefu.training.shipped", reason="needs the extra `train`")
    rows = shipped.training_rows(shared_data / "emotect_train.tsv")
    model = read_service_model()
    stated = model.trained_on.rpartition(" ")[2]
    assert stated == shipped.digest_of(rows), "the corpus has changed: run `make model`"
    assert model.seed == shipped.SEED


def test_the_shipped_model_knows_how_many_texts_the_corpus_has() -> None:
    assert read_service_model().trained_on.startswith(f"{len(own_corpus())} own, ")
