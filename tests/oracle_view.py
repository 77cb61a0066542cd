"""What stands of a log of outputs by the contract, the slow and obvious way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.outputs import (
    InteractionSummary,
    MoodWithdrawn,
    PublishedOutput,
    QaIssue,
    QaWithdrawn,
    QueueInterval,
    Scorecard,
    SentimentTurned,
    SlaBreached,
    SlaCorrected,
    SlaMet,
    SlaWarned,
    SustainedNegative,
)

CLAIMS = (QaIssue, SentimentTurned, SustainedNegative)
WAITS = (SlaWarned, SlaBreached, SlaMet, SlaCorrected)


def deduplicated(log: Sequence[PublishedOutput]) -> list[PublishedOutput]:
    """The first of each id."""
    found: dict[str, PublishedOutput] = {}
    for output in log:
        found.setdefault(output.id, output)
    return list(found.values())


def standing(log: Sequence[PublishedOutput]) -> set[str]:
    """The ids of what stands: `log` is in the order in which it was written."""
    once = deduplicated(log)
    withdrawn = {one.data.corrects for one in once if isinstance(one, QaWithdrawn | MoodWithdrawn)}
    found = {one.id for one in once if isinstance(one, CLAIMS)} - withdrawn
    last: dict[Any, str] = {}
    for one in once:
        if isinstance(one, WAITS):
            last["wait", one.data.clock_id] = one.id
    for one in sorted(
        (one for one in once if isinstance(one, Scorecard | QueueInterval | InteractionSummary)),
        key=lambda one: one.data.revision,
    ):
        last[type(one), getattr(one.data, "kind", None), one.subject] = one.id
    return found | set(last.values())


def undecided(log: Sequence[PublishedOutput]) -> set[str]:
    """The ids of statements on waits that go on, by a correction, and were warned of: only the
    order of the log tells which of the two is the last.
    """
    by_wait: dict[str, list[Any]] = {}
    for one in log:
        if isinstance(one, WAITS):
            by_wait.setdefault(one.data.clock_id, []).append(one)
    return {
        one.id
        for said in by_wait.values()
        if {"running", "warned"} <= {one.data.outcome for one in said}
        for one in said
    }
