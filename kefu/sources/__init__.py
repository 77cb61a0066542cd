"""Importers: exported conversations become events of the contract. One small file for each format.

An importer reads a whole file, and yields events in the order of their times, because a replay
judges time by order. A row that cannot become an event is yielded as a problem at its line; a file
that cannot be read at all is one `SourceError`.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from kefu.errors import UserError
from schemas.codec import InvalidEvent, Reason, to_ms
from schemas.events import Event
from schemas.topics import CONVERSATIONS, TOPIC_OF_TYPE

SEED = 7
MAX_LINE_CHARS = 4_000_000
"""A longer line is not one row of a chat export."""


class SourceError(UserError):
    """A file that cannot be read as its format: file, line, what was expected."""


class SourceRecord(NamedTuple):
    """One thing that a source holds: an event, raw bytes of one, or a problem; and its line."""

    line: int
    event: Event | None
    raw: bytes | None
    topic: str
    key: str
    problem: InvalidEvent | None


class SourceOptions(NamedTuple):
    """What a user may say about a file. `mapping` names columns; `seed` is for invented times."""

    mapping: Mapping[str, str] = {}
    seed: int = SEED


Progress = Callable[[int, int], None]
"""Told (bytes done, bytes in all)."""


def formats() -> dict[str, str]:
    """Every format by name, with the first line of its importer's documentation."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _HELPERS)
    found = {}
    for name in names:
        doc = importlib.import_module(f"kefu.sources.{name}").__doc__ or ""
        found[name.removesuffix("_file")] = doc.strip().splitlines()[0]
    return found


def read(path: Path, source_format: str, options: SourceOptions) -> Iterator[SourceRecord]:
    """Every record of a file, in the order of event times. Raises `SourceError`."""
    known = formats()
    if source_format not in known:
        raise SourceError(f"unknown format `{source_format}`; known: {', '.join(known)}")
    if path.is_dir():
        raise SourceError(f"{path} is a folder; name a file")
    module = source_format if source_format in _PLAIN else f"{source_format}_file"
    importer = importlib.import_module(f"kefu.sources.{module}")
    records: Iterator[SourceRecord] = importer.read(path, options)
    return records


_HELPERS = frozenset({"lines", "times", "columns", "dialogues"})
_PLAIN = frozenset({"jddc", "stc3", "twcs"})


def record_of(line: int, event: Event) -> SourceRecord:
    """A record that holds an event."""
    topic = TOPIC_OF_TYPE[str(event.__struct_config__.tag)].name
    return SourceRecord(line, event, None, topic, event.subject, None)


def problem_at(line: int, reason: Reason, detail: str, raw: str) -> SourceRecord:
    """A record for a row that cannot become an event; `detail` says what was expected."""
    return SourceRecord(
        line,
        None,
        raw.encode("utf-8", "replace"),
        CONVERSATIONS.name,
        f"line-{line}",
        InvalidEvent(reason, detail),
    )


def in_time_order(records: Iterable[SourceRecord]) -> list[SourceRecord]:
    """Events by time, rows of one instant in the file's order; problems first, by line."""
    return sorted(records, key=lambda r: (0 if r.event is None else to_ms(r.event.time), r.line))
