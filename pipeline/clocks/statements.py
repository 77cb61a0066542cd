"""Compares what is true of an instance with what has been said of it, and says the difference."""

from pipeline.clocks.counts import COUNTED, recount, retract
from pipeline.clocks.fold import NO_KEY
from pipeline.clocks.instance import ALARMS, Instance, add
from pipeline.clocks.told import Status, Told
from pipeline.ids import output_id
from pipeline.policies import Target
from pipeline.step import Step, dimensions
from schemas.codec import from_ms
from schemas.outputs import (
    Clock,
    SlaBreached,
    SlaCorrected,
    SlaData,
    SlaMet,
    SlaWarned,
)

_SAID_WITHOUT_CLOCKS = ("", "cancelled")
_NOTHING = Told()


def settle(step: Step, instance: Instance, *, is_tick: bool = False) -> None:
    """Say what has become true of an instance.

    A deadline that has passed without a statement waits for the next tick: what else has been
    written in the meantime may still answer it. `step.now_ms` is the newest tick, or the instant
    that a tick has reached.
    """
    target = step.policies.judge(instance.key).get(instance.clock)
    name = instance.name
    told = step.interaction.told.get(name)
    if told is None:
        if not instance.end and instance.clock != "first_response":
            # Nothing to say or count of what has just begun; that is most of what comes here.
            if instance.counted_ms or instance.since_ms is None:
                instance.due_ms = due_ms(instance, target, _NOTHING)
            elif target is not None:
                instance.due_ms = add(target, instance.since_ms, target.first_due_ms)
            if not is_tick:
                return
        elif instance.end and instance.clock not in COUNTED and _is_calm(instance, target):
            return
        told = Told()
    if target is not None:
        _state(step, instance, target, told, is_tick=is_tick)
    else:
        _take_back(step, instance, told)
    if instance.clock in COUNTED:
        recount(step, instance, target, told)
    instance.due_ms = due_ms(instance, target, told)
    _keep(step, instance, told)


def _is_calm(instance: Instance, target: Target | None) -> bool:
    """Whether an instance of which nothing was said has ended so that nothing is to be said."""
    if target is None:
        return True
    if instance.counted_ms > target.target_ms:
        return False
    return instance.end != "stopped" or instance.clock in ALARMS


def fire(step: Step, instance: Instance, until_ms: int) -> None:
    """A tick has reached the instance's due time: warn as often as is due, then judge."""
    target = step.policies.judge(instance.key).get(instance.clock)
    told = step.interaction.told.get(instance.name) or Told()
    while target is not None and instance.due_ms is not None and instance.due_ms <= until_ms:
        level = _next_warning(instance, target, told)
        if level is None:
            settle(step, instance, is_tick=True)
            return
        told.warnings = level + 1
        _warn(step, instance, target, level, instance.due_ms)
        instance.due_ms = due_ms(instance, target, told)
        _keep(step, instance, told)


def _keep(step: Step, instance: Instance, told: Told) -> None:
    """Remember what has been said and counted, where it is anything at all."""
    if told.status or told.warnings or told.is_counted:
        told.key = instance.key
        step.interaction.told[instance.name] = told


def withdraw(step: Step, name: bytes, told: Told, event_id: str, start_ms: int) -> None:
    """What was taken for an instance is none: take back what was said and counted."""
    clock: Clock = name[8:].decode()  # type: ignore[assignment]
    retract(step, clock, told)
    ghost = Instance(clock, name[:8], event_id, start_ms, NO_KEY, None, end="cancelled")
    _take_back(step, ghost, told)
    if not told.status:
        del step.interaction.told[name]


def _take_back(step: Step, instance: Instance, told: Told) -> None:
    """Correct what was said of something that no policy speaks of."""
    if told.key is None or told.status in _SAID_WITHOUT_CLOCKS:
        return
    target = step.policies.judge(told.key).get(instance.clock)
    if target is not None:
        _correct(step, instance, target, told, "cancelled", 0, step.time_ms)


def due_ms(instance: Instance, target: Target | None, told: Told) -> int | None:
    """When a tick next makes something true of the instance, if nothing else happens."""
    if instance.end or target is None or told.status == "breached":
        return None
    if instance.deadline_ms is not None:
        return instance.deadline_ms
    level = _next_warning(instance, target, told)
    amount_ms = target.target_ms if level is None else target.warnings_ms[level]
    return instance.reaches(amount_ms, target)


def _next_warning(instance: Instance, target: Target, told: Told) -> int | None:
    if instance.deadline_ms is not None:
        return None
    for level in range(told.warnings, len(target.warnings_ms)):
        if target.warnings_ms[level] >= instance.counted_ms:
            return level
    return None


def _state(step: Step, instance: Instance, target: Target, told: Told, *, is_tick: bool) -> None:
    outcome, elapsed_ms, at_ms = _truth(step, instance, target, told, is_tick=is_tick)
    is_measured = outcome in ("met", "breached")
    if outcome == told.status and (not is_measured or elapsed_ms == told.elapsed_ms):
        return
    if told.status:
        _correct(step, instance, target, told, outcome, elapsed_ms, at_ms)
    elif outcome == "breached" or (outcome == "met" and instance.clock not in ALARMS):
        _say(step, instance, target, told, outcome, elapsed_ms, at_ms)


def _truth(
    step: Step, instance: Instance, target: Target, told: Told, *, is_tick: bool
) -> tuple[Status, int, int]:
    """Outcome, elapsed, and the instant it speaks of."""
    if not instance.end:
        deadline_ms = instance.deadline_ms or instance.reaches(target.target_ms, target)
        passed = deadline_ms is not None and step.now_ms is not None and deadline_ms <= step.now_ms
        if passed and deadline_ms is not None and (is_tick or told.status == "breached"):
            return "breached", target.target_ms, deadline_ms
        return "running", instance.counted_ms, step.time_ms
    if instance.counted_ms > target.target_ms:
        assert instance.deadline_ms is not None  # noqa: S101 - set when the target was reached
        return "breached", target.target_ms, instance.deadline_ms
    at_ms = instance.start_ms if instance.end_ms is None else instance.end_ms
    return ("met" if instance.end == "stopped" else "cancelled"), instance.counted_ms, at_ms


def _warn(step: Step, instance: Instance, target: Target, level: int, at_ms: int) -> None:
    data = _data(step, instance, target, target.warnings_ms[level], "running", [instance.event_id])
    data.outcome = "warned"
    name = _id(step, instance, "warned", level)
    step.out.append(SlaWarned(id=name, time=from_ms(at_ms), subject=step.interaction.id, data=data))


def _say(
    step: Step,
    instance: Instance,
    target: Target,
    told: Told,
    outcome: Status,
    elapsed_ms: int,
    at_ms: int,
) -> None:
    caused_by = [instance.event_id]
    if outcome == "met":
        caused_by.append(instance.end_id)
    data = _data(step, instance, target, elapsed_ms, outcome, caused_by)
    output = SlaMet if outcome == "met" else SlaBreached
    name = _id(step, instance, outcome, 0)
    step.out.append(output(id=name, time=from_ms(at_ms), subject=step.interaction.id, data=data))
    _note(step, told, outcome, elapsed_ms)


def _correct(
    step: Step,
    instance: Instance,
    target: Target,
    told: Told,
    outcome: Status,
    elapsed_ms: int,
    at_ms: int,
) -> None:
    caused_by = [instance.event_id]
    if step.cause != instance.event_id:
        caused_by.append(step.cause)
    data = _data(step, instance, target, elapsed_ms, outcome, caused_by)
    before = "corrected" if told.corrections else told.status
    data.corrects = _id(step, instance, before, told.corrections)
    told.corrections += 1
    name = _id(step, instance, "corrected", told.corrections)
    step.out.append(
        SlaCorrected(id=name, time=from_ms(at_ms), subject=step.interaction.id, data=data)
    )
    _note(step, told, outcome, elapsed_ms)


def _note(step: Step, told: Told, outcome: Status, elapsed_ms: int) -> None:
    it = step.interaction
    it.breaches += (outcome == "breached") - (told.status == "breached")
    if outcome != "met" or told.status:
        step.milestone = True
    told.status, told.elapsed_ms = outcome, elapsed_ms


def _id(step: Step, instance: Instance, status: str, number: int) -> str:
    it = step.interaction
    digest = instance.digest.hex()
    return output_id("sla", it.kind, it.id, instance.clock, digest, status, str(number))


def _data(
    step: Step,
    instance: Instance,
    target: Target,
    elapsed_ms: int,
    outcome: Status,
    caused_by: list[str],
) -> SlaData:
    it = step.interaction
    deadline_ms = instance.deadline_ms or instance.reaches(target.target_ms, target)
    return SlaData(
        kind=it.kind,
        clock=instance.clock,
        clock_id=output_id("clock", it.kind, it.id, instance.clock, instance.digest.hex()),
        waiting_since=from_ms(instance.start_ms),
        deadline=None if deadline_ms is None else from_ms(deadline_ms),
        target_ms=target.target_ms,
        elapsed_ms=elapsed_ms,
        outcome=outcome,  # type: ignore[arg-type]
        policy=target.policy,
        policy_version=step.config.sla.version,
        caused_by=caused_by,
        **dimensions(it),
    )
