"""Fills the slots of scenario lines with made-up values; check digits are right, owners are not."""

from random import Random

PRODUCTS = ("蓝牙耳机", "扫地机器人", "羽绒服", "电饭煲", "儿童手表", "跑步鞋", "净水器", "显示器")
CITIES = ("杭州", "成都", "武汉", "西安", "广州", "南京", "长沙", "青岛")
COMPANIES = ("星河科技有限公司", "远山贸易有限公司", "青禾教育咨询有限公司", "海棠餐饮管理有限公司")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SPOKEN = "零幺二三四五六七八九"


def fill(text: str, random: Random) -> str:
    """Put a value into each `{slot}` of the text."""
    while "{" in text:
        head, _, rest = text.partition("{")
        name, _, tail = rest.partition("}")
        text = head + _value(name, random) + tail
    return text


def _value(name: str, random: Random) -> str:
    match name:
        case "days":
            return str(random.randint(2, 9))
        case "minutes":
            return str(random.randint(5, 50))
        case "money":
            return str(random.randrange(5, 300, 5))
        case "order":
            return f"{random.randrange(10**14, 10**15)}"
        case "phone":
            return f"1{random.choice('3578')}{random.randrange(10**9):09}"
        case "spoken_phone":
            digits = f"1{random.choice('3578')}{random.randrange(10**9):09}"
            return "".join(_SPOKEN[int(digit)] for digit in digits)
        case "email":
            return f"user{random.randrange(10_000)}@example.com"
        case "card":
            return _luhn(f"622202{random.randrange(10**12):012}")
        case "id_card":
            return _id_card(random)
        case "product":
            return random.choice(PRODUCTS)
        case "city":
            return random.choice(CITIES)
        case "company":
            return random.choice(COMPANIES)
        case _:
            raise ValueError(f"no value for the slot {{{name}}}")


def _luhn(body: str) -> str:
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
