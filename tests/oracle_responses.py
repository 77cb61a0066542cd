"""What is to be said of every wait, from a complete list of events: slow, plain, sees the future.

Written from the definitions, not from the engine: it holds no timers and no state between waits.
Only for events in the order of their times with a tick before each (`kefu.ticks.tick_before`).
"""

from __future__ import annotations

from typing import NamedTuple

from kefu.ticks import tick_before
from pipeline.config import ClockPolicy, Clocks


class Act(NamedTuple):
    """One event, by what it means: `asks`, `thanks`, `replies`, `reopened`, `closed`, `queued`,
    `answered`, `ended`; everything else means nothing to a clock."""

    at_ms: int
    kind: str


class Wait(NamedTuple):
    """A wait as the whole log shows it; `how` is `answered`, `ended`, or `open` at the end.

    `ended_by` is the number of the act that ended it.
    """

    clock: str
    since_ms: int
    end_ms: int
    how: str
    ended_by: int


Said = tuple[str, str, int, int]
"""(status, clock, waiting since, elapsed), times in milliseconds."""


def waits_of(acts: list[Act], last_tick_ms: int) -> list[Wait]:
    """Every wait of one interaction: for each question that begins one, look for its end."""
    waits: list[Wait] = []
    free_from = 0
    for index, act in enumerate(acts):
        if index < free_from:
            continue
        clock = _opens(acts[:index], act, waits)
        if clock is None:
            continue
        end = next((i for i in range(index + 1, len(acts)) if _ends(acts[i])), None)
        if end is None:
            waits.append(Wait(clock, act.at_ms, last_tick_ms, "open", len(acts)))
            break
        how = "answered" if acts[end].kind in ("replies", "answered") else "ended"
        waits.append(Wait(clock, act.at_ms, acts[end].at_ms, how, end))
        free_from = end + 1
    return waits


def _ends(act: Act) -> bool:
    return act.kind in ("replies", "answered", "closed", "ended")


def _opens(before: list[Act], act: Act, waits: list[Wait]) -> str | None:
    """Which clock the act starts, given what came before it and the waits that are over."""
    states = [a.kind for a in before if a.kind in ("closed", "ended", "reopened")]
    if states and states[-1] in ("closed", "ended"):
        return None
    if any(a.kind in ("replies", "answered") and a.at_ms >= act.at_ms for a in before):
        return None
    if act.kind == "queued":
        return "answer"
    if act.kind not in ("asks", "thanks"):
        return None
    reopened_at = max((i for i, a in enumerate(before) if a.kind == "reopened"), default=-1)
    if not any(
        w.clock == "first_response" and w.how == "answered" and w.ended_by > reopened_at
        for w in waits
    ):
        return "first_response"
    return "next_response" if act.kind == "asks" else None


def said_of(wait: Wait, clocks: Clocks) -> list[Said]:
    """The statements about one wait, in order."""
    policy: ClockPolicy = getattr(clocks, wait.clock)
    lasted_ms = wait.end_ms - wait.since_ms
    told_ms = (wait.end_ms if wait.how == "open" else tick_before(wait.end_ms)) - wait.since_ms
    said: list[Said] = []
    if told_ms >= policy.warn_ms:
        said.append(("warned", wait.clock, wait.since_ms, policy.warn_ms))
    is_late = lasted_ms >= policy.target_ms if wait.how == "open" else lasted_ms > policy.target_ms
    if is_late:
        said.append(("breached", wait.clock, wait.since_ms, policy.target_ms))
    elif wait.how == "answered":
        said.append(("met", wait.clock, wait.since_ms, lasted_ms))
    return said
