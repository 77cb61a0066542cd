"""Signatures as the vendors compute them; texts are cut where a reader sees an end."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kefu.notify.signing import dingtalk_sign, feishu_sign
from kefu.notify.text import clean, cut, safe_link

FAMILY = "👨‍👩‍👧"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
WHOLE = ("客", "a", "é", FAMILY, "👍🏽", "🇨🇳", "❤️", SCOTLAND, "e\u0301\u0327", "한", " ")


def test_the_dingtalk_signature_differs_from_what_openssl_computes() -> None:
    # printf '1600000000000\nSECabc' | openssl dgst -sha256 -hmac SECabc -binary | base64
    assert (
        dingtalk_sign("SECabc", 1_600_000_000_000)
        == "ABcUcMOwyGGKmiNbHqEbhvKpuIGkMXqT1gAGfAAmnk8%3D"
    )


def test_the_feishu_signature_differs_from_what_openssl_computes() -> None:
    # openssl dgst -sha256 -mac HMAC -macopt hexkey:(1600000000\nabc) of nothing
    assert feishu_sign("abc", 1_600_000_000) == "6L6POH2rt4SuqaKjbCNoZ7H6Z3R3OevLdHc4Q+A+cEY="


@given(st.text(), st.integers(0, 200))
@example("👨‍👩‍👧" * 9, 20)
@example("x\u0301" * 30, 7)
def test_a_cut_text_is_over_its_limit_or_not_the_beginning_of_the_text(
    text: str, limit: int
) -> None:
    result = cut(text, limit)
    assert len(result.encode("utf-8")) <= limit
    if len(text.encode("utf-8")) <= limit:
        assert result == text
    elif limit >= 3:
        assert result.endswith("…")
        kept = result[:-1]
        assert text.startswith(kept)
        following = text[len(kept)]
        assert kept == "" or unicodedata.category(following) not in ("Mn", "Me", "Mc")
        assert not kept.endswith("\u200d")
        assert kept == "" or following != "\u200d"
    else:
        assert result == ""


@given(st.lists(st.sampled_from(WHOLE), max_size=30), st.integers(3, 120))
@example(["🇨🇳", "🇨🇳"], 14)
@example(["🇨🇳", "a"], 7)
def test_a_character_that_a_reader_sees_is_cut_in_two(parts: list[str], limit: int) -> None:
    text = "".join(parts)
    result = cut(text, limit)
    if result == text:
        return
    kept = result[:-1]
    starts = {"".join(parts[:n]).rstrip() for n in range(len(parts) + 1)}
    assert kept in starts


@given(st.lists(st.sampled_from(WHOLE[:5]), min_size=1, max_size=30), st.integers(30, 120))
def test_more_is_cut_away_than_one_character_needs(parts: list[str], limit: int) -> None:
    text = "".join(parts)
    result = cut(text, limit)
    if result != text:
        # `…` and the longest character, the family of 18 bytes, are all that may be missing.
        assert len(result.encode()) > limit - 18


def test_a_row_of_flags_is_cut_in_the_middle_of_one_or_away_as_a_whole() -> None:
    assert cut("🇨🇳🇯🇵🇰🇷", 8 + 3) == "🇨🇳…"
    assert cut("🇨🇳🇯🇵🇰🇷", 12 + 3) == "🇨🇳…"
    assert cut("🇨🇳🇯🇵🇰🇷", 16 + 3) == "🇨🇳🇯🇵…"


@given(st.text())
def test_cleaned_text_can_call_everybody_or_begin_a_line(text: str) -> None:
    result = clean(text)
    assert "<" not in result
    assert "](" not in result
    assert len(result.splitlines()) <= 1
    assert not any(unicodedata.category(c) == "Cc" for c in result)


def test_cleaning_takes_words_emoji_or_lines_apart() -> None:
    assert clean(f"等待\n  过久 {FAMILY} {SCOTLAND}") == f"等待 过久 {FAMILY} {SCOTLAND}"
    assert clean("<at id=all></at>\u202egnp") == "＜at id=all>＜/at>gnp"
    assert clean("[here](http://x)") == "[here] (http://x)"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/d?x=1&y=队列#p", "https://a.example/d?x=1&y=%E9%98%9F%E5%88%97#p"),
        ("https://a.example/(x) y", "https://a.example/%28x%29%20y"),
        ("https://a.example/%20", "https://a.example/%20"),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("https://[broken", ""),
        ("", ""),
    ],
)
def test_a_link_can_end_its_markdown_or_run_a_script(url: str, expected: str) -> None:
    assert safe_link(url) == expected
