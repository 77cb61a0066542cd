"""The clocks of one interaction: take an event, and say what has become true.

An event that comes in order moves the state on. One that comes late is put in its place, and the
remembered events are gone through again from the last settled state: what was said and no longer
holds is corrected.
"""

from typing import NamedTuple, assert_never

from pipeline.clocks.call import move_call
from pipeline.clocks.conversation import move_conversation
from pipeline.clocks.counts import recount_call, recount_opened
from pipeline.clocks.fold import ClockState, Fold, Move
from pipeline.clocks.history import KEPT_BEFORE_CUT
from pipeline.clocks.instance import Instance
from pipeline.clocks.statements import due_ms, fire, settle, withdraw
from pipeline.clocks.told import Told
from pipeline.policies import Policies
from pipeline.state import Interaction
from pipeline.step import Step


class Taken(NamedTuple):
    """What an event did. `changed` are the instances that it started, changed or ended, some of
    them twice; where it came late, all that may still change. `forgotten` are the events that have
    been settled for good with it, oldest first.
    """

    is_in_order: bool
    changed: list[Instance]
    forgotten: list[Move]


def take(step: Step, move: Move) -> Taken:
    """Apply an event to the clocks."""
    it = step.interaction
    is_in_order = move.order >= it.clocks.last
    it.history.add(move)
    if is_in_order:
        changed = _apply(it, it.clocks, step.policies, move)
        for instance in changed:
            settle(step, instance)
    else:
        changed = _put_in_place(step)
    recount_opened(step)
    if it.kind == "call":
        recount_call(step)
    return Taken(is_in_order, changed, _forget(step))


def due_times(it: Interaction) -> tuple[int | None, int | None]:
    """When a clock first and last has something to say, if nothing happens until then."""
    first: int | None = None
    last: int | None = None
    for instance in it.clocks.running.values():
        due = instance.due_ms
        if due is not None:
            if first is None or due < first:
                first = due
            if last is None or due > last:
                last = due
    return first, last


def reach(step: Step, until_ms: int) -> None:
    """A tick has reached `until_ms`: say what is due by then, in the order of the due times."""
    running = list(step.interaction.clocks.running.values())
    for instance in sorted(running, key=lambda i: (i.due_ms or 0, i.clock)):
        if instance.due_ms is not None and instance.due_ms <= until_ms:
            step.cause = instance.event_id
            fire(step, instance, until_ms)


def rewind_timers(it: Interaction, policies: Policies) -> None:
    """Work out the due times again: the policy may have changed since they were stored."""
    for instance in it.clocks.running.values():
        target = policies.judge(instance.key).get(instance.clock)
        instance.due_ms = due_ms(instance, target, it.told.get(instance.name) or Told())


def _apply(it: Interaction, state: ClockState, policies: Policies, move: Move) -> list[Instance]:
    fold = Fold(state, policies, move)
    match it.kind:
        case "conversation":
            move_conversation(fold)
        case "call":
            move_call(fold)
        case _:
            assert_never(it.kind)
    return fold.changed


def _put_in_place(step: Step) -> list[Instance]:
    it = step.interaction
    state, instances, places = _go_through(it, step.policies)
    it.clocks = state
    for name, told in list(it.told.items()):
        if name not in instances:
            withdraw(step, name, told, *places[name[:8]])
    found = sorted(instances.values(), key=lambda i: (i.start_ms, i.clock, i.digest))
    for instance in found:
        settle(step, instance)
    return found


_Place = tuple[str, int]
"""Identifier and time of a remembered event."""


def _go_through(
    it: Interaction, policies: Policies
) -> tuple[ClockState, dict[bytes, Instance], dict[bytes, _Place]]:
    """All remembered events once more, and every instance that may still change."""
    state = ClockState() if it.base is None else it.base.copy()
    instances = {instance.name: instance for instance in state.running.values()}
    if state.parked is not None:
        instances[state.parked.name] = state.parked
    places: dict[bytes, _Place] = {}
    if state.held is not None:
        held = state.held
        places[held.digest] = (held.event_id, held.time_ms)
    for move in it.history.in_order():
        for instance in _apply(it, state, policies, move):
            instances[instance.name] = instance
        places[move.digest] = (move.event_id, move.time_ms)
    return state, instances, places


def _forget(step: Step) -> list[Move]:
    """Settle the oldest events for good where many are remembered; returns them."""
    it = step.interaction
    if len(it.history.ids) <= KEPT_BEFORE_CUT:
        return []
    forgotten = it.history.cut(step.config.sla.lateness_ms)
    if not forgotten:
        return []
    if it.base is None:
        it.base = ClockState()
    for move in forgotten:
        _apply(it, it.base, step.policies, move)
    _, instances, _ = _go_through(it, step.policies)
    it.told = {name: told for name, told in it.told.items() if name in instances}
    return forgotten
