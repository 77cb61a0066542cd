"""The CloudEvents 1.0 envelope that every Kafka value of kefu has, and the shared field types."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

MAX_ID_CHARS = 256
"""Longest accepted identifier. Kafka keys and metrics coordinates carry identifiers; 256 is what
the large service platforms use at most, and it bounds the memory of duplicate detection."""

MAX_TEXT_CHARS = 32_768
"""Longest accepted message text, in characters. WeChat cuts at 2,048 bytes and e-mail bodies rarely
pass 10,000 characters; what is longer is a file pasted into a field."""

Identifier = Annotated[str, Meta(min_length=1, max_length=MAX_ID_CHARS)]
Label = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(max_length=MAX_TEXT_CHARS)]
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 with a zone")]
DurationMs = Annotated[int, Meta(ge=0, description="milliseconds")]

Priority = Literal["P1", "P2", "P3", "P4"]
AgentTier = Literal["T1", "T2", "T3"]
Role = Literal["customer", "agent", "bot", "system"]
InteractionKind = Literal["conversation", "call"]
Severity = Literal["info", "minor", "major", "critical"]
Speaker = Literal["agent", "bot", "queue"]
"""Whom a quality rule speaks of."""


class Envelope(Struct, kw_only=True, tag_field="type"):
    """CloudEvents 1.0 context attributes, JSON structured mode.

    `source` + `id` is the identity that duplicates share. `sequence` is the CloudEvents extension
    of that name: a counter per source by which loss is seen. `synthetictime` marks an event whose
    time was made by an importer, because the export had none.
    """

    specversion: Literal["1.0"] = "1.0"
    id: Identifier
    source: Identifier
    time: Instant
    subject: Identifier
    sequence: int | Annotated[str, Meta(max_length=64)] | UnsetType | None = UNSET
    synthetictime: bool | UnsetType = UNSET
    datacontenttype: str | UnsetType | None = UNSET
    dataschema: str | UnsetType | None = UNSET


class Dimensions(Struct, kw_only=True, omit_defaults=True):
    """What any event may say about the interaction it belongs to; the newest value wins."""

    tenant: Label | None = None
    channel: Label | None = None
    queue: Label | None = None
    priority: Priority | None = None
    segment: Label | None = None
    customer_id: Identifier | None = None
    agent_id: Identifier | None = None
    agent_tier: AgentTier | None = None
