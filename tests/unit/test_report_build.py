"""What a report says of an hour: ranks, gaps, compliance, trend; and what it refuses."""

from __future__ import annotations

import pytest

from kefu.errors import UserError
from kefu.report.build import build
from kefu.report.model import Report
from pipeline.scorecards import KEPT_MS
from pipeline.windows import HOUR_MS
from schemas.codec import from_ms
from schemas.outputs import Output
from tests.unit.report_builders import CONFIG, HOUR_0_MS, card, collected, issue, summary


def report(*outputs: Output, hour: str | None = "2026-09-22T08", **more: object) -> Report:
    return build(collected(outputs), CONFIG, hour=hour, **more)  # type: ignore[arg-type]


def test_an_hour_without_a_scorecard_is_refused_with_the_hours_that_there_are() -> None:
    cards = [card(hour, (90,)) for hour in (0, 1, 2, 5)]
    with pytest.raises(UserError) as refused:
        report(*cards, hour="2026-09-22T11")
    assert str(refused.value) == (
        "--hour 2026-09-22T11: no scorecard of that hour (Asia/Shanghai); "
        "there are: 2026-09-22T08 … 2026-09-22T10, 2026-09-22T13"
    )


@pytest.mark.parametrize("hour", ["yesterday", "2026-09-22", "2026-09-22T08:30", "2026-13-01T08"])
def test_what_is_no_full_hour_is_refused_with_an_example(hour: str) -> None:
    with pytest.raises(UserError, match="expected a full hour like 2026-11-23T09"):
        report(card(), hour=hour)


def test_an_hour_may_name_its_own_offset() -> None:
    assert report(card(), hour="2026-09-22T00:00+00:00").span.start_ms == HOUR_0_MS


def test_without_any_scorecard_there_is_nothing_to_report_on() -> None:
    with pytest.raises(UserError, match="no scorecards among the outputs"):
        report(issue())


def test_of_several_tenants_one_must_be_named_and_only_it_is_shown() -> None:
    outputs = [
        card(scores=(90,), tenant="a"),
        card(scores=(20, 30), tenant="b"),
        issue("von a", tenant="a"),
        summary("c1", 20, tenant="b"),
    ]
    with pytest.raises(UserError, match="several tenants: name one with --tenant: `a`, `b`"):
        report(*outputs)
    with pytest.raises(UserError, match="--tenant c: no scorecards of it; there are: `a`, `b`"):
        report(*outputs, tenant="c")
    of_b = report(*outputs, tenant="b")
    assert (of_b.sums.scored, dict(of_b.scores), of_b.rules) == (2, {20: 1}, ())


def test_figures_are_provisional_until_nothing_late_can_be_counted_any_more() -> None:
    later = card(hour=KEPT_MS // HOUR_MS, scores=(90,))
    assert report(card()).span.open_until_ms == HOUR_0_MS + HOUR_MS + KEPT_MS
    assert report(card(), later).span.open_until_ms is None
    assert report(card(), hour=None, is_complete=True).span.open_until_ms is None


def test_no_agent_is_ranked_by_fewer_than_five_interactions() -> None:
    cards = [
        card(scores=(90,) * 8 + (0,) * 9),
        card(scores=(0,) * 4, group="agent", name="four"),
        card(scores=(0,) * 5, group="agent", name="five"),
        card(scores=(90,) * 8, group="agent", name="good"),
    ]
    agents = report(*cards).agents
    assert (agents.ranked, agents.too_few) == (2, 1)
    assert [row.agent_id for row in agents.to_coach] == ["five"]
    assert [row.agent_id for row in agents.to_praise] == ["good"]


def test_a_rank_that_may_be_chance_is_told_from_one_that_is_clear() -> None:
    spread, steady = (100, 20, 100, 20, 90), (60, 61, 59, 60, 60)
    cards = [
        card(scores=(*spread, *steady, *(80,) * 10)),
        card(scores=spread, group="agent", name="spread"),
        card(scores=steady, group="agent", name="steady"),
    ]
    summaries = [
        summary(f"{name}{number}", score, agent_id=name)
        for name, scores in (("spread", spread), ("steady", steady))
        for number, score in enumerate(scores)
    ]
    rows = {row.agent_id: row for row in report(*cards, *summaries).agents.to_coach}
    assert {name: row.is_clear for name, row in rows.items()} == {"spread": False, "steady": True}
    assert rows["spread"].lowest == ("spread1", 20)


def test_a_serious_issue_takes_an_interaction_out_of_the_compliant() -> None:
    minor = next(i.id for i in CONFIG.qa.infos.values() if i.severity == "minor")
    outputs = [
        summary("clean", issues=[]),
        summary("minor", issues=[minor]),
        summary("major", issues=["pushing_away", minor]),
        summary("unscored", score=None),
        summary("of rules that nobody knows", issues=["gone"]),
    ]
    found = report(card(scores=(90,) * 4), issue(), *outputs).compliance
    assert (found.part, found.n) == (2, 3)


def test_only_channels_of_one_kind_with_thirty_interactions_are_compared() -> None:
    def of(channel: str, n: int, hits: int, kind: str = "conversation") -> list[Output]:
        return [
            summary(
                f"{channel}{i}", channel=channel, kind=kind, issues=["closing"] if i < hits else []
            )
            for i in range(n)
        ]

    outputs = [
        *of("web", 30, 3),
        *of("app", 40, 20),
        *of("wechat", 29, 29),
        *of("phone", 35, 35, "call"),
    ]
    found = report(card(), *outputs).consistency
    assert found.channels == {"app": 40, "phone": 35, "web": 30}
    (gap,) = found.gaps
    assert (gap.rule.id, gap.high[0], gap.low[0]) == ("closing", "app", "web")
    assert gap.size == pytest.approx(20 / 40 - 3 / 30)


def test_the_trend_of_an_hour_ends_with_it_and_shows_hours_without_anything() -> None:
    trend = report(*(card(h, (90,)) for h in (0, 1, 4, 5)), hour="2026-09-22T12").trend
    hours = [(bucket.start_ms - HOUR_0_MS) // HOUR_MS for bucket in trend]
    assert hours == [0, 1, 2, 3, 4]
    assert [bucket.sums is None for bucket in trend] == [False, False, True, True, False]


@pytest.mark.parametrize(
    ("last_hour", "unit", "buckets"), [(71, "hour", 5), (72, "day", 4), (24 * 100, "month", 4)]
)
def test_a_long_trend_is_by_days_or_months(last_hour: int, unit: str, buckets: int) -> None:
    found = report(card(0, (90,)), card(last_hour, (70,)), hour=None)
    assert (found.trend_unit, len(found.trend)) == (unit, buckets)
    assert sum(bucket.sums.scored for bucket in found.trend if bucket.sums) == 2


def test_quotes_are_of_different_interactions_and_those_that_say_most_come_first() -> None:
    full = "这个不是我们部门负责的，您自己去找别的部门问吧，我们管不了"
    issues = [
        issue("不管", to="c1"),
        issue(full, to="c2", at_ms=HOUR_0_MS + 1),
        issue(full, to="c3", at_ms=HOUR_0_MS + 2),
        issue("不归我管", to="c1", at_ms=HOUR_0_MS + 3),
        issue("不知道不归我管", to="c4", evidence=[]),
    ]
    (found,) = report(card(issues={"pushing_away": 5}), *issues).rules
    assert [quote.interaction_id for quote in found.quotes] == ["c3", "c1"]
    assert (found.hits.part, found.hits.n, found.interactions) == (5, 5, 4)


def test_notes_that_cost_nothing_come_after_all_others() -> None:
    issues = {"no_closing_question": 50, "closing": 2, "greeting": 3}
    found = report(card(issues=issues)).rules
    assert [one.rule.id for one in found] == ["greeting", "closing", "no_closing_question"]
    assert sum(one.hits.share or 0 for one in found) == pytest.approx(1)


def test_an_hour_begins_with_its_first_instant_and_ends_before_the_next_ones() -> None:
    ends_ms = HOUR_0_MS + HOUR_MS
    outputs = [
        *(issue(str(at_ms), to=str(at_ms), at_ms=at_ms) for at_ms in (HOUR_0_MS, ends_ms - 1)),
        *(issue(str(at_ms), to=str(at_ms), at_ms=at_ms) for at_ms in (HOUR_0_MS - 1, ends_ms)),
        summary("first", 11, closed=from_ms(HOUR_0_MS)),
        summary("last", 12, closed=from_ms(ends_ms - 1)),
        summary("before", 13, closed=from_ms(HOUR_0_MS - 1)),
        summary("after", 14, closed=from_ms(ends_ms)),
    ]
    found = report(card(issues={"pushing_away": 2}), card(1), *outputs)
    assert dict(found.scores) == {11: 1, 12: 1}
    assert found.rules[0].interactions == 2
