"""Texts that say the same have one spelling before anything reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sentiment.normalise import normalise, without_mentions
from pipeline.sentiment.traditional import PHRASES, TRADITIONAL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＡＢＣ１２３", "abc123"),
        ("客服態度真差", "客服态度真差"),
        ("餘額不足", "余额不足"),
        ("乾隆年間的頭髮乾了", "乾隆年间的头发干了"),
        ("你 好 啊 ， 在 吗", "你好啊,在吗"),
        ("iPhone 15 怎么退", "iphone 15怎么退"),
        ("气死了！！！！！", "气死了!!"),
        ("哈哈哈哈", "哈哈"),
        ("订单10000002", "订单10000002"),
        ("好的[微笑]😊", "好的[微笑]😊"),
        ("　\t\n ", ""),
        ("", ""),
        ("\u200b好\ufeff的", "好的"),
    ],
)
def test_a_text_becomes_its_one_spelling(text: str, expected: str) -> None:
    assert normalise(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@某某客服 宽带断了 ＠某某网厅", "@ 宽带断了 @"),
        ("谢谢@小王，弄好了", "谢谢@，弄好了"),
        ("@客服你们真垃圾", "@客服你们真垃圾"),
        ("@某某客服 @某某网厅", "@某某客服 @某某网厅"),
        ("@ 好的", "@ 好的"),
        ("名字长过十五个字的一定不只是名字 @这句话后面没有空格所以它不是一个名字", None),
        ("没有提到谁", None),
    ],
)
def test_the_names_after_an_at_sign_go(text: str, expected: str | None) -> None:
    assert without_mentions(text) == (text if expected is None else expected)


@given(st.text(max_size=60))
def test_any_text_has_a_spelling_that_is_its_own_and_no_longer(text: str) -> None:
    once = normalise(text)
    assert len(once) <= len(text)
    if not any(phrase in text for phrase in PHRASES):  # 乾 stays in a name, and only there
        assert normalise(once) == once


def test_every_traditional_character_becomes_what_opencc_makes_of_it() -> None:
    opencc = pytest.importorskip("opencc", reason="the extra `train` is not installed")
    convert = opencc.OpenCC("t2s").convert
    different = [one for one in (*TRADITIONAL, *PHRASES) if normalise(one) != convert(one)]
    assert different == []
