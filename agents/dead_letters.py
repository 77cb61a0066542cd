"""A dead letter: where the event stands and why it could not be processed; and the event itself,
apart, because it is not masked.
"""

import re
from typing import NamedTuple

from pipeline.ids import output_id
from schemas.codec import InvalidEvent, from_ms
from schemas.envelope import MAX_ID_CHARS
from schemas.outputs import DeadLetter, DeadLetterData

MAX_PAYLOAD_BYTES = 1_000_000
"""A larger one is not kept: with its headers it must fit into Kafka's default 1 MiB."""
TOPIC_HEADER = "kefu-topic"
"""Of a payload: the topic that it came from."""
KEY_HEADER = "kefu-key"
"""Of a payload: the key that it came with; absent where it had none."""

_UNSAFE = re.compile(r"[^\x20-\x7e\u0080-\ud7ff\ue000-\ufffd]")


class Refused(NamedTuple):
    """The event of one dead letter as it came."""

    letter_id: str
    topic: str
    key: bytes | None
    value: bytes

    def headers(self) -> list[tuple[str, bytes]]:
        """Where it came from, so that it can be sent again."""
        found = [(TOPIC_HEADER, self.topic.encode())]
        return found if self.key is None else [*found, (KEY_HEADER, self.key)]


def is_kept(value: bytes | None) -> bool:
    """Whether the event of a dead letter is kept."""
    return bool(value) and len(value or b"") <= MAX_PAYLOAD_BYTES


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
            payload_kept=is_kept(value),
        ),
    )
