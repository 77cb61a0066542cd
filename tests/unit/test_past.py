"""What is told of the past is told apart; what happens now counts as now, however long ago it
began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from prometheus_client import CollectorRegistry

from agents.changelog import Checkpoint
from agents.export import Exporter
from agents.labels import LabelConfig
from agents.task import Task
from kefu.generator import Generator
from kefu.ticks import final_tick, tick_before
from pipeline.engine import Engine
from pipeline.sla_file import parse_sla
from pipeline.waiting import SETTLES_MS
from schemas.codec import encode, from_ms, to_ms
from schemas.events import AgentPresence, Event, Tick
from schemas.outputs import (
    InteractionSummary,
    MessageEnriched,
    Output,
    QaFacts,
    SlaBreached,
    SlaCorrected,
    SlaMet,
)
from schemas.topics import CONVERSATIONS
from tests.unit.builders import (
    CONFIG,
    START_MS,
    agent,
    assigned,
    closed,
    customer,
    engine,
    ms,
    only,
    opened,
    presence,
)

HOUR_S = 3_600
DAY_S = 24 * HOUR_S
NOW_S = 5 * DAY_S
"""In seconds after the start: when what is recovered comes."""
SLA = """
version: "past-test"
channels: [web]
policies:
  - name: everyone
    clocks:
      first_response: {{target_seconds: 210}}
      resolution_total: {{target_seconds: {resolution}}}
allowed_lateness_seconds: {lateness}
"""
LABELS = LabelConfig(channels=("web",), queues=("sales",), admit_unlisted=1, max_series=5_000)


def engine_of(*, resolution_s: float = 8 * HOUR_S, lateness_s: float = 120) -> Engine:
    """An engine with a clock of a day's work beside the first response."""
    text = SLA.format(resolution=resolution_s, lateness=lateness_s)
    return Engine(replace(CONFIG, sla=parse_sla(text, "past.yaml")), origin="t/0")


def told(of: Engine, *steps: Event | float) -> tuple[list[Output], list[Output]]:
    """Feed events and tell times (seconds), in order: what is told of now, and of the past."""
    now: list[Output] = []
    then: list[Output] = []
    for step in steps:
        made = of.advance(ms(step)) if isinstance(step, int | float) else of.feed(step)
        for output in made:
            (then if output.id in of.past else now).append(output)
    return now, then


def counted(facts: Sequence[Output]) -> dict[str, int]:
    """The counts of queues that these facts carry, summed up."""
    found: dict[str, int] = {}
    for fact in only(list(facts), QaFacts):
        if fact.data.tally is not None:
            for name in fact.data.tally.__struct_fields__:
                found[name] = found.get(name, 0) + getattr(fact.data.tally, name)
    return {name: amount for name, amount in found.items() if amount}


# --- live, whatever the times that it speaks of --------------------------------------------------


def test_an_answer_that_comes_now_to_a_question_of_yesterday_is_told_of_now() -> None:
    now, then = told(engine(), 0, opened(1), customer(1), 300, DAY_S, agent(DAY_S), DAY_S + 60)
    assert not then
    assert [o.data.response_ms for o in only(now, MessageEnriched)] == [None, (DAY_S - 1) * 1000]
    facts = [f for f in only(now, QaFacts) if f.data.tally and f.data.tally.responded_in_time]
    assert facts[0].data.window_start == from_ms(START_MS), "counted where the wait began"


def test_a_clock_that_began_long_ago_and_falls_due_now_is_told_of_now() -> None:
    minutes = range(0, 9 * HOUR_S, 60)
    now, then = told(engine_of(), 0, customer(1), agent(30), *minutes)
    assert [o.data.clock for o in only(now, SlaBreached)] == ["resolution_total"]
    assert not then


def test_the_expiry_of_an_interaction_that_was_left_alone_for_days_is_told_of_now() -> None:
    for resolution_s in (8 * HOUR_S, 100 * HOUR_S):  # the latter keeps the interaction for longer
        hours = range(HOUR_S, 120 * HOUR_S, HOUR_S)
        now, then = told(engine_of(resolution_s=resolution_s), 0, customer(1), agent(30), *hours)
        expired = [o for o in only(now, InteractionSummary) if o.data.state == "expired"]
        assert [o.time for o in expired] == [from_ms(ms(30))]
        assert not then


def test_what_fell_due_while_no_ticks_came_is_told_of_now() -> None:
    now, then = told(engine(), 0, customer(1), 10, 3 * HOUR_S)
    assert [o.time for o in only(now, SlaBreached)] == [from_ms(ms(211))]
    assert not then


def test_a_correction_of_a_statement_of_hours_ago_by_a_late_event_is_told_of_now() -> None:
    asked = 3 * HOUR_S
    now, then = told(
        engine(), 0, asked - 9, customer(asked), asked + 300, asked + 3_500, agent(asked + 10)
    )
    assert [o.data.outcome for o in only(now, SlaCorrected)] == ["met"]
    assert not then


def test_exactly_an_hour_late_is_now_and_a_millisecond_more_is_the_past() -> None:
    now, then = told(engine(), HOUR_S, customer(0))
    assert (len(only(now, MessageEnriched)), then) == (1, [])
    now, then = told(engine(), HOUR_S + 0.001, customer(0))
    assert (len(only(now, MessageEnriched)), len(only(then, MessageEnriched))) == (0, 1)


def test_what_comes_within_the_lateness_that_windows_allow_is_now() -> None:
    of = engine_of(lateness_s=2 * HOUR_S)
    assert told(of, 2 * HOUR_S, customer(0))[1] == []
    assert told(engine_of(lateness_s=2 * HOUR_S), 2 * HOUR_S + 1, customer(0))[1]


def test_data_that_brings_its_own_time_is_never_of_the_past() -> None:
    events = list(islice(Generator(3, start_ms=START_MS, rate_per_minute=30), 4_000))
    of, outputs = engine(), 0
    for event in events:
        for made in (of.advance(tick_before(to_ms(event.time))), of.feed(event)):
            outputs += len(made)
            assert not of.past
    outputs += len(of.advance(final_tick(to_ms(events[-1].time), CONFIG)))
    assert not of.past
    assert outputs > len(events)


# --- of the past ---------------------------------------------------------------------------------


def test_all_that_follows_from_a_recovered_consultation_is_of_the_past() -> None:
    of = engine()
    now, then = told(
        of, NOW_S, opened(0), customer(1), NOW_S + 1, agent(400), closed(500), NOW_S + 10
    )
    assert {type(o) for o in now} == {QaFacts}
    assert counted(now) == {}, "only watermarks"
    assert only(then, SlaBreached), "the tick between told it"
    assert {o.time for o in only(then, SlaBreached)} == {from_ms(ms(211))}
    assert {"asked", "opened", "responded_in_time", "breached"} <= counted(then).keys()


def test_a_recovered_consultation_that_was_left_open_expires_as_one_of_the_past() -> None:
    hours = range(NOW_S, NOW_S + 80 * HOUR_S, HOUR_S)
    now, then = told(engine(), NOW_S, customer(1), agent(30), *hours)
    assert [o.data.state for o in only(then, InteractionSummary)][-1] == "expired"
    assert {type(o) for o in now} == {QaFacts}
    assert counted(now) == {}


def test_a_recovered_consultation_whose_deadline_falls_now_is_late_now() -> None:
    of, asked = engine_of(), NOW_S - 7 * HOUR_S
    now, then = told(
        of, NOW_S, customer(asked), agent(asked + 9), *range(NOW_S, NOW_S + 2 * HOUR_S, 60)
    )
    assert [o.data.clock for o in only(now, SlaBreached)] == ["resolution_total"]
    assert [o.data.clock for o in only(then, SlaMet)] == ["first_response"]


def test_a_recovered_message_in_a_live_conversation_is_of_the_past_and_the_rest_is_not() -> None:
    of = engine()
    told(of, 0, opened(0), customer(1), agent(20), 2 * HOUR_S)
    assert not told(of, customer(2 * HOUR_S))[1]
    now, then = told(of, customer(5, "还有一个问题"))
    assert (now, len(only(then, MessageEnriched))) == ([], 1)
    now, then = told(of, agent(2 * HOUR_S + 30), 2 * HOUR_S + 60)
    assert len(only(now, MessageEnriched)) == 1
    # Both books of the same queue and quarter of an hour; together they are the truth.
    assert counted(then).keys() <= {"next_responses", "next_response_ms_sum", "met"}
    assert counted(now)["next_responses"] == 1


def test_time_at_work_of_an_agent_of_yesterday_is_of_the_past_up_to_now() -> None:
    of = engine()
    begun = NOW_S - DAY_S
    now, then = told(of, NOW_S, presence(begun, "a9", "available"), NOW_S + 1_200)
    # By quarters: the one that ended exactly an hour before is the first of now, and the last is
    # the one that has ended since.
    assert counted(then)["available_ms"] == (DAY_S - HOUR_S - 900) * 1000
    assert counted(now)["available_ms"] == (900 + HOUR_S + 900) * 1000


def test_counts_of_the_past_are_still_told_apart_after_a_restart() -> None:
    first, second = engine(), engine()
    told(first, NOW_S, opened(0), customer(1), agent(30), closed(60))
    records = {key: value for key, value in first.take_changes() if value is not None}
    second.restore(first.encode_partition(), records)
    for of in (first, second):
        now, then = told(of, NOW_S + 10)
        assert counted(now) == {}
        assert counted(then)["opened"] == 1
    third = told(engine(), NOW_S, opened(0), customer(1), agent(30), closed(60), NOW_S + 10)
    assert counted(third[1]) == counted(then)


# --- what is shown -------------------------------------------------------------------------------


def waiting(of: Engine) -> int:
    return sum(now.customers for _, now in of.waiting())


def test_a_wait_of_the_past_is_shown_once_no_answer_has_followed_for_a_minute() -> None:
    of, restarted = engine(), engine()
    told(of, NOW_S, customer(1))
    records = {key: value for key, value in of.take_changes() if value is not None}
    restarted.restore(of.encode_partition(), records)
    for one in (of, restarted):
        assert waiting(one) == 0
        told(one, NOW_S + SETTLES_MS / 1000 - 1)
        assert waiting(one) == 0
        told(one, NOW_S + SETTLES_MS / 1000)
        assert waiting(one) == 1
    told(of, agent(30))
    assert waiting(of) == 0
    told(of, customer(NOW_S + 70))
    assert waiting(of) == 1, "a live wait is shown at once"


def page_of(*records: Event | float) -> tuple[Exporter, Task]:
    """The metrics of one partition that read these events and ticks (seconds)."""
    exporter = Exporter(CollectorRegistry(), CONFIG, LABELS, wall=lambda: START_MS / 1000)
    task = Task(CONVERSATIONS.name, 0, engine(), Checkpoint())
    for offset, record in enumerate(records):
        event = record
        if isinstance(event, int | float):
            event = Tick(id=str(offset), source="t", time=from_ms(ms(event)), subject="t")
        assert not isinstance(event, AgentPresence)
        key = event.subject.encode()
        task.process(offset, key, encode(event), START_MS, poisoned=False)
    exporter.sent(task, task.take_outputs())
    return exporter, task


def counters(of: Exporter) -> dict[str, float]:
    """Every counter and histogram's count that is not 0, without its labels."""
    found: dict[str, float] = {}
    for family in of.metrics.collect():
        for sample in family.samples:
            name = sample.name
            if family.name == "kefu_events":
                name = f"{name}/{sample.labels['outcome']}"
            if sample.value and name.endswith(("_total", "_count", "processed", "backfilled")):
                found[name] = found.get(name, 0) + sample.value
    return found


def test_the_past_goes_to_a_counter_of_its_own_and_each_event_is_counted_once() -> None:
    place = {"queue": "sales", "channel": "web"}
    yesterday = (
        opened(0, **place),
        customer(1, **place),
        assigned(2),
        agent(400),
        agent(400),
        closed(500),
    )
    exporter, task = page_of(NOW_S, *yesterday, NOW_S + 10)
    found = counters(exporter)
    assert found.pop("kefu_ticks_total") == 2
    assert found.pop("kefu_events_total/backfilled") == 5
    # Two are watermarks, which tell of nobody.
    assert found.pop("kefu_outputs_total") == found.pop("kefu_backfilled_total") + 2 > 10
    assert found == {}, "the duplicate is one, and no counter of what happens now has moved"
    exporter.sent(task, [])
    assert counters(exporter)["kefu_events_total/backfilled"] == 5
