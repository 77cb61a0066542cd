"""Kinds of corrupt events, each with the reason that its dead letter must have."""

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import orjson

from schemas.codec import Reason, encode
from schemas.events import Event
from schemas.topics import AGENTS, CALLS, CONVERSATIONS


class Record(NamedTuple):
    """What is written to Kafka."""

    topic: str
    key: bytes
    value: bytes | None


class Corruption(NamedTuple):
    """Makes a corrupt record from a good event."""

    reason: Reason
    make: Callable[[str, Event, Random], Record]


def _bytes(reason: Reason, change: Callable[[bytes, Random], bytes | None]) -> Corruption:
    def make(topic: str, event: Event, random: Random) -> Record:
        return Record(topic, event.subject.encode(), change(encode(event), random))

    return Corruption(reason, make)


def _field(reason: Reason, **changes: Any) -> Corruption:
    """Set attributes of the envelope; `...` takes them out."""

    def change(value: bytes, random: Random) -> bytes:
        document = orjson.loads(value)
        for name, new in changes.items():
            if new is ...:
                document.pop(name, None)
            else:
                document[name] = new
        return orjson.dumps(document)

    return _bytes(reason, change)


def _data(reason: Reason, **changes: Any) -> Corruption:
    def change(value: bytes, random: Random) -> bytes:
        document = orjson.loads(value)
        document["data"].update(changes)
        return orjson.dumps(document)

    return _bytes(reason, change)


def _truncated(value: bytes, random: Random) -> bytes:
    return value[: random.randrange(1, len(value) - 1)].decode("utf-8", "ignore").encode()


def _invalid_utf8(value: bytes, random: Random) -> bytes:
    return value.replace(b'"subject"', b'"\xff\xfe"', 1)


def _nan(value: bytes, random: Random) -> bytes:
    return value[:-1] + b',"x":NaN}'


def _surrogate(value: bytes, random: Random) -> bytes:
    return value[:-1] + b',"x":"\\ud83d"}'


def _deep(value: bytes, random: Random) -> bytes:
    return value[:-1] + b',"x":' + b"[" * 2_000 + b"]" * 2_000 + b"}"


def _large(value: bytes, random: Random) -> bytes:
    document = orjson.loads(value)
    document["data"]["text"] = "长" * (900 * 1024 // 3)
    return orjson.dumps(document)


def _wrong_topic(topic: str, event: Event, random: Random) -> Record:
    others = [t.name for t in (CONVERSATIONS, CALLS, AGENTS) if t.name != topic]
    return Record(random.choice(others), event.subject.encode(), encode(event))


def _wrong_key(topic: str, event: Event, random: Random) -> Record:
    return Record(topic, b"somebody-else", encode(event))


CORRUPTIONS = {
    "invalid_utf8": _bytes(Reason.INVALID_UTF8, _invalid_utf8),
    "lone_surrogate": _bytes(Reason.INVALID_JSON, _surrogate),
    "truncated_json": _bytes(Reason.INVALID_JSON, _truncated),
    "nan": _bytes(Reason.INVALID_JSON, _nan),
    "empty_value": _bytes(Reason.EMPTY, lambda value, random: b""),
    "tombstone": _bytes(Reason.TOMBSTONE, lambda value, random: None),
    "text_of_900_kib": _bytes(Reason.TOO_LARGE, _large),
    "nested_2000_deep": _bytes(Reason.TOO_DEEP, _deep),
    "a_list": _bytes(Reason.NOT_AN_OBJECT, lambda value, random: b"[" + value + b"]"),
    "id_is_a_number": _field(Reason.WRONG_TYPE, id=17),
    "data_is_a_list": _field(Reason.WRONG_TYPE, data=[1]),
    "data_is_null": _field(Reason.WRONG_TYPE, data=None),
    "no_id": _field(Reason.MISSING_FIELD, id=...),
    "no_type": _field(Reason.MISSING_FIELD, type=...),
    "no_time": _field(Reason.MISSING_FIELD, time=...),
    "no_specversion": _field(Reason.MISSING_FIELD, specversion=...),
    "id_of_10_kib": _field(Reason.INVALID_VALUE, id="x" * 10_240),
    "other_specversion": _field(Reason.INVALID_VALUE, specversion="0.3"),
    "unknown_priority": _data(Reason.INVALID_VALUE, priority="P9"),
    "queue_is_a_number": _data(Reason.WRONG_TYPE, queue=5),
    "unknown_type": _field(Reason.UNKNOWN_TYPE, type="com.example.other"),
    "time_of_1970": _field(Reason.TIME_TOO_OLD, time="1970-01-01T00:00:00Z"),
    "time_of_2999": _field(Reason.TIME_IN_FUTURE, time="2999-01-01T00:00:00Z"),
    "time_without_zone": _field(Reason.INVALID_TIME, time="2026-03-02T09:00:00"),
    "wrong_topic": Corruption(Reason.WRONG_TOPIC, _wrong_topic),
    "wrong_key": Corruption(Reason.KEY_MISMATCH, _wrong_key),
}
