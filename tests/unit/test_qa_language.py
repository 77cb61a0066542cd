"""Quality rules say what they saw at the first moment that it is certain, with its evidence."""

import msgspec
import pytest

from pipeline.qa.language.limits import MAX_HITS_PER_RULE, MAX_TURNS
from pipeline.qa.language.rule_set import Over, Tick
from pipeline.qa.language.values import Facts, RuleHit, Span, Transfer
from tests.unit.qa_builders import CHAT, evidence, live, rule_set, turn

COLD = {"must_not_say": {"any": ["没办法"]}}
GREETING = {"must_say": {"any": ["您好"]}, "range": {"first": 2}}
UPSET = {"keywords": {"any": ["投诉"]}, "who": "customer", "label": "upset"}


def after_upset(**how) -> dict:
    return {"after": {"hit_of": "upset", **how}}


def test_a_forbidden_word_is_reported_with_its_place_when_it_is_said():
    said = live(rule_set(COLD), [turn(1, "customer", "没办法吗"), turn(2, "agent", "真没办法哦")])
    assert said == [[], [RuleHit("r0", (Span("e2", 1, 4, "没办法"),))], []]


def test_a_missing_greeting_is_reported_with_the_last_turn_in_which_it_could_be_said():
    turns = [turn(1, "agent", "在的"), turn(2, "customer", "?"), turn(3, "agent", "请讲")]
    said = live(rule_set(GREETING), [*turns, turn(4, "agent", "您好")])
    assert [evidence(hits) for hits in said] == [[], [], [("e3",)], [], []]


def test_a_missing_greeting_of_a_short_chat_is_reported_at_its_end():
    said = live(rule_set(GREETING), [turn(1, "agent", "在的"), turn(2, "customer", "好")])
    assert [evidence(hits) for hits in said] == [[], [], [("e1",)]]


def test_somebody_who_said_nothing_has_not_left_anything_out():
    assert live(rule_set(GREETING), [turn(1, "customer", "在吗")]) == [[], []]


def test_never_said_is_decided_at_the_end_only():
    closing = {"keywords": {"none": ["再见"]}, "range": {"last": 2}}
    turns = [turn(i, "agent", text) for i, text in enumerate(["再见", "嗯", "好"])]
    assert [evidence(hits) for hits in live(rule_set(closing), turns)] == [[], [], [], [("e2",)]]


def test_no_apology_is_reported_beside_each_upset_turn_after_two_answers():
    rules = rule_set(
        {"all": [UPSET, {"must_say": {"any": ["抱歉"]}, "range": after_upset(turns=2)}]}
    )
    turns = [
        turn(1, "customer", "我要投诉"),
        turn(2, "agent", "嗯"),
        turn(3, "customer", "还投诉"),
        turn(4, "agent", "哦"),
        turn(5, "agent", "很抱歉"),
    ]
    assert [evidence(hits) for hits in live(rules, turns)] == [[], [], [], [("e1",)], [], []]


def test_a_tick_closes_a_window_of_seconds_but_not_on_its_last_millisecond():
    rules = rule_set(
        {"all": [UPSET, {"must_say": {"any": ["抱歉"]}, "range": after_upset(seconds=5)}]}
    )
    state = rules.new_state()
    for step in (turn(1, "customer", "投诉"), turn(3, "agent", "嗯"), Tick(6_000)):
        assert rules.evaluate_step(state, step, CHAT) == []
    assert evidence(rules.evaluate_step(state, Tick(6_001), CHAT)) == [("e1",)]
    assert rules.evaluate_step(state, Over(), CHAT) == []


def test_a_not_is_certain_once_its_range_is_over():
    never = {"not": {"keywords": {"any": ["抱歉"]}, "range": {"first": 1}}}
    rules = rule_set({"all": [{"keywords": {"any": ["投诉"]}, "who": "customer"}, never]})
    turns = [turn(1, "customer", "投诉"), turn(2, "agent", "嗯"), turn(3, "agent", "抱歉")]
    assert [evidence(hits) for hits in live(rules, turns)] == [[], [("e1",)], [], []]


def test_all_of_several_quotes_the_first_hit_of_each_and_every_hit_of_the_first():
    rules = rule_set({"all": [COLD, {"keywords": {"any": ["投诉"]}, "who": "customer"}]})
    turns = [
        turn(1, "agent", "没办法"),
        turn(2, "customer", "投诉"),
        turn(3, "customer", "投诉"),
        turn(4, "agent", "没办法"),
    ]
    said = [evidence(hits) for hits in live(rules, turns)]
    assert said == [[], [("e1", "e2")], [], [("e4", "e2")], []]


def test_a_first_hit_is_named_only_when_no_earlier_one_can_come():
    """`before` looks back from the customer's word, so an earlier agent turn may still count."""
    complaint = {"keywords": {"any": ["投诉"]}, "who": "customer", "label": "c"}
    cold = {"keywords": {"any": ["没"]}, "range": {"before": {"hit_of": "c", "turns": 1}}}
    rude = {"keywords": {"any": ["烦"]}}
    rules = rule_set({"all": [{"keywords": {"any": ["嗯"]}}, complaint, {"any": [cold, rude]}]})
    turns = [
        turn(1, "agent", "嗯"),
        turn(2, "agent", "没"),
        turn(3, "agent", "烦"),
        turn(4, "customer", "投诉"),
    ]
    said = live(rules, turns)
    assert [hit for hits in said for hit in hits] == said[-1]
    assert evidence(said[-1]) == [("e1", "e3")]


def test_private_notes_and_system_texts_are_no_turns_and_automatic_replies_are_the_bots():
    rules = rule_set(COLD, {**COLD, "who": "bot"}, {**COLD, "who": "any"})
    turns = [
        turn(1, "agent", "没办法", private=True),
        turn(2, "system", "没办法"),
        turn(3, "agent", "没办法", auto=True),
    ]
    hits = [hit for said in live(rules, turns) for hit in said]
    assert {(hit.rule_id, hit.spans[0].event_id) for hit in hits} == {("r1", "e3"), ("r2", "e3")}


def test_latin_words_stand_by_themselves_and_full_width_and_case_do_not_matter():
    rules = rule_set({"keywords": {"any": ["hi", "refund"]}})
    texts = ["this", "hit", "ＨＩ!", "no Refunds", "prerefund", "hi"]
    hits = rules.evaluate_all([turn(i, "agent", t) for i, t in enumerate(texts)], CHAT, ended=True)
    assert {hit.spans[0][1:] for hit in hits} == {(0, 2, "ＨＩ"), (3, 9, "Refund"), (0, 2, "hi")}


def test_after_a_transfer_the_customer_tells_it_again():
    transfer = {"transfers": {}, "label": "handed_over"}
    again = {"repeat": {}, "range": {"after": {"hit_of": "handed_over", "turns": 2}}}
    rules = rule_set({"all": [transfer, again]})
    turns = [turn(i, "customer", "我的快递丢了怎么办") for i in (1, 3)]
    facts = Facts(kind="conversation", transfers=(Transfer("t", 2_000),))
    state = rules.new_state()
    assert rules.evaluate_step(state, turns[0], CHAT) == []
    assert rules.evaluate_step(state, Tick(2_000), facts) == []
    assert evidence(rules.evaluate_step(state, turns[1], facts)) == [("e1", "e3")]


def test_a_late_turn_takes_back_and_adds_hits_by_replaying_what_is_remembered():
    rules = rule_set(GREETING, COLD)
    turns = [turn(1, "agent", "嗯"), turn(3, "agent", "没办法")]
    said = {hit for hits in live(rules, turns)[:-1] for hit in hits}
    state, hits = rules.replay([*turns, turn(2, "agent", "您好，没办法")], CHAT, ended=False)
    assert evidence(said - set(hits)) == [("e3",)]
    assert evidence(set(hits) - said) == [("e2",)]
    assert evidence(rules.evaluate_step(state, turn(4, "agent", "没办法"), CHAT)) == [("e4",)]


def test_the_state_survives_serialisation_between_any_two_steps():
    rules = rule_set({"all": [UPSET, {"repeat": {"of": "other"}, "who": "agent"}]}, COLD)
    state = rules.new_state()
    hits = []
    for step in (turn(1, "customer", "投诉投诉投诉"), turn(2, "agent", "投诉投诉投诉"), Over()):
        hits += rules.evaluate_step(state, step, CHAT)
        state = msgspec.json.decode(msgspec.json.encode(state), type=type(state))
    assert evidence(hits) == [("e1", "e1", "e2")]


@pytest.mark.parametrize("when", [COLD, {"any": [COLD, GREETING]}])
def test_a_rule_that_hits_without_end_falls_silent_and_the_state_says_so(when):
    rules = rule_set(when)
    state = rules.new_state()
    hits = []
    for second in range(MAX_HITS_PER_RULE + 5):
        hits += rules.evaluate_step(state, turn(second, "agent", "没办法"), CHAT)
    assert len(hits) == MAX_HITS_PER_RULE
    assert state.cut == {0}


def test_turns_beyond_the_memory_are_counted_and_not_judged():
    rules = rule_set(COLD)
    state = rules.new_state()
    for second in range(MAX_TURNS):
        rules.evaluate_step(state, turn(second, "agent", "嗯"), CHAT)
    assert rules.evaluate_step(state, turn(MAX_TURNS, "agent", "没办法"), CHAT) == []
    assert (len(state.turns), state.unread_turns) == (MAX_TURNS, 1)
