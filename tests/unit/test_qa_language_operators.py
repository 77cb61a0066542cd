"""Each operator sees what it is for, and leaves alone what only looks like it."""

import pytest

from pipeline.qa.language.rule_set import Over, Tick
from pipeline.qa.language.values import End, Facts, Hold, Transfer
from tests.unit.qa_builders import CALL, CHAT, evidence, live, rule_set, speech, turn


def hits_of(when: dict, turns: list, facts: Facts = CHAT) -> list:
    """The events of each hit of the whole interaction, sorted."""
    return sorted(evidence(rule_set(when).evaluate_all(turns, facts, ended=True)))


def chat(*lines: str) -> list:
    """Turns of `role text`, one a second from second 1."""
    parts = [line.partition(" ") for line in lines]
    return [turn(i + 1, role, text) for i, (role, _, text) in enumerate(parts)]


def test_at_least_counts_words_and_turns_and_all_needs_each_word():
    turns = chat("agent 退款 退款", "agent 退货", "agent 退款")
    assert hits_of({"keywords": {"of": ["退款", "退货"], "at_least": 3}}, turns) == [
        ("e1", "e2", "e3")
    ]
    assert hits_of({"keywords": {"of": ["退款", "退货"], "at_least": 4}}, turns) == []
    assert hits_of({"keywords": {"all": ["退货", "退款"]}}, turns) == [("e1", "e2")]


def test_a_pattern_does_not_count_in_a_turn_with_the_excluded_one():
    when = {"regex": {"pattern": "不.?可能", "exclude": "不是不可能"}}
    assert hits_of(when, chat("agent 这不可能", "agent 也不是不可能的")) == [("e1",)]


def test_likeness_is_seen_in_a_sentence_of_a_longer_turn():
    when = {"similarity": {"to": ["请问还有什么可以帮您"], "at_least": 0.7}}
    turns = chat("agent 已经退款了。请问还有什么可以帮到您？", "agent 请问您是谁")
    rules = rule_set(when)
    (hit,) = rules.evaluate_all(turns, CHAT, ended=True)
    assert hit.spans[0].text == "请问还有什么可以帮到您？"


def test_off_script_quotes_the_first_sentence_that_is_not_in_the_script():
    when = {"off_script": {"script": ["您好，很高兴为您服务", "请您提供一下订单号"]}}
    turns = chat("agent 您好，很高兴为您服务。", "agent 请您提供订单号。你们家的狗叫什么名字呀")
    (hit,) = rule_set(when).evaluate_all(turns, CHAT, ended=True)
    assert hit.spans[0].text == "你们家的狗叫什么名字呀"


def test_only_templates_is_empty_service_and_one_own_sentence_is_not():
    when = {"emptiness": {"templates": ["请您耐心等待", "感谢您的理解"]}}
    empty = chat("agent 请您耐心等待", "agent 感谢您的理解")
    assert hits_of(when, empty) == [("e2",)]
    assert hits_of(when, [*empty, turn(9, "agent", "快递已到上海")]) == []
    assert hits_of(when, empty[:1]) == []


def test_a_repeat_names_what_it_repeats_and_short_or_excepted_turns_do_not_repeat():
    turns = chat("customer 我的快递到哪了", "agent 稍等", "customer 我的快递到哪了啊", "agent 稍等")
    assert hits_of({"repeat": {}}, turns) == [("e1", "e3")]
    assert hits_of({"repeat": {"exceptions": ["快递"]}}, turns) == []
    assert hits_of({"repeat": {"count": 2}}, turns) == []
    assert hits_of({"repeat": {}, "who": "agent"}, turns) == []
    echo = chat("customer 我的快递到哪了", "agent 我的快递到哪了")
    assert hits_of({"repeat": {"of": "other"}, "who": "agent"}, echo) == [("e1", "e2")]


@pytest.mark.parametrize(
    ("what", "given", "asked"),
    [
        ("phone", "我的电话[手机号]", "您的手机号是多少"),
        ("order_no", "[订单号]", "麻烦提供一下订单号"),
        ("name", "我叫王小明", "请问怎么称呼您"),
        ("address", "寄到上海市徐汇区漕溪路1号", "请发一下收货地址"),
    ],
)
def test_asking_again_for_what_was_given_is_seen_and_the_first_question_is_not(what, given, asked):
    when = {"asked_again": {"what": [what]}}
    turns = chat(f"agent {asked}", f"customer {given}", f"agent {asked}")
    assert hits_of(when, turns) == [("e2", "e3")]


def test_a_kind_that_was_masked_is_given_even_where_the_text_was_cut():
    turns = [turn(1, "customer", "…", kinds=("phone",)), turn(2, "agent", "电话多少")]
    assert hits_of({"asked_again": {}}, turns) == [("e1", "e2")]


def test_silence_is_a_gap_beyond_the_bound_unless_patience_was_asked_for_or_on_hold():
    when = {"silence": {"over_seconds": 5}}
    quiet = [speech(0, 2, "agent", "我查一下"), speech(7.001, 9, "customer", "喂")]
    assert hits_of(when, quiet, CALL) == [("e2", "e9")]
    assert hits_of(when, [quiet[0], speech(7, 9, "customer")], CALL) == []
    patient = [speech(0, 2, "agent", "请稍等"), quiet[1]]
    assert hits_of(when, patient, CALL) == []
    impatient = {"silence": {"over_seconds": 5, "excused_seconds": 5}}
    assert hits_of(impatient, patient, CALL) == [("e2", "e9")]
    held = Facts(kind="call", holds=(Hold("h", 3_000, 6_000),))
    assert hits_of(when, quiet, held) == []


def test_speech_rate_is_letters_a_minute_of_turns_that_are_long_enough():
    when = {"speech_rate": {"above": 300, "min_chars": 10}}
    text = "一二三四五，六七八九十。"
    assert hits_of(when, [speech(0, 2, "agent", text)], CALL) == []
    assert hits_of(when, [speech(0, 1.9, "agent", text)], CALL) == [("e1.9",)]
    assert hits_of(when, [speech(0, 0.1, "agent", "一二三")], CALL) == []


def test_overtalk_begins_after_the_other_has_spoken_for_a_while_and_is_no_back_channel():
    when = {"overtalk": {"after_seconds": 1, "over_seconds": 0.5}}
    customer = speech(0, 10, "customer", "我想问一下")
    cut = speech(4, 12, "agent", "您听我说")
    assert hits_of(when, [customer, cut], CALL) == [("e10", "e12")]
    assert hits_of(when, [customer, speech(4, 6, "agent", "嗯嗯")], CALL) == []
    assert hits_of(when, [customer, speech(0.9, 12, "agent", "您听我说")], CALL) == []
    assert hits_of(when, [customer, speech(9.5, 12, "agent", "您听我说")], CALL) == []
    assert hits_of({**when, "who": "customer"}, [customer, cut], CALL) == []


def test_a_reply_gap_is_certain_by_a_tick_and_said_once():
    rules = rule_set({"reply_gap": {"over_seconds": 60}})
    state = rules.new_state()
    steps = [turn(1, "customer", "在吗"), turn(30, "customer", "人呢"), Tick(61_000), Tick(61_001)]
    said = [rules.evaluate_step(state, step, CHAT) for step in steps]
    assert [evidence(hits) for hits in said] == [[], [], [], [("e1",)]]
    assert rules.evaluate_step(state, turn(90, "agent", "在"), CHAT) == []
    assert rules.evaluate_step(state, Over(), CHAT) == []


def test_a_response_is_late_beyond_its_bound_and_in_time_on_it():
    when = {"response_time": {"over_seconds": 30}}
    turns = [turn(1, "agent", response_ms=30_000), turn(2, "agent", response_ms=30_001)]
    assert hits_of(when, turns) == [("e2",)]


def test_sentiment_below_falling_and_negative_turns_running():
    scores = [0.5, 0.9, None, 0.4, 0.3, 0.2]
    turns = [
        turn(
            i,
            "customer",
            "…",
            score=score,
            label=None if score is None else "negative" if score < 0.45 else "neutral",
        )
        for i, score in enumerate(scores)
    ]
    assert hits_of({"sentiment": {"below": 0.3}}, turns) == [("e5",)]
    assert hits_of({"sentiment": {"falling_by": 0.5}}, turns) == [("e1", "e3")]
    assert hits_of({"sentiment": {"negative_turns": 2}}, turns) == [("e3", "e4")]
    assert hits_of({"sentiment": {"negative_turns": 4}}, turns) == []


def test_who_hung_up_and_why():
    facts = Facts(kind="call", end=End("bye", 9_000, "agent", "dropped"))
    assert hits_of({"hang_up": {"by": ["agent"]}}, [], facts) == [("bye",)]
    assert hits_of({"hang_up": {"by": ["agent"], "causes": ["error"]}}, [], facts) == []
    assert hits_of({"hang_up": {"causes": ["error", "dropped"]}}, [], facts) == [("bye",)]


def test_a_long_interaction_is_known_while_it_lasts_and_a_short_one_at_its_end():
    opened = Facts(kind="conversation", opened_id="open", opened_ms=0)
    rules = rule_set({"duration": {"over_seconds": 10}})
    state = rules.new_state()
    assert rules.evaluate_step(state, Tick(10_000), opened) == []
    assert evidence(rules.evaluate_step(state, Tick(10_001), opened)) == [("open",)]
    closed = Facts(kind="conversation", opened_ms=0, end=End("end", 9_999))
    assert hits_of({"duration": {"under_seconds": 10}}, [], closed) == [("end",)]
    assert hits_of({"duration": {"under_seconds": 9}}, [], closed) == []


def test_the_turn_too_many_is_the_evidence_of_too_many_turns():
    turns = chat("customer a", "agent b", "customer c", "customer d")
    assert hits_of({"turn_count": {"over": 2}, "who": "customer"}, turns) == [("e4",)]
    assert hits_of({"turn_count": {"under": 2}, "who": "agent"}, turns) == [("e2",)]
    assert hits_of({"turn_count": {"under": 4}}, turns) == []


def test_each_transfer_from_the_second_on_is_a_hit_of_at_least_two():
    transfers = tuple(Transfer(f"t{i}", i) for i in range(3))
    facts = Facts(kind="conversation", transfers=transfers)
    assert hits_of({"transfers": {"at_least": 2}}, [], facts) == [("t0", "t1"), ("t1", "t2")]


def test_a_long_hold_is_known_while_it_lasts():
    rules = rule_set({"hold": {"over_seconds": 30}})
    state = rules.new_state()
    facts = Facts(kind="call", holds=(Hold("h", 1_000),))
    assert rules.evaluate_step(state, Tick(31_000), facts) == []
    assert evidence(rules.evaluate_step(state, Tick(31_001), facts)) == [("h",)]


def test_the_order_of_roles_is_found_from_the_left_without_overlap():
    turns = chat("customer", "customer", "customer", "agent", "customer", "customer")
    when = {"role_order": {"roles": ["customer", "customer"]}}
    assert hits_of(when, turns) == [("e1", "e2"), ("e5", "e6")]


def test_steps_of_a_script_must_come_in_order():
    when = {"script_steps": {"steps": [["您好"], ["核实"], ["再见"]]}}
    in_order = chat("agent 您好", "agent 核实一下，再见")
    assert hits_of(when, in_order) == []
    assert hits_of(when, chat("agent 核实一下", "agent 您好", "agent 再见")) == [("e3",)]


def test_personal_data_is_quoted_by_its_placeholder_only():
    when = {"personal_data": {"kinds": ["phone"]}}
    turns = [
        turn(1, "agent", "加我[微信号]或[手机号]", kinds=("phone", "wechat")),
        turn(2, "agent", "[微信号]", kinds=("wechat",)),
    ]
    (hit,) = rule_set(when).evaluate_all(turns, CHAT, ended=True)
    assert hit.spans[0][1:] == (8, 13, "[手机号]")


def test_a_hit_on_a_call_is_said_when_the_utterance_ends():
    rules = rule_set({"silence": {"over_seconds": 3}})
    said = live(rules, [speech(0, 1, "agent"), speech(9, 10, "agent")], CALL)
    assert [evidence(hits) for hits in said] == [[], [("e1", "e10")], []]
