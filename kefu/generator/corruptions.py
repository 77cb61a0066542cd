"""Kinds of corrupt records, each with the reason that its dead letter must have.

Each makes a corrupt record from a good one. Nothing here looks at what the codec does: the reasons
are what the contract promises.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, NamedTuple

import orjson

from schemas.codec import Reason
from schemas.topics import INPUTS

Value = bytes | None
LONG_TEXT_BYTES = 900 * 1024
DEPTH = 2_000
LONG_ID_CHARS = 10 * 1024


class Record(NamedTuple):
    """What is written to Kafka."""

    topic: str
    key: bytes
    value: Value


class Corruption(NamedTuple):
    """`make` turns a good record into one that must be refused for `reason`."""

    reason: Reason
    make: Callable[[Record, Random], Record]


def _value(reason: Reason, change: Callable[[bytes, Random], Value]) -> Corruption:
    def make(record: Record, random: Random) -> Record:
        return record._replace(value=change(record.value or b"{}", random))

    return Corruption(reason, make)


def _field(reason: Reason, **changes: Any) -> Corruption:
    """Set attributes of the envelope; `...` takes them out."""

    def change(value: bytes, _: Random) -> bytes:
        document = {**orjson.loads(value), **changes}
        return orjson.dumps({name: new for name, new in document.items() if new is not ...})

    return _value(reason, change)


def _data(reason: Reason, **changes: Any) -> Corruption:
    def change(value: bytes, _: Random) -> bytes:
        document = orjson.loads(value)
        return orjson.dumps({**document, "data": {**document.get("data", {}), **changes}})

    return _value(reason, change)


def _more(reason: Reason, member: bytes) -> Corruption:
    """Put one more member, which is not JSON as it should be, at the end of the object."""
    return _value(reason, lambda value, _: value[:-1] + b',"x":' + member + b"}")


def _truncated(value: bytes, random: Random) -> bytes:
    # Cut between characters: in the middle of one it would be invalid UTF-8 instead.
    return value[: random.randrange(1, len(value) - 1)].decode("utf-8", "ignore").encode()


def _wrong_topic(record: Record, random: Random) -> Record:
    return record._replace(
        topic=random.choice([topic.name for topic in INPUTS if topic.name != record.topic])
    )


CORRUPTIONS: Mapping[str, Corruption] = {
    "tombstone": _value(Reason.TOMBSTONE, lambda value, _: None),
    "empty_value": _value(Reason.EMPTY, lambda value, _: b""),
    "text_of_900_kib": _data(Reason.TOO_LARGE, text="长" * (LONG_TEXT_BYTES // 3)),
    "invalid_utf8": _value(
        Reason.INVALID_UTF8, lambda value, _: value.replace(b'"subject"', b'"\xff\xfe"', 1)
    ),
    "gb18030": _more(Reason.INVALID_UTF8, b'"' + "您好".encode("gb18030") + b'"'),
    "lone_surrogate": _more(Reason.INVALID_JSON, rb'"\ud83d"'),
    "nan": _more(Reason.INVALID_JSON, b"NaN"),
    "truncated_json": _value(Reason.INVALID_JSON, _truncated),
    "two_documents": _value(Reason.INVALID_JSON, lambda value, _: value + b"\n" + value),
    "nested_2000_deep": _more(Reason.TOO_DEEP, b"[" * DEPTH + b"]" * DEPTH),
    "a_list": _value(Reason.NOT_AN_OBJECT, lambda value, _: b"[" + value + b"]"),
    "a_number": _value(Reason.NOT_AN_OBJECT, lambda value, _: b"17"),
    "no_id": _field(Reason.MISSING_FIELD, id=...),
    "no_type": _field(Reason.MISSING_FIELD, type=...),
    "no_time": _field(Reason.MISSING_FIELD, time=...),
    "no_subject": _field(Reason.MISSING_FIELD, subject=...),
    "no_specversion": _field(Reason.MISSING_FIELD, specversion=...),
    "no_data": _field(Reason.MISSING_FIELD, data=...),
    "id_is_a_number": _field(Reason.WRONG_TYPE, id=17),
    "type_is_a_list": _field(Reason.WRONG_TYPE, type=["kefu.tick"]),
    "data_is_a_list": _field(Reason.WRONG_TYPE, data=[1]),
    "data_is_null": _field(Reason.WRONG_TYPE, data=None),
    "queue_is_a_number": _data(Reason.WRONG_TYPE, queue=5),
    "id_is_empty": _field(Reason.INVALID_VALUE, id=""),
    "id_of_10_kib": _field(Reason.INVALID_VALUE, id="x" * LONG_ID_CHARS),
    "other_specversion": _field(Reason.INVALID_VALUE, specversion="0.3"),
    "unknown_priority": _data(Reason.INVALID_VALUE, priority="P9"),
    "unknown_type": _field(Reason.UNKNOWN_TYPE, type="com.example.other"),
    "time_without_zone": _field(Reason.INVALID_TIME, time="2026-03-02T09:00:00"),
    "time_in_words": _field(Reason.INVALID_TIME, time="yesterday"),
    "time_of_1970": _field(Reason.TIME_TOO_OLD, time="1970-01-01T00:00:00Z"),
    "time_of_2999": _field(Reason.TIME_IN_FUTURE, time="2999-01-01T00:00:00Z"),
    "wrong_topic": Corruption(Reason.WRONG_TOPIC, _wrong_topic),
    "key_mismatch": Corruption(
        Reason.KEY_MISMATCH, lambda record, _: record._replace(key=b"somebody-else")
    ),
}
"""Every kind by name."""
