"""The clocks against a slow oracle that sees the whole log at once: same truth, however it came."""

from __future__ import annotations

from dataclasses import replace
from multiprocessing import cpu_count, get_context
from random import Random

import pytest
from hypothesis import given, settings

from kefu.ticks import tick_before
from pipeline.config import EngineConfig
from pipeline.qa.language.rule_set import load_rules
from pipeline.sentiment.scorer import Scorer
from pipeline.sla_file import parse_sla
from schemas.codec import to_ms
from schemas.events import Event
from tests.clock_truth import Run, counts_of, differences, expected
from tests.golden.make_state_v1 import RULES
from tests.properties.interactions import duplicated, interaction, interactions, shuffled
from tests.unit.builders import CONFIG

SLA = """
version: "sla-oracle"
timezone: Asia/Shanghai
channels: [wechat, web, app, phone, hotline]
calendars:
  wechat: {weekly: {mon-sun: ["08:00-12:00", "13:00-22:00"]}}
  office: {weekly: {mon-fri: ["09:00-12:00", "13:30-18:00"]}, holidays: china}
  night: {weekly: {mon-sun: ["22:00-06:00"]}, timezone: America/New_York}
hours:
  - {when: {channel: wechat}, calendar: wechat}
  - {when: {queue: complaints}, calendar: office}
  - {when: {channel: hotline}, calendar: night}
policies:
  - name: everyone
    clocks:
      first_response: {target_seconds: 210, warn_at_seconds: [150, 180]}
      next_response: {target_seconds: 210, pauses: [customer]}
      joined_response: {target_seconds: 60}
      answer: {target_seconds: 30}
      long_wait: {target_seconds: 7200}
      resolution_first: {target_seconds: 28800, pauses: [third_party]}
      resolution_total: {target_seconds: 28800}
      hold: {target_seconds: 120}
      after_call_work: {target_seconds: 180}
  - name: under-25
    when: {segment: under25}
    clocks: {first_response: {target_seconds: 120, pauses: [customer, third_party]}}
  - name: p1
    when: {priority: P1}
    clocks:
      first_response: {target_seconds: 30}
      next_response: {target_seconds: 30, calendar: always}
  - name: complaints
    when: {queue: complaints}
    clocks:
      resolution_total: {target_seconds: 28800, pauses: [customer]}
      silent_progress: {target_seconds: 7200, pauses: [customer]}
      follow_up: {target_seconds: 86400, calendar: always}
  - name: vip
    when: {queue: vip, channel: [web, app]}
    clocks: {silent_progress: {target_seconds: 210, pauses: [third_party]}}
closing_pleasantries: {version: p, words: [好的, 谢谢, 嗯嗯, ok, 好的谢谢, 收到]}
reopen_window_hours: 8760
idle_expiry_hours: 8760
allowed_lateness_seconds: 600
future_tolerance_seconds: 31536000
"""
ORACLE_CONFIG = replace(CONFIG, sla=parse_sla(SLA, "oracle.yaml"))
# Four fifths of the engine's time are the quality rules, which have nothing to say of clocks.
CLOCKS_ONLY = replace(ORACLE_CONFIG, qa=load_rules(RULES, "one_rule.yaml"))
COUNT, MANY, CHUNK = 8_000, 1_000_000, 10_000
"""How many interactions are compared in `make test`, and further ones in `make soak`."""
PARTS = 4
"""`make test` compares them in so many tests, so that no core waits for one long one."""
DAY_MS = 86_400_000


def in_order(
    events: list[Event], scorer: Scorer | None = None, config: EngineConfig = ORACLE_CONFIG
) -> Run:
    """As a quiet log has it: a tick before each event, nothing late."""
    run = Run(config, scorer)
    for event in events:
        run.step(tick_before(to_ms(event.time)))
        run.step(event)
    return run


def disturbed(
    random: Random,
    events: list[Event],
    scorer: Scorer | None = None,
    ahead_ms: int = 0,
    config: EngineConfig = ORACLE_CONFIG,
) -> Run:
    """Late, twice, with ticks of the newest time between, and now and then from a checkpoint.

    Some ticks are ahead of the newest event by up to `ahead_ms`; none is at it, because a late
    event's deadline that has passed is told by the next tick, and the last one must be a next one.
    """
    run = Run(config, scorer)
    newest = 0
    for event in duplicated(random, shuffled(random, events, 600_000)):
        newest = max(newest, to_ms(event.time))
        if random.random() < 0.5:
            run.step(newest - random.choice((1, 1_000, 60_000, -ahead_ms or 1)))
        run.step(event)
        if random.random() < 0.15:
            run.restore()
    return run


def check(events: list[Event], random: Random) -> int:
    """Compare both ways with the oracle; returns the number of instances."""
    last_tick_ms = to_ms(events[-1].time) + random.choice((0, 30_000, 210_000, 2 * DAY_MS))
    truth = expected(events, ORACLE_CONFIG, last_tick_ms)
    counts = counts_of(truth.values(), events)
    for run in (
        in_order(events, config=CLOCKS_ONLY),
        disturbed(random, events, config=CLOCKS_ONLY),
    ):
        run.step(last_tick_ms)
        assert not differences(run.said, truth)
        assert len(run.ids) == len(set(run.ids)), "a statement's id came twice"
        run.step(last_tick_ms + DAY_MS)  # the tallies leave with a later tick
        assert +run.facts == counts
    return len(truth)


def compare(seeds: range) -> int:
    """Compare made interactions; returns the number of instances of clocks."""
    instances = 0
    for seed in seeds:
        random = Random(seed)
        events = interaction(random, f"c{seed}")
        try:
            instances += check(events, random)
        except AssertionError as wrong:
            raise AssertionError(f"interaction {seed}: {wrong}") from None
    return instances


def report(interactions: int, instances: int) -> None:
    print(
        f"oracle: {interactions:,} interactions, {instances:,} instances of clocks, each in order "
        "and late, repeated and restored: all as the oracle says"
    )


@pytest.mark.parametrize("part", range(PARTS))
def test_the_engine_and_the_oracle_agree_on_every_clock_of_made_interactions(part: int) -> None:
    size = COUNT // PARTS
    instances = compare(range(part * size, (part + 1) * size))
    report(size, instances)
    assert instances > 3 * size


@pytest.mark.slow
@pytest.mark.timeout(3 * 3_600)
def test_the_engine_and_the_oracle_agree_on_a_million_interactions() -> None:
    chunks = [range(at, at + CHUNK) for at in range(COUNT, COUNT + MANY, CHUNK)]
    instances = 0
    with get_context("spawn").Pool(cpu_count()) as pool:
        for done, found in enumerate(pool.imap_unordered(compare, chunks), 1):
            instances += found
            print(f"{done * CHUNK:,} of {MANY:,} interactions", flush=True)
    report(MANY, instances)


@settings(deadline=None, derandomize=True, database=None, max_examples=300)
@given(interactions())
def test_the_engine_and_the_oracle_agree_on_what_hypothesis_draws(events: list[Event]) -> None:
    check(events, Random(len(events)))
