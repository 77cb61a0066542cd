"""The satisfaction estimate and the figures of moods: checked against values known beforehand."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from agents.service_model import load_service_scorer
from agents.settings import load_config
from kefu.errors import UserError
from kefu.eval_mood import (
    agreement,
    customer_turns,
    decayed_mood,
    exported_mood,
    judge_scorer,
    service_value,
    spearman,
)
from kefu.rated_dialogues import RatedDialogue, read_rated
from kefu.satisfaction_training import features_of, read_model, run
from pipeline.satisfaction import NAMES, Features, Rated, fit
from schemas.envelope import Role

Turns = tuple[tuple[Role, tuple[str, ...]], ...]
TRUE_WEIGHTS = (2.0, 0.5, 0.0, -1.0, -0.3, 0.7, -0.2, -0.4, -0.6, 0.0)


def rows(count: int, *, seed: int = 3) -> list[Rated]:
    chance = Random(seed)
    made = (Features._make([*(chance.random() for _ in NAMES[:-1]), 0.0]) for _ in range(count))
    return [
        Rated(one, 1 + sum(w * x for w, x in zip(TRUE_WEIGHTS, one, strict=True))) for one in made
    ]


def test_the_fit_finds_the_weights_that_made_the_ratings() -> None:
    model = fit(rows(2_000), name="test")
    for weight, scale, true in zip(model.weights, model.scales, TRUE_WEIGHTS, strict=True):
        assert weight / scale == pytest.approx(true, abs=0.01)
    for row in rows(50, seed=4):
        assert model.estimate(row.features) == pytest.approx(row.rating, abs=0.02)


def test_an_estimate_is_never_outside_the_ratings_that_were_learned_from() -> None:
    model = fit(rows(200), name="test")
    far = Features(*([100.0] * len(NAMES)))
    assert model.estimate(far) in (model.lowest, model.highest)


def test_too_few_or_equal_ratings_are_refused() -> None:
    with pytest.raises(ValueError, match="49 rated interactions; expected at least 50"):
        fit(rows(49), name="test")
    with pytest.raises(ValueError, match="all ratings are 3"):
        fit([row._replace(rating=3.0) for row in rows(60)], name="test")


def test_rank_correlation_is_that_computed_by_hand_also_with_equal_values() -> None:
    assert spearman([1, 2, 3, 4], [10, 20, 30, 40]) == 1
    assert spearman([1, 2, 3], [3, 2, 1]) == -1
    assert spearman([1, 1, 2, 3], [1, 2, 3, 4]) == pytest.approx(4.5 / (4.5 * 5) ** 0.5)
    assert spearman([1, 1, 1], [1, 2, 3]) == 0
    low, high = agreement([*range(100)], [*range(100)]).interval
    assert (low, high) == pytest.approx((1, 1))


def test_the_mood_that_is_judged_is_the_decayed_mean_that_is_documented() -> None:
    turns = [[0.9, 0.5], [0.2], [0.4, 0.6, 0.1]]
    assert exported_mood(turns) == pytest.approx(decayed_mood(turns, 0.5))
    assert decayed_mood(turns, 0.0) == pytest.approx(1.1 / 3)
    assert exported_mood([]) == 0.5


def test_what_the_agent_says_does_not_change_the_mood() -> None:
    turns: Turns = (
        ("customer", ("a", " ")),
        ("agent", ("x",)),
        ("customer", ("b",)),
        ("customer", ("c",)),
    )
    values = {"a": 0.1, "b": 0.2, "c": 0.3}
    found = customer_turns(RatedDialogue("1", turns, 0.0), lambda text, _: values[text])
    assert found == [[0.1], [0.2, 0.3]]


def test_features_are_what_stands_in_the_dialogue() -> None:
    scorer, lexicons = load_service_scorer(), load_config().lexicons
    turns: Turns = (
        ("customer", ("等了三天了还没到，太差了",)),
        ("agent", ("非常抱歉", "马上为您查")),
        ("customer", ("谢谢你，辛苦了", "什么时候能到呢？")),
    )
    one = features_of(RatedDialogue("1", turns, 0, 3), service_value(scorer), scorer, lexicons)
    assert (one.thanks_at_end, one.question_at_end, one.is_unanswered) == (1, 1, 1)
    assert one.last_length == pytest.approx(2.772589)  # ln(1 + 15)
    assert one.apologies == pytest.approx(0.693147)  # ln 2
    assert one.breaches == pytest.approx(1.386294)  # ln 4
    assert one.lowest_mood < one.mood < one.last_mood
    assert one.fall < 0


def dialogue(number: int) -> dict[str, object]:
    good = number % 2 == 0
    text = "谢谢，解决了，非常满意" if good else "太差了，等了三天没人管"
    said = [{"sender": "customer", "utterances": [text + "！" * (number % 3)]}]
    return {"id": str(number), "turns": said, "satisfaction": 1 if good else -1}


def test_a_trained_model_is_written_read_back_and_beats_the_mean(tmp_path: Path) -> None:
    data = tmp_path / "own.jsonl"
    data.write_text("".join(json.dumps(dialogue(n)) + "\n" for n in range(120)), encoding="utf-8")
    done = run(data, tmp_path / "{name}.json", None)
    model = read_model(Path(str(done["file"])))
    assert model.name == done["model"]
    assert model.learned_from == 120
    assert float(str(done["mean_error"])) < float(str(done["mean_error_of_the_mean"])) / 4


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[]", r":2: expected one JSON object a line"),
        ('{"turns": []}', r":2: satisfaction: expected a number"),
        ('{"turns": [], "satisfaction": true}', r":2: satisfaction: expected a number"),
        ('{"turns": [{"sender": "x"}], "satisfaction": 1}', r":2: turn 1: sender: expected one of"),
        (
            '{"turns": [{"sender": "customer", "utterances": [1]}], "satisfaction": 1}',
            r":2: turn 1: utterances: expected a list of texts",
        ),
        ('{"turns": [], "satisfaction": 1, "breaches": -1}', r":2: breaches: expected a whole"),
    ],
)
def test_a_bad_line_is_named_with_what_was_expected(
    tmp_path: Path, line: str, problem: str
) -> None:
    data = tmp_path / "own.jsonl"
    data.write_text(json.dumps(dialogue(0)) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=problem):
        read_rated(data)


def test_a_model_with_other_features_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text('{"name": "x"}', encoding="utf-8")
    with pytest.raises(UserError, match="not a model of `kefu train satisfaction`"):
        read_model(path)


def test_the_exported_mood_agrees_with_real_raters(shared_data: Path) -> None:
    dialogues = read_rated(shared_data / "stc3_helpdesk.jsonl")
    scorer = load_service_scorer()
    figures = judge_scorer(scorer.name, service_value(scorer), dialogues)
    assert figures.everything.n > 2_000
    assert figures.everything.n == figures.tune.n + figures.report.n
    assert figures.report.spearman >= 0.60, figures.report


def test_too_few_dialogues_to_judge_or_to_learn_from_are_refused(tmp_path: Path) -> None:
    one = RatedDialogue("1", (("customer", ("a",)),), 0.0)
    with pytest.raises(UserError, match="expected at least 2 rated dialogues in each half"):
        judge_scorer("x", lambda text, _: 0.5, [one])
    data = tmp_path / "own.jsonl"
    data.write_text("".join(json.dumps(dialogue(n)) + "\n" for n in range(55)), encoding="utf-8")
    with pytest.raises(UserError, match=r"55 rated dialogues .* expected at least 50 to learn"):
        run(data, tmp_path / "{name}.json", None)
