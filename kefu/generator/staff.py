"""The made-up agents: who they are, and how quickly they answer."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from schemas.codec import from_ms
from schemas.envelope import AgentTier
from schemas.events import AgentPresence, Event, PresenceData

QUEUES = ("sales", "after_sales", "logistics", "complaints", "tech", "billing", "vip", "general")
AGENTS_PER_QUEUE = 4
FAST_MEDIAN_S = 22.0
SLOW_MEDIAN_S = 70.0
SLOW_SHARE = 0.25
SIGMA = 0.85
"""With a quarter of slow agents about 5 % of the answers come later than 210 s."""
TIERS: tuple[AgentTier, ...] = ("T1", "T1", "T2", "T3")


class Agent(NamedTuple):
    """A made-up agent; `median_s` is how long half of the answers take."""

    id: str
    tier: AgentTier
    median_s: float


class Staff:
    """Agents of every queue."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._agents = {
            queue: [
                Agent(
                    f"{queue}-{number}",
                    TIERS[number - 1],
                    SLOW_MEDIAN_S if random.random() < SLOW_SHARE else FAST_MEDIAN_S,
                )
                for number in range(1, AGENTS_PER_QUEUE + 1)
            ]
            for queue in QUEUES
        }

    def pick(self, queue: str) -> Agent:
        """Someone of the queue."""
        return self._random.choice(self._agents[queue])

    def answer_after_ms(self, agent: Agent) -> int:
        """How long this answer takes: log-normal around the agent's median."""
        return round(agent.median_s * self._random.lognormvariate(0.0, SIGMA) * 1000)

    def arrive(self, time_ms: int) -> Iterator[Event]:
        """Everybody's presence at the start of the day."""
        for queue, agents in self._agents.items():
            for agent in agents:
                state = self._random.choices(
                    ("available", "busy", "away", "after_call_work"), (6, 3, 1, 1)
                )[0]
                yield AgentPresence(
                    id="-",
                    source="-",
                    time=from_ms(time_ms),
                    subject=agent.id,
                    data=PresenceData(
                        state=state,  # type: ignore[arg-type]
                        queue=queue,
                        agent_tier=agent.tier,
                    ),
                )
