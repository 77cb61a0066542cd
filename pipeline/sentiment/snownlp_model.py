"""Reads the model files of the package snownlp 0.12.3, checked by hash before anything is built.

The files are gzip and marshal, which can build anything: so only the very bytes that the package
ships are read. `import snownlp` is never executed (it loads 420 MB).
"""

import gzip
import marshal
from collections.abc import Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pipeline.sentiment.snownlp_counts import SegmentationCounts, read_counts

HASHES = {
    "seg/seg.marshal.3": "ccdf2df719ca98f28f2194eb6d1df31ff732f8d434afc4a43f670784a7074cfd",
    "sentiment/sentiment.marshal.3": (
        "70e3feeef768a6e7d8abdf00cbf8cce7c20be884b03da16efd4c0edfaaddd4d1"
    ),
    "normal/stopwords.txt": "fc7a55a0fb8622cdc8f12ff4d35703fe17a71a92a746b7091e1eca6923397413",
}


Reason = Literal["package_missing", "file_unreadable", "file_changed"]


class ModelFileError(RuntimeError):
    """A model file that is absent or is not the one of snownlp 0.12.3; `reason` says which."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason: Reason = reason


class SentimentCounts(NamedTuple):
    """How often each word was seen in texts of each class; of unseen ones, `unseen` times."""

    classes: tuple[str, ...]
    total: float
    """Of all words in all classes."""
    class_totals: tuple[float, ...]
    unseen: tuple[int, ...]
    """The count that each class gives to a word that it has never seen."""
    words: list[str]
    """All words that any class has seen, sorted."""
    counts: list[Sequence[int]]
    """For each class: the count of each of `words`."""


class SnowNLPData(NamedTuple):
    """The counts of the two models, and the words that do not count."""

    segmentation: SegmentationCounts
    sentiment: SentimentCounts
    stop_words: frozenset[str]


def read_model(folder: Path | None = None) -> SnowNLPData:
    """Read and check the three files in the package's folder; raises `ModelFileError`."""
    if folder is None:
        folder = package_folder()
    stop = _checked(folder, "normal/stopwords.txt").decode("utf-8")
    sentiment = gzip.decompress(_checked(folder, "sentiment/sentiment.marshal.3"))
    segmentation = gzip.decompress(_checked(folder, "seg/seg.marshal.3"))
    return SnowNLPData(
        read_counts(segmentation),
        _sentiment(marshal.loads(sentiment)),  # noqa: S302 - its hash has been checked
        frozenset(line.strip() for line in stop.splitlines()),
    )


def _sentiment(bayes: dict[str, Any]) -> SentimentCounts:
    """From what snownlp stores: `total`, and in `d` by class `d` (word: count), `none`, `total`."""
    parts = list(bayes["d"].values())
    words = sorted({word for part in parts for word in part["d"]})
    return SentimentCounts(
        tuple(bayes["d"]),
        bayes["total"],
        tuple(part["total"] for part in parts),
        tuple(part["none"] for part in parts),
        words,
        [[part["d"].get(word, part["none"]) for word in words] for part in parts],
    )


def package_folder() -> Path:
    """Where the package snownlp is installed, found without executing it."""
    spec = find_spec("snownlp")
    if spec is None or not spec.submodule_search_locations:
        raise ModelFileError(
            "package_missing", "the package snownlp is not installed; expected snownlp==0.12.3"
        )
    return Path(spec.submodule_search_locations[0])


def _checked(folder: Path, name: str) -> bytes:
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise ModelFileError(
            "file_unreadable", f"snownlp's {name} cannot be read: {error.strerror}"
        ) from None
    found = sha256(content).hexdigest()
    if found != HASHES[name]:
        raise ModelFileError(
            "file_changed",
            f"snownlp's {name} is not that of version 0.12.3: "
            f"its sha256 is {found}, expected {HASHES[name]}",
        )
    return content
