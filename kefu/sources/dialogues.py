"""Builds the events of one conversation: opened, assigned, messages, transfers, closed."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from kefu.sources import SourceRecord, problem_at, record_of
from schemas.codec import Reason, from_ms
from schemas.envelope import MAX_ID_CHARS, MAX_TEXT_CHARS, Role
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
MAX_CONVERSATION_CHARS = MAX_ID_CHARS - 16
"""Longest id of a conversation: event ids are made of it and a counter."""
PSEUDONYMS = 20


class Dialogue:
    """One conversation of an export, given message by message in the order of their times.

    Event ids follow from its id and a counter, so that the same file gives the same ids.
    """

    def __init__(
        self,
        source: str,
        conversation: str,
        dimensions: Mapping[str, Any],
        *,
        synthetic: bool = False,
        campaign: bool = False,
    ) -> None:
        """`dimensions` hold until a message says otherwise; `synthetic`: its times are made up."""
        self._source = source
        self._conversation = conversation
        self._dimensions = dict(dimensions)
        self._synthetic = synthetic
        self._campaign = campaign
        self._records: list[SourceRecord] = []
        self._count = 0
        self._leg = 0
        self._assigned: str | None = None
        self._last_ms = 0
        self._last_line = 0

    def message(
        self,
        line: int,
        time_ms: int,
        role: Role,
        text: str | None,
        *,
        content_type: ContentType = "text",
        agent_id: str | None = None,
        dimensions: Mapping[str, Any] = {},
    ) -> None:
        """Add a message; the first one opens the conversation, a human's assigns it.

        `dimensions` are what the row says; what has changed since the last row goes with it.
        """
        changed = self._changed(line, time_ms, dimensions)
        if role == "agent":
            self._assign(line, time_ms, agent_id or self._pseudonym())
        if text is not None and len(text) > MAX_TEXT_CHARS:
            detail = f"{len(text)} characters of text, at most {MAX_TEXT_CHARS}"
            self._records.append(problem_at(line, Reason.TOO_LARGE, detail, text))
            return
        message = MessageData(
            role=role,
            text=text,
            content_type=content_type,
            agent_id=self._assigned if role == "agent" else None,
            **changed,
        )
        self._add(line, ConversationMessage(data=message, **self._envelope(time_ms)))

    def transferred(self, line: int, time_ms: int) -> None:
        """Note a transfer within the queue; the next agent's message assigns anew."""
        self._changed(line, time_ms, {})
        data = TransferredData(kind="queue", to_queue=self._dimensions["queue"])
        self._add(line, ConversationTransferred(data=data, **self._envelope(time_ms)))
        self._leg += 1

    def finish(self) -> Iterator[SourceRecord]:
        """The conversation's records, with its end."""
        if self._last_line:
            time_ms = self._last_ms + CLOSED_AFTER_MS
            closed = ConversationClosed(data=ClosedData(by="system"), **self._envelope(time_ms))
            self._add(self._last_line, closed)
        yield from self._records

    def _changed(self, line: int, time_ms: int, dimensions: Mapping[str, Any]) -> dict[str, Any]:
        """Open the conversation, or tell what a later row says differently of it."""
        known = self._dimensions
        changed = {name: new for name, new in dimensions.items() if known.get(name) != new}
        known.update(changed)
        if self._last_line:
            return changed
        data = ConversationOpenedData(campaign=self._campaign, **known)
        self._add(line, ConversationOpened(data=data, **self._envelope(time_ms)))
        return {}

    def _assign(self, line: int, time_ms: int, agent: str) -> None:
        if agent == self._assigned:
            return
        self._assigned = agent
        data = AssignedData(agent_id=agent, queue=self._dimensions["queue"])
        self._add(line, ConversationAssigned(data=data, **self._envelope(time_ms)))

    def _pseudonym(self) -> str:
        """A stable made-up agent id for exports that have none; another one after a transfer."""
        name = f"{self._source}/{self._conversation}"
        digest = blake2b(name.encode("utf-8", "replace"), digest_size=2).digest()
        return f"agent-{(int.from_bytes(digest, 'big') + self._leg) % PSEUDONYMS + 1:02}"

    def _envelope(self, time_ms: int) -> dict[str, Any]:
        self._last_ms = max(self._last_ms, time_ms)
        self._count += 1
        envelope: dict[str, Any] = {
            "id": f"{self._conversation}/{self._count}",
            "source": self._source,
            "time": from_ms(time_ms),
            "subject": self._conversation,
        }
        if self._synthetic:
            envelope["synthetictime"] = True
        return envelope

    def _add(self, line: int, event: Event) -> None:
        self._last_line = line
        self._records.append(record_of(line, event))


def source_name(source_format: str, path: Path) -> str:
    """The `source` of a file's events."""
    return f"{source_format}:{writable(path.name)}"[:MAX_ID_CHARS]


def writable(name: str) -> str:
    """The name of a file, without the undecodable bytes that it may hold and no event may."""
    return name.encode("utf-8", "replace").decode("utf-8")
