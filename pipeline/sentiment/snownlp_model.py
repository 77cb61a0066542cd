"""Reads the model files of the package snownlp 0.12.3, checked by hash before anything is built.

The files are gzip and marshal, which can build anything: so only the very bytes that the package
ships are read. `import snownlp` is never executed (it loads 420 MB).
"""

import gc
import gzip
import marshal
from collections.abc import Mapping
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

HASHES = {
    "seg/seg.marshal.3": "ccdf2df719ca98f28f2194eb6d1df31ff732f8d434afc4a43f670784a7074cfd",
    "sentiment/sentiment.marshal.3": (
        "70e3feeef768a6e7d8abdf00cbf8cce7c20be884b03da16efd4c0edfaaddd4d1"
    ),
    "normal/stopwords.txt": "fc7a55a0fb8622cdc8f12ff4d35703fe17a71a92a746b7091e1eca6923397413",
}


class ModelFileError(RuntimeError):
    """A model file that is absent or is not the one of snownlp 0.12.3."""


class SnowNLPData(NamedTuple):
    """The counts of the two models, as snownlp stores them."""

    segmentation: Mapping[str, Any]
    sentiment: Mapping[str, Any]
    stop_words: frozenset[str]


def read_model() -> SnowNLPData:
    """Read and check the three files; raises `ModelFileError`."""
    folder = _package_folder()
    # Millions of small tuples: with the collector on, building them takes several times as long.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        segmentation = _unpacked(_checked(folder, "seg/seg.marshal.3"))
        sentiment = _unpacked(_checked(folder, "sentiment/sentiment.marshal.3"))
    finally:
        if was_enabled:
            gc.enable()
    stop = _checked(folder, "normal/stopwords.txt").decode("utf-8")
    words = frozenset(line.strip() for line in stop.splitlines(keepends=True))
    return SnowNLPData(segmentation, sentiment, words)


def check_model_files() -> None:
    """Tell whether the three files are those of snownlp 0.12.3; raises `ModelFileError`."""
    folder = _package_folder()
    for name in HASHES:
        _checked(folder, name)


def _unpacked(content: bytes) -> Any:
    return marshal.loads(gzip.decompress(content))  # noqa: S302 - its hash has been checked


def _package_folder() -> Path:
    spec = find_spec("snownlp")
    if spec is None or not spec.submodule_search_locations:
        raise ModelFileError("the package snownlp is not installed; expected snownlp==0.12.3")
    return Path(spec.submodule_search_locations[0])


def _checked(folder: Path, name: str) -> bytes:
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise ModelFileError(f"snownlp's {name} cannot be read: {error.strerror}") from None
    if sha256(content).hexdigest() != HASHES[name]:
        raise ModelFileError(f"snownlp's {name} is not that of version 0.12.3 (sha256 differs)")
    return content
