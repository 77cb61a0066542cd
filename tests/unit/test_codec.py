"""Bad bytes get one reason and a path, and never a word of the payload into the error."""

from typing import Any

import orjson
import pytest

from schemas.codec import (
    EVENT_TYPES,
    MAX_VALUE_BYTES,
    OUTPUT_TYPES,
    InvalidEvent,
    Reason,
    decode,
    decode_output,
    encode,
    from_ms,
    to_ms,
)
from schemas.envelope import MAX_ID_CHARS, MAX_TEXT_CHARS
from tests.golden.make_contract_v1 import DOCUMENTS, stored
from tests.json_paths import field_paths, with_field

EXAMPLES = stored(DOCUMENTS)
MESSAGE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "m-1",
    "source": "chat",
    "type": "kefu.conversation.message",
    "time": "2026-03-02T09:00:00.123+08:00",
    "subject": "c-1",
    "data": {"role": "customer", "text": "在吗"},
}
NOT_OF_THE_CODEC = {
    Reason.WRONG_TOPIC,
    Reason.KEY_MISMATCH,
    Reason.LATE_BEYOND_MEMORY,
    Reason.ENGINE_ERROR,
}
"""These need the record's place or the engine's state, and are tested with those."""


def _message(**fields: Any) -> bytes:
    return orjson.dumps({**MESSAGE, **fields})


def _without(name: str) -> bytes:
    return orjson.dumps({key: value for key, value in MESSAGE.items() if key != name})


def _data(kind: str = "kefu.conversation.message", **fields: Any) -> bytes:
    return _message(type=kind, data=fields)


BAD: list[tuple[bytes | None, Reason, str]] = [
    (None, Reason.TOMBSTONE, ""),
    (b"", Reason.EMPTY, ""),
    (b" " * (MAX_VALUE_BYTES + 1), Reason.TOO_LARGE, "262145 bytes"),
    (_data(role="agent", text="好" * (MAX_TEXT_CHARS + 1)), Reason.TOO_LARGE, "`$.data.text`"),
    (
        _data("kefu.conversation.rated", score=5, comment="x" * (MAX_TEXT_CHARS + 1)),
        Reason.TOO_LARGE,
        "`$.data.comment`",
    ),
    (b"\xff", Reason.INVALID_UTF8, ""),
    ('{"text": "在吗"}'.encode("gb18030"), Reason.INVALID_UTF8, ""),
    (b"   ", Reason.INVALID_JSON, ""),
    (b"{", Reason.INVALID_JSON, "character 1"),
    (b'{"a": NaN}', Reason.INVALID_JSON, "character 6"),
    (b'{"utf-8": depth}', Reason.INVALID_JSON, "character 10"),
    (b'{"a": "\\ud800"}', Reason.INVALID_JSON, "character"),
    (b'{"a":' * 1500 + b"1" + b"}" * 1500, Reason.TOO_DEEP, "1024"),
    (b"[]", Reason.NOT_AN_OBJECT, "`$`"),
    (b"null", Reason.NOT_AN_OBJECT, "`$`"),
    (b'"text"', Reason.NOT_AN_OBJECT, "`$`"),
    (_without("type"), Reason.MISSING_FIELD, "`type` at `$`"),
    (_without("specversion"), Reason.MISSING_FIELD, "`specversion` at `$`"),
    (_without("id"), Reason.MISSING_FIELD, "`id` at `$`"),
    (_without("source"), Reason.MISSING_FIELD, "`source` at `$`"),
    (_without("time"), Reason.MISSING_FIELD, "`time` at `$`"),
    (_without("subject"), Reason.MISSING_FIELD, "`subject` at `$`"),
    (_without("data"), Reason.MISSING_FIELD, "`data` at `$`"),
    (_data(text="在吗"), Reason.MISSING_FIELD, "`role` at `$.data`"),
    (_message(type=5), Reason.WRONG_TYPE, "`$.type`"),
    (_message(type=["kefu.tick"]), Reason.WRONG_TYPE, "`$.type`"),
    (_message(id=5), Reason.WRONG_TYPE, "`$.id`"),
    (_message(data=[]), Reason.WRONG_TYPE, "`$.data`"),
    (_message(data=None), Reason.WRONG_TYPE, "`$.data`"),
    (_message(sequence=True), Reason.WRONG_TYPE, "`$.sequence`"),
    (_message(sequence=1.0), Reason.WRONG_TYPE, "`$.sequence`"),
    (_message(synthetictime=None), Reason.WRONG_TYPE, "`$.synthetictime`"),
    (_data(role="agent", text=5), Reason.WRONG_TYPE, "`$.data.text`"),
    (_data(role=None), Reason.WRONG_TYPE, "`$.data.role`"),
]
BAD += [
    (_message(specversion="0.3"), Reason.INVALID_VALUE, "`$.specversion`"),
    (_message(id=""), Reason.INVALID_VALUE, "`$.id`"),
    (_message(subject="x" * (MAX_ID_CHARS + 1)), Reason.INVALID_VALUE, "`$.subject`"),
    (_message(sequence="1" * 65), Reason.INVALID_VALUE, "`$.sequence`"),
    (_data(role="boss"), Reason.INVALID_VALUE, "`$.data.role`"),
    (_data(role="agent", tenant=""), Reason.INVALID_VALUE, "`$.data.tenant`"),
    (_data("kefu.conversation.rated", score=101), Reason.INVALID_VALUE, "`$.data.score`"),
    (
        _data("kefu.call.utterance", role="agent", start_ms=-1, end_ms=1),
        Reason.INVALID_VALUE,
        "`$.data.start_ms`",
    ),
    (_message(type="kefu.conversation.typing"), Reason.UNKNOWN_TYPE, "`$.type`"),
    (_message(type="kefu.qa.issue"), Reason.UNKNOWN_TYPE, "`$.type`"),
    *(
        (_message(time=time), Reason.INVALID_TIME, "`$.time`")
        for time in ("yesterday", "2026-03-02T09:00:00", "2026-02-30T09:00:00Z", 0, None, True, "")
    ),
    (_message(time="1999-12-31T23:59:59.999Z"), Reason.TIME_TOO_OLD, "`$.time`"),
    (_message(time="0001-01-01T00:00:00+14:00"), Reason.TIME_TOO_OLD, "`$.time`"),
    (_message(time="2100-01-01T00:00:00Z"), Reason.TIME_IN_FUTURE, "`$.time`"),
    (_message(time="9999-12-31T23:59:59-14:00"), Reason.TIME_IN_FUTURE, "`$.time`"),
]


def _refused(value: bytes | None) -> InvalidEvent:
    with pytest.raises(InvalidEvent) as refused:
        decode(value)
    return refused.value


@pytest.mark.parametrize(("value", "reason", "where"), BAD)
def test_bad_values_get_their_reason_and_path(
    value: bytes | None, reason: Reason, where: str
) -> None:
    error = _refused(value)
    assert error.reason is reason
    assert where in error.detail
    assert str(error) == f"{reason}: {error.detail}"


def test_every_reason_of_the_codec_is_reached_above() -> None:
    assert {reason for _, reason, _ in BAD} == set(Reason) - NOT_OF_THE_CODEC


def test_a_byte_order_mark_is_utf8_but_not_json() -> None:
    assert _refused(b"\xef\xbb\xbf" + _message()).reason is Reason.INVALID_JSON


@pytest.mark.parametrize(
    "value",
    [b'{"type":"kefu.conversation.message"}', b"[]", b"5", b'{"type":[]}', b"{}"],
)
def test_what_is_no_output_of_ours_is_refused(value: bytes) -> None:
    with pytest.raises(InvalidEvent) as refused:
        decode_output(value)
    assert refused.value.reason is Reason.UNKNOWN_TYPE


# --- what is accepted ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        {"role": "customer", "text": "锟斤拷烫烫烫"},
        {"role": "customer", "text": "\ufffd\ufffd ä½\xa0å¥½"},
        {"role": "customer", "text": ""},
        {"role": "customer", "text": None},
        {"role": "customer"},
        {"role": "customer", "content_type": "image"},
        {"role": "customer", "text": "好" * MAX_TEXT_CHARS},
    ],
    ids=["锟斤拷", "replacement", "empty", "null", "absent", "picture", "longest"],
)
def test_mojibake_and_messages_without_text_are_accepted(data: dict[str, Any]) -> None:
    event = decode(_message(data=data)).event
    assert getattr(event.data, "text", None) == data.get("text")


def test_the_first_and_the_last_accepted_instant() -> None:
    for time in ("2000-01-01T00:00:00Z", "2099-12-31T23:59:59.999Z"):
        assert encode(decode(_message(time=time)).event).count(time[:19].encode()) == 1


def test_the_zone_and_the_milliseconds_of_a_time_are_kept() -> None:
    time_ms = to_ms(decode(_message()).event.time)
    assert time_ms == 1_772_413_200_123
    assert to_ms(from_ms(time_ms)) == time_ms


def test_unknown_fields_are_counted_in_the_envelope_and_in_the_data() -> None:
    assert decode(_message()).unknown_fields == 0
    assert decode(_message(traceparent="x", partitionkey="y")).unknown_fields == 2
    more = {**MESSAGE["data"], "mood": {"deep": {"er": 1}}}
    assert decode(_message(traceparent="x", data=more)).unknown_fields == 2


def test_a_tick_needs_no_data() -> None:
    tick = {key: value for key, value in MESSAGE.items() if key != "data"}
    assert decode(orjson.dumps({**tick, "type": "kefu.tick"})).unknown_fields == 0


# --- secrecy -------------------------------------------------------------------------------------

MARKER = "机密SECRET"
GUISES: list[Any] = [
    MARKER,
    f"x - at `$.{MARKER}`",
    f"Expected `{MARKER}`",
    MARKER * 40_000,
    [MARKER],
    {MARKER: MARKER},
    {"role": MARKER},
]


def _assert_keeps_the_secret(error: InvalidEvent) -> None:
    said = f"{error!s} {error!r} {error.args} {vars(error)}"
    assert "SECRET" not in said
    assert "机密" not in said
    assert error.__cause__ is None
    assert error.__context__ is None
    assert len(str(error)) < 400


@pytest.mark.parametrize("tag", EXAMPLES)
def test_no_error_quotes_the_payload_wherever_it_stands(tag: str) -> None:
    read = decode if tag in EVENT_TYPES else decode_output
    refused = 0
    for path in field_paths(EXAMPLES[tag]):
        for guise in GUISES:
            value = orjson.dumps(with_field(EXAMPLES[tag], path, guise))
            try:
                read(value)
            except InvalidEvent as error:
                refused += 1
                _assert_keeps_the_secret(error)
    assert refused > 10, "hardly anything was refused: this test shows nothing"


@pytest.mark.parametrize(
    "value",
    [
        f'{{"text": "{MARKER}"'.encode(),
        f'{{"text": {MARKER}}}'.encode(),
        f'{{"text": "{MARKER}"}}'.encode() + b"\xff",
        f'{{"text": "{MARKER}'.encode() + b'\\ud800"}',
        f'{{"{MARKER}":'.encode() * 1500,
        f'["{MARKER}"]'.encode(),
        f'"{MARKER}"'.encode(),
        MARKER.encode("gb18030"),
        MARKER.encode() * 100_000,
    ],
)
def test_no_error_quotes_what_is_not_even_json(value: bytes) -> None:
    _assert_keeps_the_secret(_refused(value))


def test_an_error_in_a_table_of_counts_does_not_quote_its_key() -> None:
    facts = with_field(EXAMPLES["kefu.qa.facts"], ("data", "tally", "issues"), {MARKER: MARKER})
    with pytest.raises(InvalidEvent) as refused:
        decode_output(orjson.dumps(facts))
    _assert_keeps_the_secret(refused.value)
    assert "$.data.tally.issues" in refused.value.detail


@pytest.mark.parametrize("tag", EXAMPLES)
def test_encoding_and_decoding_give_the_same_again(tag: str) -> None:
    value = orjson.dumps(EXAMPLES[tag])
    if tag in OUTPUT_TYPES:
        output = decode_output(value)
        assert decode_output(encode(output)) == output
    else:
        event = decode(value).event
        assert decode(encode(event)) == (event, 0)
