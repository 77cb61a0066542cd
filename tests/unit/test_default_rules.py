"""The rules that ship: each has examples that it hits and misses, and they behave so."""

from __future__ import annotations

import pytest

from agents.settings import default_config_dir
from pipeline.qa.language.examples import example_failures
from pipeline.qa.language.parser import Rules, parse_rules
from pipeline.qa.language.rule_set import RuleSet

PATH = default_config_dir() / "qa_rules.yaml"
RULES = parse_rules(PATH.read_text(encoding="utf-8"), PATH.name)
COMPILED = RuleSet(RULES)


def only(rule_id: str) -> Rules:
    """The file with one rule."""
    return RULES._replace(rules=tuple(r for r in RULES.rules if r.keys.id == rule_id))


@pytest.mark.parametrize("rule_id", COMPILED.infos)
def test_three_examples_hit_and_three_miss_as_they_say(rule_id: str) -> None:
    (rule,) = only(rule_id).rules
    assert len(rule.keys.examples.hit) >= 3
    assert len(rule.keys.examples.miss) >= 3
    assert example_failures(only(rule_id), COMPILED) == []


def test_there_are_at_least_forty_rules_named_in_two_languages() -> None:
    assert len(COMPILED.infos) >= 40
    for info in COMPILED.infos.values():
        assert info.name.isascii()
        assert not info.name_zh.isascii()


def test_an_example_that_does_not_do_what_it_says_is_found() -> None:
    text = PATH.read_text(encoding="utf-8")
    turned = text.replace('hit: ["这个不归我管"', 'hit: ["好的没问题"')
    assert turned != text
    rules = parse_rules(turned, PATH.name)
    (failure,) = example_failures(rules, RuleSet(rules))
    assert failure.rule_id == "forbidden_words"
