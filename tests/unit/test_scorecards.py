"""Hourly scorecards: when they are published, what they hold, and what revises them."""

from __future__ import annotations

import pytest

from pipeline.ids import output_id
from pipeline.scorecards import KEPT_MS, Scorecards
from pipeline.state import StateVersionError
from pipeline.windows import HOUR_MS
from schemas.codec import from_ms
from schemas.outputs import Duplicate, FactsData, QaFacts, Scorecard, Tally
from schemas.quality import GroupKind
from tests.unit.builders import (
    CONFIG,
    START_MS,
    agent,
    assigned,
    closed,
    customer,
    engine,
    only,
    opened,
    rated,
    run,
)

LATENESS_MS = round(CONFIG.sla.allowed_lateness_seconds * 1000)
DUE_MS = START_MS + HOUR_MS + LATENESS_MS


def fact(
    origin: str,
    seq: int,
    watermark_ms: int,
    tally: Tally | None = None,
    *,
    quarter_ms: int = START_MS,
    name: str = "sales",
    group: GroupKind = "queue",
    **counts: int,
) -> QaFacts:
    """A fact as an engine writes it."""
    data = FactsData(origin=origin, seq=seq, watermark=from_ms(watermark_ms))
    if tally is not None or counts:
        data.window_start, data.group, data.name = from_ms(quarter_ms), group, name
        data.tally, data.counts = tally, counts
    return QaFacts(
        id=output_id("facts", origin, str(seq)),
        time=from_ms(watermark_ms),
        subject=origin,
        data=data,
    )


def cards(of: Scorecards, *facts: QaFacts) -> list[Scorecard]:
    """The scorecards that follow from the facts."""
    return [card for f in facts for card in of.feed(f) if isinstance(card, Scorecard)]


def scorecards(*origins: str) -> Scorecards:
    return Scorecards(CONFIG, frozenset(origins))


def test_nothing_is_published_before_all_origins_have_passed_the_hour_and_the_lateness() -> None:
    of = scorecards("a", "b")
    assert cards(of, fact("a", 1, DUE_MS, closed=2), fact("b", 1, DUE_MS - 1)) == []
    (card,) = cards(of, fact("b", 2, DUE_MS))
    assert (card.data.closed, card.data.revision, card.data.corrects) == (2, 1, None)


def test_an_origin_that_never_spoke_holds_every_hour_back() -> None:
    of = scorecards("a", "b", "silent")
    held = (fact("a", 1, DUE_MS * 2, closed=1), fact("b", 1, DUE_MS * 2))
    assert cards(of, *held) == []


def test_late_facts_give_a_second_revision_that_names_the_first() -> None:
    of = scorecards("a")
    (first,) = cards(of, fact("a", 1, DUE_MS, closed=1, opened=3))
    (second,) = cards(of, fact("a", 2, DUE_MS + 5_000, closed=1))
    assert second.data.revision == 2
    assert second.data.corrects == first.id
    assert second.id != first.id
    assert (second.data.closed, second.data.opened) == (2, 3)


def test_a_published_hour_is_not_published_again_without_a_change() -> None:
    of = scorecards("a")
    assert len(cards(of, fact("a", 1, DUE_MS, closed=1))) == 1
    assert cards(of, *(fact("a", n, DUE_MS + n * HOUR_MS) for n in range(2, 30))) == []


def test_a_fact_that_comes_twice_counts_once() -> None:
    of = scorecards("a")
    one = fact("a", 1, START_MS, closed=1)
    of.feed(one)
    assert [type(output) for output in of.feed(one)] == [Duplicate]
    (card,) = cards(of, fact("a", 2, DUE_MS))
    assert card.data.closed == 1


def test_queues_are_published_apart_and_in_a_stated_order() -> None:
    of = scorecards("a")
    published = cards(
        of,
        fact("a", 1, START_MS, closed=1, name="vip"),
        fact("a", 2, START_MS, closed=2, name="sales"),
        fact("a", 3, START_MS, closed=3, name="zhang", group="agent"),
        fact("a", 4, DUE_MS),
    )
    assert [(card.data.group, card.data.name, card.data.closed) for card in published] == [
        ("agent", "zhang", 3),
        ("queue", "sales", 2),
        ("queue", "vip", 1),
    ]


def test_rates_are_null_without_a_denominator_and_carry_it_otherwise() -> None:
    of = scorecards("a")
    (empty,) = cards(of, fact("a", 1, DUE_MS, opened=1))
    data = empty.data
    assert (data.coverage, data.score.mean, data.score.p50, data.fail_rate) == (None,) * 4
    assert (data.first_response_ms_mean, data.rating_mean) == (None, None)
    assert (data.negative.n, data.negative.share) == (0, None)
    late = {"closed": 4, "scored": 2, "failed": 1, "negative": 1, "neutral": 3}
    (full,) = cards(of, fact("a", 2, DUE_MS + 1, **late, **{"score:50": 1, "score:100": 1}))
    data = full.data
    assert (data.coverage, data.score.mean, data.fail_rate) == (0.5, 75.0, 0.5)
    assert (data.score.p10, data.score.p50, data.score.p90) == (50, 50, 100)
    assert (data.negative.n, data.negative.share) == (4, 0.25)


def test_what_was_taken_back_before_it_was_shown_is_never_published() -> None:
    of = scorecards("a")
    assert cards(of, fact("a", 1, START_MS, closed=1), fact("a", 2, DUE_MS, closed=-1)) == []


def test_facts_of_an_hour_too_old_to_revise_are_counted_not_published() -> None:
    of = scorecards("a")
    later = DUE_MS + KEPT_MS + HOUR_MS
    cards(of, fact("a", 1, later))
    assert cards(of, fact("a", 2, later + 1, closed=1)) == []
    assert of.state.refused == 1


def test_the_state_of_a_newer_version_is_refused() -> None:
    newer = scorecards("a")
    newer.state.version += 1
    with pytest.raises(StateVersionError, match="upgrade kefu"):
        scorecards("a").restore(newer.encode_partition(), {})


def test_the_scorecard_of_a_played_hour_holds_what_happened_in_it() -> None:
    of, source = scorecards("t/0"), engine()
    outputs = run(
        source,
        opened(0, queue="sales"),
        customer(1),
        assigned(5, "a1"),
        agent(11, "您好，不归我管"),
        customer(20),
        agent(400),
        rated(410, 4),
        closed(420),
        3600 + LATENESS_MS / 1000,
    )
    found = {(c.data.group, c.data.name): c.data for c in cards(of, *only(outputs, QaFacts))}
    assert found.keys() == {("queue", "sales"), ("tenant", ""), ("agent", "a1")}
    data = found["queue", "sales"]
    assert (data.opened, data.closed, data.scored) == (1, 1, 1)
    assert (data.agent_messages, found["agent", "a1"].agent_messages) == (2, 2)
    assert (data.first_response_ms_mean, data.next_response_ms_mean) == (10_000, 380_000)
    assert (data.rated, data.rating_mean) == (1, 0.8)
    assert data.issues == found["agent", "a1"].issues
    assert data.issues["forbidden_words"] == 1
    lost = sum(CONFIG.qa.infos[rule].points for rule in data.issues)
    assert data.score.mean == data.score.p50 == 100 - lost
