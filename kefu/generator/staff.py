"""The made-up agents: who they are, and how quickly they answer."""

from random import Random
from typing import NamedTuple

from schemas.codec import from_ms
from schemas.envelope import AgentTier
from schemas.events import AgentPresence, PresenceData, PresenceState

QUEUES = ("sales", "after_sales", "logistics", "complaints", "tech", "billing", "vip", "general")
AGENTS_PER_QUEUE = 4
FAST_MEDIAN_S = 22.0
SLOW_MEDIAN_S = 70.0
SLOW_SHARE = 0.25
SIGMA = 0.85
"""With a quarter of slow agents about 5 % of the answers come later than 210 s."""
TIERS: tuple[AgentTier, ...] = ("T1", "T1", "T2", "T3")
FIRST_STATES: dict[PresenceState, int] = {
    "available": 6,
    "busy": 3,
    "away": 1,
    "after_call_work": 1,
}
"""How an agent's day begins, and how often so."""


class Agent(NamedTuple):
    """A made-up agent; `median_s` is how long half of the answers take."""

    id: str
    queue: str
    tier: AgentTier
    median_s: float


class Staff:
    """Agents of every queue."""

    def __init__(self, random: Random, agents_per_queue: int = AGENTS_PER_QUEUE) -> None:
        self._random = random
        self._agents = {
            queue: [
                Agent(
                    f"{queue}-{number}",
                    queue,
                    TIERS[(number - 1) % len(TIERS)],
                    SLOW_MEDIAN_S if random.random() < SLOW_SHARE else FAST_MEDIAN_S,
                )
                for number in range(1, agents_per_queue + 1)
            ]
            for queue in QUEUES
        }

    @property
    def agents(self) -> list[Agent]:
        """Everybody, queue by queue."""
        return [agent for agents in self._agents.values() for agent in agents]

    def pick(self, queue: str, but: Agent | None = None) -> Agent:
        """Someone of the queue; someone else than `but`, where there is someone else."""
        others = [agent for agent in self._agents[queue] if agent != but]
        return self._random.choice(others or self._agents[queue])

    def answer_after_ms(self, agent: Agent) -> int:
        """How long this answer takes: log-normal around the agent's median."""
        return round(agent.median_s * self._random.lognormvariate(0.0, SIGMA) * 1000)

    def arrive(self, time_ms: int, tenant: str) -> list[AgentPresence]:
        """Everybody's presence at the start of the day."""
        return [self._arrival(agent, time_ms, tenant) for agent in self.agents]

    def _arrival(self, agent: Agent, time_ms: int, tenant: str) -> AgentPresence:
        state = self._random.choices(list(FIRST_STATES), list(FIRST_STATES.values()))[0]
        data = PresenceData(state=state, queue=agent.queue, agent_tier=agent.tier, tenant=tenant)
        time = from_ms(time_ms)
        return AgentPresence(id="-", source="-", time=time, subject=agent.id, data=data)
