"""Loads the sentiment model that ships: converted once a user, then mapped from a cache file.

Converting takes 3 s, mapping the file a twentieth of one, and all processes share its pages. The
file is checked by hash at every load, so a damaged one is replaced and one of another version has
another name. Where no file can be kept (a read-only system) each process converts for itself.
"""

import logging
import mmap
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from pipeline.sentiment.snownlp_exact import ExactSnowNLP
from pipeline.sentiment.snownlp_model import SnowNLPData, read_model
from pipeline.sentiment.snownlp_packed import SHA256, pack, unpack

log = logging.getLogger("kefu.sentiment")

FILE_NAME = f"snownlp-0.12.3-{SHA256[:12]}.bin"
"""One name for each form of the model: another version of kefu has its own file beside this."""


def default_scorer() -> ExactSnowNLP:
    """Load the model that ships; raises `ModelFileError` if the package snownlp is not as it must.

    The package is needed only where no cache file is found.
    """
    return ExactSnowNLP.of(load_model(cache_folder()))


def cache_folder() -> Path | None:
    """`kefu/sentiment` in the user's cache folder ($XDG_CACHE_HOME or ~/.cache); None: no home."""
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "kefu" / "sentiment"
    except RuntimeError:  # a user without an entry in the system's list, and no $HOME
        return None


def load_model(folder: Path | None, package: Path | None = None) -> SnowNLPData:
    """The model from the cache file in `folder`, which is written first if need be.

    `package` is the folder of the installed snownlp, by default found by itself. Raises
    `ModelFileError` if it has to be read and is not version 0.12.3.
    """
    path = folder / FILE_NAME if folder else None
    cached = _cached(path) if path else None
    if cached is not None:
        return cached
    converted = read_model(package)
    if path is None:
        log.warning("no home folder to keep the sentiment model in: every start takes 3 s longer")
        return converted
    try:
        _write(path, pack(converted))
    except OSError as error:
        log.warning(
            "the sentiment model cannot be kept in %s (%s): every start takes 3 s longer; "
            "set XDG_CACHE_HOME to a folder that can be written",
            path.parent,
            error.strerror or error,
        )
        return converted
    # From the file from now on: its pages are shared, the tables just built are given back.
    return _cached(path) or converted


def _cached(path: Path) -> SnowNLPData | None:
    """The model in this file, mapped read-only; None if it is absent, unreadable or damaged."""
    try:
        with path.open("rb") as file:
            # The views of the mapping keep it open; it is never closed by hand.
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return unpack(memoryview(mapping))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:  # ValueError: empty, or another hash
        log.warning("the file %s is converted anew: %s", path, error)
        return None


def _write(path: Path, block: bytes) -> None:
    """Write aside and rename, so no process ever sees a part; of two at once the last remains."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(prefix=path.name, suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(block)
        Path(aside).chmod(0o644)  # one folder may serve several users, of which one writes
        Path(aside).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(aside).unlink()
        raise
