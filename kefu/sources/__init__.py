"""Importers: exported conversations become events of the contract. One small file for each format.

An importer reads a whole file into memory, because rows may stand in any order, and yields events
in the order of their times, because a replay judges time by order. A row that cannot become an
event is yielded as a problem at its line; a file that cannot be read at all is one `SourceError`.

A module of this package that has a `read` function is an importer; its format is its name (without
`_file`), and the first line of its documentation is its help.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from agents.dead_letters import MAX_PAYLOAD_BYTES
from kefu.errors import UserError
from schemas.codec import InvalidEvent, Reason, to_ms
from schemas.events import Event
from schemas.topics import CONVERSATIONS, TOPIC_OF_TYPE

SEED = 7
ZONE = "Asia/Shanghai"
"""The zone of times that name none."""
MAX_RAW_BYTES = MAX_PAYLOAD_BYTES
"""How much of a broken row is kept: what a dead letter holds. It is more than an event may have, so
that it is refused as too large, and less than Kafka takes, so that it stops nobody."""
MAX_DETAIL_CHARS = 500


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
    """What a user may say about a file.

    `mapping` names columns; `seed` is for invented times; `zone` is the IANA name of the time zone
    of times that name none.
    """

    mapping: Mapping[str, str] = {}
    seed: int = SEED
    zone: str = ZONE


def formats() -> dict[str, str]:
    """Every format by name, with the first line of its importer's documentation."""
    return {
        name: (importer.__doc__ or "").strip().splitlines()[0]
        for name, importer in sorted(_importers().items())
    }


def read(path: Path, source_format: str, options: SourceOptions) -> Iterator[SourceRecord]:
    """Every record of a file, in the order of event times.

    Raises `SourceError`: at once where the file or the format is unknown, else with the first
    record.
    """
    importers = _importers()
    if source_format not in importers:
        raise SourceError(
            f"unknown format `{source_format}`; known: {', '.join(sorted(importers))}"
        )
    if path.is_dir():
        raise SourceError(f"{path} is a folder; name a file")
    try:
        path.open("rb").close()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from None
    records: Iterator[SourceRecord] = importers[source_format].read(path, options)
    return records


def _importers() -> dict[str, ModuleType]:
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    modules = {name: importlib.import_module(f"{__name__}.{name}") for name in names}
    return {n.removesuffix("_file"): m for n, m in modules.items() if hasattr(m, "read")}


def record_of(line: int, event: Event) -> SourceRecord:
    """A record that holds an event."""
    topic = TOPIC_OF_TYPE[str(event.__struct_config__.tag)].name
    return SourceRecord(line, event, None, topic, event.subject, None)


def problem_at(line: int, reason: Reason, detail: str, raw: str) -> SourceRecord:
    """A record for a row that cannot become an event; `detail` says what was expected."""
    return SourceRecord(
        line,
        None,
        raw.encode("utf-8", "replace")[:MAX_RAW_BYTES],
        CONVERSATIONS.name,
        f"line-{line}",
        InvalidEvent(reason, f"line {line}, {detail}"),
    )


def in_time_order(records: Iterable[SourceRecord]) -> list[SourceRecord]:
    """Problems first, by line; then events by time, rows of one instant in the file's order.

    The events are numbered (`sequence`) in that order. Several problems of one line become one,
    because a dead letter is named by its line.
    """
    ordered: list[SourceRecord] = []
    events: list[SourceRecord] = []
    problems: list[SourceRecord] = []
    for record in records:
        (problems if record.event is None else events).append(record)
    problems.sort(key=_line)
    for _, of_line in groupby(problems, key=_line):
        ordered.append(_merged(list(of_line)))
    events.sort(key=_time_and_line)
    for number, record in enumerate(events, start=1):
        if record.event is not None:
            record.event.sequence = str(number)
    return ordered + events


def _line(record: SourceRecord) -> int:
    return record.line


def _time_and_line(record: SourceRecord) -> tuple[int, int]:
    return (0 if record.event is None else to_ms(record.event.time), record.line)


def _merged(problems: list[SourceRecord]) -> SourceRecord:
    first = problems[0]
    details = [record.problem.detail for record in problems if record.problem is not None]
    if first.problem is None or len(details) == 1:
        return first
    detail = "; ".join(details)
    if len(detail) > MAX_DETAIL_CHARS:
        detail = f"{detail[:MAX_DETAIL_CHARS]}… ({len(details)} problems)"
    return first._replace(problem=InvalidEvent(first.problem.reason, detail))
