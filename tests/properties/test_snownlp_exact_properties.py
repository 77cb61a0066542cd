"""Whatever the text, the fast sentiment score is the original's, and no cache changes it."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.sentiment.snownlp_exact import UNDEFINED, ExactSnowNLP
from pipeline.sentiment.snownlp_model import SnowNLPData, read_model
from pipeline.sentiment.snownlp_packed import pack, unpack
from pipeline.sentiment.snownlp_segmenter import Row, Segmenter, _step

COMMON = "的了是我不你好在有这个们客服快递退款货单什么时候到没收问题处理谢满意差评态度很太慢等"
# Seen by the model exactly once.
RARE = "镂滟苋嘭迸孢釜刈卯铷侔埤撅皿晞咙僳龇笮癸绾钏臆狡泅拭濑疟迤倔蔺渌辇咔玮昵耦壕鳇鸵"
# Chinese characters that the model has never seen.
UNSEEN = "龘靐齉爩麤龗灥厵鱻驫飝丂丄丆丏丒"
OTHER = " \t\n\u3000，。！？~…abzAZ059[]@#😀👍\u200b\x00\x1c\x85㐀𠀀龦\ud83d"

piece = st.one_of(
    st.text(COMMON, min_size=1, max_size=12),
    st.text(RARE, min_size=1, max_size=4),
    st.text(UNSEEN, min_size=1, max_size=4),
    st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=6),
    st.text(OTHER, min_size=1, max_size=4),
    st.sampled_from(["[微笑]", "謝謝", "转人工", "12315", "OK", "訂單"]),
)
texts = st.lists(piece, min_size=1, max_size=8).map("".join)
fixed = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def model() -> SnowNLPData:
    return read_model()


@pytest.fixture(scope="module")
def packed(model: SnowNLPData) -> SnowNLPData:
    """The same in the form in which workers use it."""
    return unpack(pack(model))


@pytest.fixture(scope="module")
def exact(packed: SnowNLPData) -> ExactSnowNLP:
    return ExactSnowNLP.of(packed)


@pytest.fixture(scope="module")
def forgetful(model: SnowNLPData) -> ExactSnowNLP:
    """The model as it was read, with caches so small that nearly everything is computed again."""
    segmenter = Segmenter(model.segmentation, cached_pairs=1, cached_triples=1)
    return ExactSnowNLP(segmenter, model.sentiment, model.stop_words, cached_runs=1)


@pytest.fixture(scope="module")
def original() -> Callable[[str], float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from snownlp import SnowNLP
    return lambda text: float(SnowNLP(text).sentiments)


def test_the_characters_are_as_rare_as_they_are_called(model: SnowNLPData) -> None:
    ids, uni = model.segmentation.ids, model.segmentation.uni
    assert [char for char in UNSEEN if char in ids] == []
    assert [char for char in RARE if sum(uni[ids[char] * 4 : ids[char] * 4 + 4]) != 1] == []
    assert [char for char in COMMON if sum(uni[ids[char] * 4 : ids[char] * 4 + 4]) < 100] == []


@settings(fixed, max_examples=2_000)
@given(text=texts)
def test_any_mix_of_characters_scores_exactly_as_in_the_original(
    exact: ExactSnowNLP, original: Callable[[str], float], text: str
) -> None:
    if text.strip():
        assert exact.score(text) == original(text)
    else:
        assert exact.score(text) == UNDEFINED


@settings(fixed, max_examples=500)
@given(text=st.text(UNSEEN + COMMON[:4], min_size=1, max_size=6))
def test_unseen_characters_anywhere_score_exactly_as_in_the_original(
    exact: ExactSnowNLP, original: Callable[[str], float], text: str
) -> None:
    from snownlp import seg

    assert exact.score(text) == original(text)
    # The score hides most cuts; the words themselves show every one.
    assert exact._segmenter.words(text) == seg.single_seg(text)


@settings(fixed, max_examples=500)
@given(text=st.text(COMMON + RARE + UNSEEN, min_size=1, max_size=30))
def test_a_run_of_chinese_characters_is_cut_as_in_the_original(
    exact: ExactSnowNLP, text: str
) -> None:
    from snownlp import seg

    assert exact._segmenter.words(text) == seg.single_seg(text)


@settings(fixed, max_examples=500)
@given(several=st.lists(texts, min_size=1, max_size=6))
def test_what_is_remembered_never_changes_a_score(
    exact: ExactSnowNLP, forgetful: ExactSnowNLP, several: list[str]
) -> None:
    forward = [exact.score(text) for text in several]
    assert [forgetful.score(text) for text in several] == forward
    assert [exact.score(text) for text in reversed(several)] == forward[::-1]


# So close together that adding a number makes some of them equal, besides the really equal.
close = st.sampled_from([-3.0, -3.0 - 2**-51, -3.0 - 2**-50, -3.5, float("-inf")])
log_prob = st.sampled_from([-4.25, -7.1, -100.3, float("-inf")])
row = log_prob | st.tuples(log_prob, log_prob, log_prob, log_prob)


@settings(fixed, max_examples=500)
@given(
    scores=st.lists(close, min_size=16, max_size=16), rows=st.lists(row, min_size=16, max_size=16)
)
def test_of_equal_scores_the_first_wins_even_where_rounding_makes_them_equal(
    scores: list[float], rows: list[Row]
) -> None:
    expected: list[float] = []
    origins: list[int] = []
    for state, row in enumerate(rows):
        each = row if isinstance(row, tuple) else (row,) * 4
        last = state % 4
        sums = [scores[last * 4 + before] + each[before] for before in range(4)]
        expected.append(max(sums))
        origins.append(sums.index(max(sums)))
    assert _step(scores, tuple(rows)) == (expected, origins)
