"""E-commerce chats, tab-separated: session, user, sender (0 customer), transfer, repeat, sku, text.

There are no times in this format; they are made (`kefu.sources.times`).
"""

from collections.abc import Iterator
from pathlib import Path

from kefu.sources import (
    SourceError,
    SourceOptions,
    SourceRecord,
    in_time_order,
    problem_at,
)
from kefu.sources.dialogues import Dialogue
from kefu.sources.lines import text_lines
from kefu.sources.times import SyntheticTimes
from schemas.codec import Reason
from schemas.envelope import MAX_ID_CHARS, Role

COLUMNS = "session, user, sender, is_transfer, is_repeat, sku, text"
SENDERS: dict[str, Role] = {"0": "customer", "1": "agent"}


def read(path: Path, options: SourceOptions) -> Iterator[SourceRecord]:
    """Every utterance of the file as an event or a problem."""
    source = f"jddc:{path.name}"
    dialogues: dict[str, Dialogue] = {}
    times: dict[str, SyntheticTimes] = {}
    records: list[SourceRecord] = []
    for line, row in text_lines(path):
        columns = row.split("\t", 6)
        if len(columns) < 7:
            if line == 1:
                raise SourceError(
                    f"{path}:1: {len(columns)} columns, expected 7 separated by tabs: {COLUMNS}"
                )
            detail = f"{len(columns)} columns, expected 7 separated by tabs: {COLUMNS}"
            records.append(problem_at(line, Reason.MISSING_FIELD, detail, row))
            continue
        session, user, sender, is_transfer, _, _, text = columns
        role = SENDERS.get(sender.strip())
        if role is None:
            if line == 1 and sender.strip().lower() in ("sender", "waiter_send"):
                continue  # a heading
            detail = "column 3 (sender): expected 0 (customer) or 1 (agent)"
            records.append(problem_at(line, Reason.INVALID_VALUE, detail, row))
            continue
        if not session.strip() or len(session) > MAX_ID_CHARS - 16:
            detail = f"column 1 (session): expected 1 to {MAX_ID_CHARS - 16} characters"
            records.append(problem_at(line, Reason.INVALID_VALUE, detail, row))
            continue
        dialogue = dialogues.get(session)
        if dialogue is None:
            dialogue = dialogues[session] = Dialogue(
                source=source,
                conversation=session,
                channel="web",
                queue="sales",
                customer_id=user[:MAX_ID_CHARS] or None,
                synthetic=True,
            )
            times[session] = SyntheticTimes(options.seed, session)
        time_ms = times[session].next(role, text)
        if is_transfer.strip() == "1" and dialogue.last_line:
            dialogue.transferred(line, time_ms)
        shown = text if text.strip() and text.strip().lower() != "nan" else None
        dialogue.message(line, time_ms, role, shown, content_type="text" if shown else "other")
    for dialogue in dialogues.values():
        records.extend(dialogue.finish())
    yield from in_time_order(records)
