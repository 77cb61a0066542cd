"""Rows with named columns (CSV, JSON lines) become dialogues by a mapping of column names."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kefu.sources import SourceError, SourceOptions, SourceRecord, in_time_order, problem_at
from kefu.sources.dialogues import Dialogue
from kefu.sources.times import SyntheticTimes
from schemas.codec import EARLIEST, LATEST, Reason, to_ms
from schemas.envelope import MAX_ID_CHARS, Role

ZONE = ZoneInfo("Asia/Shanghai")
"""The zone of times that name none."""

_GUESSES = {
    "text": ("text content message msg body utterance 内容 消息内容 消息 文本 聊天内容 對話內容"),
    "role": "role sender sender_type from speaker 发送者 发送人 角色 发送方 發送者",
    "conversation": (
        "conversation conversation_id session session_id chat_id "
        "dialog_id ticket_id 会话id 会话 会话编号 对话id 工单号"
    ),
    "time": ("time timestamp created_at create_time sent_at date 时间 发送时间 消息时间 創建時間"),
    "channel": "channel 渠道 来源",
    "queue": "queue skill group 队列 技能组",
    "agent": "agent agent_id staff operator 客服 坐席 客服id 坐席工号",
    "customer": "customer customer_id user user_id 客户 客户id 用户id",
    "tenant": "tenant 租户",
}
GUESSES: Mapping[str, list[str]] = {name: words.split() for name, words in _GUESSES.items()}
"""Column names that are understood without a mapping, in lower case."""
REQUIRED = ("text", "role")

_ROLE_WORDS: Mapping[Role, str] = {
    "customer": (
        "customer user client visitor buyer guest 0 inbound in c 客户 顾客 用户 买家 访客 客戶 顧客"
    ),
    "agent": (
        "agent staff operator helpdesk seller human 1 outbound out a "
        "客服 坐席 人工 商家 卖家 座席 人工客服"
    ),
    "bot": "bot robot ai assistant 2 机器人 智能客服 機器人",
    "system": "system sys notice 3 系统 系統 系统消息",
}
ROLES: Mapping[str, Role] = {
    word: role for role, words in _ROLE_WORDS.items() for word in words.split()
}
ALLOWED_ROLES = "customer, agent, bot, system (or 客户, 客服, 机器人, 系统, 0, 1, 2, 3)"
_FORMATS = (
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y%m%d%H%M%S",
)
TIME_EXAMPLES = "2026-03-02 09:30:00, 2026-03-02T09:30:00+08:00 or unix seconds"


class Row(NamedTuple):
    """One row of a file, by column; `raw` for the dead letter it may become."""

    line: int
    values: Mapping[str, str]
    raw: str


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
    """Every row as an event or a problem, in time order."""
    records: list[SourceRecord] = []
    dialogues: dict[str, Dialogue] = {}
    times: dict[str, SyntheticTimes] = {}
    for row in rows:
        if isinstance(row, SourceRecord):
            records.append(row)
            continue
        problem = _add(path, row, mapping, options, dialogues, times)
        if problem is not None:
            records.append(problem)
    for dialogue in dialogues.values():
        records.extend(dialogue.finish())
    yield from in_time_order(records)


def _add(
    path: Path,
    row: Row,
    mapping: Mapping[str, str],
    options: SourceOptions,
    dialogues: dict[str, Dialogue],
    times: dict[str, SyntheticTimes],
) -> SourceRecord | None:
    def cell(target: str) -> str:
        return row.values.get(mapping.get(target, ""), "").strip()

    role = ROLES.get(cell("role").lower())
    if role is None:
        detail = f"column {mapping['role']}: expected one of {ALLOWED_ROLES}"
        return problem_at(row.line, Reason.INVALID_VALUE, detail, row.raw)
    name = cell("conversation") or path.stem
    if len(name) > MAX_ID_CHARS - 16:
        detail = f"column {mapping['conversation']}: at most {MAX_ID_CHARS - 16} characters"
        return problem_at(row.line, Reason.INVALID_VALUE, detail, row.raw)
    text = row.values.get(mapping["text"]) or None
    if "time" in mapping:
        time_ms = parse_time(cell("time"))
        if time_ms is None:
            detail = f"column {mapping['time']}: expected a time like {TIME_EXAMPLES}"
            return problem_at(row.line, Reason.INVALID_TIME, detail, row.raw)
    else:
        clock = times.setdefault(name, SyntheticTimes(options.seed, name))
        time_ms = clock.next(role, text)
    dialogue = dialogues.get(name)
    if dialogue is None:
        dialogue = dialogues[name] = Dialogue(
            source=f"file:{path.name}"[:MAX_ID_CHARS],
            conversation=name,
            channel=cell("channel")[:64] or "web",
            queue=cell("queue")[:64] or "general",
            customer_id=cell("customer")[:MAX_ID_CHARS] or None,
            tenant=cell("tenant")[:64] or None,
            synthetic="time" not in mapping,
        )
    said = text if text and text.strip() else None
    dialogue.message(
        row.line,
        time_ms,
        role,
        said,
        content_type="text" if said else "other",
        agent_id=(cell("agent")[:MAX_ID_CHARS] or None) if role == "agent" else None,
    )
    return None


def parse_time(value: str) -> int | None:
    """Milliseconds since 1970 of a time as exports write it, or None; no zone means `ZONE`."""
    if value.replace(".", "", 1).isdigit() and len(value.split(".")[0]) in (10, 13):
        number = float(value)
        moment = datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
    else:
        parsed = _parse(value)
        if parsed is None:
            return None
        moment = parsed if parsed.tzinfo else parsed.replace(tzinfo=ZONE)
    return to_ms(moment) if EARLIEST <= moment < LATEST else None


def _parse(value: str) -> datetime | None:
    for pattern in _FORMATS:
        try:
            return datetime.strptime(value, pattern)  # noqa: DTZ007 - the caller adds the zone
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
