"""What the agents are doing, as it follows from the interactions that they are given."""

from collections import Counter
from collections.abc import Iterator

from kefu.generator.staff import Agent
from schemas.events import (
    AgentPresence,
    CallAnswered,
    CallEnded,
    CallTransferred,
    CallWrapUpEnded,
    ConversationAssigned,
    ConversationClosed,
    ConversationTransferred,
    Event,
    PresenceData,
    PresenceState,
    Tick,
)

CHATS_AT_ONCE = 5
"""An agent with so many chats takes no more; one call alone makes busy."""


class Presence:
    """Follows the stream of events; only live interactions are held."""

    def __init__(self, agents: dict[str, Agent], states: dict[str, PresenceState]) -> None:
        """`agents` by id; `states` is how their day began."""
        self._agents = agents
        self._states = states
        self._handling: dict[str, str] = {}
        self._chats: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()
        self._wrapping: Counter[str] = Counter()

    def follow(self, event: Event) -> Iterator[AgentPresence]:
        """What the event changes for agents: the presence events that come right after it."""
        match event:
            case CallAnswered():
                yield from self._take(event, self._calls, event.data.agent_id)
            case ConversationAssigned():
                yield from self._release(event, self._chats)
                yield from self._take(event, self._chats, event.data.agent_id)
            case CallTransferred():
                yield from self._release(event, self._calls)
                if event.data.to_agent_id is not None:
                    yield from self._take(event, self._calls, event.data.to_agent_id)
            case CallEnded():
                agent = self._handling.get(event.subject)
                if agent is not None:
                    self._calls[agent] -= 1
                    self._wrapping[agent] += 1
                    yield from self._told(event, agent)
            case CallWrapUpEnded():
                yield from self._release(event, self._wrapping)
            case ConversationTransferred() | ConversationClosed():
                yield from self._release(event, self._chats)
            case _:
                pass

    def _take(self, event: Event, load: Counter[str], agent: str) -> Iterator[AgentPresence]:
        self._handling[event.subject] = agent
        load[agent] += 1
        yield from self._told(event, agent)

    def _release(self, event: Event, load: Counter[str]) -> Iterator[AgentPresence]:
        agent = self._handling.pop(event.subject, None)
        if agent is not None:
            load[agent] -= 1
            yield from self._told(event, agent)

    def _told(self, event: Event, agent_id: str) -> Iterator[AgentPresence]:
        state = self._state(agent_id)
        if state == self._states[agent_id]:
            return
        self._states[agent_id] = state
        agent = self._agents[agent_id]
        data = PresenceData(
            state=state,
            queue=agent.queue,
            agent_tier=agent.tier,
            tenant=None if isinstance(event, Tick) else event.data.tenant,
        )
        # Its id, source and number are given when it leaves the generator.
        yield AgentPresence(id="-", source="-", time=event.time, subject=agent_id, data=data)

    def _state(self, agent: str) -> PresenceState:
        if self._calls[agent] or self._chats[agent] >= CHATS_AT_ONCE:
            return "busy"
        return "after_call_work" if self._wrapping[agent] else "available"
