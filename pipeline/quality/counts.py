"""The counts of the scorecards: what adds up, by hour and by who and where.

A *cell* is the finest group: a quarter of an hour, and the queue, channel, agent and tier of the
moment. Scorecards by queue, channel, agent, tier and tenant are sums of cells.
"""

from collections import Counter
from typing import NamedTuple

from schemas.envelope import AgentTier
from schemas.quality import GroupKind


class Place(NamedTuple):
    """Where and by whom: the dimensions of one moment of an interaction."""

    tenant: str | None = None
    queue: str | None = None
    channel: str | None = None
    agent_id: str | None = None
    agent_tier: AgentTier | None = None

    def groups(self) -> tuple[tuple[GroupKind, str], ...]:
        """The groups that it belongs to, within its tenant; not those of which nothing is known,
        but for the queue: a window without a queue is the one of those that name none.
        """
        found: list[tuple[GroupKind, str]] = [("queue", self.queue or ""), ("tenant", "")]
        if self.agent_id is not None:
            found.append(("agent", self.agent_id))
        if self.agent_tier is not None:
            found.append(("tier", self.agent_tier))
        if self.channel is not None:
            found.append(("channel", self.channel))
        return tuple(found)


Cell = tuple[int, Place]
"""Start of the quarter of an hour in milliseconds, and the place."""

Counts = Counter[tuple[int, Place, str]]
"""How much of each name in each cell."""


def changes(old: Counts, new: Counts) -> Counts:
    """What has to be added so that `old` becomes `new`."""
    change = Counter(new)
    change.subtract(old)
    return Counter({key: amount for key, amount in change.items() if amount})
