"""Response clocks: the wait of a customer, from its first unanswered message to a human answer.

Event time measures, ticks decide: a deadline is judged by the first tick at or past it, or by the
late answer itself where that is read first. Either way the breach has the same id. An answer that
is read after the decision but was given in time takes the decision back with a correction.
"""

import re
import unicodedata
from typing import NamedTuple

from pipeline.ids import output_id
from pipeline.state import Wait
from pipeline.step import Step, dimensions
from schemas.codec import from_ms
from schemas.outputs import (
    Clock,
    SlaBreached,
    SlaCorrected,
    SlaData,
    SlaMet,
    SlaStatus,
    SlaWarned,
)

_BRACKETED = re.compile(r"\[[^\[\]]{1,8}\]|#E-s\S*")
"""Stickers as text: `[微笑]`, and the emoticon codes of older shop systems."""


class Answer(NamedTuple):
    """An answer that stopped a clock, and after how many milliseconds."""

    clock: Clock
    elapsed_ms: int


def is_closing_pleasantry(text: str, pleasantries: frozenset[str]) -> bool:
    """Tell whether a text says no more than 好的, 谢谢 or an emoji: it expects no answer.

    A question mark asks, whatever stands before it: 可以？ waits.
    """
    plain = unicodedata.normalize("NFKC", _BRACKETED.sub("", text)).lower()
    if "?" in plain:
        return False
    bare = "".join(char for char in plain if unicodedata.category(char)[0] in "LN")
    return not bare or bare in pleasantries


def open_wait(step: Step, clock: Clock) -> None:
    """Start the clock, unless one already runs or the question was answered before it was read."""
    it = step.interaction
    if it.wait is not None or it.status == "closed":
        return
    if it.answered_ms is not None and step.time_ms <= it.answered_ms:
        return
    policy = getattr(step.config.sla.clocks, clock)
    it.wait = Wait(
        clock=clock,
        since_ms=step.time_ms,
        event_id=step.cause,
        target_ms=policy.target_ms,
        warn_ms=policy.warn_ms,
    )


def answer(step: Step) -> Answer | None:
    """A human answered: stop the clock and state the result. None when nobody waited."""
    it = step.interaction
    it.answered_ms = max(step.time_ms, it.answered_ms or 0)
    wait = it.wait
    if wait is None or step.time_ms < wait.since_ms:
        return None
    elapsed_ms = step.time_ms - wait.since_ms
    in_time = elapsed_ms <= wait.target_ms
    if in_time:
        _settle_in_time(step, wait, elapsed_ms)
    elif not wait.breach_id:
        _breach(step, wait)
    it.wait = None
    _count(step, wait, elapsed_ms)
    return Answer(wait.clock, elapsed_ms)


def cancel(step: Step) -> None:
    """The interaction ended while somebody waited: the clock stops without a result."""
    wait = step.interaction.wait
    if wait is not None and step.time_ms - wait.since_ms > wait.target_ms and not wait.breach_id:
        _breach(step, wait)
    step.interaction.wait = None


def next_due_ms(wait: Wait) -> int | None:
    """When the wait next has something to say, if it stays unanswered."""
    if wait.breach_id:
        return None
    return wait.since_ms + (wait.target_ms if wait.warned else wait.warn_ms)


def fire(step: Step, wait: Wait) -> None:
    """The next due instant of the wait has been reached: warn, then breach."""
    if not wait.warned:
        wait.warned = True
        elapsed = wait.warn_ms
        if elapsed < wait.target_ms:
            step.out.append(
                SlaWarned(
                    id=_id(step, wait, "warned"),
                    time=from_ms(wait.since_ms + elapsed),
                    subject=step.interaction.id,
                    data=_data(step, wait, elapsed, "warned", [wait.event_id]),
                )
            )
        return
    _breach(step, wait)


def _settle_in_time(step: Step, wait: Wait, elapsed_ms: int) -> None:
    it = step.interaction
    caused_by = [wait.event_id, step.cause]
    time = from_ms(step.time_ms)
    step.tallies.at(step.time_ms, it).met += 1
    if wait.breach_id:
        it.breaches -= 1
        step.tallies.at(wait.since_ms + wait.target_ms, it).breached -= 1
        step.milestone = True
        data = _data(step, wait, elapsed_ms, "met", caused_by)
        data.corrects = wait.breach_id
        step.out.append(
            SlaCorrected(id=_id(step, wait, "corrected"), time=time, subject=it.id, data=data)
        )
    else:
        data = _data(step, wait, elapsed_ms, "met", caused_by)
        step.out.append(SlaMet(id=_id(step, wait, "met"), time=time, subject=it.id, data=data))


def _breach(step: Step, wait: Wait) -> None:
    wait.warned = True
    wait.breach_id = _id(step, wait, "breached")
    it = step.interaction
    it.breaches += 1
    deadline_ms = wait.since_ms + wait.target_ms
    step.tallies.at(deadline_ms, it).breached += 1
    step.milestone = True
    step.out.append(
        SlaBreached(
            id=wait.breach_id,
            time=from_ms(deadline_ms),
            subject=it.id,
            data=_data(step, wait, wait.target_ms, "breached", [wait.event_id]),
        )
    )


def _count(step: Step, wait: Wait, elapsed_ms: int) -> None:
    tally = step.tallies.at(step.time_ms, step.interaction)
    if wait.clock == "next_response":
        tally.next_responses += 1
        tally.next_response_ms_sum += elapsed_ms
    else:
        step.interaction.first_response_ms = elapsed_ms
        tally.first_responses += 1
        tally.first_response_ms_sum += elapsed_ms


def _id(step: Step, wait: Wait, status: SlaStatus) -> str:
    it = step.interaction
    return output_id("sla", it.kind, it.id, wait.clock, wait.event_id, status)


def _data(step: Step, wait: Wait, elapsed_ms: int, outcome: str, caused_by: list[str]) -> SlaData:
    it = step.interaction
    return SlaData(
        kind=it.kind,
        clock=wait.clock,
        clock_id=output_id("clock", it.kind, it.id, wait.clock, wait.event_id),
        waiting_since=from_ms(wait.since_ms),
        deadline=from_ms(wait.since_ms + wait.target_ms),
        target_ms=wait.target_ms,
        elapsed_ms=elapsed_ms,
        outcome=outcome,  # type: ignore[arg-type]
        policy_version=step.config.sla.version,
        caused_by=caused_by,
        **dimensions(it),
    )
