"""A dead letter: where the event stands, why it could not be processed, and the event itself."""

import base64
import re

from pipeline.ids import output_id
from schemas.codec import InvalidEvent, from_ms
from schemas.envelope import MAX_ID_CHARS
from schemas.outputs import DeadLetter, DeadLetterData

MAX_PAYLOAD_BYTES = 512 * 1024
"""How much of the payload travels along: in Base64 it must fit into Kafka's default 1 MiB."""

_UNSAFE = re.compile(r"[^\x20-\x7e\u0080-\ud7ff\ue000-\ufffd]")


def dead_letter(
    invalid: InvalidEvent,
    *,
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    value: bytes | None,
    time_ms: int,
) -> DeadLetter:
    """Build the dead letter of one event; `time_ms` is the time that Kafka gave the record."""
    payload = value or b""
    subject = _UNSAFE.sub("", (key or b"").decode("utf-8", "ignore"))[:MAX_ID_CHARS] or "unknown"
    return DeadLetter(
        id=output_id("dead_letter", topic, str(partition), str(offset)),
        time=from_ms(max(0, time_ms)),
        subject=subject,
        data=DeadLetterData(
            reason=invalid.reason.value,
            detail=invalid.detail,
            topic=topic,
            partition=partition,
            offset=offset,
            payload_bytes=len(payload),
            payload_base64=base64.b64encode(payload[:MAX_PAYLOAD_BYTES]).decode("ascii"),
            payload_truncated=len(payload) > MAX_PAYLOAD_BYTES,
        ),
    )
