"""The trained model: what it says of plain service talk, and that its arithmetic is right."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.service_model import ModelUnusableError, load_service_scorer, read_service_model
from pipeline.sentiment.grams import folded, grams, runs
from pipeline.sentiment.normalise import normalise
from pipeline.sentiment.service_model import (
    OUTPUTS,
    DamagedModelError,
    ServiceModel,
    pack,
    unpack,
)
from pipeline.sentiment.service_scorer import NOTHING, ServiceScorer


@pytest.fixture(scope="module")
def model() -> ServiceModel:
    return read_service_model()


@pytest.fixture(scope="module")
def scorer(model: ServiceModel) -> ServiceScorer:
    return ServiceScorer(model)


@pytest.mark.parametrize(
    "text",
    [
        "在吗",
        "好的",
        "嗯",
        "你好",
        "10086123457788",
        "投诉电话是多少",
        "怎么退款",
        "[图片]",
        "注销账号怎么操作",
    ],
)
def test_plain_talk_is_neutral_and_has_no_evidence(scorer: ServiceScorer, text: str) -> None:
    reading = scorer.read(text)
    assert reading.label == "neutral"
    assert (reading.intensity, reading.emotion, reading.risk_words) == (0, "none", ())
    assert reading.evidence == ()


@pytest.mark.parametrize(
    "text",
    [
        "等了三天了还没到",
        "客服态度太差了！！",
        "客服態度太差了",
        "你们真行",
        "垃圾公司，再也不买了",
        "气死我了",
    ],
)
def test_complaints_are_negative_and_say_why(scorer: ServiceScorer, text: str) -> None:
    reading = scorer.read(text)
    assert reading.label == "negative"
    assert reading.intensity >= 1
    assert reading.emotion in ("angry", "anxious", "disappointed", "confused")
    assert reading.evidence
    seen = folded(normalise(text))
    assert all(part.text in seen for part in reading.evidence)


@pytest.mark.parametrize("text", ["谢谢，辛苦了", "客服很耐心，五星好评", "謝謝你，服務真好"])
def test_thanks_and_praise_are_positive(scorer: ServiceScorer, text: str) -> None:
    assert scorer.read(text).label == "positive"


@pytest.mark.parametrize("text", [None, "", "  \n\u3000", "\u200b"])
def test_nothing_said_is_neutral(scorer: ServiceScorer, text: str | None) -> None:
    assert scorer.read(text) == NOTHING


def test_intents_are_told(scorer: ServiceScorer) -> None:
    assert "asks_human" in scorer.read("转人工").intents
    assert "refund" in scorer.read("我要退款").intents
    assert "consultation" in scorer.read("请问这个怎么用").intents


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("再不处理我打12315", ("12315",)),
        ("你们就是骗子，我要曝光", ("骗子", "曝光")),
        ("你们都是SB", ("sb",)),
        ("这破USB接口都是坏的，垃圾", ("垃圾",)),
        ("垃圾桶坏了三次了，太差了", ()),
        ("投诉电话是多少", ()),
        ("我要退款", ()),
        ("注销账号", ()),
        ("订单912315999一直没到，太慢了", ()),
    ],
)
def test_risk_words_are_told_apart_from_their_look_alikes(
    scorer: ServiceScorer, text: str, expected: tuple[str, ...]
) -> None:
    assert scorer.read(text).risk_words == expected


@given(st.text(max_size=80), st.sampled_from(["customer", "agent", "bot"]))
def test_every_text_has_probabilities_that_add_up(text: str, role: str) -> None:
    reading = SHIPPED.read(text, role)
    assert math.isclose(reading.negative + reading.neutral + reading.positive, 1.0)
    assert (reading.intensity == 0) == (reading.label == "neutral") == (reading.emotion == "none")


ROOT = Path(__file__).parents[2]
SHIPPED = load_service_scorer()


@given(st.text(alphabet="客服态度真差好谢等了三天还没到不满意abc12 !?，。😡[微笑]", max_size=40))
def test_the_packed_sum_is_the_plain_sum(text: str) -> None:
    """Thirty-two bits a field: no weight may ever borrow of its neighbour."""
    model = MODEL
    found = grams(runs(folded(normalise(text))))
    row = {gram: n for n, gram in enumerate(model.grams.split("\n"))}
    codes = memoryview(model.weights).cast("b")
    known = [row[gram] for gram in found if gram in row]
    for number, value in enumerate(SHIPPED.values(text)):
        column = [codes[n * len(OUTPUTS) + number] for n in known]
        total = sum(code * abs(code) for code in column) * model.scales[number]
        expected = model.biases[number] + total / math.sqrt(len(known) or 1)
        assert math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-9)


MODEL = read_service_model()


def test_a_very_long_text_costs_no_more_than_its_window(scorer: ServiceScorer) -> None:
    text = "等了三天还没到，" * 5_000
    assert scorer.read(text).label == "negative"
    assert len(folded(normalise(text))) <= 1_002


def test_a_model_file_is_the_same_after_packing(model: ServiceModel) -> None:
    assert unpack(pack(model)) == model


@pytest.mark.parametrize("at", [0, 8, 12, 60, 5_000, -1])
def test_one_wrong_byte_makes_the_file_unusable(model: ServiceModel, at: int) -> None:
    content = bytearray(pack(model))
    content[at] ^= 1
    with pytest.raises(DamagedModelError):
        unpack(bytes(content))


def test_a_table_of_another_width_is_refused(model: ServiceModel) -> None:
    for wrong in (
        msgspec.structs.replace(model, scales=model.scales[:-1]),
        msgspec.structs.replace(model, weights=model.weights[:-1]),
    ):
        with pytest.raises(DamagedModelError, match="columns wide"):
            unpack(pack(wrong))


def test_a_file_that_is_no_model_is_named() -> None:
    with pytest.raises(ModelUnusableError, match=r"pyproject\.toml: not a usable model"):
        load_service_scorer(ROOT / "pyproject.toml")
    with pytest.raises(ModelUnusableError, match="cannot be read"):
        load_service_scorer(ROOT / "absent.bin")
