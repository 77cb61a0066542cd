"""The hand-worked cases, one for each trap in the definitions, against the engine itself."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import msgspec
import pytest

from kefu.ticks import tick_before
from pipeline.calendars import Calendar, CalendarSpec
from pipeline.clocks.instance import ALARMS
from pipeline.config import EngineConfig
from pipeline.ids import event_digest, output_id
from pipeline.policies import ClockTarget, ClockTargets, Policies, Policy, When
from pipeline.sla_file import Pleasantries
from schemas.codec import to_ms
from schemas.events import CallEvent, Event
from schemas.outputs import SlaWarned
from tests.clock_truth import Run, Said
from tests.golden.clock_cases import CALENDARS, CASES, PLEASANTRIES, Case
from tests.unit.builders import CONFIG

ZONE = "Asia/Shanghai"
SPECS = {name: msgspec.convert(spec, CalendarSpec) for name, spec in CALENDARS.items()}
COMPILED = {name: Calendar.of(name, spec, ZONE) for name, spec in SPECS.items()}
LONG_HOURS = 8_760.0


def config_of(case: Case) -> EngineConfig:
    """The rules of the case as policies; the first of equal weight wins, as there."""
    policies = []
    for number, rule in enumerate(case.rules):
        if rule.target is None:
            continue
        target = ClockTarget(
            target_seconds=rule.target.target_ms / 1000,
            warn_at_seconds=tuple(w / 1000 for w in rule.target.warnings_ms) or None,
            calendar=rule.target.calendar or "always",
            pauses=rule.target.pauses,  # type: ignore[arg-type]
        )
        clocks = ClockTargets(**{rule.clock: target})
        policies.append(Policy(f"rule-{number}", clocks, When(**rule.when)))
    sla = replace(
        CONFIG.sla,
        policies=Policies(tuple(policies), (), COMPILED),
        closing_pleasantries=Pleasantries("cases", frozenset(PLEASANTRIES)),
        reopen_window_hours=LONG_HOURS,
        idle_expiry_hours=LONG_HOURS,
        future_tolerance_seconds=LONG_HOURS * 3600,
    )
    return replace(CONFIG, sla=sla)


def clock_id(case: Case, clock: str, source: str, event_id: str) -> str:
    kind = "call" if isinstance(case.events[0], CallEvent) else "conversation"
    digest = event_digest(source, event_id).hex()
    return output_id("clock", kind, case.events[0].subject, clock, digest)


def true_of(case: Case) -> dict[str, Said]:
    """What the newest statements must be; cancelled and running ones need none."""
    found = {}
    for truth in case.truths:
        if truth.outcome == "met" and truth.clock not in ALARMS:
            said = Said("met", truth.elapsed_ms)
        elif truth.outcome == "breached":
            said = Said("breached", truth.target_ms or 0)
        else:
            continue
        found[clock_id(case, truth.clock, truth.start_source, truth.start_id)] = said
    return found


def decided(run: Run) -> dict[str, Said]:
    return {name: said for name, said in run.said.items() if said.outcome in ("met", "breached")}


def without_calm_alarms(case: Case, said: dict[str, Said]) -> dict[str, Said]:
    calm = {
        clock_id(case, t.clock, t.start_source, t.start_id)
        for t in case.truths
        if t.clock in ALARMS and t.outcome == "met"
    }
    return {name: what for name, what in said.items() if name not in calm}


def run_of(case: Case, events: list[Event], *, with_ticks: bool) -> Run:
    run = Run(config_of(case))
    for event in events:
        if with_ticks:
            run.step(tick_before(to_ms(event.time)))
        run.step(event)
    run.step(case.tick_ms)
    return run


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_engine_says_what_was_worked_out_by_hand(case: Case) -> None:
    events = sorted(case.events, key=lambda event: event.time)
    expected = true_of(case)
    assert decided(run_of(case, events, with_ticks=True)) == expected
    late = list(case.events) + list(case.events)
    Random(case.name).shuffle(late)
    found = decided(run_of(case, late, with_ticks=False))
    assert without_calm_alarms(case, found) == expected


SEEN_LATE = {
    "a held message that is late when it is known is not warned of",
    "a held message in its last minute is warned of when it is known",
}
"""The engine says these warnings for the instant at which they were due, not when it knew."""


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.warned is not None and case.name not in SEEN_LATE],
    ids=lambda case: case.name,
)
def test_the_engine_warns_at_the_instants_that_were_worked_out_by_hand(case: Case) -> None:
    assert case.warned is not None
    run = run_of(case, sorted(case.events, key=lambda event: event.time), with_ticks=True)
    found = [
        (output.data.clock_id, output.data.elapsed_ms, to_ms(output.time))
        for output in run.outputs
        if isinstance(output, SlaWarned)
    ]
    expected = [
        (clock_id(case, clock, "s", event_id), warning_ms, at_ms)
        for clock, event_id, warning_ms, at_ms in case.warned
    ]
    assert sorted(found) == sorted(expected)


def test_there_is_a_case_for_each_trap() -> None:
    assert len(CASES) >= 100
    assert len({case.name for case in CASES}) == len(CASES)
