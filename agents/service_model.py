"""Loads the trained sentiment model: the one that ships, or the user's own file."""

from importlib.resources import files
from pathlib import Path

from pipeline.sentiment.service_model import DamagedModelError, ServiceModel, unpack
from pipeline.sentiment.service_scorer import ServiceScorer


class ModelUnusableError(RuntimeError):
    """A model file that cannot be read or used; the message names it."""


def load_service_scorer(path: Path | None = None) -> ServiceScorer:
    """The scorer of this file, by default of the one that ships; raises `ModelUnusableError`.

    Takes 0.2 s and 40 MB.
    """
    return ServiceScorer(read_service_model(path))


def read_service_model(path: Path | None = None) -> ServiceModel:
    """The content of this file, by default of the one that ships; raises `ModelUnusableError`."""
    if path is None:
        path = Path(str(files("pipeline.sentiment"))) / "service_model.bin"
    try:
        return unpack(path.read_bytes())
    except OSError as error:
        raise ModelUnusableError(f"{path}: cannot be read: {error.strerror}") from None
    except DamagedModelError as error:
        raise ModelUnusableError(f"{path}: not a usable model: {error}") from None
