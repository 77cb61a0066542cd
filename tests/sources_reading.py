"""What the tests of the importers share: write a file, read it, and look at what came out."""

from __future__ import annotations

from pathlib import Path

from kefu.sources import SourceOptions, SourceRecord, read
from schemas.codec import decode, encode
from schemas.events import ConversationMessage


def records_of(
    folder: Path, name: str, content: str | bytes, source_format: str, **options: object
) -> list[SourceRecord]:
    """Every record of a file with that content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read(path, source_format, SourceOptions(**options)))  # type: ignore[arg-type]


def kinds(records: list[SourceRecord]) -> list[str]:
    """The short names of the events, in order."""
    return [
        str(r.event.__struct_config__.tag).rpartition(".")[2]
        for r in records
        if r.event is not None
    ]


def messages(records: list[SourceRecord]) -> list[ConversationMessage]:
    """The messages, in order."""
    return [r.event for r in records if isinstance(r.event, ConversationMessage)]


def texts(records: list[SourceRecord]) -> list[str | None]:
    """What was said, in order."""
    return [message.data.text for message in messages(records)]


def problems(records: list[SourceRecord]) -> list[tuple[int, str, str]]:
    """(line, reason, detail) of each problem."""
    return [
        (r.line, r.problem.reason.value, r.problem.detail) for r in records if r.problem is not None
    ]


def check_contract(records: list[SourceRecord]) -> None:
    """Every event is one that a worker accepts, in time order, with an id of its own."""
    events = [r.event for r in records if r.event is not None]
    for event in events:
        assert decode(encode(event)).event == event
    times = [event.time for event in events]
    assert times == sorted(times)
    assert len({event.id for event in events}) == len(events)
    assert [event.sequence for event in events] == [str(n + 1) for n in range(len(events))]
