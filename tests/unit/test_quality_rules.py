"""Shipped quality rules in the engine: what makes them speak, and what an issue says."""

from __future__ import annotations

import pytest

from schemas.codec import to_ms
from schemas.events import Event
from schemas.outputs import InteractionSummary, Output, QaIssue
from tests.unit.builders import (
    CONFIG,
    WordScorer,
    agent,
    answered,
    closed,
    customer,
    ended,
    engine,
    message,
    ms,
    only,
    queued,
    run,
    utterance,
)

HUMAN_S = 120.001  # the first instant after two minutes
POINTS = {info.id: info.points for info in CONFIG.qa.infos.values()}
UPSET = "太差了，我要投诉"
GREETED = agent(1, "您好")
Steps = tuple[Event | float, ...]


def issues(*steps: Event | float, rule: str) -> list[QaIssue]:
    """What that rule said of the steps."""
    outputs: list[Output] = run(engine(scorer=WordScorer()), *steps)
    return [issue for issue in only(outputs, QaIssue) if issue.data.rule == rule]


HITS: list[tuple[str, str, Steps]] = [
    ("greeting", "two replies without", (agent(1, "什么事"), agent(2, "说吧"))),
    ("greeting", "one reply, then closed", (agent(1, "什么事"), closed(2))),
    ("greeting", "greeted too late", (agent(1, "什么事"), agent(2, "说"), agent(3, "您好"))),
    ("greeting", "in a call", (queued(0), answered(1), utterance(2, "agent", "说"), ended(3))),
    ("greeting", "hi inside a word", (agent(1, "this"), agent(2, "which"))),
    ("forbidden_words", "alone", (agent(1, "不归我管"),)),
    ("forbidden_words", "inside a text", (agent(1, "您好，这个关我什么事"),)),
    ("forbidden_words", "in a call", (utterance(1, "agent", "您好，急什么"),)),
    ("no_apology", "two replies", (customer(0, UPSET), agent(1, "您好"), agent(2, "单号？"))),
    ("no_apology", "closed after one", (customer(0, UPSET), GREETED, closed(9))),
    (
        "no_apology",
        "apology too late",
        (customer(0, UPSET), agent(1, "您好"), agent(2, "单号？"), agent(3, "抱歉")),
    ),
    ("asked_for_human", "nobody came", (customer(0, "转人工"), HUMAN_S)),
    ("asked_for_human", "a bot came", (customer(0, "人工客服"), message(9, "bot"), HUMAN_S)),
    (
        "asked_for_human",
        "came late, no tick",
        (customer(0, "转人工"), agent(HUMAN_S + 1)),
    ),
    ("asked_for_human", "closed first", (customer(0, "转人工"), closed(10))),
    ("asked_for_human", "asked twice", (customer(0, "转人工"), customer(60, "转人工"), HUMAN_S)),
    ("abnormal_hang_up", "dropped", (queued(0), answered(1), ended(9, "dropped"))),
    ("abnormal_hang_up", "error", (queued(0), answered(1), ended(9, "error"))),
    ("abnormal_hang_up", "timeout", (queued(0), answered(1), ended(9, "timeout"))),
]

SILENT: list[tuple[str, str, Steps]] = [
    ("greeting", "greeted first", (agent(1, "您好"), agent(2, "请说"), closed(3))),
    ("greeting", "greeted second", (agent(1, "请说"), agent(2, "hello, 请说"), closed(3))),
    ("greeting", "no agent spoke", (customer(0), message(1, "bot", "请说"), closed(3))),
    ("greeting", "auto replies", (agent(1, "忙", auto=True), agent(2, "忙", auto=True))),
    ("greeting", "notes", (agent(1, "急", private=True), agent(2, "急", private=True))),
    ("forbidden_words", "by a customer", (customer(1, "不归我管"),)),
    ("forbidden_words", "by a bot", (message(1, "bot", "不归我管"),)),
    ("forbidden_words", "in a note", (agent(1, "客户不归我管单号", private=True),)),
    ("forbidden_words", "a picture", (agent(1, None),)),
    ("no_apology", "first reply", (customer(0, UPSET), agent(1, "抱歉"), agent(2, "好"))),
    ("no_apology", "second reply", (customer(0, UPSET), agent(1, "您好"), agent(2, "不好意思"))),
    ("no_apology", "nobody was upset", (customer(0, "在吗"), agent(1, "好"), agent(2, "好"))),
    ("no_apology", "no agent at all", (customer(0, UPSET), message(1, "bot", "请说"), closed(3))),
    ("asked_for_human", "came in time", (customer(0, "转人工"), agent(HUMAN_S - 1), HUMAN_S)),
    ("asked_for_human", "came on the limit", (customer(0, "转人工"), agent(120), HUMAN_S)),
    ("asked_for_human", "not yet", (customer(0, "转人工"), HUMAN_S - 0.001)),
    ("asked_for_human", "not asked", (customer(0, "有人吗"), HUMAN_S)),
    ("asked_for_human", "said by a bot", (message(0, "bot", "转人工请按0"), HUMAN_S)),
    ("abnormal_hang_up", "normal", (queued(0), answered(1), ended(9))),
    ("abnormal_hang_up", "never answered", (queued(0), ended(9, "dropped"))),
    ("abnormal_hang_up", "abandoned", (queued(0), ended(9, "abandoned"))),
]


def _ids(cases: list[tuple[str, str, Steps]]) -> list[str]:
    return [f"{rule}: {name}" for rule, name, _ in cases]


@pytest.mark.parametrize(("rule", "name", "steps"), HITS, ids=_ids(HITS))
def test_a_rule_speaks_once_where_it_should(rule: str, name: str, steps: Steps) -> None:
    assert len(issues(*steps, rule=rule)) == 1, name


@pytest.mark.parametrize(("rule", "name", "steps"), SILENT, ids=_ids(SILENT))
def test_a_rule_is_silent_where_it_should_be(rule: str, name: str, steps: Steps) -> None:
    assert issues(*steps, rule=rule) == [], name


def test_an_issue_quotes_the_masked_text_and_names_the_message() -> None:
    said = agent(1, "我的电话13812345678，不归我管")
    issue = issues(said, rule="forbidden_words")[0]
    (evidence,) = issue.data.evidence
    assert evidence.event_id == said.id
    assert evidence.text == "不归我管"
    shown = "我的电话[手机号]，不归我管"
    assert shown[evidence.start : evidence.end] == "不归我管"
    assert issue.data.caused_by == [said.id]


@pytest.mark.parametrize(
    ("rule", "steps"),
    [
        ("greeting", (agent(1, "什么事"), agent(2, "电话13812345678吗"))),
        ("no_apology", (customer(0, UPSET + "13812345678"), agent(1, "好"), agent(2, "好"))),
        ("asked_for_human", (customer(0, "转人工13812345678"), HUMAN_S)),
    ],
)
def test_no_evidence_holds_what_was_masked(rule: str, steps: Steps) -> None:
    (evidence,) = issues(*steps, rule=rule)[0].data.evidence
    assert evidence.text
    assert "138" not in evidence.text


def test_the_unapologised_customers_words_are_the_evidence_and_the_reply_a_cause() -> None:
    upset, second = customer(0, UPSET), agent(2, "单号？")
    issue = issues(upset, agent(1, "您好"), second, rule="no_apology")[0]
    assert issue.data.evidence[0].event_id == upset.id
    assert issue.data.caused_by == [upset.id, second.id]


def test_a_missing_human_is_one_issue_however_it_was_noticed() -> None:
    asked = customer(0, "转人工")
    by_tick = issues(asked, HUMAN_S + 30, rule="asked_for_human")
    by_answer = issues(asked, agent(HUMAN_S + 30), rule="asked_for_human")
    by_close = issues(asked, closed(HUMAN_S + 30), rule="asked_for_human")
    assert to_ms(by_tick[0].data.decided) == ms(HUMAN_S)
    assert to_ms(by_tick[0].time) == ms(0)
    assert by_tick[0].id == by_answer[0].id == by_close[0].id


def test_a_long_text_is_quoted_in_part() -> None:
    issue = issues(agent(1, "嗯" * 500), agent(2, "嗯" * 500), rule="greeting")[0]
    assert len(issue.data.evidence[0].text) == 120


def test_each_rule_deducts_once_however_often_it_speaks() -> None:
    steps = [agent(n, "您好，不归我管") for n in range(1, 6)]
    outputs = run(engine(), *steps, closed(9))
    found = [one for one in only(outputs, QaIssue) if one.data.rule == "forbidden_words"]
    assert len({issue.id for issue in found}) == 5
    summary = only(outputs, InteractionSummary)[-1].data
    assert summary.issues.count("forbidden_words") == 1
    assert summary.score == 100 - sum(POINTS[rule] for rule in summary.issues)


def test_points_of_different_rules_add_up() -> None:
    outputs = run(engine(), customer(0, "转人工"), HUMAN_S, agent(130, "不归我管"), closed(200))
    lost = POINTS["asked_for_human"] + POINTS["forbidden_words"] + POINTS["greeting"]
    assert only(outputs, InteractionSummary)[-1].data.score == 100 - lost


def test_an_interaction_without_any_agent_is_not_scored() -> None:
    outputs = run(engine(), customer(0), message(1, "bot", "您好"), closed(2))
    assert only(outputs, InteractionSummary)[-1].data.score is None
