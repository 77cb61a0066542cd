"""Quality rules, live and after the fact: the streaming engine against a plain oracle."""

import json

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.qa.language.rule_set import RuleSet, load_rules
from pipeline.qa.language.state import QaState
from tests.oracle_qa import judge
from tests.properties.qa_chats import interactions, live, rules

SETTINGS = settings(
    max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def rule_set(raw: list[dict]) -> RuleSet:
    return load_rules(json.dumps({"version": "1", "rules": raw}), "rules.yaml")


def names(hits) -> set:
    return {(hit.rule_id, tuple(span[:3] for span in hit.spans)) for hit in hits}


@SETTINGS
@given(rules(), interactions(), st.data())
def test_what_is_said_live_is_what_a_plain_judge_of_the_whole_says(raw, interaction, data):
    turns, facts = interaction
    compiled = rule_set(raw)
    state = compiled.new_state()
    said = []
    for step, known in data.draw(live(turns, facts)):
        if data.draw(st.booleans()):
            state = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=QaState)
        said += compiled.evaluate_step(state, step, known)
    assert len(said) == len(set(said)), "a hit was said twice"
    assert names(said) == judge(raw, turns, facts)


@SETTINGS
@given(rules(), interactions(), st.data())
def test_live_says_at_every_moment_all_that_a_fresh_evaluation_is_certain_of(
    raw, interaction, data
):
    turns, facts = interaction
    compiled = rule_set(raw)
    state = compiled.new_state()
    said = set()
    seen: list = []
    for step, known in data.draw(live(turns, facts)):
        said |= set(compiled.evaluate_step(state, step, known))
        if step in turns:
            seen.append(step)
        fresh = compiled.evaluate_all(
            data.draw(st.permutations(seen)), known, ended=state.ended, now_ms=state.now_ms
        )
        assert said == fresh
