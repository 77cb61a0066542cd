"""E-commerce chats, tab-separated: session, user, sender (0 customer), transfer, repeat, sku, text.

There are no times in this format; they are made (`kefu.sources.times`). The transfer column is a
mark of the session, repeated on its rows, not of the message: one transfer is noted where it first
stands. Where all rows have it the true moment is not known, and the transfer stands at the start.
"""

from collections.abc import Iterator
from pathlib import Path

from kefu.sources import SourceError, SourceOptions, SourceRecord, in_time_order, problem_at
from kefu.sources.dialogues import MAX_CONVERSATION_CHARS, Dialogue, source_name
from kefu.sources.lines import text_lines
from kefu.sources.times import SyntheticTimes
from kefu.sources.values import cell_value
from schemas.codec import InvalidEvent, Reason
from schemas.envelope import MAX_ID_CHARS, Role
from schemas.events import ContentType

COLUMNS = "session, user, sender, is_transfer, is_repeat, sku, text"
SENDERS: dict[str, Role] = {"0": "customer", "1": "agent"}
HEADINGS = ("sender", "waiter_send")


class _Session:
    """One session: its dialogue, its clock, and whether it has been transferred."""

    def __init__(self, path: Path, name: str, user: str, seed: int) -> None:
        dimensions = {"channel": "web", "queue": "sales", "customer_id": user or None}
        self.dialogue = Dialogue(source_name("jddc", path), name, dimensions, synthetic=True)
        self.times = SyntheticTimes(seed, name)
        self._transferred = False

    def add(self, line: int, role: Role, text: str, is_transferred: bool) -> None:
        """Add one utterance; the text is kept as it stands, with what is around it."""
        said = text if cell_value(text) else None
        time_ms = self.times.next(role, said)
        if is_transferred and not self._transferred:
            self.dialogue.transferred(line, time_ms)
        self._transferred = is_transferred
        kind: ContentType = "text" if said else "other"
        self.dialogue.message(line, time_ms, role, said, content_type=kind)


def read(path: Path, options: SourceOptions) -> Iterator[SourceRecord]:
    """Every utterance of the file as an event or a problem."""
    sessions: dict[str, _Session] = {}
    records: list[SourceRecord] = []
    first = True
    for line, row in text_lines(path):
        columns = row.split("\t", 6)
        if first and len(columns) < 7:
            raise SourceError(
                f"{path}:{line}: {len(columns)} columns, expected 7 separated by tabs: {COLUMNS}"
            )
        is_heading = first and columns[2].strip().lower() in HEADINGS
        first = False
        if is_heading:
            continue
        try:
            name, user, role = _checked(columns)
        except InvalidEvent as problem:
            records.append(problem_at(line, problem.reason, problem.detail, row))
            continue
        session = sessions.get(name)
        if session is None:
            session = sessions[name] = _Session(path, name, user, options.seed)
        session.add(line, role, columns[6], columns[3].strip() == "1")
    for session in sessions.values():
        records.extend(session.dialogue.finish())
    yield from in_time_order(records)


def _checked(columns: list[str]) -> tuple[str, str, Role]:
    """Session, user and role of a row; raises `InvalidEvent` that names the column."""
    if len(columns) < 7:
        detail = f"{len(columns)} columns, expected 7 separated by tabs: {COLUMNS}"
        raise InvalidEvent(Reason.MISSING_FIELD, detail)
    role = SENDERS.get(columns[2].strip())
    if role is None:
        detail = "column 3 (sender): expected 0 (customer) or 1 (agent)"
        raise InvalidEvent(Reason.INVALID_VALUE, detail)
    name = cell_value(columns[0])
    if not 0 < len(name) <= MAX_CONVERSATION_CHARS:
        detail = f"column 1 (session): expected 1 to {MAX_CONVERSATION_CHARS} characters"
        raise InvalidEvent(Reason.INVALID_VALUE, detail)
    user = cell_value(columns[1])
    if len(user) > MAX_ID_CHARS:
        detail = f"column 2 (user): expected at most {MAX_ID_CHARS} characters"
        raise InvalidEvent(Reason.INVALID_VALUE, detail)
    return name, user, role
