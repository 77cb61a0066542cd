"""`kefu eval`, `kefu train`, `kefu score`: figures checked by hand, and clear errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kefu.cli import kefu
from kefu.errors import UserError
from kefu.labelled_file import DEFAULT_MAP, parse_map, read_labelled
from kefu.measures import (
    class_figures,
    expected_calibration_error,
    kappa,
    macro_f1_interval,
)

TEXTS = [
    ("好的", "neutral"),
    ("在吗", "neutral"),
    ("气死我了，垃圾", "negative"),
    ("谢谢你，辛苦了", "positive"),
]


def run(*args: str) -> str:
    done = CliRunner().invoke(kefu, list(args), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "own.csv"
    lines = [f'"{text}",{label}' for text, label in TEXTS]
    path.write_text("text,label\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_figures_are_those_computed_by_hand() -> None:
    figures = class_figures([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2], 3)
    assert figures.confusion == [[2, 1, 0], [0, 1, 1], [0, 0, 1]]
    assert figures.recalls == [2 / 3, 1 / 2, 1.0]
    assert figures.accuracy == 4 / 6
    assert figures.macro_f1 == pytest.approx((0.8 + 0.5 + 2 / 3) / 3)


def test_a_class_without_texts_has_no_recall_and_no_part_in_the_mean() -> None:
    figures = class_figures([0, 2], [0, 1], 3)
    assert figures.recalls == [1.0, None, 0.0]
    assert figures.macro_f1 == 0.5


def test_calibration_error_is_the_gap_between_said_and_true() -> None:
    assert expected_calibration_error([0.8] * 10, [True] * 8 + [False] * 2) == pytest.approx(0)
    assert expected_calibration_error([0.9] * 4, [True, True, False, False]) == pytest.approx(0.4)


def test_kappa_is_none_for_chance_and_one_for_full_agreement() -> None:
    assert kappa(["a", "b"] * 4, ["a", "b"] * 4) == 1
    assert kappa(["a", "a", "b", "b"], ["a", "b", "a", "b"]) == 0


def test_an_interval_holds_the_figure_and_narrows_with_more_texts() -> None:
    def width(times: int) -> float:
        true, said = [0, 0, 1, 1, 2, 2] * times, [0, 1, 1, 1, 2, 0] * times
        low, high = macro_f1_interval(true, said, 3, seed=1)
        assert low <= class_figures(true, said, 3).macro_f1 <= high
        return high - low

    assert width(100) < width(5) / 2


@pytest.mark.parametrize(
    ("content", "option", "expected"),
    [
        ("text,label\n好,meh\n", DEFAULT_MAP, "own.csv:2: the label 'meh' is not one of"),
        ("review,label\n好,1\n", DEFAULT_MAP, "own.csv:2: no column 'text'; there are: review"),
        ("text,label\n", DEFAULT_MAP, "no labelled text"),
        ("text,label\n好,1\n", "stars", "--map 'stars': expected NAME=VALUE"),
        ("text,label\n好,1\n", "5=good", "--map '5=good': expected text="),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_what_was_expected(
    tmp_path: Path, content: str, option: str, expected: str
) -> None:
    path = tmp_path / "own.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_labelled(path, option)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", '{"t": "好的，是", "s": 5, "r": "agent"}\n'),
        ("a.tsv", "t\ts\tr\n好的，是\t5\tbot\n"),
        ("a.txt", 't,s,r\n"好的，是",5,agent\n'),
    ],
)
def test_all_kinds_of_files_give_the_same_texts(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    option = "text=t,label=s,role=r,5=positive"
    assert parse_map(option).labels["5"] == "positive"
    assert read_labelled(path, option) == [("好的，是", "positive", "agent")]


def test_eval_prints_every_model_and_writes_the_mistakes(data: Path, tmp_path: Path) -> None:
    with data.open("a", encoding="utf-8") as file:
        file.write('"<b>垃圾</b>，骗子",positive\n')
    html = tmp_path / "page.html"
    out = run("eval", "sentiment", "--data", str(data), "--html", str(html), "--json")
    models = json.loads(out.splitlines()[-1])["models"]
    assert [one["model"].split("-")[0] for one in models] == [
        "snownlp at 0.3/0.7",
        "snownlp+cues",
        "kefu",
    ]
    assert models[-1]["n"] == 5
    assert models[-1]["accuracy"] == pytest.approx(0.8)
    page = html.read_text(encoding="utf-8")
    assert "&lt;b&gt;垃圾" in page
    assert "<b>" not in page


def test_without_neutral_labels_only_two_classes_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("text,label\n味道一般,0\n很好,1\n难吃,0\n", encoding="utf-8")
    out = run("eval", "sentiment", "--data", str(path), "--html", str(tmp_path / "p"), "--json")
    for one in json.loads(out.splitlines()[-1])["models"]:
        assert sum(row[1] for row in one["confusion"]) == 0


def test_score_says_label_reasons_and_risk_of_each_line(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("好的\n等了三天了还没到，我要打12315\n", encoding="utf-8")
    rows = [json.loads(line) for line in run("score", "--file", str(path), "--json").splitlines()]
    assert [row["label"] for row in rows] == ["neutral", "negative"]
    assert rows[1]["risk_words"] == ["12315"]
    assert rows[1]["evidence"][0]["text"]
    assert "because of" in run("score", "等了三天了还没到")


def test_own_labels_change_what_the_model_says_and_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("scipy", reason="the extra `train` is not installed")
    words = ["安装", "发票", "物流", "颜色", "尺寸", "账号", "积分", "会员", "活动", "地址"]
    path = tmp_path / "own.csv"
    rows = [
        (f"{word}{number}号的紫霞卡住", "negative", f"{word}{number}号的青霞走起", "neutral")
        for word in words
        for number in ("一", "二", "三", "四", "五")
    ]
    lines = [f"{a},{b}\n{c},{d}" for a, b, c, d in rows]
    path.write_text("text,label\n" + "\n".join(lines) + "\n", encoding="utf-8")
    out = tmp_path / "{name}.bin"
    result = json.loads(
        run("train", "sentiment", "--data", str(path), "--out", str(out), "--json").splitlines()[-1]
    )
    assert result["macro_f1_after"] > max(0.9, result["macro_f1_before"])
    model = result["file"]
    assert "+own-" in model
    one = json.loads(run("score", "地址七号的紫霞卡住", "--model", model, "--json"))
    assert one["label"] == "negative"
    assert one["model"].startswith(result["model"])
    for text, label in TEXTS:
        assert json.loads(run("score", text, "--model", model, "--json"))["label"] == label


def test_too_few_labels_are_refused(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("scipy", reason="the extra `train` is not installed")
    with pytest.raises(UserError, match="4 labelled texts; at least 50"):
        run("train", "sentiment", "--data", str(data), "--out", str(tmp_path / "x"))
