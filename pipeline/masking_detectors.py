"""What personal data looks like, one detector for each kind, in order of precedence.

Detectors read a normalised text (`pipeline.masking` makes it): ASCII digits, `-` for every dash, a
blank for every space, and `BETWEEN_SPOKEN` where a speaker paused between spoken digits. Every
pattern is bounded in length or can start only where a run starts: the work is linear in the text.
"""

import re
from collections.abc import Callable, Iterator

from pipeline.check_digits import (
    has_id_card_shape,
    is_bank_card,
    is_date,
    is_id_card,
    is_timestamp,
)

BETWEEN_SPOKEN = "\x01"
"""What stands between digits that were spoken, so that any grouping of them is accepted."""

_IS = r"[\s:=#是为為,，(（\"“'「【-]{0,4}"
_NOT_AMOUNT = r"(?!\s?(?:[元块塊万亿%件个個天年月日折]|\.[0-9]))"

_AT = re.compile("@|%40")
_LOCAL_REVERSED = re.compile(r"[A-Za-z0-9._+-]*[A-Za-z0-9_]")
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z][A-Za-z0-9-]{1,23}"
    r"|(?:qq|163|126|139|189|gmail|sina|sohu|foxmail|outlook|hotmail|yeah|aliyun)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_ID_CUE = re.compile(r"(?:身份证|身份證|证件)(?:号码?|號碼?)?" + _IS + r"\Z")
_ID_CARD = re.compile(r"(?<![0-9])[1-8](?:[ -]?[0-9]){16}[ -]?[0-9Xx](?![0-9A-Za-z])")
_OLD_ID_CARD = re.compile(r"(?<![0-9A-Za-z])[1-8][0-9]{14}(?![0-9A-Za-z])")

_PLAIN_ORDER_CUE = re.compile(
    r"(?:(?:[订訂定][单單]|运[单單]|運單|快[递遞][单單]?|物流[单單]?|面单|工单|服务单|[单單])"
    r"[编編]?[号號][码碼]?|[订訂][单單][编編][码碼]|[订訂][单單]id|交易[单單]?[号號]|流水[号號]"
    r"|order[ _-]?(?:no|number|num|id|sn|code)\b\.?|tracking[ _-]?(?:no|number|id)\b\.?"
    r"|(?:order|trade|waybill|tracking)_?(?:no|id|sn|number)=)",
    re.IGNORECASE,
)
_VAGUE_ORDER_CUE = re.compile(
    r"[订訂定][单單]|[运運][单單]|快[递遞]|物流|面单|工单|\border", re.IGNORECASE
)
_ORDER_START = re.compile(_IS + r"(?=[A-Za-z0-9])")
_ORDER_NO = re.compile(r"(?:[A-Za-z0-9]|[_-](?=[A-Za-z0-9])){5,40}(?![A-Za-z0-9])" + _NOT_AMOUNT)
_ORDER_NEXT = re.compile(r"[\s,，、;；和及与跟/&]{1,3}(?=[A-Za-z0-9])")
_DASHED_DATE = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{1,2}-[0-9]{1,2}")
_HOTLINE = re.compile(r"[48]00-?[0-9]{3,4}-?[0-9]{3,4}")
_MOBILE_ONLY = re.compile(r"1[3-9][0-9]{9}")

_QQ = re.compile(
    r"(?<![A-Za-z])qq(?:号码?|號碼?)?" + _IS + r"([1-9][0-9]{4,10})(?![0-9A-Za-z@])" + _NOT_AMOUNT,
    re.IGNORECASE,
)
_WECHAT = re.compile(
    r"(?:[微威薇][信号]号码?|加(?:我|下|一下|个|你|您|她|他)?(?:的)?(?:微信|v信?)|微信(?=[:是为]|id)"
    r"|(?<![a-z])(?:vx|wx|v信|wechat|weixin)(?:号|id)?(?=[\s:是为=]))"
    r"(?:id)?[\s:是为=]{0,3}([a-z][a-z0-9_-]{5,19})(?![A-Za-z0-9_-])",
    re.IGNORECASE,
)
_PASSPORT = re.compile(
    r"(?:护照|護照|通行证|台胞证|passport)(?:号码?|號碼?|[ ]?no\.?)?"
    + _IS
    + r"([A-Z][A-Z]?[0-9]{7,8})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_EXTENSION = r"(?:\s?(?:转|轉|分机|ext\.?)\s?[0-9]{1,6}|-[0-9]{3,4}(?![0-9-]))?"
_MOBILE = re.compile(
    r"(?<![0-9A-Z])(?<![0-9]\.)(?:[(]?(?:\+|00)?86[)]?[ -]{0,2})?"
    r"(1[ \x01-]{0,2}[3-9](?:[ .\x01-]{0,2}[0-9]){9})(?![0-9A-Z])" + _NOT_AMOUNT + _EXTENSION
)
_ABROAD = re.compile(
    r"(?<![0-9A-Za-z])(?:\+[1-9][0-9]{0,2}[ -]?[0-9]{1,4}(?:[ -]?[0-9]{2,4}){2,3}"
    r"|09[0-9]{2}-?[0-9]{3}-?[0-9]{3})(?![0-9A-Za-z])"
)
_MOBILE_GROUPS = frozenset(
    [
        *[(11,), (3, 4, 4), (3, 8), (4, 3, 4), (3, 3, 5), (5, 6), (7, 4), (4, 4, 3)],
        *[(3, 2, 2, 2, 2), (3, 4, 2, 2), (3, 2, 2, 4), (3, 3, 3, 2), (1,) * 11],
    ]
)
"""How people group eleven digits; other groupings are lists of small numbers."""

_CARD = re.compile(
    r"(?<![0-9A-Za-z])[2-69][0-9]{3,18}(?:[ -]{1,2}[0-9]{3,15}){0,5}(?:[ -]{1,2}[0-9]{1,3})?"
    r"(?![0-9A-Za-z])"
)
_CARD_CUE = re.compile(r"(?:银行卡|储蓄卡|信用卡|借记卡|银行账[号户]|卡号)(?:号码?)?" + _IS + r"\Z")
_AREA = r"(?:10|2[0-9]|[3-9][0-9]{2})"
_LANDLINE = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9]\.)(?:(?:\+|00)86[ -]{0,2}[(]?0?|[(]?0)"
    + _AREA
    + r"[)]?[ .-]{0,2}[2-8][0-9]{2,3}[ -]?[0-9]{4}(?![0-9A-Za-z])"
    + _EXTENSION
    + r"|(?:(?<=座机)|(?<=座机号)|(?<=固话)|(?<=固定电话)|(?<=家里电话)|(?<=家电话))[:是 ]{0,2}"
    r"[2-8][0-9]{2,3}[ -]?[0-9]{4}(?![0-9A-Za-z])"
)
_PLATE = re.compile(
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·•. -]?"
    "((?:[A-HJ-NP-Z](?=[0-9])|[0-9]){4,5}[0-9A-HJ-NP-Z挂学警港澳])(?![0-9A-Za-z])"
)
_LONG_RUN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{12,}")
_IN_URL_REVERSED = re.compile(r"//:|[/?](?:moc|nc|ten|gro)\.|\.www")
_URL_REVERSED = re.compile(r"[!-~]*")
_PRODUCT_CUE = re.compile(
    r"(?:条形?码|货号|商品(?:编[号码]|id)|型号|款号|sku(?:_?id)?|item_?id|ean|isbn)" + _IS + r"\Z",
    re.IGNORECASE,
)
_NOT_DIGITS = re.compile(r"[^0-9]+")
_LOOK_BACK_CHARS = 24
_URL_LOOK_BACK_CHARS = 256
_FEWEST_DIGITS_IN_BARE_CODE = 9
_LONGEST_MIXED_CODE = 40
"""In characters; longer runs of letters and digits are file names and tokens."""
_MOST_SYMBOLS_IN_LAUGHTER = 2
"""233333333333, 666666666666 and the like."""
_AMOUNT = re.compile(r"\s?[元块塊万亿%件个個]")
_Found = Iterator[tuple[int, int]]


def _emails(text: str) -> _Found:
    for at in _AT.finditer(text):
        local = _LOCAL_REVERSED.match(text[max(0, at.start() - 64) : at.start()][::-1])
        domain = _DOMAIN.match(text, at.end())
        if local and domain:
            yield at.start() - local.end(), domain.end()


def _follows(cue: re.Pattern[str], text: str, start: int) -> bool:
    return cue.search(text[max(0, start - _LOOK_BACK_CHARS) : start]) is not None


def _id_cards(text: str) -> _Found:
    for found in _ID_CARD.finditer(text):
        number = found[0].replace(" ", "").replace("-", "")
        if is_id_card(number) or _follows(_ID_CUE, text, found.start()):
            yield found.span()
    for found in _OLD_ID_CARD.finditer(text):
        if has_id_card_shape(found[0]) and _follows(_ID_CUE, text, found.start()):
            yield found.span()


def _orders_after(text: str, cue: re.Pattern[str], fewest_digits: int) -> _Found:
    end = 0
    for found in cue.finditer(text):
        if found.start() < end:
            continue  # inside a number already read: reading it again would be quadratic
        gap = _ORDER_START.match(text, found.end())
        is_first = True
        while gap:
            value = _ORDER_NO.match(text, gap.end())
            if not value or not _is_order_no(value[0], fewest_digits, is_first):
                break
            yield value.span()
            end = value.end()
            gap, is_first = _ORDER_NEXT.match(text, end), False


def _is_order_no(value: str, fewest_digits: int, is_first: bool) -> bool:
    digits = _NOT_DIGITS.sub("", value)
    if len(digits) < (fewest_digits if is_first else 6) or _DASHED_DATE.match(value):
        return False
    if is_first and fewest_digits < 6:
        return True
    is_day = len(value) == 8 and value.isdigit() and is_date(value)
    return not (is_day or _HOTLINE.fullmatch(value) or _MOBILE_ONLY.fullmatch(value))


def _orders_after_plain_cue(text: str) -> _Found:
    return _orders_after(text, _PLAIN_ORDER_CUE, 4)


def _orders_after_vague_cue(text: str) -> _Found:
    return _orders_after(text, _VAGUE_ORDER_CUE, 6)


def _first_group(pattern: re.Pattern[str]) -> Callable[[str], _Found]:
    return lambda text: (found.span(1) for found in pattern.finditer(text))


def _phones(text: str) -> _Found:
    for found in _MOBILE.finditer(text):
        number = found[1].replace(BETWEEN_SPOKEN, "")
        if tuple(map(len, re.findall("[0-9]+", number))) in _MOBILE_GROUPS:
            yield found.span()


def _landlines(text: str) -> _Found:
    return (found.span() for found in _LANDLINE.finditer(text))


def _phones_abroad(text: str) -> _Found:
    for found in _ABROAD.finditer(text):
        if len(_NOT_DIGITS.sub("", found[0])) >= 10:
            yield found.span()


def _bank_cards(text: str) -> _Found:
    for found in _CARD.finditer(text):
        if len(found[0]) < 13 or _is_in_url(text, found.start()):
            continue
        for end in _group_ends(found[0]):
            digits = _NOT_DIGITS.sub("", found[0][:end])
            if is_bank_card(digits) or (
                13 <= len(digits) <= 19 and _follows(_CARD_CUE, text, found.start())
            ):
                yield found.start(), found.start() + end
                break


def _group_ends(groups: str) -> list[int]:
    return [group.end() for group in re.finditer("[0-9]+", groups)][::-1]


def _plates(text: str) -> _Found:
    for found in _PLATE.finditer(text):
        if len(_NOT_DIGITS.sub("", found[1])) >= 3:
            yield found.span()


def _long_runs(text: str) -> _Found:
    for found in _LONG_RUN.finditer(text):
        run, start = found[0], found.start()
        if not _is_long_code(run) or _AMOUNT.match(text, found.end()):
            continue
        is_decimal = text[start - 1 : start] == "." and text[start - 2 : start - 1].isdigit()
        if not (is_decimal or _is_in_url(text, start) or _follows(_PRODUCT_CUE, text, start)):
            yield found.span()


def _is_long_code(run: str) -> bool:
    if is_timestamp(run) or len(set(run)) <= _MOST_SYMBOLS_IN_LAUGHTER:
        return False
    if run.isdigit():
        return True
    digits = len(_NOT_DIGITS.sub("", run))
    return digits >= _FEWEST_DIGITS_IN_BARE_CODE and len(run) <= _LONGEST_MIXED_CODE


def _is_in_url(text: str, start: int) -> bool:
    before = _URL_REVERSED.match(text[max(0, start - _URL_LOOK_BACK_CHARS) : start][::-1])
    return before is not None and _IN_URL_REVERSED.search(before[0]) is not None


_MANY_DIGITS = re.compile(r"(?:[0-9][ .()\x01-]{0,3}){10}")

DETECTORS: tuple[tuple[str, re.Pattern[str], Callable[[str], _Found]], ...] = (
    ("email", _AT, _emails),
    ("id_card", _MANY_DIGITS, _id_cards),
    ("order_no", re.compile("[单單号號编編rR]"), _orders_after_plain_cue),
    ("qq", re.compile("[qQ]"), _first_group(_QQ)),
    ("wechat", re.compile("[信号vVwW]"), _first_group(_WECHAT)),
    ("passport", re.compile("[照证證pP]"), _first_group(_PASSPORT)),
    ("phone", _MANY_DIGITS, _phones),
    ("bank_card", _MANY_DIGITS, _bank_cards),
    ("landline", re.compile("[0+座固家]"), _landlines),
    ("order_no", re.compile("[单單递遞物rR]"), _orders_after_vague_cue),
    ("phone", re.compile(r"[+]|09"), _phones_abroad),
    ("plate", re.compile("[A-HJ-NP-Z]"), _plates),
    ("order_no", _LONG_RUN, _long_runs),
)
"""Kind, what a text must hold to be worth a detector's while, and the detector, by precedence."""
