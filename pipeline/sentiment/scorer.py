"""What a sentiment model is to the engine. The one that ships: `agents.sentiment_model`."""

from typing import Protocol


class Scorer(Protocol):
    """A sentiment model."""

    name: str

    def score(self, text: str) -> float:
        """The probability that the text is positive, 0…1."""
        ...
