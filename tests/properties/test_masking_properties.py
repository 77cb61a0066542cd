"""Masking, whatever the text: idempotent, its spans in order, nothing sensitive left."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.masking import PLACEHOLDERS, mask, mask_and_truncate, mask_spans

WORDS = """
13800138000 11010519491231002X 4111111111111111 tom@qq.com 010-62345678 SF1234567890123
订单号 订单 微信号 加微信 QQ 护照 身份证 卡号 座机 order no https://a.com/ 条码 转 元 三天
幺三八零零一三八零零零 E12345678 京A12345 abc_123 [数字x] 20261123 400-820-8820
1 3 86 +86 0086 0 . - _ @ %40 , ， ： : / ? = & ( ) （ ） ～ ８ 八 嗯 x X a A
"""
PIECES = [*PLACEHOLDERS.values(), *WORDS.split(), " ", "\n", "\ue000", "\x01"]
texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
    st.text(alphabet="0123456789Xx @.-+86幺三零单号订１３，", max_size=60),
    st.text(alphabet="0123456789AbX", min_size=10, max_size=20),
    st.text(max_size=80),
)


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(texts)
@example("订单号13800138000 123456")
@example("a@b.com@c.com")
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask(text).text
    assert mask(once).text == once


@settings(max_examples=500, deadline=None, derandomize=True)
@given(texts)
def test_spans_are_sorted_apart_and_the_rest_of_the_text_is_untouched(text: str) -> None:
    spans = mask_spans(text)
    end = 0
    rebuilt = ""
    for span in spans:
        assert end <= span.start < span.end <= len(text)
        rebuilt += text[end : span.start] + PLACEHOLDERS[span.kind]
        end = span.end
    assert mask(text) == (rebuilt + text[end:], tuple(span.kind for span in spans))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet="你好的吗，。 ！abc", max_size=20), st.from_regex(r"\A1[3-9][0-9]{9}\Z"))
def test_a_mobile_number_between_words_never_survives(around: str, number: str) -> None:
    assert number not in mask(f"{around}，{number}，{around}").text


@settings(max_examples=500, deadline=None, derandomize=True)
@given(texts, st.integers(0, 80))
def test_truncation_keeps_to_its_limit_and_shows_a_beginning_of_the_masked_text(
    text: str, limit: int
) -> None:
    shown = mask_and_truncate(text, limit).text
    assert len(shown) <= limit
    assert mask(text).text.startswith(shown)
