"""What an instance adds to the tallies; a changed truth first takes back what it had added."""

from collections.abc import Iterator

from pipeline.clocks.instance import Instance
from pipeline.clocks.told import HandledCall, Told
from pipeline.policies import PolicyKey, Target
from pipeline.step import Step
from schemas.outputs import Clock

COUNTED = frozenset({"first_response", "next_response", "answer"})
"""The clocks that the intervals of queues count."""

Count = tuple[int, str, int]
"""At which instant, which field of the tally, how much."""


def recount(step: Step, instance: Instance, target: Target | None, told: Told) -> None:
    """Make the tallies hold what is true of the instance now."""
    deadline_ms = instance.deadline_ms
    if deadline_ms is None and target is not None:
        deadline_ms = instance.reaches(target.target_ms, target)
    counted_ms = instance.counted_ms if instance.end else 0
    if (
        told.is_counted
        and told.counted_as == told.status
        and told.end == instance.end
        and told.counted_ms == counted_ms
        and told.end_ms == instance.end_ms
        and told.deadline_ms == deadline_ms
        and told.key == instance.key
    ):
        return
    retract(step, instance.clock, told)
    told.is_counted = True
    told.counted_as, told.end, told.counted_ms = told.status, instance.end, counted_ms
    told.start_ms, told.end_ms, told.key = instance.start_ms, instance.end_ms, instance.key
    told.deadline_ms = deadline_ms
    _add(step, instance.clock, told, 1)


def retract(step: Step, clock: Clock, told: Told) -> None:
    """Take everything back that the tallies hold of an instance."""
    if told.is_counted:
        _add(step, clock, told, -1)
        told.is_counted = False


def _add(step: Step, clock: Clock, told: Told, sign: int) -> None:
    key: PolicyKey = told.key  # type: ignore[assignment]
    tally, tally_ms = None, 0
    for at_ms, name, amount in _counts(step, clock, told):
        if tally is None or at_ms != tally_ms:
            tally, tally_ms = step.tallies.at(at_ms, key.tenant, key.queue), at_ms
        setattr(tally, name, getattr(tally, name) + sign * amount)


def _counts(step: Step, clock: Clock, told: Told) -> Iterator[Count]:
    start_ms, end_ms, lasted_ms = told.start_ms, told.end_ms, told.counted_ms
    if told.counted_as == "met" and end_ms is not None:
        yield end_ms, "met", 1
    elif told.counted_as == "breached" and told.deadline_ms is not None:
        yield told.deadline_ms, "breached", 1
    if clock == "answer":
        yield from _queue_counts(step, told)
        return
    if clock == "first_response":
        yield start_ms, "asked", 1
        within_ms = step.config.sla.response_rate.within_hours * 3_600_000
        if told.end == "stopped" and end_ms is not None and end_ms - start_ms <= within_ms:
            yield start_ms, "responded_in_time", 1
    if told.end == "stopped" and end_ms is not None:
        yield end_ms, f"{clock}s", 1
        yield end_ms, f"{clock}_ms_sum", lasted_ms


def _queue_counts(step: Step, told: Told) -> Iterator[Count]:
    start_ms, lasted_ms = told.start_ms, told.counted_ms
    levels = step.config.sla.service_level
    level = levels.call if step.interaction.kind == "call" else levels.conversation
    is_in = lasted_ms <= level.threshold_seconds * 1000
    if told.end == "stopped":
        yield start_ms, "answered", 1
        yield start_ms, "wait_ms_sum", lasted_ms
        if is_in:
            yield start_ms, "answered_in", 1
    elif told.end == "abandoned":
        yield start_ms, "abandoned", 1
        if is_in:
            yield start_ms, "abandoned_in", 1
        if lasted_ms <= levels.short_abandon_seconds * 1000:
            yield start_ms, "abandoned_short", 1


def recount_opened(step: Step) -> None:
    """Make the tallies hold the interaction where its first event is, in event time."""
    it, now = step.interaction, step.interaction.clocks.began
    is_new = len(it.history) == 1 and it.base is None
    # A state of before this was kept has counted the interaction and does not know where.
    if now is None or now == it.opened or (it.opened is None and not is_new):
        return
    if it.opened is not None:
        step.tallies.at(*it.opened).opened -= 1
    step.tallies.at(*now).opened += 1
    it.opened = now


def recount_call(step: Step) -> None:
    """Make the tallies hold the parts of the handling time of a call that has ended."""
    it, clocks = step.interaction, step.interaction.clocks
    now = None
    if clocks.closed_ms is not None and clocks.answered_ever:
        now = HandledCall(
            clocks.closed_ms,
            it.tenant,
            it.queue,
            it.transfers > 0,
            clocks.holds > 0,
            clocks.talk_ms,
            clocks.hold_ms,
            clocks.wrap_up_ms or 0,
        )
    if now == it.handled:
        return
    if it.handled is not None:
        _add_call(step, it.handled, -1)
    if now is not None:
        _add_call(step, now, 1)
    it.handled = now


def _add_call(step: Step, call: HandledCall, sign: int) -> None:
    tally = step.tallies.at(call.at_ms, call.tenant, call.queue)
    tally.handled += sign
    tally.transferred += sign * call.transferred
    tally.held += sign * call.held
    tally.talk_ms_sum += sign * call.talk_ms
    tally.hold_ms_sum += sign * call.hold_ms
    tally.wrap_up_ms_sum += sign * call.wrap_up_ms
