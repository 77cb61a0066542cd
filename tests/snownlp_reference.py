"""The real SnowNLP and ours, each loaded once a run (seconds), for the tests that compare them."""

from functools import cache
from typing import Any

from pipeline.sentiment.snownlp_exact import ExactSnowNLP
from pipeline.sentiment.snownlp_model import SnowNLPData, read_model
from pipeline.sentiment.snownlp_packed import pack, unpack
from pipeline.sentiment.snownlp_segmenter import Segmenter


@cache
def model_data() -> SnowNLPData:
    """The model in the form in which workers use it."""
    return unpack(pack(read_model()))


def fresh(**cache_sizes: int) -> ExactSnowNLP:
    """A scorer with empty caches, without reading the model once more."""
    data = model_data()
    return ExactSnowNLP(
        Segmenter(data.segmentation), data.sentiment, data.stop_words, **cache_sizes
    )


@cache
def exact() -> ExactSnowNLP:
    """One scorer for the whole run, so that its caches are warm, as in service."""
    return fresh()


@cache
def _original() -> Any:
    import snownlp  # here, because it costs seconds and 420 MB

    return snownlp


def original_score(text: str) -> float:
    """What the package itself answers; raises what it raises."""
    score: float = _original().SnowNLP(text).sentiments
    return score


def original_words(run: str) -> list[str]:
    """The package's own segmentation."""
    words: list[str] = _original().seg.seg(run)
    return words
