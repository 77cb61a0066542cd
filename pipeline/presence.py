"""What the human agents of one partition are doing, and how much of their time was occupied."""

from collections.abc import Iterator

from pipeline.state import Presence
from pipeline.tallies import Tallies
from pipeline.windows import QUARTER_MS, quarter_of
from schemas.events import AgentPresence

_FIELD = {
    "available": "available_ms",
    "busy": "occupied_ms",
    "after_call_work": "occupied_ms",
}
"""Away and offline are neither: occupancy is not utilisation."""


class Staff:
    """The agents by key. Time is counted when a state changes and when a quarter hour is over."""

    def __init__(self) -> None:
        self._agents: dict[str, Presence] = {}
        self._rolled_ms = 0

    def __len__(self) -> int:
        return len(self._agents)

    def get(self, key: str) -> Presence | None:
        """What is known of one agent."""
        return self._agents.get(key)

    def restore(self, key: str, agent: Presence) -> None:
        """Take up an agent from a checkpoint."""
        self._agents[key] = agent

    def is_known(self, key: str, event: AgentPresence, time_ms: int) -> bool:
        """Whether the event says what is known already."""
        known = self._agents.get(key)
        return known is not None and (known.since_ms, known.state) == (time_ms, event.data.state)

    def take(
        self, key: str, event: AgentPresence, time_ms: int, known_ms: int | None, tallies: Tallies
    ) -> bool:
        """Note what an agent does from now on; False where something newer is known. `known_ms` is
        the newest tick.
        """
        known = self._agents.get(key)
        if known is not None:
            if known.since_ms > time_ms:
                return False
            _count(known, time_ms, known_ms, tallies)
        self._agents[key] = Presence(
            agent_id=event.subject,
            state=event.data.state,
            since_ms=time_ms,
            queue=event.data.queue,
            tenant=event.data.tenant,
            counted_ms=time_ms,
        )
        return True

    def roll(self, now_ms: int, known_ms: int | None, tallies: Tallies) -> Iterator[str]:
        """Count the time up to the last full quarter hour; the keys of those that it changes.
        `known_ms` is the tick before this one.
        """
        until_ms = quarter_of(now_ms)
        if until_ms <= self._rolled_ms:
            return
        self._rolled_ms = until_ms
        for key, agent in self._agents.items():
            if agent.state in _FIELD and agent.counted_ms < until_ms:
                _count(agent, until_ms, known_ms, tallies)
                yield key

    def counts(self) -> dict[tuple[str, str], int]:
        """How many agents are in which state, by (queue, state)."""
        counts: dict[tuple[str, str], int] = {}
        for agent in self._agents.values():
            key = (agent.queue or "", agent.state)
            counts[key] = counts.get(key, 0) + 1
        return counts


def _count(agent: Presence, until_ms: int, known_ms: int | None, tallies: Tallies) -> None:
    """Count the agent's time up to `until_ms`; take back what was counted beyond it."""
    name = _FIELD.get(agent.state)
    begin_ms, end_ms = sorted((agent.counted_ms, until_ms))
    sign = 1 if until_ms > agent.counted_ms else -1
    at_ms = begin_ms
    while name is not None and at_ms < end_ms:
        next_ms = min(quarter_of(at_ms) + QUARTER_MS, end_ms)
        tally = tallies.book(next_ms, known_ms).at(at_ms, agent.tenant, agent.queue)
        setattr(tally, name, getattr(tally, name) + sign * (next_ms - at_ms))
        at_ms = next_ms
    agent.counted_ms = until_ms
