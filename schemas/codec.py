"""Bytes to typed events and back: orjson for JSON, msgspec for types, one error with a reason.

Nothing that goes wrong here quotes the payload: orjson keeps the whole document in its exception
and msgspec quotes values, so both are turned into a reason, a JSON path and what was expected.
"""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar, get_args

import msgspec
import orjson

from schemas.envelope import MAX_ID_CHARS, Envelope
from schemas.events import Event
from schemas.outputs import PublishedOutput

MAX_VALUE_BYTES = 256 * 1024
"""Largest accepted Kafka value. The longest accepted text in four-byte UTF-8 is half of it."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Older event times are clocks that were never set (1970, 1980): no service data is that old."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""Later event times are wrong whatever the clock says; the engine's own bound is much tighter."""


class Reason(StrEnum):
    """The closed set of reasons for which an event becomes a dead letter."""

    TOMBSTONE = "tombstone"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    INVALID_UTF8 = "invalid_utf8"
    INVALID_JSON = "invalid_json"
    TOO_DEEP = "too_deep"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    INVALID_VALUE = "invalid_value"
    UNKNOWN_TYPE = "unknown_type"
    WRONG_TOPIC = "wrong_topic"
    KEY_MISMATCH = "key_mismatch"
    INVALID_TIME = "invalid_time"
    TIME_TOO_OLD = "time_too_old"
    TIME_IN_FUTURE = "time_in_future"
    LATE_BEYOND_MEMORY = "late_beyond_memory"
    ENGINE_ERROR = "engine_error"


class InvalidEvent(ValueError):  # noqa: N818 - named in the design: it is what the event is
    """An event that cannot be processed: `reason` from the closed set, `detail` without payload."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail


class Decoded(NamedTuple):
    """A typed event, and how many fields this version of the contract does not know."""

    event: Event
    unknown_fields: int


def _tag(cls: type) -> str:
    return str(msgspec.inspect.type_info(cls).tag)  # type: ignore[attr-defined]


def _known(cls: type) -> frozenset[str]:
    return frozenset({*cls.__struct_encode_fields__, "type"})  # type: ignore[attr-defined]


EVENT_TYPES: dict[str, type[Any]] = {_tag(cls): cls for cls in get_args(Event)}
OUTPUT_TYPES: dict[str, type[Any]] = {_tag(cls): cls for cls in get_args(PublishedOutput)}
_ENVELOPE_FIELDS = {cls: _known(cls) for cls in EVENT_TYPES.values()}
_DATA_FIELDS = {cls: _known(cls.__annotations__["data"]) for cls in EVENT_TYPES.values()}

ALWAYS_WRITTEN = ("specversion", "source")
"""Attributes that CloudEvents require and that our types default for who constructs them."""

_PATH = re.compile(r" - at `([^`]*)`$")
_EXPECTED = re.compile(r"^Expected `[^`]*`(?:, got `[^`]*`)?(?: (?:of length )?[<>]=? ?\d+)?$")
_MISSING = re.compile(r"^Object missing required field `[^`]*`$")


def decode(value: bytes | None) -> Decoded:
    """Turn one Kafka value into a typed event.

    Raises `InvalidEvent` with the reason; the detail names the JSON path, never the content.
    """
    return _typed(_object(value))


T = TypeVar("T", bound=Envelope)


def decode_as(value: bytes | None, cls: type[T]) -> T:
    """Turn one Kafka value into a message of that one type; raises `InvalidEvent`."""
    document = _object(value)
    if document.get("type") != _tag(cls):
        raise InvalidEvent(Reason.UNKNOWN_TYPE, f"expected `{_tag(cls)}` at `$.type`")
    message: T = _converted(document, cls)
    _check_time(message.time)
    return message


def _object(value: bytes | None) -> dict[str, Any]:
    if value is None:
        raise InvalidEvent(Reason.TOMBSTONE, "the value is null")
    if not value:
        raise InvalidEvent(Reason.EMPTY, "the value has no bytes")
    if len(value) > MAX_VALUE_BYTES:
        raise InvalidEvent(Reason.TOO_LARGE, f"{len(value)} bytes, at most {MAX_VALUE_BYTES}")
    document = _parse(value)
    if type(document) is not dict:
        raise InvalidEvent(Reason.NOT_AN_OBJECT, "expected a JSON object at `$`")
    return document


def _parse(value: bytes) -> Any:
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as error:
        message, position = error.msg, error.pos
    # Outside of `except`, so that the exception and the document it holds are gone.
    if "byte order mark" in message:
        raise InvalidEvent(Reason.INVALID_JSON, "a byte order mark stands before the JSON")
    if "utf-8" in message.lower():
        raise InvalidEvent(Reason.INVALID_UTF8, "the value is not UTF-8")
    if "depth" in message.lower():
        raise InvalidEvent(Reason.TOO_DEEP, "nested deeper than 1024")
    raise InvalidEvent(Reason.INVALID_JSON, f"not JSON at character {position}")


def _typed(document: dict[str, Any]) -> Decoded:
    tag = document.get("type")
    if tag is None:
        raise InvalidEvent(Reason.MISSING_FIELD, "missing required field `type` at `$`")
    if type(tag) is not str:
        raise InvalidEvent(Reason.WRONG_TYPE, "expected `str` at `$.type`")
    cls = EVENT_TYPES.get(tag)
    if cls is None:
        raise InvalidEvent(Reason.UNKNOWN_TYPE, "not a type of this contract at `$.type`")
    event: Event = _converted(document, cls)
    _check_time(event.time)
    unknown = len(document.keys() - _ENVELOPE_FIELDS[cls])
    data = document.get("data")
    if data is not None:
        unknown += len(data.keys() - _DATA_FIELDS[cls])
    return Decoded(event, unknown)


def _converted(document: dict[str, Any], cls: type[Any]) -> Any:
    for name in ALWAYS_WRITTEN:
        if name not in document:
            raise InvalidEvent(Reason.MISSING_FIELD, f"missing required field `{name}` at `$`")
    try:
        return msgspec.convert(document, cls)
    except msgspec.ValidationError as error:
        message = str(error)
    # Outside of `except`, so that the exception with the value it quotes is gone.
    raise _refusal(message)


def _check_time(time: datetime) -> None:
    if time < EARLIEST:
        raise InvalidEvent(Reason.TIME_TOO_OLD, "before the year 2000 at `$.time`")
    if time >= LATEST:
        raise InvalidEvent(Reason.TIME_IN_FUTURE, "after the year 2100 at `$.time`")


def _refusal(message: str) -> InvalidEvent:
    """Classify a message of msgspec, dropping whatever could quote a value."""
    where = _PATH.search(message)
    path = where.group(1) if where else "$"
    if len(path) > MAX_ID_CHARS:
        path = path[:MAX_ID_CHARS]
    what = message[: where.start()] if where else message
    if path == "$.time" and "missing" not in what:
        return InvalidEvent(Reason.INVALID_TIME, "expected RFC 3339 with a zone at `$.time`")
    if _MISSING.match(what):
        return InvalidEvent(Reason.MISSING_FIELD, f"{what} at `{path}`")
    if _EXPECTED.match(what):
        if " of length " in what:
            too_long = path.endswith((".text", ".comment"))
            return InvalidEvent(
                Reason.TOO_LARGE if too_long else Reason.INVALID_VALUE, f"{what} at `{path}`"
            )
        reason = Reason.WRONG_TYPE if ", got `" in what else Reason.INVALID_VALUE
        return InvalidEvent(reason, f"{what} at `{path}`")
    return InvalidEvent(Reason.INVALID_VALUE, f"not an allowed value at `{path}`")


def encode(message: PublishedOutput | Event) -> bytes:
    """Turn an event or an output into the JSON bytes that travel."""
    return orjson.dumps(msgspec.to_builtins(message, builtin_types=(datetime,)), option=_OPTIONS)


_OPTIONS = orjson.OPT_UTC_Z


def decode_output(value: bytes) -> PublishedOutput:
    """Read back one of our own outputs (facts, scorecards); raises `InvalidEvent`."""
    document = _parse(value)
    tag = document.get("type") if type(document) is dict else None
    cls = OUTPUT_TYPES.get(tag) if type(tag) is str else None
    if cls is None:
        raise InvalidEvent(Reason.UNKNOWN_TYPE, "not an output of this contract at `$.type`")
    output: PublishedOutput = _converted(document, cls)
    return output


def to_ms(time: datetime) -> int:
    """Milliseconds since 1970 of an aware instant; fractions of a millisecond are cut.

    A decoded time has whole microseconds: msgspec rounds finer digits to the nearest.
    """
    return (time - EPOCH) // MILLISECOND


@lru_cache(maxsize=4096)
def from_ms(time_ms: int) -> datetime:
    """The instant, in UTC, of milliseconds since 1970."""
    return EPOCH + timedelta(milliseconds=time_ms)
