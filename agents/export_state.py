"""The gauges of one partition's state: who waits, what agents do, how far the partition is."""

from agents.labels import NONE, OTHER
from agents.series import Labels
from pipeline.policies import Policies, PolicyKey
from pipeline.waiting import WaitingGroup, WaitingNow

LEAST_GROUPS = 50
"""So many groups a partition may always show, however many partitions the worker has."""

Waits = dict[Labels, WaitingNow]
"""Who waits, by kind, channel, queue and priority."""


def fold(waits: Waits, most: int) -> tuple[Waits, int]:
    """At most so many groups, if channels and priorities suffice for it; and how many groups with
    somebody in them are shown as `other`.

    Empty groups leave first, then channels become `other`, then priorities. Nobody is lost, and the
    oldest wait stays the oldest.
    """
    if len(waits) <= most:
        return waits, 0
    present = waits = {labels: now for labels, now in waits.items() if now.customers}
    if len(waits) > most:
        waits = _merged(waits, 1)
    if len(waits) > most:
        waits = _merged(waits, 3)
    return waits, sum(labels not in waits for labels in present)


def _merged(waits: Waits, place: int) -> Waits:
    merged: Waits = {}
    for labels, now in waits.items():
        shown = (*labels[:place], OTHER, *labels[place + 1 :])
        add_wait(merged, shown, now)
    return merged


def add_wait(waits: Waits, labels: Labels, now: WaitingNow) -> None:
    """Add the customers of one group to those shown under the labels."""
    before = waits.get(labels)
    if before is not None:
        since = [s for s in (before.oldest_since_ms, now.oldest_since_ms) if s is not None]
        now = WaitingNow(before.customers + now.customers, min(since, default=None))
    waits[labels] = now


def is_open(policies: Policies, channel: str, at_ms: int) -> bool:
    """Whether the calendar of the channel's first response, or of a call's answer, is open; a
    channel without a calendar always is.
    """
    targets = policies.judge(PolicyKey(None, channel, None, None, None))
    target = targets.get("first_response") or targets.get("answer")
    return target is None or target.calendar is None or target.calendar.is_open(at_ms)


def priority_of(group: WaitingGroup) -> str:
    """The label of a group's priority, a closed set."""
    return group.priority or NONE
