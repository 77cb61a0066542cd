"""Bad bytes get one reason and a path, and never a word of the payload into the error."""

import traceback
from typing import Any

import orjson
import pytest

from pipeline.clocks.history import KEPT_BEFORE_CUT
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
from tests.unit.builders import customer, engine

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
"""These need the record's place or the engine's state. The first two and the last are tested with
the worker's task, the third below."""


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
    (
        _message(sequence=7).replace(b'"sequence":7', b'"sequence":%d' % 2**64),
        Reason.WRONG_TYPE,
        "`$.sequence`",
    ),
    (_message(sequence=[1]), Reason.WRONG_TYPE, "`$.sequence`"),
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
        for time in (
            *("yesterday", "2026-03-02T09:00:00", "2026-02-30T09:00:00Z", "2026-12-31T23:59:60Z"),
            *("1772413200", "", 0, 1_772_413_200_123, None, True, {}),
        )
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


def test_an_event_older_than_its_interaction_remembers_is_refused_and_not_taken_twice() -> None:
    of = engine()
    for number in range(2 * KEPT_BEFORE_CUT):
        of.feed(customer(number * 30))
    with pytest.raises(InvalidEvent) as refused:
        of.feed(customer(0))
    assert refused.value.reason is Reason.LATE_BEYOND_MEMORY
    assert "在吗" not in str(refused.value)


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


@pytest.mark.parametrize("tag", OUTPUT_TYPES)
@pytest.mark.parametrize("name", ["specversion", "source"])
def test_an_output_is_not_read_with_attributes_that_it_did_not_have(tag: str, name: str) -> None:
    broken = {key: value for key, value in EXAMPLES[tag].items() if key != name}
    with pytest.raises(InvalidEvent, match=f"missing_field: .*`{name}` at") as refused:
        decode_output(orjson.dumps(broken))
    assert refused.value.reason is Reason.MISSING_FIELD


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


NINE_MS = 1_772_413_200_000
"""2026-03-02 09:00 in Beijing, 01:00 in UTC."""


@pytest.mark.parametrize(
    "time",
    [
        "2026-03-02T09:00:00+08:00",
        "2026-03-02T01:00:00Z",
        "2026-03-02t01:00:00z",
        "2026-03-02T01:00:00-00:00",
        "2026-03-01T19:30:00-05:30",
        "2026-03-02T06:45:00+05:45",
        "2026-03-02T15:00:00+14:00",
        "2026-03-02 01:00:00Z",
        "2026-03-02T09:00:00+0800",
    ],
)
def test_one_instant_is_the_same_in_every_zone_and_spelling(time: str) -> None:
    event = decode(_message(time=time)).event
    assert to_ms(event.time) == NINE_MS
    assert to_ms(decode(encode(event)).event.time) == NINE_MS


@pytest.mark.parametrize(
    ("fraction", "expected_ms"),
    [
        (".1", 100),
        (".12", 120),
        (".123", 123),
        (".002", 2),
        (".000", 0),
        (".1239", 123),
        (".123999", 123),
        (".1239994", 123),
        (".1239996", 124),
        (".123456789", 123),
        (".9999999", 1000),
        (".1234567890123456789", 123),
    ],
)
def test_fractions_of_a_second_are_places_after_the_point_cut_to_milliseconds(
    fraction: str, expected_ms: int
) -> None:
    for zone in ("Z", "+00:00"):
        event = decode(_message(time=f"2026-03-02T01:00:00{fraction}{zone}")).event
        assert to_ms(event.time) - NINE_MS == expected_ms


def test_times_are_written_with_their_zone_and_utc_as_z() -> None:
    east = decode(_message()).event
    assert b'"time":"2026-03-02T09:00:00.123000+08:00"' in encode(east)
    east.time = from_ms(to_ms(east.time))
    assert b'"time":"2026-03-02T01:00:00.123000Z"' in encode(east)


def test_milliseconds_survive_the_way_there_and_back() -> None:
    for time_ms in (NINE_MS, NINE_MS + 1, NINE_MS + 999, -1, 0):
        assert to_ms(from_ms(time_ms)) == time_ms


@pytest.mark.parametrize("sequence", [0, 7, -1, 2**63, 2**64 - 1, "7", "00000042", "", None])
def test_a_sequence_is_a_number_or_a_text_and_is_kept_as_it_was(sequence: Any) -> None:
    event = decode(_message(sequence=sequence)).event
    assert type(event.sequence) is type(sequence)
    assert event.sequence == sequence
    assert orjson.loads(encode(event))["sequence"] == sequence


def test_an_event_without_a_sequence_is_written_without_one() -> None:
    assert b"sequence" not in encode(decode(_message()).event)


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
    # What a logger prints of it, too. The locals of the frames are not among that: those of the
    # caller hold the record in any case.
    printed = "".join(traceback.format_exception(error))
    said = f"{error!s} {error!r} {error.args} {vars(error)} {printed}"
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
    facts = with_field(EXAMPLES["kefu.qa.facts"], ("data", "counts"), {MARKER: MARKER})
    with pytest.raises(InvalidEvent) as refused:
        decode_output(orjson.dumps(facts))
    _assert_keeps_the_secret(refused.value)
    assert "$.data.counts" in refused.value.detail


@pytest.mark.parametrize("tag", EXAMPLES)
def test_encoding_and_decoding_give_the_same_again(tag: str) -> None:
    value = orjson.dumps(EXAMPLES[tag])
    if tag in OUTPUT_TYPES:
        output = decode_output(value)
        assert decode_output(encode(output)) == output
    else:
        event = decode(value).event
        assert decode(encode(event)) == (event, 0)
