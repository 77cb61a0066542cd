"""What the cells of exports mean: roles, times, priorities and kinds of message."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

from schemas.codec import EARLIEST, LATEST, to_ms
from schemas.envelope import Priority, Role
from schemas.events import ContentType

MISSING = frozenset({"", "nan", "null", "none", "nat", "n/a", "\\n"})
"""How writers say that a cell has no value, in lower case."""

_ROLE_WORDS: Mapping[Role, str] = {
    "customer": (
        "customer user client visitor buyer guest 0 inbound in c 客户 顾客 用户 买家 访客 会员 "
        "客戶 顧客 用戶 買家 訪客"
    ),
    "agent": (
        "agent staff operator helpdesk seller human 1 outbound out a "
        "客服 坐席 座席 人工 人工客服 在线客服 客服人员 商家 卖家 賣家 商家客服"
    ),
    "bot": "bot robot ai assistant 2 机器人 智能客服 机器人客服 機器人",
    "system": "system sys notice 3 系统 系统消息 系統",
}
ROLES: Mapping[str, Role] = {
    word: role for role, words in _ROLE_WORDS.items() for word in words.split()
}
ALLOWED_ROLES = "customer, agent, bot, system (or 客户, 客服, 机器人, 系统, 0, 1, 2, 3)"

_PRIORITY_WORDS: Mapping[Priority, str] = {
    "P1": "p1 1 urgent critical 紧急 最高 緊急",
    "P2": "p2 2 high 高",
    "P3": "p3 3 medium normal 中 普通 一般",
    "P4": "p4 4 low 低",
}
PRIORITIES: Mapping[str, Priority] = {
    word: priority for priority, words in _PRIORITY_WORDS.items() for word in words.split()
}
ALLOWED_PRIORITIES = "P1 to P4, 1 to 4, urgent, high, medium, low, 紧急, 高, 中, 低"

_KIND_WORDS: Mapping[ContentType, str] = {
    "text": "text txt 文本 文字 文本消息",
    "image": "image img picture photo 图片 圖片 图片消息",
    "voice": "voice audio 语音 語音 语音消息",
    "video": "video 视频 視頻",
    "file": "file attachment 文件 附件 檔案",
    "card": "card link 卡片 链接 商品卡片",
    "sticker": "sticker emoji emoticon 表情 表情包 貼圖",
}
KINDS: Mapping[str, ContentType] = {
    word: kind for kind, words in _KIND_WORDS.items() for word in words.split()
}
"""What is not listed is `other`: exports have many names for what is not text."""

_FORMATS = (
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y.%m.%d %H:%M:%S",
    "%Y%m%d%H%M%S",
)
TIME_EXAMPLES = "2026-03-02 09:30:00, 2026-03-02T09:30:00+08:00 or unix seconds"


def cell_value(cell: str | None) -> str:
    """The cell without the space around it; nothing where a writer said that it is missing."""
    value = (cell or "").strip()
    return "" if value.lower() in MISSING else value


def parse_time(value: str, zone: tzinfo) -> int | None:
    """Milliseconds since 1970 of a time as exports write it, or None.

    RFC 3339, `YYYY-MM-DD HH:MM:SS` and its like, unix seconds or milliseconds. `zone` is that of
    times that name none. Before 2000 or after 2100 is None.
    """
    moment = _unix(value) or _written(value)
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return to_ms(moment) if EARLIEST <= moment < LATEST else None


def _unix(value: str) -> datetime | None:
    digits, _, fraction = value.partition(".")
    # Ten digits are seconds from 2001 to 2286, thirteen are the same in milliseconds.
    if not value.isascii() or not digits.isdigit() or len(digits) not in (10, 13):
        return None
    if fraction and not fraction.isdigit():
        return None
    number = float(value)
    return datetime.fromtimestamp(number / 1000 if len(digits) == 13 else number, UTC)


def _written(value: str) -> datetime | None:
    try:
        if not value.isdigit():  # otherwise 20260302 would be taken for a day
            return datetime.fromisoformat(value)
    except ValueError:
        pass
    for pattern in _FORMATS:
        try:
            return datetime.strptime(value, pattern)  # noqa: DTZ007 - the caller adds the zone
        except ValueError:
            continue
    return None
