"""Events in seconds from one start, and engines with the shipped configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from agents.settings import load_config
from pipeline.engine import Engine
from pipeline.policies import PolicyKey
from pipeline.sentiment.service_scorer import NOTHING, Reading
from pipeline.sla_file import parse_sla
from schemas.codec import from_ms
from schemas.events import (
    AgentPresence,
    AssignedData,
    CallAnswered,
    CallAnsweredData,
    CallEnded,
    CallEndedData,
    CallQueued,
    CallQueuedData,
    CallUtterance,
    ClosedData,
    ConversationAssigned,
    ConversationClosed,
    ConversationMessage,
    ConversationOpened,
    ConversationOpenedData,
    ConversationRated,
    ConversationReopened,
    ConversationResolved,
    ConversationTransferred,
    Event,
    MessageData,
    PresenceData,
    RatedData,
    ReopenedData,
    ResolvedData,
    TransferredData,
    UtteranceData,
)
from schemas.outputs import Output, SentimentLabel, SlaBreached, SlaCorrected, SlaMet, SlaWarned

START_MS = 1_772_413_200_000
"""2026-03-02T01:00:00Z: a full hour, so that minutes of a test are minutes of the hour."""
SOURCE = "test"
SIMPLE_SLA = """
version: "sla-test"
channels: [wechat, web, app, phone, hotline]
policies:
  - name: everyone
    clocks:
      first_response: {target_seconds: 210}
      next_response: {target_seconds: 210}
  - name: calls
    when: {channel: phone}
    clocks:
      answer: {target_seconds: 30}
closing_pleasantries:
  version: "pleasantries-test"
  words: [好的, 嗯嗯, 谢谢, 好的谢谢, 收到, 可以, ok]
"""
"""Three clocks in wall time; `config/sla.yaml` has tests of its own."""
CONFIG = replace(load_config(), sla=parse_sla(SIMPLE_SLA, "simple.yaml"))
TARGETS = CONFIG.sla.policies.judge(PolicyKey(None, "phone", None, None, None))

T = TypeVar("T")


class WordScorer:
    """A small real scorer: the share of kind words among the words it knows, else even."""

    name = "words-1"
    _kind = ("谢谢", "满意", "很好")
    _unkind = ("投诉", "垃圾", "生气")

    def read(self, text: str, role: str) -> Reading:
        """The share of kind and of unkind words; neutral without any known word."""
        kind = sum(text.count(word) for word in self._kind)
        unkind = sum(text.count(word) for word in self._unkind)
        if not kind + unkind:
            return NOTHING
        positive = kind / (kind + unkind)
        label: SentimentLabel = "positive" if positive > 0.5 else "negative"
        return Reading(label, 1 - positive, 0.0, positive, 1, "none", (), (), ())

    def base_score(self, text: str) -> float | None:
        """No other model."""
        return None


def engine(*, scorer: WordScorer | None = None, origin: str = "t/0") -> Engine:
    """A fresh engine with the shipped configuration."""
    return Engine(CONFIG, origin=origin, scorer=scorer)


def ms(at: float) -> int:
    """The instant `at` seconds after the start, in milliseconds."""
    return START_MS + round(at * 1000)


def _envelope(at: float, subject: str, event_id: str | None, what: str) -> dict[str, Any]:
    name = event_id or f"{subject}/{what}/{ms(at)}"
    return {"id": name, "source": SOURCE, "time": from_ms(ms(at)), "subject": subject}


def message(
    at: float,
    role: str,
    text: str | None = "?",
    *,
    to: str = "c1",
    id: str | None = None,
    **data: Any,
) -> ConversationMessage:
    """A chat message at that second; the id follows from subject, role and time."""
    fields = MessageData(role=role, text=text, **data)  # type: ignore[arg-type]
    return ConversationMessage(data=fields, **_envelope(at, to, id, role))


def customer(at: float, text: str | None = "在吗？我的订单呢", **more: Any) -> ConversationMessage:
    """A customer's message."""
    return message(at, "customer", text, **more)


def agent(at: float, text: str | None = "您好，我来看一下", **more: Any) -> ConversationMessage:
    """A human agent's message."""
    return message(at, "agent", text, **more)


def opened(at: float, *, to: str = "c1", **data: Any) -> ConversationOpened:
    """A conversation opened."""
    return ConversationOpened(
        data=ConversationOpenedData(**data), **_envelope(at, to, None, "opened")
    )


def assigned(at: float, agent_id: str = "a1", *, to: str = "c1") -> ConversationAssigned:
    """A human agent took the conversation."""
    return ConversationAssigned(
        data=AssignedData(agent_id=agent_id), **_envelope(at, to, None, "assigned")
    )


def transferred(at: float, *, to: str = "c1", **data: Any) -> ConversationTransferred:
    """The conversation was handed over; back to a queue unless it is said how."""
    fields = TransferredData(**{"kind": "queue", **data})
    return ConversationTransferred(data=fields, **_envelope(at, to, None, "transferred"))


def resolved(at: float, *, to: str = "c1") -> ConversationResolved:
    """The matter was settled."""
    return ConversationResolved(data=ResolvedData(), **_envelope(at, to, None, "resolved"))


def reopened(at: float, *, to: str = "c1") -> ConversationReopened:
    """The matter came up again."""
    return ConversationReopened(data=ReopenedData(), **_envelope(at, to, None, "reopened"))


def closed(at: float, *, to: str = "c1", id: str | None = None) -> ConversationClosed:
    """The conversation ended."""
    return ConversationClosed(data=ClosedData(), **_envelope(at, to, id, "closed"))


def rated(at: float, score: int, *, scale: int = 5, to: str = "c1") -> ConversationRated:
    """The customer gave a rating."""
    fields = RatedData(score=score, scale=scale)
    return ConversationRated(data=fields, **_envelope(at, to, None, "rated"))


def queued(at: float, *, to: str = "p1", **data: Any) -> CallQueued:
    """A caller waits for an agent."""
    return CallQueued(
        data=CallQueuedData(**{"channel": "phone", **data}), **_envelope(at, to, None, "queued")
    )


def answered(at: float, *, to: str = "p1") -> CallAnswered:
    """An agent picked up."""
    return CallAnswered(data=CallAnsweredData(agent_id="a1"), **_envelope(at, to, None, "answered"))


def utterance(at: float, role: str, text: str, *, to: str = "p1") -> CallUtterance:
    """One stretch of speech that ended at that second."""
    fields = UtteranceData(role=role, start_ms=0, end_ms=1000, text=text)  # type: ignore[arg-type]
    return CallUtterance(data=fields, **_envelope(at, to, None, role))


def ended(at: float, cause: str = "normal", *, to: str = "p1") -> CallEnded:
    """Hang-up."""
    return CallEnded(
        data=CallEndedData(cause=cause),  # type: ignore[arg-type]
        **_envelope(at, to, None, "ended"),
    )


def presence(at: float, agent_id: str, state: str) -> AgentPresence:
    """What an agent is doing from then on."""
    fields = PresenceData(state=state)  # type: ignore[arg-type]
    return AgentPresence(data=fields, **_envelope(at, agent_id, None, "presence"))


def run(of: Engine, *steps: Event | float) -> list[Output]:
    """Feed events and tell times (seconds), in order; all outputs."""
    out: list[Output] = []
    for step in steps:
        out.extend(of.advance(ms(step)) if isinstance(step, int | float) else of.feed(step))
    return out


def only(outputs: list[Output], kind: type[T]) -> list[T]:
    """The outputs of one type."""
    return [output for output in outputs if isinstance(output, kind)]


def sla(outputs: list[Output]) -> list[tuple[str, str, int]]:
    """(status, clock, elapsed ms) of every statement about a wait, in order."""
    found = []
    for output in outputs:
        if isinstance(output, SlaWarned | SlaBreached | SlaMet | SlaCorrected):
            status = str(output.__struct_config__.tag).removeprefix("kefu.sla.")
            found.append((status, str(output.data.clock), output.data.elapsed_ms))
    return found
