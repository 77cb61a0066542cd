"""The sentiment model of a worker: the trained service model, and the SnowNLP score beside it."""

from pathlib import Path

from agents.sentiment_model import default_scorer
from agents.service_model import load_service_scorer
from pipeline.sentiment.scorer import Scorer
from pipeline.sentiment.service_scorer import Reading, ServiceScorer
from pipeline.sentiment.snownlp_exact import ExactSnowNLP


class WorkerScorer:
    """Labels by the service model; `base`, where given, adds the SnowNLP score."""

    def __init__(self, service: ServiceScorer, base: ExactSnowNLP | None) -> None:
        self.name = service.name if base is None else f"{service.name}+{base.name}"
        self._service = service
        self._base = base

    def read(self, text: str, role: str) -> Reading:
        """Label a masked text."""
        return self._service.read(text, role)

    def base_score(self, text: str) -> float | None:
        """The SnowNLP score, 0…1."""
        return None if self._base is None else self._base.score(text)


def load_scorer(model: Path | None = None, *, with_base: bool = True) -> Scorer:
    """Load the model file, by default the one that ships.

    Raises `ModelUnusableError`, and `ModelFileError` where the package snownlp is not as it must.
    """
    base = default_scorer() if with_base else None
    return WorkerScorer(load_service_scorer(model), base)
