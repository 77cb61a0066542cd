"""What a sentiment model is to the engine. The one that ships: `agents.sentiment_model`."""

from typing import Protocol

from pipeline.sentiment.service_scorer import Reading


class Scorer(Protocol):
    """A sentiment model."""

    name: str
    """Names model and lexicons with their versions."""

    def read(self, text: str, role: str) -> Reading:
        """Label a masked text of a customer, agent or bot."""
        ...

    def base_score(self, text: str) -> float | None:
        """The SnowNLP score of the text as it came, 0…1; None where it is not asked for."""
        ...
