"""Rows with named columns (CSV, JSON lines) become dialogues by a mapping of column names."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kefu.sources import SourceError, SourceOptions, SourceRecord, in_time_order, problem_at
from kefu.sources.dialogues import MAX_CONVERSATION_CHARS, Dialogue, source_name, writable
from kefu.sources.times import SyntheticTimes
from kefu.sources.values import (
    ALLOWED_PRIORITIES,
    ALLOWED_ROLES,
    KINDS,
    PRIORITIES,
    ROLES,
    TIME_EXAMPLES,
    cell_value,
    parse_time,
)
from schemas.codec import InvalidEvent, Reason
from schemas.envelope import MAX_ID_CHARS, Role
from schemas.events import ContentType

_GUESSES = {
    "text": (
        "text content message msg body utterance 内容 消息内容 消息 文本 聊天内容 內容 對話內容"
    ),
    "role": (
        "role sender sender_type sender_role from speaker "
        "发送者 发送人 角色 发送方 发送者类型 发送人类型 消息发送方 發送者"
    ),
    "conversation": (
        "conversation conversation_id session session_id chat_id dialog_id ticket_id "
        "会话id 会话 会话编号 对话id 对话编号 工单号 會話id"
    ),
    "time": (
        "time timestamp created_at create_time sent_at send_time date "
        "时间 发送时间 消息时间 创建时间 日期时间 時間 創建時間"
    ),
    "kind": "kind content_type msg_type message_type 消息类型 内容类型",
    "channel": "channel 渠道 来源",
    "queue": "queue skill group 队列 技能组",
    "agent": "agent agent_id staff operator 客服 坐席 客服id 坐席工号 客服工号",
    "customer": "customer customer_id user user_id 客户 客户id 用户id",
    "priority": "priority 优先级 優先級",
    "segment": "segment 客户分群 客群",
    "tenant": "tenant 租户",
}
GUESSES: Mapping[str, list[str]] = {name: words.split() for name, words in _GUESSES.items()}
"""Column names that are understood without a mapping, in lower case."""
REQUIRED = ("text", "role")
MAX_CHARS = {
    "conversation": MAX_CONVERSATION_CHARS,
    "agent": MAX_ID_CHARS,
    "customer": MAX_ID_CHARS,
    "channel": 64,
    "queue": 64,
    "segment": 64,
    "tenant": 64,
}
"""Longest accepted value of each column that becomes an identifier or a label of the contract."""
DEFAULTS = {"channel": "web", "queue": "general"}


class Row(NamedTuple):
    """One row of a file, by column; `raw` for the dead letter it may become.

    `nested` names the columns that hold an object or a list where text is expected.
    """

    line: int
    values: Mapping[str, str]
    raw: str
    nested: frozenset[str] = frozenset()


class Said(NamedTuple):
    """One row understood. `time_ms` is None where the file has no times."""

    line: int
    conversation: str
    role: Role
    text: str | None
    kind: ContentType
    time_ms: int | None
    agent: str | None
    dimensions: dict[str, Any]


def check_mapping(
    path: Path, line: int, names: Iterable[str], options: SourceOptions
) -> dict[str, str]:
    """Which column each target is read from; raises `SourceError` for what cannot be."""
    present = list(names)
    by_lower = {name.strip().lower(): name for name in present}
    chosen: dict[str, str] = {}
    for target, column in options.mapping.items():
        if target not in GUESSES:
            raise SourceError(f"--map {target}=…: unknown target; known: {', '.join(GUESSES)}")
        if column not in present:
            raise SourceError(
                f"{path}:{line}: no column `{column}` for {target}; "
                f"the file has: {', '.join(present)}"
            )
        chosen[target] = column
    for target, guesses in GUESSES.items():
        found = [by_lower[guess] for guess in guesses if guess in by_lower]
        free = [name for name in found if name not in chosen.values()]
        if target not in chosen and free:
            chosen[target] = free[0]
    for target in REQUIRED:
        if target not in chosen:
            raise SourceError(
                f"{path}:{line}: no column for {target}; name it with --map {target}=COLUMN; "
                f"the file has: {', '.join(present)}"
            )
    return chosen


def read_rows(
    path: Path,
    rows: Iterable[Row | SourceRecord],
    mapping: Mapping[str, str],
    options: SourceOptions,
) -> Iterator[SourceRecord]:
    """Every row as an event or a problem, in time order.

    Without a conversation column the whole file is one conversation. Rows of a conversation are
    put in the order of their times before it is built: many exports have the newest first.
    """
    try:
        zone = ZoneInfo(options.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SourceError(
            f"unknown time zone `{options.zone}`; expected a name like Asia/Shanghai"
        ) from None
    records: list[SourceRecord] = []
    conversations: dict[str, list[Said]] = {}
    for row in rows:
        if isinstance(row, SourceRecord):
            records.append(row)
            continue
        try:
            said = _said(row, mapping, writable(path.stem)[:MAX_CONVERSATION_CHARS], zone)
        except InvalidEvent as problem:
            records.append(problem_at(row.line, problem.reason, problem.detail, row.raw))
        else:
            conversations.setdefault(said.conversation, []).append(said)
    for name, lines in conversations.items():
        records.extend(_conversation(path, name, lines, options.seed))
    yield from in_time_order(records)


def _said(row: Row, mapping: Mapping[str, str], whole_file: str, zone: ZoneInfo) -> Said:
    cells: dict[str, str] = {}
    for target, column in mapping.items():
        if column in row.nested:
            raise InvalidEvent(Reason.WRONG_TYPE, f"column {column}: expected text")
        value = cells[target] = cell_value(row.values.get(column))
        if len(value) > MAX_CHARS.get(target, len(value)):
            detail = f"column {column}: at most {MAX_CHARS[target]} characters"
            raise InvalidEvent(Reason.INVALID_VALUE, detail)
    role = ROLES.get(cells["role"].lower())
    if role is None:
        detail = f"column {mapping['role']}: expected one of {ALLOWED_ROLES}"
        raise InvalidEvent(Reason.INVALID_VALUE, detail)
    if "conversation" in mapping and not cells["conversation"]:
        detail = f"column {mapping['conversation']}: expected the conversation's id"
        raise InvalidEvent(Reason.MISSING_FIELD, detail)
    time_ms = None
    if "time" in mapping:
        time_ms = parse_time(cells["time"], zone)
        if time_ms is None:
            detail = f"column {mapping['time']}: expected a time like {TIME_EXAMPLES}"
            raise InvalidEvent(Reason.INVALID_TIME, detail)
    text = row.values.get(mapping["text"]) if cells["text"] else None
    kind: ContentType = "text" if text else "other"
    if cells.get("kind"):
        kind = KINDS.get(cells["kind"].lower(), "other")
    return Said(
        row.line,
        cells.get("conversation") or whole_file,
        role,
        text,
        kind,
        time_ms,
        cells.get("agent") or None if role == "agent" else None,
        _dimensions(cells, mapping),
    )


def _dimensions(cells: Mapping[str, str], mapping: Mapping[str, str]) -> dict[str, Any]:
    found = {
        "channel": cells.get("channel"),
        "queue": cells.get("queue"),
        "segment": cells.get("segment"),
        "tenant": cells.get("tenant"),
        "customer_id": cells.get("customer"),
    }
    if cells.get("priority"):
        found["priority"] = PRIORITIES.get(cells["priority"].lower())
        if found["priority"] is None:
            detail = f"column {mapping['priority']}: expected one of {ALLOWED_PRIORITIES}"
            raise InvalidEvent(Reason.INVALID_VALUE, detail)
    return {name: value for name, value in found.items() if value}


def _conversation(path: Path, name: str, lines: list[Said], seed: int) -> Iterator[SourceRecord]:
    clock = SyntheticTimes(seed, name)
    lines.sort(key=lambda said: said.time_ms or 0)
    dialogue = Dialogue(
        source_name("file", path), name, DEFAULTS, synthetic=lines[0].time_ms is None
    )
    for said in lines:
        time_ms = clock.next(said.role, said.text) if said.time_ms is None else said.time_ms
        dialogue.message(
            said.line,
            time_ms,
            said.role,
            said.text,
            content_type=said.kind,
            agent_id=said.agent,
            dimensions=said.dimensions,
        )
    yield from dialogue.finish()
