"""Helpdesk dialogues: one JSON object a line with id, start (unix seconds) and turns of utterances.

There are no times within a dialogue; they are made from its start (`kefu.sources.times`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from kefu.sources import SourceError, SourceOptions, SourceRecord, in_time_order, problem_at
from kefu.sources.dialogues import Dialogue
from kefu.sources.lines import raw_lines
from kefu.sources.times import SyntheticTimes
from schemas.codec import EARLIEST, LATEST, Reason
from schemas.envelope import MAX_ID_CHARS, Role

SENDERS: dict[str, Role] = {"customer": "customer", "helpdesk": "agent"}
EARLIEST_S, LATEST_S = EARLIEST.timestamp(), LATEST.timestamp()
EXPECTED = (
    '{"id": …, "start": seconds, "turns": [{"sender": "customer"|"helpdesk", "utterances": […]}]}'
)


def read(path: Path, options: SourceOptions) -> Iterator[SourceRecord]:
    """Every utterance of the file as an event or a problem."""
    records: list[SourceRecord] = []
    seen: set[str] = set()
    for line, raw in raw_lines(path):
        text = raw.decode("utf-8", "replace").removeprefix("\ufeff")
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError:
            document = None
        if not isinstance(document, dict) or not isinstance(document.get("turns"), list):
            if line == 1:
                raise SourceError(f"{path}:1: expected one JSON object a line: {EXPECTED}")
            detail = f"expected {EXPECTED}"
            records.append(problem_at(line, Reason.INVALID_JSON, detail, text))
            continue
        identity = str(document.get("id", f"line-{line}"))[: MAX_ID_CHARS - 16] or f"line-{line}"
        if identity in seen:
            identity = f"{identity}-line-{line}"
        seen.add(identity)
        records.extend(_dialogue(path, line, identity, document, options, text))
    yield from in_time_order(records)


def _dialogue(
    path: Path,
    line: int,
    identity: str,
    document: dict[str, Any],
    options: SourceOptions,
    raw: str,
) -> Iterator[SourceRecord]:
    start = document.get("start")
    start_ms = None
    if isinstance(start, (int, float)) and EARLIEST_S <= start < LATEST_S:
        start_ms = round(start * 1000)
    times = SyntheticTimes(options.seed, identity, start_ms)
    dialogue = Dialogue(
        source=f"stc3:{path.name}",
        conversation=identity,
        channel="weibo",
        queue="general",
        synthetic=True,
    )
    for number, turn in enumerate(document["turns"], start=1):
        role = SENDERS.get(str(turn.get("sender"))) if isinstance(turn, dict) else None
        if role is None:
            detail = f"turn {number}: expected a sender `customer` or `helpdesk`"
            yield problem_at(line, Reason.INVALID_VALUE, detail, raw)
            continue
        utterances = turn.get("utterances")
        if isinstance(utterances, str):
            utterances = [utterances]
        if not isinstance(utterances, list):
            detail = f"turn {number}: expected a list of utterances"
            yield problem_at(line, Reason.WRONG_TYPE, detail, raw)
            continue
        for utterance in utterances:
            if utterance is not None and not isinstance(utterance, str):
                detail = f"turn {number}: expected utterances of text"
                yield problem_at(line, Reason.WRONG_TYPE, detail, raw)
                continue
            said = utterance if utterance and utterance.strip() else None
            dialogue.message(
                line,
                times.next(role, said),
                role,
                said,
                content_type="text" if said else "other",  # a picture or an emoji
            )
    yield from dialogue.finish()
