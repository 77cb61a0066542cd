"""Personal data in customers' and agents' texts, replaced before anything leaves the engine.

The detectors run in a fixed order, the *precedence*: what an earlier one found is closed to the
later ones. E-mail, identity card, order number after a plain cue (订单号…), QQ and WeChat and
passport after their cues, mobile, bank card, landline, order number after a vague cue
(订单…), telephone abroad, vehicle plate, and last the bare long number. So a number after
订单号 is an order number even if it could be a telephone number, and a number that passes a
check digit is never "just long".

Every pattern is bounded in length or can start only where a run starts, so the work is linear in
the length of the text.
"""

import re
from typing import NamedTuple

from pipeline.masking_detectors import BETWEEN_SPOKEN, DETECTORS

PLACEHOLDERS = {
    "email": "[邮箱]",
    "id_card": "[身份证号]",
    "order_no": "[订单号]",
    "qq": "[QQ号]",
    "wechat": "[微信号]",
    "passport": "[护照号]",
    "phone": "[手机号]",
    "bank_card": "[银行卡号]",
    "landline": "[固话]",
    "plate": "[车牌号]",
}
"""What replaces each kind. No placeholder holds anything that a detector reads."""


class Masked(NamedTuple):
    """A text without personal data; the kinds found, one for each span, in order."""

    text: str
    kinds: tuple[str, ...]


class Span(NamedTuple):
    """A stretch of the original text, in characters, end excluded."""

    start: int
    end: int
    kind: str


_NUMERALS = "幺么零〇洞一二两三四五六七八九拐勾"
_UNITS = "十百千万天元块个件次点月年日号款楼"
_PAUSES = " ，,、嗯呃啊哦-"
_SPOKEN = str.maketrans(_NUMERALS + _PAUSES, "11000122345678979" + BETWEEN_SPOKEN * len(_PAUSES))
"""How digits are said on the telephone, and what is said between them."""

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_WIDE |= {0x1D7CE + i: 0x30 + i % 10 for i in range(50)}
_WIDE |= {0x2460 + i: 0x31 + i for i in range(9)} | {0x24EA: 0x30}
_WIDE |= dict.fromkeys(map(ord, "‐‑‒–—―−﹣"), ord("-"))
_WIDE |= dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2009\u200b\u200c\u200d\u2060\u3000\ufeff"), 32)
"""One character for one: full-width, mathematical and circled digits, dashes, blanks."""

_HAS_WIDE = re.compile(f"[{re.escape(''.join(map(chr, _WIDE)))}]")

_WORTH_READING = re.compile(
    f"[0-9０-９𝟎-𝟿①-⑨⓪@＠%{_NUMERALS}微vVwWｖＶｗＷ]"
    f"(?:(?<=[0-9０-９𝟎-𝟿①-⑨⓪@＠])|(?<=%)40|(?<=[{_NUMERALS}])[{_NUMERALS}{_PAUSES}]{{10}}"
    "|(?<=微)信|(?<=[vVｖＶ])[xXｘＸ信]|(?<=[wWｗＷ])[xXeEｘＸｅＥ])"
)
"""Starts with one character class: the engine skips to candidates at the speed of a scan."""

_SPOKEN_RUN = re.compile(
    f"(?<![{_NUMERALS}0-9十百千万])[{_NUMERALS}0-9](?:[{_PAUSES}]{{0,2}}[{_NUMERALS}0-9]){{10,}}"
    f"(?![{_UNITS}])"
)
_MAY_HOLD = re.compile(r"(?:[0-9][^0-9]{0,3}){3}|@|%40|微信|v信|vx|w[xe]", re.IGNORECASE)
_NUMERAL = re.compile(f"[{_NUMERALS}]")
_FEWEST_SPOKEN = 3
"""Fewer numerals than this among digits belong to the next word: 138…三天."""
_LONGEST_PLACEHOLDER = max(map(len, PLACEHOLDERS.values()))

_CLOSED = "\ue000"
"""Stands for what is already masked: neither a digit, a letter, a separator nor part of a URL."""


def mask_spans(text: str) -> list[Span]:
    """Where the personal data is in `text`: sorted, not overlapping, never empty spans."""
    if not _WORTH_READING.search(text):
        return []
    plain = text.translate(_WIDE) if _HAS_WIDE.search(text) else text
    plain = _SPOKEN_RUN.sub(_digits_of_spoken, plain)
    if not _MAY_HOLD.search(plain):
        return []
    spans: list[Span] = []
    for kind, hint, detect in DETECTORS:
        if not hint.search(plain):
            continue
        found: list[Span] = []
        for start, end in detect(plain):
            if not found or start >= found[-1].end:
                found.append(Span(start, end, kind))
        if found:
            plain = _close(plain, found)
            spans += found
    spans.sort()
    return spans


def mask(text: str) -> Masked:
    """Replace personal data by placeholders; masking twice changes nothing more."""
    spans = mask_spans(text)
    if not spans:
        return Masked(text, ())
    parts: list[str] = []
    end = 0
    for span in spans:
        parts += text[end : span.start], PLACEHOLDERS[span.kind]
        end = span.end
    parts.append(text[end:])
    return Masked("".join(parts), tuple(span.kind for span in spans))


def truncate(masked: str, limit_chars: int) -> str:
    """The first `limit_chars` characters of a masked text, less a placeholder that is cut."""
    if len(masked) <= limit_chars:
        return masked
    start = masked.rfind("[", max(0, limit_chars - _LONGEST_PLACEHOLDER), limit_chars)
    if start >= 0:
        is_cut = any(
            masked.startswith(placeholder, start) and start + len(placeholder) > limit_chars
            for placeholder in PLACEHOLDERS.values()
        )
        if is_cut:
            return masked[:start]
    return masked[:limit_chars]


def mask_and_truncate(text: str, limit_chars: int) -> Masked:
    """Mask the whole text, then keep at most `limit_chars` characters, placeholders whole.

    `kinds` speaks of the whole text, also of what was cut off.
    """
    masked = mask(text)
    return Masked(truncate(masked.text, limit_chars), masked.kinds)


def _digits_of_spoken(run: re.Match[str]) -> str:
    spoken = run[0]
    is_spoken = len(_NUMERAL.findall(spoken)) >= _FEWEST_SPOKEN
    return spoken.translate(_SPOKEN) if is_spoken else spoken


def _close(plain: str, found: list[Span]) -> str:
    parts: list[str] = []
    end = 0
    for span in found:
        parts += plain[end : span.start], _CLOSED * (span.end - span.start)
        end = span.end
    parts.append(plain[end:])
    return "".join(parts)
