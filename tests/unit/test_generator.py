"""The generator: its scenarios, its stream, and the agents in it."""

from __future__ import annotations

import re
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from random import Random

import pytest

from agents.settings import load_config
from kefu.generator import Generator
from kefu.generator.scenarios import Line, Scenario, load_scenarios
from kefu.generator.slots import fill
from kefu.replay import InProcess
from kefu.ticks import final_tick, tick_before
from pipeline.yaml_reader import ConfigError
from schemas import events as e
from schemas.codec import decode, encode, to_ms
from schemas.outputs import Duplicate, MessageEnriched, SlaBreached, SlaMet

START_MS = 1_772_413_200_000  # 2026-03-02 09:00 in Shanghai
SAID = (e.ConversationMessage, e.CallUtterance)


def stream(seed: int = 1, **options: object) -> Iterator[e.Event]:
    settings = {"start_ms": START_MS, "rate_per_minute": 60.0, **options}
    return iter(Generator(seed, **settings))  # type: ignore[arg-type]


def taken(count: int, seed: int = 1, **options: object) -> list[e.Event]:
    return list(islice(stream(seed, **options), count))


def test_every_event_is_of_the_contract_in_order_of_time_and_numbered_without_gaps() -> None:
    events = taken(8_000)
    for event in events:
        assert decode(encode(event)).event == event
    times = [event.time for event in events]
    assert times == sorted(times)
    assert [event.sequence for event in events] == [str(n + 1) for n in range(len(events))]
    assert len({event.id for event in events}) == len(events)


def test_every_type_of_conversation_call_and_presence_event_comes() -> None:
    found = {type(event) for event in taken(30_000)}
    expected = {*e.ConversationEvent.__args__, *e.CallEvent.__args__, e.AgentPresence}  # type: ignore[attr-defined]
    assert found == expected


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    def written(seed: int) -> list[bytes]:
        return [encode(event) for event in taken(3_000, seed)]

    assert written(5) == written(5)
    assert written(5) != written(6)


# Trap: two generators side by side wrote into each other's conversations.
def test_generators_with_other_seeds_share_no_interaction() -> None:
    def interactions(seed: int) -> set[str]:
        return {ev.subject for ev in taken(3_000, seed) if not isinstance(ev, e.AgentPresence)}

    assert not interactions(5) & interactions(6)


def test_scenarios_are_many_of_several_queues_and_read_differently_each_time() -> None:
    scenarios = load_scenarios()
    assert len(scenarios) >= 40
    assert {scenario.queue for scenario in scenarios} == {
        "sales", "after_sales", "logistics", "complaints", "tech", "billing", "vip", "general",
    }  # fmt: skip
    for scenario in scenarios:
        if any(isinstance(step, Line) for step in scenario.steps):
            assert len({_run(scenario, seed) for seed in range(20)}) > 3, scenario.id


def _run(scenario: Scenario, seed: int) -> tuple[str, ...]:
    random = Random(seed)
    lines = [step for step in scenario.steps if isinstance(step, Line)]
    return tuple(fill(random.choice(line.phrasings), random) for line in lines)


def test_numbers_of_invented_people_have_right_check_digits() -> None:
    random = Random(3)
    for _ in range(200):
        card = fill("{card}", random)
        doubled = [int(d) * (2 if n % 2 else 1) for n, d in enumerate(reversed(card))]
        assert sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0
        person = fill("{id_card}", random)
        total = sum(int(d) * (1 << (17 - n)) for n, d in enumerate(person[:17]))
        assert person[17] == "10X98765432"[total % 11]
        assert re.fullmatch(r"1[3578]\d{9}", fill("{phone}", random))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"queue: sales": "queue: nowhere"}, "queue `nowhere`: expected one of sales"),
        ({"c: hi": "x: hi"}, "expected `c: …`, `a: …`"),
        ({"c: hi": "c: {wish}"}, "unknown slot wish; known: days"),
        ({"c: hi": "c: hi | "}, "a phrasing is empty"),
        ({"c: hi": "!dance"}, "expected one of picture"),
        ({"c: hi": "!"}, "expected one of picture"),
        ({"c: hi": "!hold 5"}, "expected one of picture"),
        ({"c: hi": "!rate 9"}, "`9`: expected 1, 2, 3, 4, 5"),
        ({"c: hi": "!rate"}, "expected 1 words after `!rate`"),
        ({"c: hi": "!requeue moon"}, "`moon`: expected sales"),
        ({"c: hi": "!pause tea"}, "`tea`: expected customer, third_party"),
        ({"kind: chat": "kind: call", "c: hi": "!hangup bang system"}, "`bang`: expected normal"),
        ({"kind: chat": "kind: call", "c: hi": "!hold -1"}, "`-1`: expected 1 to 600 seconds"),
        ({"kind: chat": "kind: call", "c: hi": "n: hi"}, "expected `c: …`, `a: …`, `b: …` or"),
        ({"kind: chat": "kind: call", "a: yo": "!abandon"}, "`!abandon`: expected no other line"),
        ({"kind: chat": "kind: fax"}, "kind"),
        ({"queue: sales": "queue: [1"}, "a.yaml:"),
    ],
)
def test_a_wrong_scenario_is_told_when_it_is_read_with_file_and_scenario(
    tmp_path: Path, change: dict[str, str], expected: str
) -> None:
    text = (
        'scenarios:\n- id: one\n  queue: sales\n  kind: chat\n  lines:\n  - "c: hi"\n  - "a: yo"\n'
    )
    (tmp_path / "a.yaml").write_text(text)
    assert [scenario.id for scenario in load_scenarios(tmp_path)] == ["one"]
    for old, new in change.items():
        text = text.replace(old, new)
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(expected)) as error:
        load_scenarios(tmp_path)
    assert "a.yaml" in str(error.value)


def test_a_scenario_that_stands_twice_and_an_empty_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no scenarios"):
        load_scenarios(tmp_path)
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(
            'scenarios:\n- {id: one, queue: sales, lines: ["c: hi"]}\n', encoding="utf-8"
        )
    with pytest.raises(ConfigError, match=re.escape("b.yaml: the scenario `one` stands twice")):
        load_scenarios(tmp_path)


# Trap: a stream in which every wait is met, or every one breached, shows nothing.
def test_the_engine_sees_met_and_breached_answers_and_loses_no_message() -> None:
    config = load_config()
    pipeline = InProcess(config, None)
    outputs = []
    events = taken(15_000)
    for event in events:
        outputs += pipeline.advance(tick_before(to_ms(event.time)))
        outputs += pipeline.feed(event)
    outputs += pipeline.advance(final_tick(to_ms(events[-1].time), config))
    assert not [output for output in outputs if isinstance(output, Duplicate)]
    enriched = {o.data.event_id for o in outputs if isinstance(o, MessageEnriched)}
    assert enriched == {event.id for event in events if isinstance(event, SAID)}
    for clock in ("first_response", "next_response", "answer"):
        met = sum(isinstance(o, SlaMet) and o.data.clock == clock for o in outputs)
        breached = sum(isinstance(o, SlaBreached) and o.data.clock == clock for o in outputs)
        assert 0.01 < breached / (met + breached) < 0.5, clock


def test_first_answers_come_on_both_sides_of_every_target_from_30_to_210_seconds() -> None:
    asked: dict[str, int] = {}
    waits: dict[str, int] = {}
    for event in taken(20_000):
        if isinstance(event, e.ConversationMessage) and event.subject not in waits:
            if event.data.role == "customer":
                asked.setdefault(event.subject, to_ms(event.time))
            elif event.data.role == "agent" and not (event.data.auto or event.data.private):
                waits[event.subject] = to_ms(event.time) - asked[event.subject]
    for target_s in (30, 60, 90, 120, 180, 210):
        late = sum(wait > target_s * 1000 for wait in waits.values()) / len(waits)
        assert 0.01 < late < 0.9, target_s


def test_a_human_answers_only_where_they_were_assigned() -> None:
    assigned: dict[str, str] = {}
    for event in taken(20_000):
        if isinstance(event, e.ConversationAssigned):
            assigned[event.subject] = event.data.agent_id
        elif isinstance(event, e.ConversationMessage) and event.data.role == "agent":
            answers = not event.data.auto and not event.data.private
            assert not answers or event.data.agent_id == assigned[event.subject]


def test_a_transfer_goes_to_somebody_else() -> None:
    handling: dict[str, str] = {}
    transfers = 0
    for event in taken(20_000):
        if isinstance(event, e.ConversationAssigned | e.CallAnswered):
            handling[event.subject] = event.data.agent_id
        elif isinstance(event, e.ConversationTransferred | e.CallTransferred):
            transfers += 1
            assert event.data.to_agent_id != handling.get(event.subject, "nobody")
    assert transfers > 100


# Trap: presence was told once in the morning, and every agent stayed as they had come for ever.
def test_presence_follows_the_calls_of_an_agent() -> None:
    presence: dict[str, str] = {}
    answered = 0
    for event, following in pairwise(taken(20_000, call_share=1.0)):
        if isinstance(event, e.AgentPresence):
            assert presence.get(event.subject) != event.data.state
            presence[event.subject] = event.data.state
        elif isinstance(event, e.CallAnswered):
            answered += 1
            agent = event.data.agent_id
            told = isinstance(following, e.AgentPresence) and following.subject == agent
            assert told or presence[agent] == "busy"
    assert answered > 500


def test_presence_comes_to_rest_when_the_work_is_done() -> None:
    events = taken(4_000, rate_per_minute=0.2, call_share=1.0)
    states = Counter(ev.data.state for ev in events if isinstance(ev, e.AgentPresence))
    assert states["after_call_work"] > 50
    assert states["available"] > 50


def test_peak_hours_have_more_arrivals_than_the_night() -> None:
    arrivals: Counter[int] = Counter()
    for event in stream(rate_per_minute=2.0):
        if event.time.timestamp() * 1000 >= START_MS + 24 * 3_600_000:
            break
        if isinstance(event, e.ConversationOpened | e.CallQueued):
            arrivals[(event.time.hour + 8) % 24] += 1
    assert arrivals[10] > 5 * arrivals[3]
    assert arrivals[18] > arrivals[15]


# Trap: "we are closed, our hours are 9 to 21" at eleven in the morning.
def test_nobody_is_told_at_noon_that_the_service_is_closed() -> None:
    midnight = START_MS - 9 * 3_600_000
    by_day = [ev for ev in taken(20_000) if isinstance(ev, e.ConversationMessage)]
    by_night = [
        event
        for event in taken(20_000, start_ms=midnight, rate_per_minute=400.0)
        if isinstance(event, e.ConversationMessage)
    ]
    assert datetime.fromtimestamp(START_MS / 1000, UTC).hour == 1
    assert not [event for event in by_day if event.data.auto]
    assert [event for event in by_night if event.data.auto]


def test_ratings_also_come_after_the_close() -> None:
    seen: dict[str, list[type]] = defaultdict(list)
    for event in taken(20_000):
        seen[event.subject].append(type(event))
    orders = [
        kinds.index(e.ConversationRated) > kinds.index(e.ConversationClosed)
        for kinds in seen.values()
        if e.ConversationRated in kinds and e.ConversationClosed in kinds
    ]
    assert set(orders) == {True, False}
    assert all(kinds.count(e.ConversationClosed) <= 1 for kinds in seen.values())


def test_call_share_and_tenants_are_what_was_asked_for() -> None:
    events = taken(5_000, call_share=0.0, tenants=("t1", "t2"))
    assert not [event for event in events if isinstance(event, e.CallQueued)]
    tenants = {ev.data.tenant for ev in events if isinstance(ev, e.ConversationOpened)}
    assert tenants == {"t1", "t2"}


# Trap: a generator that keeps what it has made dies in the third hour of a load test.
def test_memory_does_not_grow_with_the_length_of_the_stream() -> None:
    events = stream()
    for _ in islice(events, 20_000):
        pass
    tracemalloc.start()
    try:
        for _ in islice(events, 20_000):
            pass
        first = tracemalloc.get_traced_memory()[0]
        for _ in islice(events, 40_000):
            pass
        grown = tracemalloc.get_traced_memory()[0] - first
    finally:
        tracemalloc.stop()
    assert grown < 1_000_000, f"{grown} bytes more after 40,000 events"
