"""What a sentiment model is to the engine, and the one that ships."""

from typing import Protocol


class Scorer(Protocol):
    """A sentiment model."""

    name: str

    def score(self, text: str) -> float:
        """The probability that the text is positive, 0…1."""
        ...


def default_scorer() -> Scorer:
    """Load the model that ships: seconds of work, so it is done when asked for and not before."""
    from pipeline.sentiment.snownlp_exact import ExactSnowNLP

    return ExactSnowNLP.load()
