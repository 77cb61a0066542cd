"""Numbers that prove themselves: check digits, and the dates that numbers contain."""

import re

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""2^(17-i) mod 11 for i = 0…16: ISO 7064 MOD 11-2 as GB 11643-1999 prints it."""

_ID_CHECKS = "10X98765432"
"""GB 11643-1999: the check character for each remainder."""

_PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)
"""GB/T 2260, the first two digits; 83 is the residence permit for people from Taiwan."""

_LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_CARD_ISSUER = re.compile(r"4|5[0-8]|6[0-8]|3[4-7]|2[2-7]|955")
"""Visa, Mastercard, UnionPay (62) and its older 60…68, Amex, JCB, ICBC's 9558."""


def is_luhn(digits: str) -> bool:
    """Tell whether ASCII digits end in their Luhn check digit (ISO/IEC 7812-1)."""
    total = sum(map(int, digits[-1::-2]))
    return (total + sum(_LUHN_DOUBLED[int(d)] for d in digits[-2::-2])) % 10 == 0


def is_bank_card(digits: str) -> bool:
    """Tell whether 13 to 19 ASCII digits are a card number of a plausible issuer."""
    return 13 <= len(digits) <= 19 and _CARD_ISSUER.match(digits) is not None and is_luhn(digits)


def is_date(digits: str) -> bool:
    """Tell whether eight ASCII digits read as yyyymmdd between 1900 and 2099."""
    year, month, day = digits[:4], int(digits[4:6]), int(digits[6:8])
    return "1900" <= year <= "2099" and 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]


def is_timestamp(digits: str) -> bool:
    """Tell whether ASCII text is digits that read as yyyymmddhhmm or yyyymmddhhmmss."""
    return (
        len(digits) in (12, 14)
        and digits.isdigit()
        and is_date(digits)
        and digits[8:10] < "24"
        and digits[10:12] < "60"
        and digits[12:14] < "60"
    )


def has_id_card_shape(number: str) -> bool:
    """Tell whether 15 or 18 characters name a province and a birth date, as identity cards do."""
    birth = "19" + number[6:12] if len(number) == 15 else number[6:14]
    return number[:2] in _PROVINCES and is_date(birth)


def is_id_card(number: str) -> bool:
    """Tell whether 17 ASCII digits and a digit or `X` are an identity card with its check."""
    if len(number) != 18 or not has_id_card_shape(number):
        return False
    total = sum(int(d) * w for d, w in zip(number[:17], _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11] == number[17].upper()
