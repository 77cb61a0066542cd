"""Masking of personal data: what goes, what stays, and how often we are wrong."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.check_digits import is_bank_card, is_id_card, is_luhn, is_timestamp
from pipeline.masking import PLACEHOLDERS, mask, mask_and_truncate, mask_spans, truncate

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
LEAST_RECALL = 0.99
MOST_FALSE_MASKS = 0.01


def _lines(name: str) -> list[str]:
    return (GOLDEN / name).read_text(encoding="utf-8").splitlines()


def test_at_least_99_percent_of_each_kind_is_replaced_exactly_and_under_its_own_name() -> None:
    seen: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for line in _lines("masking_positives.tsv"):
        kind, text, value = line.split("\t")
        assert value in text, line
        seen[kind] += 1
        right[kind] += mask(text).text == text.replace(value, PLACEHOLDERS[kind])
    assert sum(seen.values()) >= 500
    assert set(seen) == set(PLACEHOLDERS)
    for kind, count in sorted(seen.items()):
        print(f"{kind}: {right[kind]}/{count} = {right[kind] / count:.1%}")
    assert all(right[kind] >= LEAST_RECALL * count for kind, count in seen.items())


def test_at_most_1_percent_of_lookalikes_are_masked() -> None:
    texts = _lines("masking_lookalikes.tsv")
    assert len(texts) >= 500
    false = Counter(kind for text in texts for kind in set(mask(text).kinds))
    changed = sum(mask(text).text != text for text in texts)
    print(f"false masks: {changed}/{len(texts)} = {changed / len(texts):.1%} {dict(false)}")
    assert changed <= MOST_FALSE_MASKS * len(texts)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("运单号226598692183三天没动了", "运单号[订单号]三天没动了"),
        ("+86-21-58866968", "[固话]"),
        ("+86 138-0013-8000", "[手机号]"),
        ("幺三八，零零幺三，八零零零", "[手机号]"),
        ("138零零一三八零零零", "[手机号]"),
        ("13800138000-1234", "[手机号]"),
        ("https://a.cn/?p=13800138000&m=tom%40qq.com", "https://a.cn/?p=[手机号]&m=[邮箱]"),
        ("订单号172345678901、182345678902,13800138000", "订单号[订单号]、[订单号],[手机号]"),
        ("订单 13800138000", "订单 [手机号]"),
        ("0912-345-678", "[手机号]"),
        ("身份证110105194912310021", "身份证[身份证号]"),
        ("a@b.com@c.com", "[邮箱]@c.com"),
    ],
)
def test_these_forms_are_masked_as_a_whole(text: str, masked: str) -> None:
    assert mask(text).text == masked


@pytest.mark.parametrize(
    "text", ["笑死2333333333333", "666666666666", "一一一一一一一一一一一一", "赞1000000008000个"]
)
def test_laughter_and_amounts_are_not_order_numbers(text: str) -> None:
    assert mask(text) == (text, ())


def test_kinds_name_every_span_in_order_of_appearance() -> None:
    text = "13800138000 订单号172345678901，tom@qq.com 13900139000"
    assert mask(text).kinds == ("phone", "order_no", "email", "phone")
    assert [text[s.start : s.end] for s in mask_spans(text)][1] == "172345678901"


def test_an_identity_card_with_a_wrong_check_digit_is_not_one() -> None:
    assert is_id_card("11010519491231002X")
    assert is_id_card("11010519491231002x")
    assert not is_id_card("110105194912310021")
    assert not is_id_card("11010519491331002X"), "there is no month 13"
    assert not is_id_card("99010519491231002X"), "there is no province 99"


def test_a_card_needs_luhn_and_an_issuer() -> None:
    assert is_bank_card("4111111111111111")
    assert not is_bank_card("4111111111111112")
    assert is_luhn("0000000000000000")
    assert not is_bank_card("0000000000000000")


def test_a_timestamp_is_told_from_an_order_number() -> None:
    assert is_timestamp("20261123123059")
    assert not is_timestamp("20261123246059")
    assert not is_timestamp("2026ab123456"), "letters are no date, and no error"
    assert mask("20261123123059").text == "20261123123059"
    assert mask("20261123246059").text == "[订单号]"


def test_a_placeholder_is_never_cut() -> None:
    text = "电话13800138000谢谢"
    whole = mask(text).text
    for limit in range(len(whole) + 2):
        shown = mask_and_truncate(text, limit).text
        assert len(shown) <= limit
        assert whole.startswith(shown)
        assert shown.count("[") == shown.count("]")
    assert mask_and_truncate(text, 2).kinds == ("phone",), "kinds speak of the whole text"


def test_a_bracket_that_is_no_placeholder_may_be_cut() -> None:
    assert truncate("[手机壳]", 3) == "[手机"


@pytest.mark.parametrize("unit", ["9", "@", "1@a.", "订单号123456 ", "微信", "幺三八", "6222 "])
def test_900_kib_of_one_thing_comes_to_an_end_without_overlaps(unit: str) -> None:
    size = 900 * 1024
    text = (unit * (size // len(unit) + 1))[:size]
    spans = mask_spans(text)
    assert all(a.end <= b.start for a, b in pairwise(spans))
