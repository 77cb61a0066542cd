"""A worker that comes back with other rules goes on: nothing is said again, nothing breaks."""

from __future__ import annotations

from dataclasses import replace

from pipeline.engine import Engine
from pipeline.qa.language.rule_set import load_rules
from schemas.outputs import InteractionSummary, QaIssue
from tests.unit.builders import CONFIG, agent, closed, customer, engine, only, run

OTHER = """
version: "other"
rules:
  - {id: said_hello, name: Hello, name_zh: 问好, severity: info, points: 40, speaks_of: agent,
     when: {keywords: {any: [您好]}, who: agent}}
"""


def restored(source: Engine, rules: str) -> Engine:
    """A worker with these rules that takes up what the other one stored."""
    again = Engine(replace(CONFIG, qa=load_rules(rules, "other.yaml")), origin="t/0")
    records = {key: value for key, value in source.take_changes() if value is not None}
    again.restore(source.encode_partition(), records)
    return again


def test_other_rules_go_on_where_the_old_ones_stopped() -> None:
    source = engine()
    before = run(source, customer(0), agent(5, "这个不归我管"), agent(6, "您好"))
    assert {one.data.rule for one in only(before, QaIssue)} == {"forbidden_words"}
    again = restored(source, OTHER)
    after = run(again, agent(9, "您好"), closed(10))
    assert [one.data.caused_by for one in only(after, QaIssue)] == [[agent(9, "您好").id]]
    summary = only(after, InteractionSummary)[-1].data
    assert summary.issues == ["forbidden_words", "said_hello"]
    assert summary.score == 100 - CONFIG.qa.infos["forbidden_words"].points - 40


def test_the_same_version_with_another_text_is_other_rules() -> None:
    source = engine()
    run(source, customer(0), agent(5, "您好"))
    renamed = OTHER.replace('"other"', f'"{CONFIG.qa.version}"')
    after = run(restored(source, renamed), agent(6, "您好"), closed(7))
    assert [one.data.rule for one in only(after, QaIssue)] == ["said_hello"]


def test_a_late_event_after_the_change_is_judged_by_the_new_rules() -> None:
    source = engine()
    run(source, customer(0), agent(50, "好"))
    after = run(restored(source, OTHER), agent(20, "您好"))
    assert [one.data.rule for one in only(after, QaIssue)] == ["said_hello"]
