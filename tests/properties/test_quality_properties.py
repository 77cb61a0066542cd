"""Quality however events come: late, twice, from a checkpoint; and against a plain recount."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from schemas.codec import to_ms
from schemas.events import Event
from tests.clock_truth import Run
from tests.oracle_clocks import ordered
from tests.oracle_quality import recount
from tests.properties.interactions import interaction
from tests.properties.test_clock_properties import DAY_MS, ORACLE_CONFIG, disturbed, in_order
from tests.unit.builders import WordScorer

COUNT, MANY = 800, 20_000
"""How many interactions are compared in `make test`, and further ones in `make soak`."""
HOUR_MS = 3_600_000
CUSTOMER = (
    "垃圾，我要投诉", "生气", "快递怎么还没到", "转人工", "很好，谢谢", "满意", "我要退款",
    "发票呢", "投诉你们", "在吗", "质量太差，投诉",
)  # fmt: skip
AGENT = (
    "您好", "不知道", "没办法", "抱歉，让您久等了", "非常理解您的心情", "请您稍等，我帮您查询一下",
    "感谢您的耐心等待", "垃圾", "马上为您处理", "好的",
)  # fmt: skip
RESPONSES = ("first_response", "next_response")


def reworded(random: Random, events: list[Event]) -> list[Event]:
    """The same events with texts that rules, lexicons and moods have something to say of."""
    for event in events:
        event.id = f"{event.source}:{event.id}"  # an evidence names no source
        data: Any = event.data
        if getattr(data, "text", None) and random.random() < 0.8:
            data.text = random.choice(CUSTOMER if data.role == "customer" else AGENT)
    return events


def finished(run: Run, events: list[Event]) -> Run:
    """Two days later everything has been said and counted."""
    last_ms = to_ms(events[-1].time) + 2 * DAY_MS
    run.step(last_ms)
    run.step(last_ms + DAY_MS)
    assert len(run.quality.ids) == len(set(run.quality.ids)), "an id came twice"
    return run


def test_late_and_repeated_events_lead_to_the_same_issues_moods_and_counts() -> None:
    compare(range(COUNT))


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_late_and_repeated_events_lead_to_the_same_in_many_more_interactions() -> None:
    compare(range(COUNT, COUNT + MANY))


def compare(seeds: range) -> None:
    """Each interaction in order, late and repeated, and recounted by the oracle."""
    claims = late_claims = recounted = 0
    for seed in seeds:
        random = Random(seed)
        events = reworded(random, interaction(random, f"c{seed}"))
        plain = finished(in_order(events, WordScorer()), events).quality
        late = finished(disturbed(random, events, WordScorer(), ahead_ms=HOUR_MS), events).quality
        assert plain.truth == late.truth, f"interaction {seed}"
        assert +plain.counts == +late.counts, f"interaction {seed}"
        assert min(plain.counts.values()) >= 0
        claims += len(plain.standing)
        late_claims += len(late.ids) - len(late.standing)
        expected = recount(ordered(events), ORACLE_CONFIG, plain.truth)
        found = {
            key: amount
            for key, amount in plain.counts.items()
            if amount and not key[3].startswith(RESPONSES)
        }
        assert found == expected, f"interaction {seed}"
        recounted += len(found)
    print(
        f"quality: {len(seeds):,} interactions, {claims:,} claims, late and repeated: the same; "
        f"{late_claims:,} withdrawals on the way; {recounted:,} counts as recounted"
    )
    assert claims > len(seeds)
    assert late_claims > len(seeds) / 10
