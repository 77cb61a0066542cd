"""Builds the events of one conversation: opened, assigned, messages, transfers, closed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from kefu.sources import SourceRecord, problem_at, record_of
from schemas.codec import Reason, from_ms
from schemas.envelope import MAX_TEXT_CHARS, Role
from schemas.events import (
    AssignedData,
    ClosedData,
    ContentType,
    ConversationAssigned,
    ConversationClosed,
    ConversationMessage,
    ConversationOpened,
    ConversationOpenedData,
    ConversationTransferred,
    Event,
    MessageData,
    TransferredData,
)

CLOSED_AFTER_MS = 60_000
"""Exports do not say when a conversation ended: a minute after its last message."""


@dataclass
class Dialogue:
    """One conversation of an export. Event ids follow from its id and a counter."""

    source: str
    conversation: str
    channel: str
    queue: str
    customer_id: str | None = None
    tenant: str | None = None
    synthetic: bool = False
    opened_line: int = 0
    last_ms: int = 0
    agent_id: str | None = None
    last_line: int = 0
    _count: int = 0
    _assigned: str | None = None
    _records: list[SourceRecord] = field(default_factory=list)

    def message(
        self,
        line: int,
        time_ms: int,
        role: Role,
        text: str | None,
        *,
        content_type: ContentType = "text",
        agent_id: str | None = None,
    ) -> None:
        """Add a message; the first one opens the conversation, a human's assigns it."""
        if not self._records:
            data = ConversationOpenedData(
                channel=self.channel,
                queue=self.queue,
                customer_id=self.customer_id,
                tenant=self.tenant,
            )
            self._add(line, ConversationOpened(data=data, **self._envelope(time_ms)))
        if role == "agent":
            agent = agent_id or self.agent_id or pseudonym(self.source, self.conversation)
            if agent != self._assigned:
                self._assigned = agent
                assigned = AssignedData(agent_id=agent, queue=self.queue)
                self._add(line, ConversationAssigned(data=assigned, **self._envelope(time_ms)))
        if text is not None and len(text) > MAX_TEXT_CHARS:
            detail = f"{len(text)} characters of text, at most {MAX_TEXT_CHARS}"
            self._records.append(problem_at(line, Reason.TOO_LARGE, detail, text))
            return
        message = MessageData(role=role, text=text, content_type=content_type)
        self._add(line, ConversationMessage(data=message, **self._envelope(time_ms)))

    def transferred(self, line: int, time_ms: int) -> None:
        """Note a transfer to the queue; the next agent's message assigns anew."""
        data = TransferredData(kind="queue", to_queue=self.queue)
        self._add(line, ConversationTransferred(data=data, **self._envelope(time_ms)))

    def finish(self) -> Iterator[SourceRecord]:
        """The conversation's records, with its end."""
        if self._records:
            time_ms = self.last_ms + CLOSED_AFTER_MS
            closed = ConversationClosed(data=ClosedData(by="system"), **self._envelope(time_ms))
            self._add(self.last_line, closed)
        yield from self._records

    def _envelope(self, time_ms: int) -> dict[str, Any]:
        self.last_ms = max(self.last_ms, time_ms)
        self._count += 1
        envelope: dict[str, Any] = {
            "id": f"{self.conversation}/{self._count}",
            "source": self.source,
            "time": from_ms(time_ms),
            "subject": self.conversation,
        }
        if self.synthetic:
            envelope["synthetictime"] = True
        return envelope

    def _add(self, line: int, event: Event) -> None:
        self.last_line = line
        self._records.append(record_of(line, event))


def pseudonym(source: str, name: str) -> str:
    """A stable made-up agent id for exports that have none: one of twenty."""
    digest = blake2b(f"{source}/{name}".encode(), digest_size=2).digest()
    return f"agent-{int.from_bytes(digest, 'big') % 20 + 1:02}"
