"""Judges the sentiment models by labelled texts: one row of figures for each model."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from agents.sentiment_model import cache_folder, load_model
from kefu.labelled_file import LabelledText
from kefu.measures import (
    ClassFigures,
    class_figures,
    expected_calibration_error,
    macro_f1_interval,
)
from pipeline.sentiment import cues
from pipeline.sentiment.evidence import Evidence
from pipeline.sentiment.service_model import CLASSES, ServiceModel
from pipeline.sentiment.service_scorer import ServiceScorer
from pipeline.sentiment.snownlp_exact import ExactSnowNLP
from schemas.outputs import SentimentLabel

T = TypeVar("T")
SEED = 7
LOW, HIGH = 0.3, 0.7
"""The cuts at which SnowNLP's score is usually called negative and positive."""


class Judged(NamedTuple):
    """One model on one file."""

    model: str
    figures: ClassFigures
    interval: tuple[float, float]
    """Of macro-F1, 95 %."""
    calibration_error: float | None
    """None for a model without a probability of each class."""
    texts_s: float


class Mistake(NamedTuple):
    """One text of which the full model says another class than the label."""

    text: str
    role: str
    label: str
    said: str
    probability: float
    evidence: tuple[Evidence, ...]


class Said(NamedTuple):
    """What one model says of one text; `stated` is its probability, None where it has none."""

    label: SentimentLabel
    stated: float | None


def snownlp_scorer() -> ExactSnowNLP:
    """The score of SnowNLP, exactly."""
    return ExactSnowNLP.of(load_model(cache_folder()))


def judge(
    texts: Sequence[LabelledText], service: ServiceScorer
) -> tuple[list[Judged], list[Mistake]]:
    """Judge SnowNLP, SnowNLP behind cue words, and the trained model.

    Where no text is labelled neutral the question is which of the two others it is: SnowNLP is cut
    at 0.5, and the trained model compares positive with negative.
    """
    binary = all(text.label != "neutral" for text in texts)
    base = snownlp_scorer()
    scores, base_s = _timed(lambda: [base.score(text.text) for text in texts])
    raw, _ = _timed(lambda: [_snownlp(score, binary) for score in scores])
    pairs = list(zip(texts, scores, strict=True))
    gated, cue_s = _timed(lambda: [_with_cues(text.text, score, binary) for text, score in pairs])
    full, full_s = _timed(lambda: [_service(text, service, binary) for text in texts])
    judged = [
        _judged(f"snownlp at {'0.5' if binary else '0.3/0.7'}", texts, raw, base_s),
        _judged(f"snownlp+{cues.CUES_VERSION}", texts, gated, base_s + cue_s),
        _judged(service.name, texts, full, full_s),
    ]
    return judged, _mistakes(texts, full, service)


def _timed(work: Callable[[], list[T]]) -> tuple[list[T], float]:
    before = time.process_time()
    result = work()
    return result, time.process_time() - before


def _judged(
    name: str, texts: Sequence[LabelledText], said: Sequence[Said], seconds: float
) -> Judged:
    true = [CLASSES.index(text.label) for text in texts]
    called = [CLASSES.index(one.label) for one in said]
    stated = [one.stated for one in said if one.stated is not None]
    right = [t == c for t, c in zip(true, called, strict=True)]
    error = expected_calibration_error(stated, right) if len(stated) == len(said) else None
    return Judged(
        name,
        class_figures(true, called, len(CLASSES)),
        macro_f1_interval(true, called, len(CLASSES), seed=SEED),
        error,
        len(texts) / max(seconds, 1e-9),
    )


def _snownlp(score: float, binary: bool) -> Said:
    if binary:
        return Said("positive" if score > 0.5 else "negative", max(score, 1 - score))
    return Said("negative" if score < LOW else "positive" if score > HIGH else "neutral", None)


def _with_cues(text: str, score: float, binary: bool) -> Said:
    label = cues.read(text, score).label
    if binary and label == "neutral":
        label = "positive" if score > 0.5 else "negative"
    return Said(label, None)


def _service(text: LabelledText, service: ServiceScorer, binary: bool) -> Said:
    reading = service.read(text.text, text.role)
    if binary:
        both = (reading.negative + reading.positive) or 1.0
        share = reading.positive / both
        return Said("positive" if share > 0.5 else "negative", max(share, 1 - share))
    return Said(reading.label, getattr(reading, reading.label))


def labels_of(texts: Sequence[LabelledText], model: ServiceModel, *, binary: bool) -> list[int]:
    """The number of the class that a model says of each text."""
    service = ServiceScorer(model)
    return [CLASSES.index(_service(text, service, binary).label) for text in texts]


def _mistakes(
    texts: Sequence[LabelledText], said: Sequence[Said], service: ServiceScorer
) -> list[Mistake]:
    found = [
        Mistake(
            text.text,
            text.role,
            text.label,
            one.label,
            one.stated or 0.0,
            service.read(text.text, text.role).evidence,
        )
        for text, one in zip(texts, said, strict=True)
        if text.label != one.label
    ]
    return sorted(found, key=lambda mistake: -mistake.probability)
