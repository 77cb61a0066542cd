"""Plays one scenario: its events with their times, in order."""

from collections.abc import Iterator
from random import Random
from typing import Any

from kefu.generator.scenarios import ABANDON, CLOSE, Action, Line, Scenario, Speaker
from kefu.generator.slots import fill
from kefu.generator.staff import Agent, Staff
from schemas import events as e
from schemas.codec import from_ms
from schemas.envelope import Priority, Role

CHAT_CHANNELS = ("wechat", "wechat", "web", "app")
CALL_CHANNELS = ("phone", "hotline")
PRIORITIES: tuple[Priority, ...] = ("P1", "P2", "P3", "P4")
SEGMENTS = (None, None, None, "vip", "under25")
ROLES: dict[Speaker, Role] = {
    "customer": "customer",
    "agent": "agent",
    "bot": "bot",
    "auto": "agent",
    "note": "agent",
}
Timed = tuple[int, e.Event]


def play(
    scenario: Scenario, name: str, tenant: str, begin_ms: int, random: Random, staff: Staff
) -> Iterator[Timed]:
    """The events of one run of a scenario; their ids are given when they leave the generator."""
    stage = _Call if scenario.is_call else _Chat
    yield from stage(scenario, name, tenant, begin_ms, random, staff).events()


class _Stage:
    """What chats and calls have in common."""

    def __init__(
        self,
        scenario: Scenario,
        name: str,
        tenant: str,
        begin_ms: int,
        random: Random,
        staff: Staff,
    ) -> None:
        self.scenario = scenario
        self.name = name
        self.tenant = tenant
        self.now_ms = begin_ms
        self.random = random
        self.staff = staff
        self.queue = scenario.queue
        self.agent: Agent = staff.pick(scenario.queue)

    def dimensions(self, channel: str) -> dict[str, Any]:
        """What the first event says of the interaction."""
        random = self.random
        return {
            "tenant": self.tenant,
            "channel": channel,
            "queue": self.queue,
            "priority": self.scenario.priority or random.choices(PRIORITIES, (1, 3, 5, 2))[0],
            "segment": random.choice(SEGMENTS),
            "customer_id": f"customer-{random.randrange(50_000)}",
        }

    def at(self, cls: type[Any], data: Any) -> Timed:
        """An event of now."""
        event = cls(id="-", source="-", time=from_ms(self.now_ms), subject=self.name, data=data)
        return self.now_ms, event

    def transfer(self, kind: str) -> e.TransferredData:
        """Hand over to another agent of the queue."""
        self.agent = self.staff.pick(self.queue, but=self.agent)
        return e.TransferredData(
            kind=kind,  # type: ignore[arg-type]
            to_agent_id=self.agent.id,
            to_agent_tier=self.agent.tier,
        )


class _Chat(_Stage):
    """A conversation in writing."""

    def events(self) -> Iterator[Timed]:
        """Opened, said and done; closed a while after the last message unless closed before."""
        channel = self.random.choice(CHAT_CHANNELS)
        yield self.at(e.ConversationOpened, e.ConversationOpenedData(**self.dimensions(channel)))
        assigned: Agent | None = None
        for step in self.scenario.steps:
            if isinstance(step, Action):
                yield from self._action(step)
                continue
            if step.speaker == "agent" and assigned != self.agent:
                assigned = self.agent
                self.now_ms += self.random.randrange(200, 4_000)
                yield self.at(
                    e.ConversationAssigned,
                    e.AssignedData(agent_id=self.agent.id, agent_tier=self.agent.tier),
                )
            yield self._say(step)
        if CLOSE not in self.scenario.steps:
            self.now_ms += self.random.randrange(20_000, 90_000)
            yield self.at(e.ConversationClosed, e.ClosedData(by="system"))

    def _say(self, line: Line) -> Timed:
        text = fill(self.random.choice(line.phrasings), self.random)
        if line.speaker == "agent":
            self.now_ms += self.staff.answer_after_ms(self.agent)
        elif line.speaker in ("bot", "auto"):
            self.now_ms += self.random.randrange(300, 1_500)
        else:
            self.now_ms += 1_500 + len(text) * self.random.randrange(120, 500)
        data = e.MessageData(
            role=ROLES[line.speaker],
            text=text,
            auto=line.speaker == "auto",
            private=line.speaker == "note",
            agent_id=self.agent.id if line.speaker in ("agent", "note") else None,
        )
        return self.at(e.ConversationMessage, data)

    def _action(self, action: Action) -> Iterator[Timed]:
        self.now_ms += self.random.randrange(500, 8_000)
        words = action.words
        match action.name:
            case "picture":
                picture = e.MessageData(role="customer", content_type="image")
                yield self.at(e.ConversationMessage, picture)
            case "resolve":
                yield self.at(e.ConversationResolved, e.ResolvedData())
            case "reopen":
                yield self.at(e.ConversationReopened, e.ReopenedData())
            case "rate":
                self.now_ms += self.random.randrange(5_000, 120_000)
                yield self.at(e.ConversationRated, e.RatedData(score=int(words[0])))
            case "pause":
                yield self.at(e.ConversationPaused, e.PausedData(reason=words[0]))  # type: ignore[arg-type]
                self.now_ms += self.random.randrange(60_000, 240_000)
            case "resume":
                yield self.at(e.ConversationResumed, e.ResumedData(reason=words[0]))  # type: ignore[arg-type]
            case "node":
                yield self.at(e.ConversationNode, e.NodeData(node=words[0]))  # type: ignore[arg-type]
            case "close":
                yield self.at(e.ConversationClosed, e.ClosedData(by="agent"))
            case "requeue":
                self.queue = words[0]
                self.agent = self.staff.pick(self.queue, but=self.agent)
                requeued = e.TransferredData(kind="queue", to_queue=self.queue)
                yield self.at(e.ConversationTransferred, requeued)
            case "transfer":
                yield self.at(e.ConversationTransferred, self.transfer(words[0]))
            case _:
                raise AssertionError(f"{action}: the loader let it pass")


class _Call(_Stage):
    """A phone call."""

    def events(self) -> Iterator[Timed]:
        """Queued, answered, spoken, ended, and the work after it."""
        channel = self.random.choice(CALL_CHANNELS)
        yield self.at(e.CallQueued, e.CallQueuedData(**self.dimensions(channel)))
        self.now_ms += round(self.random.lognormvariate(2.4, 0.9) * 1000)
        if ABANDON in self.scenario.steps:
            self.now_ms += self.random.randrange(5_000, 90_000)
            yield self.at(e.CallEnded, e.CallEndedData(cause="abandoned", by="customer"))
            return
        answered = e.CallAnsweredData(agent_id=self.agent.id, agent_tier=self.agent.tier)
        yield self.at(e.CallAnswered, answered)
        begun_ms = self.now_ms
        ended = e.CallEndedData(cause="normal", by="customer")
        for step in self.scenario.steps:
            if isinstance(step, Line):
                yield self._say(step, begun_ms)
            elif step.name == "hold":
                yield self.at(e.CallHold, e.HoldData())
                self.now_ms += int(step.words[0]) * 1_000
                yield self.at(e.CallRetrieved, e.RetrieveData())
            elif step.name == "transfer":
                self.now_ms += self.random.randrange(1_000, 20_000)
                yield self.at(e.CallTransferred, self.transfer(step.words[0]))
            elif step.name == "hangup":
                cause, by = step.words
                ended = e.CallEndedData(cause=cause, by=by)  # type: ignore[arg-type]
            else:
                raise AssertionError(f"{step}: the loader let it pass")
        self.now_ms += 500
        yield self.at(e.CallEnded, ended)
        self.now_ms += self.random.randrange(5_000, 60_000)
        yield self.at(e.CallWrapUpEnded, e.WrapUpEndedData())

    def _say(self, line: Line, begun_ms: int) -> Timed:
        text = fill(self.random.choice(line.phrasings), self.random)
        start_ms = self.now_ms + self.random.randrange(200, 3_000)
        self.now_ms = start_ms + len(text) * self.random.randrange(150, 300)
        data = e.UtteranceData(
            role=ROLES[line.speaker],
            text=text,
            start_ms=start_ms - begun_ms,
            end_ms=self.now_ms - begun_ms,
        )
        return self.at(e.CallUtterance, data)
