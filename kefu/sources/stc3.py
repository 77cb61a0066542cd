"""Helpdesk dialogues: one JSON object a line with id, start (unix seconds) and turns of utterances.

There are no times within a dialogue; they are made from its start (`kefu.sources.times`), or from
a moment of the stated day where the start is missing.
"""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

from kefu.sources import SourceError, SourceOptions, SourceRecord, in_time_order, problem_at
from kefu.sources.dialogues import MAX_CONVERSATION_CHARS, Dialogue, source_name
from kefu.sources.lines import json_lines
from kefu.sources.times import SyntheticTimes
from kefu.sources.values import parse_time
from schemas.codec import InvalidEvent, Reason
from schemas.envelope import Role
from schemas.events import ContentType

SENDERS: dict[str, Role] = {"customer": "customer", "helpdesk": "agent"}
EXPECTED = (
    '{"id": …, "start": seconds, "turns": [{"sender": "customer"|"helpdesk", "utterances": […]}]}'
)
DIMENSIONS = {"channel": "weibo", "queue": "general"}


def read(path: Path, options: SourceOptions) -> Iterator[SourceRecord]:
    """Every utterance of the file as an event or a problem."""
    records: list[SourceRecord] = []
    seen: set[str] = set()
    first = True
    for line, text, document in json_lines(path):
        if document is None or not isinstance(document.get("turns"), list):
            if first:
                raise SourceError(f"{path}:{line}: expected one JSON object a line: {EXPECTED}")
            records.append(problem_at(line, Reason.INVALID_JSON, f"expected {EXPECTED}", text))
            continue
        first = False
        identity = _identity(document.get("id"), line)
        if identity in seen:
            identity = f"{identity}-line-{line}"
        seen.add(identity)
        records.extend(_dialogue(path, line, identity, document, options, text))
    yield from in_time_order(records)


def _identity(value: Any, line: int) -> str:
    name = str(value).strip() if isinstance(value, str | int) else ""
    # Room for the line that makes it unique where it stands twice.
    return name if 0 < len(name) <= MAX_CONVERSATION_CHARS - 24 else f"line-{line}"


def _dialogue(
    path: Path,
    line: int,
    identity: str,
    document: dict[str, Any],
    options: SourceOptions,
    raw: str,
) -> Iterator[SourceRecord]:
    times = SyntheticTimes(options.seed, identity, _start_ms(document.get("start")))
    dialogue = Dialogue(source_name("stc3", path), identity, DIMENSIONS, synthetic=True)
    if not document["turns"]:
        yield problem_at(line, Reason.MISSING_FIELD, "turns: expected at least one", raw)
    for number, turn in enumerate(document["turns"], start=1):
        try:
            role, utterances = _turn(turn)
        except InvalidEvent as problem:
            yield problem_at(line, problem.reason, f"turn {number}: {problem.detail}", raw)
            continue
        for utterance in utterances:
            if utterance is not None and not isinstance(utterance, str):
                detail = f"turn {number}: expected utterances of text"
                yield problem_at(line, Reason.WRONG_TYPE, detail, raw)
                continue
            said = utterance if utterance and utterance.strip() else None
            # What has no text was a picture or an emoji.
            kind: ContentType = "text" if said else "other"
            dialogue.message(line, times.next(role, said), role, said, content_type=kind)
    yield from dialogue.finish()


def _turn(turn: Any) -> tuple[Role, list[Any]]:
    """Who spoke, and what; raises `InvalidEvent`."""
    sender = turn.get("sender") if isinstance(turn, dict) else None
    role = SENDERS.get(sender) if isinstance(sender, str) else None
    if role is None:
        raise InvalidEvent(Reason.INVALID_VALUE, "expected a sender `customer` or `helpdesk`")
    utterances = turn.get("utterances")
    if isinstance(utterances, str):
        return role, [utterances]
    if not isinstance(utterances, list):
        raise InvalidEvent(Reason.WRONG_TYPE, "expected a list of utterances")
    if not utterances:
        raise InvalidEvent(Reason.MISSING_FIELD, "expected at least one utterance")
    return role, utterances


def _start_ms(start: Any) -> int | None:
    """When the dialogue began; None where there is no start that can be believed."""
    if isinstance(start, bool) or not isinstance(start, str | int | float):
        return None
    return parse_time(str(start).strip(), UTC)
