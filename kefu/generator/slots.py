"""Fills the slots of scenario lines with made-up values; check digits are right, owners are not."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from random import Random

PRODUCTS = ("蓝牙耳机", "扫地机器人", "羽绒服", "电饭煲", "儿童手表", "跑步鞋", "净水器", "显示器")
CITIES = ("杭州", "成都", "武汉", "西安", "广州", "南京", "长沙", "青岛")
COMPANIES = ("星河科技有限公司", "远山贸易有限公司", "青禾教育咨询有限公司", "海棠餐饮管理有限公司")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SPOKEN = "零幺二三四五六七八九"
_SLOT = re.compile(r"\{([^{}]*)\}")


def fill(text: str, random: Random) -> str:
    """Put a value into each `{slot}` of the text."""
    parts = _parts(text)
    if len(parts) == 1:
        return text
    return "".join(FILLERS[part](random) if place % 2 else part for place, part in enumerate(parts))


def slots_of(text: str) -> tuple[str, ...]:
    """The names of the slots of a text."""
    return _parts(text)[1::2]


@lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[str, ...]:
    """What stands between the slots, and their names, in turn."""
    return tuple(_SLOT.split(text))


def _phone(random: Random) -> str:
    return f"1{random.choice('3578')}{random.randrange(10**9):09}"


def _spoken_phone(random: Random) -> str:
    return "".join(_SPOKEN[int(digit)] for digit in _phone(random))


def _card(random: Random) -> str:
    body = f"622202{random.randrange(10**12):012}"
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return f"{body}{-total % 10}"


def _id_card(random: Random) -> str:
    year, month, day = random.randint(1960, 2005), random.randint(1, 12), random.randint(1, 28)
    body = f"330106{year}{month:02}{day:02}{random.randrange(1000):03}"
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, body, strict=True))
    return body + "10X98765432"[total % 11]


FILLERS: Mapping[str, Callable[[Random], str]] = {
    "days": lambda random: str(random.randint(2, 9)),
    "minutes": lambda random: str(random.randint(5, 50)),
    "money": lambda random: str(random.randrange(5, 300, 5)),
    "order": lambda random: str(random.randrange(10**14, 10**15)),
    "phone": _phone,
    "spoken_phone": _spoken_phone,
    "email": lambda random: f"user{random.randrange(10_000)}@example.com",
    "card": _card,
    "id_card": _id_card,
    "product": lambda random: random.choice(PRODUCTS),
    "city": lambda random: random.choice(CITIES),
    "company": lambda random: random.choice(COMPANIES),
}
"""Every slot that a scenario may use, and what it is filled with."""
