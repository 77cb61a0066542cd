"""Rule files that cannot be used are refused with file, line and what is allowed; none hangs."""

import time

import pytest

from pipeline.qa.language.rule_set import load_rules
from pipeline.yaml_reader import ConfigError
from tests.unit.qa_builders import CHAT, rule, rule_file, rule_set, turn


def refused(when: dict, **keys) -> str:
    with pytest.raises(ConfigError) as error:
        load_rules(rule_file(rule(when, **keys)), "rules.yaml")
    assert str(error.value).startswith("rules.yaml:")
    return str(error.value)


def test_an_unknown_operator_is_refused_with_its_line_and_the_one_that_was_meant():
    text = """version: "1"
rules:
  - id: a
    name: a
    name_zh: a
    severity: minor
    points: 1
    speaks_of: agent
    when:
      any:
        - keyword: {any: [没办法]}
"""
    with pytest.raises(ConfigError) as error:
        load_rules(text, "rules.yaml")
    assert str(error.value).startswith(
        "rules.yaml:11: $.rules[0].when.any[0].keyword: unknown operator `keyword`"
        " (did you mean `keywords`?); allowed: all, any, not, keywords,"
    )


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"keywords": {"ani": ["a"]}}, "unknown key `ani` (did you mean `any`?); allowed: any,"),
        ({"keywords": {"any": ["a"]}, "who": "agnet"}, "`agnet` (did you mean `agent`?"),
        ({"keywords": {"any": ["a"]}, "who": ["agent"]}, "unknown role"),
        ({"keywords": {"any": []}}, "an empty list of words"),
        ({"keywords": {"any": ["a"], "all": ["b"]}}, "give one of `any`, `all`, `none`"),
        ({"keywords": {"of": ["a"]}}, "`of` and `at_least` belong together"),
        ({"keywords": ["a"]}, "expected `object`, got `array`"),
        ({"keywords": {"any": ["a" * 65]}}, "length <= 64"),
        ({"keywords": {"any": [""]}}, "length >= 1"),
        ({"keywords": {"any": ["a"]}, "regex": {"pattern": "a"}}, "exactly one operator"),
        ({}, "exactly one operator"),
        ({"all": []}, "at least one"),
        ({"all": [{"not": "a"}]}, "expected a condition"),
        ({"all": [{"hang_up": {"by": ["agent"]}}], "who": "agent"}, "`who` belongs to an operator"),
        ({"keywords": {"any": ["a"]}, "range": {"first": 0}}, ">= 1"),
        ({"keywords": {"any": ["a"]}, "range": "hole"}, "expected `whole`"),
        ({"keywords": {"any": ["a"]}, "range": {"frist": 2}}, "(did you mean `first`?)"),
        ({"keywords": {"any": ["a"]}, "range": {"after": {"turns": 1}}}, "`hit_of`"),
        ({"sentiment": {"below": 1}, "range": {"after": {"hit_of": "x", "turns": 1}}}, "label `x`"),
        ({"keywords": {"any": ["a"]}, "label": "x y"}, "a short name"),
        ({"hang_up": {"by": ["nobody"]}}, "invalid enum value"),
        ({"hang_up": None}, "give `by`, `causes` or both"),
        ({"duration": {"over_seconds": 1}, "range": {"first": 2}}, "takes no other range"),
        ({"speech_rate": {"above": 100, "below": 200}}, "every turn would hit"),
        ({"personal_data": {"kinds": ["phnoe"]}}, "unknown kind"),
        ({"similarity": {"to": ["！"]}}, "is like nothing"),
        ({"script_steps": {"steps": [["a"], []]}}, "a step without words"),
        ({"regex": {"pattern": "(?=a)"}}, "RE2 refuses this pattern: invalid perl operator"),
        ({"regex": {"pattern": "a", "exclude": "["}}, ".regex.exclude: RE2 refuses"),
        ({"regex": {"pattern": "((a{99}){99}){99}"}}, "RE2 refuses"),
    ],
)  # fmt: skip
def test_a_wrong_condition_is_refused_with_what_was_expected(when, expected):
    assert expected in refused(when)


def test_turns_and_seconds_together_are_refused():
    near = {"hit_of": "x", "turns": 1, "seconds": 2}
    anchor = {"keywords": {"any": ["a"]}, "label": "x"}
    parts = [anchor, {"keywords": {"any": ["b"]}, "range": {"after": near}}]
    assert "give one of turns and seconds" in refused({"all": parts})


def test_two_rules_or_two_conditions_of_one_name_are_refused():
    when = {"keywords": {"any": ["a"]}}
    with pytest.raises(ConfigError, match="a second rule `r`"):
        load_rules(rule_file(rule(when), rule(when)), "rules.yaml")
    assert "a second condition `x`" in refused({"all": [{**when, "label": "x"}] * 2})


def test_ranges_that_refer_to_each_other_in_a_circle_are_refused():
    def beside(label: str, other: str) -> dict:
        near = {"hit_of": other, "turns": 1}
        return {"keywords": {"any": ["a"]}, "label": label, "range": {"before": near}}

    circle = {"all": [beside("a", "b"), beside("b", "c"), beside("c", "a")]}
    assert "a circle of ranges: a → b → c → a" in refused(circle)
    assert "a circle of ranges: a → a" in refused(beside("a", "a"))


def test_hostile_rule_files_are_refused_within_a_second():
    deep: dict = {"keywords": {"any": ["a"]}}
    for _ in range(20):
        deep = {"not": deep}
    deeper = '{"not": ' * 1_000 + '{"keywords": {"any": ["a"]}}' + "}" * 1_000
    began = time.monotonic()
    assert "length <= 1000" in refused({"regex": {"pattern": "a" * 1_000_000}})
    assert "nested deeper than 12" in refused(deep)
    assert "more than 64 operators" in refused({"any": [{"keywords": {"any": ["a"]}}] * 65})
    with pytest.raises(ConfigError, match="nested deeper than 50"):
        load_rules(rule_file(rule({"x": 0})).replace('{\n    "x": 0\n   }', deeper), "rules.yaml")
    assert time.monotonic() - began < 5


def test_a_hundred_thousand_keywords_are_refused_by_their_number():
    words = ",".join(f"w{i}" for i in range(100_000))
    text = rule_file(rule({"keywords": {"any": ["W"]}})).replace('"W"', words)
    with pytest.raises(ConfigError, match="100000 entries, at most 2000"):
        load_rules(text, "rules.yaml")


def test_too_many_words_in_all_rules_together_are_refused():
    words = [f"w{i}" for i in range(2_000)]
    rules = [rule({"keywords": {"any": words}}, id=f"r{i}") for i in range(11)]
    with pytest.raises(ConfigError, match="more than 20000 words and sentences in all rules"):
        load_rules(rule_file(*rules), "rules.yaml")


def test_a_file_that_takes_long_to_read_is_refused_by_its_size():
    with pytest.raises(ConfigError, match="1200001 characters, at most 1200000"):
        load_rules("#" * 1_200_001, "rules.yaml")


def test_a_pattern_that_hangs_others_runs_in_linear_time():
    rules = rule_set({"regex": {"pattern": "(a+)+$"}})
    text = "a" * 4_000 + "!"
    began = time.monotonic()
    assert rules.evaluate_all([turn(1, "agent", text)], CHAT, ended=True) == set()
    assert time.monotonic() - began < 1


def test_lone_surrogates_neither_stop_the_engine_nor_move_the_evidence():
    rules = rule_set({"keywords": {"any": ["没办法"]}}, {"regex": {"pattern": "没.法"}})
    hits = rules.evaluate_all([turn(1, "agent", "\ud83d 没办法")], CHAT, ended=True)
    assert {hit.spans[0][1:] for hit in hits} == {(2, 5, "没办法")}
