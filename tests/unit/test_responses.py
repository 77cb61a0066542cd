"""Response clocks: what opens a wait, what ends it, and what is said of it at which instant."""

from __future__ import annotations

import pytest

from schemas.events import ConversationMessage
from schemas.outputs import (
    Duplicate,
    InteractionSummary,
    MessageEnriched,
    SlaBreached,
    SlaCorrected,
    SlaMet,
    SlaWarned,
)
from tests.unit.builders import (
    TARGETS,
    agent,
    answered,
    assigned,
    closed,
    customer,
    ended,
    engine,
    message,
    ms,
    only,
    queued,
    reopened,
    resolved,
    run,
    sla,
    transferred,
    utterance,
)

FIRST = TARGETS["first_response"].target_ms / 1000
NEXT = TARGETS["next_response"].target_ms / 1000
QUEUE = TARGETS["answer"].target_ms / 1000
WARN = TARGETS["first_response"].warnings_ms[0] / 1000


@pytest.mark.parametrize(
    "not_a_response",
    [
        message(10, "bot", "您好，请描述您的问题"),
        message(10, "agent", "您好，客服忙", auto=True),
        message(10, "agent", "这个客户很急", private=True),
        message(10, "bot", "内部", private=True),
        message(10, "system", "客服小王加入会话"),
        assigned(10),
        transferred(10, to_queue="after_sales"),
        resolved(10),
    ],
    ids=["bot", "auto", "note", "bot note", "system", "assigned", "transfer", "resolved"],
)
def test_what_no_human_said_to_the_customer_does_not_stop_the_clock(
    not_a_response: ConversationMessage,
) -> None:
    outputs = run(engine(), customer(0), not_a_response, agent(30))
    assert sla(outputs) == [("met", "first_response", 30_000)]


def test_a_second_customer_message_does_not_reset_the_wait() -> None:
    of = engine()
    outputs = run(of, customer(0), customer(100), agent(150))
    assert sla(outputs) == [("met", "first_response", 150_000)]
    outputs = run(of, customer(160), customer(200), customer(300), agent(350))
    assert sla(outputs) == [("met", "next_response", 190_000)]


PLEASANTRIES = ["好的", "谢谢", "[微笑]", "👍", "ok", "OK！", "好的，谢谢", "嗯嗯~", "。", "#E-s1"]


@pytest.mark.parametrize("text", PLEASANTRIES)
def test_a_closing_pleasantry_after_an_answer_opens_no_wait(text: str) -> None:
    outputs = run(engine(), customer(0), agent(10), customer(20, text), NEXT + 60.0)
    assert sla(outputs) == [("met", "first_response", 10_000)]


@pytest.mark.parametrize("text", PLEASANTRIES)
def test_a_pleasantry_before_the_first_answer_waits_like_any_other_message(text: str) -> None:
    outputs = run(engine(), customer(0, text), agent(10))
    assert sla(outputs) == [("met", "first_response", 10_000)]


@pytest.mark.parametrize("text", ["好的吗", "谢谢，那退款呢", "ok?几点", "嗯嗯？1", None])
def test_a_question_or_a_picture_after_an_answer_opens_a_wait(text: str | None) -> None:
    outputs = run(engine(), customer(0), agent(10), customer(20, text), agent(25))
    assert sla(outputs)[1:] == [("met", "next_response", 5_000)]


@pytest.mark.parametrize("text", ["？", "???", "可以？", "收到?"])
def test_a_question_mark_makes_a_pleasantry_a_question(text: str) -> None:
    outputs = run(engine(), customer(0), agent(10), customer(20, text), agent(25))
    assert sla(outputs)[1:] == [("met", "next_response", 5_000)]


def test_an_answer_exactly_on_the_limit_is_on_time_and_a_millisecond_later_is_not() -> None:
    outputs = run(engine(), customer(0), agent(FIRST))
    assert sla(outputs) == [("met", "first_response", round(FIRST * 1000))]
    outputs = run(engine(), customer(0), agent(FIRST + 0.001))
    assert sla(outputs) == [("breached", "first_response", round(FIRST * 1000))]


def test_a_deadline_fires_with_the_first_tick_at_or_past_it() -> None:
    of = engine()
    assert sla(run(of, customer(0), FIRST - 0.001)) == [("warned", "first_response", 168_000)]
    assert sla(run(of, FIRST)) == [("breached", "first_response", 210_000)]
    assert sla(run(of, FIRST + 1, FIRST + 9)) == []
    late = engine()
    breach = only(run(late, customer(0), FIRST + 3600), SlaBreached)[0]
    assert breach.data.elapsed_ms == 210_000
    assert breach.time == breach.data.deadline


def test_a_late_answer_before_the_tick_is_the_same_breach_as_by_tick() -> None:
    by_tick = only(run(engine(), customer(0), FIRST + 5), SlaBreached)
    by_answer = only(run(engine(), customer(0), agent(FIRST + 5)), SlaBreached)
    assert by_tick == by_answer
    of = engine()
    again = run(of, customer(0), agent(FIRST + 5), FIRST + 5, FIRST + 600)
    assert len(only(again, SlaBreached)) == 1


def test_an_answer_in_time_that_is_read_after_the_decision_corrects_the_breach() -> None:
    of = engine()
    breach = only(run(of, customer(0), FIRST + 1), SlaBreached)[0]
    outputs = run(of, agent(FIRST - 60))
    correction = only(outputs, SlaCorrected)[0]
    assert correction.data.corrects == breach.id
    assert correction.data.clock_id == breach.data.clock_id
    assert correction.data.elapsed_ms == round((FIRST - 60) * 1000)
    assert correction.data.outcome == "met"
    assert not only(outputs, SlaMet)
    assert only(outputs, InteractionSummary)[-1].data.breaches == 0


def test_an_answer_that_is_read_after_the_decision_and_was_late_corrects_nothing() -> None:
    outputs = run(engine(), customer(0), FIRST + 1, agent(FIRST + 0.5))
    assert [status for status, _, _ in sla(outputs)] == ["warned", "breached"]


def test_the_warning_stands_at_four_fifths_of_the_target() -> None:
    of = engine()
    assert sla(run(of, customer(0), WARN - 0.001)) == []
    warning = only(run(of, WARN), SlaWarned)[0]
    assert pytest.approx(FIRST * 0.8) == WARN
    assert warning.data.elapsed_ms == round(WARN * 1000)
    assert sla(run(of, agent(WARN + 1))) == [("met", "first_response", round(WARN * 1000) + 1000)]


def test_a_question_that_is_read_after_its_answer_was_answered() -> None:
    outputs = run(engine(), customer(0), agent(10), agent(60), customer(50), FIRST + 900)
    assert sla(outputs) == [("met", "first_response", 10_000), ("met", "next_response", 10_000)]


def test_an_answer_older_than_the_wait_does_not_stop_it() -> None:
    outputs = run(engine(), customer(100), agent(90), agent(110))
    assert sla(outputs) == [("met", "first_response", 10_000)]


def test_closing_while_a_customer_waits_stops_the_clock_without_a_result() -> None:
    of = engine()
    assert sla(run(of, customer(0), closed(60), FIRST + 600)) == []
    assert [waiting.customers for _, waiting in of.waiting()] == [0]


def test_closing_after_the_deadline_and_before_the_tick_is_still_a_breach() -> None:
    by_close = run(engine(), customer(0), closed(FIRST + 0.001), FIRST + 600)
    assert sla(by_close) == [("breached", "first_response", 210_000)]
    assert sla(run(engine(), customer(0), closed(FIRST), FIRST + 600)) == []


def test_a_reopened_conversation_gets_a_first_response_clock_of_its_own() -> None:
    of = engine()
    run(of, customer(0), agent(10), resolved(20), closed(30))
    outputs = run(of, reopened(1000), customer(1001, "好的"), customer(1002), agent(1042))
    assert sla(outputs) == [("met", "first_response", 40_000)]


def test_a_closed_conversation_opens_no_wait_until_it_is_reopened() -> None:
    outputs = run(engine(), customer(0), agent(10), closed(20), customer(30), FIRST + 60)
    assert sla(outputs) == [("met", "first_response", 10_000)]


def test_a_transfer_does_not_reset_the_wait() -> None:
    outputs = run(engine(), customer(0), transferred(100, to_queue="vip"), agent(150))
    assert sla(outputs) == [("met", "first_response", 150_000)]


def test_a_callers_wait_runs_from_the_queue_to_the_answer() -> None:
    assert sla(run(engine(), queued(0), answered(12))) == [("met", "answer", 12_000)]
    assert sla(run(engine(), queued(0), answered(QUEUE))) == [("met", "answer", 30_000)]
    late = run(engine(), queued(0), QUEUE, answered(QUEUE + 4))
    assert [status for status, _, _ in sla(late)] == ["warned", "breached"]


def test_a_caller_who_hangs_up_in_time_leaves_no_result() -> None:
    assert sla(run(engine(), queued(0), ended(12, "abandoned"), 600)) == []


def test_what_is_said_in_a_call_opens_no_response_clock() -> None:
    outputs = run(engine(), queued(0), answered(5), utterance(9, "customer", "我要退款"), 900)
    assert sla(outputs) == [("met", "answer", 5_000)]


def test_ticks_that_go_back_change_nothing() -> None:
    of = engine()
    run(of, customer(0), 100)
    before = of.encode_partition()
    assert run(of, 50, 100, -10_000) == []
    assert of.encode_partition() == before
    assert of.now_ms == ms(100)


def test_the_agents_message_says_which_wait_it_ended_and_after_how_long() -> None:
    outputs = run(engine(), customer(0), agent(10), agent(11))
    said = [(m.data.response, m.data.response_ms) for m in only(outputs, MessageEnriched)]
    assert said == [(None, None), ("first_response", 10_000), (None, None)]


def test_an_event_that_comes_twice_is_one_duplicate_and_nothing_else() -> None:
    of = engine()
    run(of, customer(0), agent(10))
    assert [type(output) for output in run(of, customer(0), agent(10))] == [Duplicate, Duplicate]


def test_what_falls_due_between_two_ticks_is_said_in_the_order_of_its_time() -> None:
    of = engine()
    run(of, customer(0), agent(10), customer(45, to="c2"), customer(50))
    due = [output.time for output in only(run(of, WARN + 60), SlaWarned)]
    assert len(due) == 2
    assert due == sorted(due)


def test_statements_of_different_conversations_keep_their_order_through_a_restart() -> None:
    events = (customer(0), agent(10), customer(45, to="c2"), customer(50))
    of, restarted = engine(), engine()
    run(of, *events)
    stored = {key: value for key, value in of.take_changes() if value is not None}
    restarted.restore(of.encode_partition(), stored)
    assert run(of, WARN + 60) == run(restarted, WARN + 60)
