"""What is suspicious in a rule is said before it runs; its examples are run; its cost is known."""

import pytest

from pipeline.qa.language.checks import check_rules
from pipeline.qa.language.examples import example_failures
from pipeline.qa.language.parser import parse_rules
from pipeline.qa.language.rule_set import RuleSet
from pipeline.yaml_reader import ConfigError
from tests.unit.qa_builders import rule, rule_file, rule_set

SAID = {"keywords": {"any": ["抱歉"]}}


def doubts(when: dict) -> list[str]:
    return [x.message for x in check_rules(parse_rules(rule_file(rule(when)), "rules.yaml"))]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"all": [SAID, {"not": SAID}]}, "contradicts $.rules[0].when.all[0]"),
        ({"all": [SAID, {"keywords": {"none": ["抱歉", "对不起"]}}]}, "can never hit"),
        (
            {"all": [{"must_say": {"any": ["抱歉"]}}, {"keywords": {"all": ["抱歉", "好"]}}]},
            "never",
        ),
        ({"all": [SAID, {"all": [{"not": {"must_not_say": {"any": ["抱歉"]}}}]}]}, "never hit"),
        ({"any": [SAID, {"not": SAID}]}, "one of the two is always true"),
        ({"any": [SAID, SAID]}, "stands twice"),
        ({"keywords": {"any": ["OK", "ｏｋ"]}}, "the word `ok` stands 2 times"),
        ({"all": [{"turn_count": {"over": 5}}, {"turn_count": {"under": 6}}]}, "never hit"),
        ({"all": [{"duration": {"over_seconds": 9.0}}, {"duration": {"under_seconds": 9.0}}]}, "n"),
        ({"sentiment": {"negative_turns": 3}, "range": {"first": 2}}, "needs 3 turns"),
        ({"sentiment": {"below": 0.2}, "who": "agent"}, "only turns of the customer are scored"),
        ({"asked_again": {}, "who": "customer"}, "it can never hit"),
        ({"regex": {"pattern": "a*"}}, "found in every text"),
        ({"regex": {"pattern": "a", "exclude": "a"}}, "excludes all that it finds"),
    ],
)
def test_a_rule_that_cannot_mean_what_it_says_is_named_with_its_line(when, expected):
    (message,) = doubts(when)
    assert message.startswith("rules.yaml:")
    assert expected in message


@pytest.mark.parametrize(
    "when",
    [
        {"all": [SAID, {"keywords": {"none": ["对不起"]}}]},
        {"all": [SAID, {"keywords": {"none": ["抱歉"]}, "who": "customer"}]},
        {"all": [SAID, {"keywords": {"none": ["抱歉"]}, "range": {"first": 2}}]},
        {"all": [{"keywords": {"any": ["抱歉", "好"]}}, {"keywords": {"none": ["抱歉"]}}]},
        {"any": [SAID, {"keywords": {"none": ["抱歉"]}}]},
        {"all": [{"turn_count": {"over": 5}}, {"turn_count": {"under": 7}}]},
    ],
)
def test_a_rule_that_can_hit_is_not_doubted(when):
    assert doubts(when) == []


def test_windows_beside_several_hits_do_not_contradict_each_other():
    near = {"after": {"hit_of": "c", "turns": 1}}
    complaint = {"keywords": {"any": ["投诉"]}, "who": "customer", "label": "c"}
    none = {"keywords": {"none": ["抱歉"]}, "range": near}
    assert doubts({"all": [complaint, {**SAID, "range": near}, none]}) == []


def test_examples_that_do_not_do_what_they_stand_for_are_named():
    examples = {
        "hit": ["没办法", ["customer: 投诉", "客服：没办法"], "好的"],
        "miss": ["您好", ["customer: 没办法"], {"turns": [{"who": "agent", "text": "没办法"}]}],
    }
    text = rule_file(rule({"must_not_say": {"any": ["没办法"]}}, examples=examples))
    rules = parse_rules(text, "rules.yaml")
    failures = [failure.message for failure in example_failures(rules, RuleSet(rules))]
    assert [message.split(": ", 1)[1] for message in failures] == [
        "$.rules[0].examples.hit[2]: should hit, and does not",
        "$.rules[0].examples.miss[2]: should miss, and hits",
    ]


def test_examples_know_calls_transfers_holds_masking_and_the_end():
    def failures(when: dict, hit: list) -> list:
        rules = parse_rules(rule_file(rule(when, examples={"hit": hit})), "rules.yaml")
        return example_failures(rules, RuleSet(rules))

    spoken = [{"who": "agent", "start": 0, "end": 1}, {"who": "agent", "start": 20, "end": 21}]
    assert failures({"silence": {"over_seconds": 10}}, [{"turns": spoken}]) == []
    assert failures({"transfers": {"at_least": 2}}, [{"transfers": [5, 8]}]) == []
    assert failures({"hold": {"over_seconds": 60}}, [{"holds": [{"at": 1, "until": 62}]}]) == []
    assert failures({"personal_data": {"kinds": ["phone"]}}, ["我的手机13800138000"]) == []
    assert failures({"hang_up": {"by": ["agent"]}}, [{"end": {"by": "agent"}}]) == []
    with pytest.raises(ConfigError, match="say who speaks"):
        failures({"keywords": {"any": ["a"]}, "who": "any"}, ["a"])


def test_the_cost_of_a_rule_is_that_of_its_dearest_operator():
    near = {"keywords": {"any": ["b"]}, "range": {"after": {"hit_of": "x", "turns": 1}}}
    rules = rule_set(
        {"keywords": {"any": ["a"]}},
        {"all": [{"keywords": {"any": ["a"]}, "label": "x"}, near]},
        {"any": [{"keywords": {"any": ["a"]}}, {"repeat": {}}]},
    )
    costs = [info.cost_class for info in rules.infos.values()]
    assert costs == ["cheap", "linear", "quadratic"]
