"""The JSON Schemas and the codec draw the same line between what is an event and what is none.

Documents are made from the types themselves. Known and documented differences, none of which lets
the codec read what the schema refuses: the codec refuses integers with a decimal point or over
64 bits, times outside of 2000 to 2100 and leap seconds, and values that are too large or too deep.
"""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from schemas.codec import (
    ALWAYS_WRITTEN,
    EVENT_TYPES,
    OUTPUT_TYPES,
    InvalidEvent,
    decode,
    decode_output,
    encode,
)
from schemas.export import json_schemas
from tests.golden.make_contract_v1 import DOCUMENTS, stored
from tests.json_paths import field_paths, with_field

EXAMPLES = stored(DOCUMENTS)
TYPES = {**EVENT_TYPES, **OUTPUT_TYPES}

HOUR_MINUTE = r"([01]\d|2[0-3]):[0-5]\d"
RFC_3339 = re.compile(
    rf"\d{{4}}-\d\d-\d\d[Tt]{HOUR_MINUTE}:\d\d(\.\d+)?([Zz]|[+-]{HOUR_MINUTE})", re.ASCII
)
FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def _is_rfc_3339(value: Any) -> bool:
    # In jsonschema this format needs a further package, without which it checks nothing.
    return not isinstance(value, str) or bool(
        RFC_3339.fullmatch(value) and datetime.fromisoformat(value.upper())
    )


VALIDATORS = {
    tag: Draft202012Validator(schema, format_checker=FORMATS)
    for tag, schema in json_schemas().items()
}

WRONG: list[Any] = [
    *(None, True, 0, -1, 101, 1.5, 10**18),
    *("", "x", "x" * 65, "😀" * 64, "好" * 257, "好" * 32_768, "好" * 32_769),
    *([], ["x"], [None], {}, {"x": 1}, {"x": "y"}),
]
"""Put in the place of a good value; right in some places, so that both answers occur."""


def _codec_reads(tag: str, document: dict[str, Any]) -> bool:
    value = orjson.dumps(document)
    try:
        if tag in EVENT_TYPES:
            decode(value)
        else:
            decode_output(value)
    except InvalidEvent:
        return False
    return True


# --- documents from the types --------------------------------------------------------------------

TIMES = st.builds(
    lambda at, zone: at.replace(tzinfo=timezone(timedelta(minutes=zone))).isoformat(),
    st.datetimes(datetime(2001, 1, 1), datetime(2098, 1, 1)),  # noqa: DTZ001 - zoned just above
    st.integers(-14 * 60, 14 * 60),
) | st.datetimes(datetime(2001, 1, 1), datetime(2098, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
)


def _texts(least: int, most: int | None) -> st.SearchStrategy[str]:
    characters = st.characters(exclude_categories=["Cs"])
    short = st.text(characters, min_size=least, max_size=min(most or 12, 12))
    # Lengths count characters, not bytes and not halves of them.
    return short | st.sampled_from("a好😀").map(lambda c: c * min(most or 12, 256))


def _documents(cls: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    info = msgspec.inspect.type_info(cls)
    assert isinstance(info, msgspec.inspect.StructType)
    always, sometimes = {}, {}
    for field in info.fields:
        required = field.required or field.name in ALWAYS_WRITTEN
        (always if required else sometimes)[field.encode_name] = _values(field.type)
    if info.tag is not None:
        always["type"] = st.just(info.tag)
    return st.fixed_dictionaries(always, optional=sometimes)


def _values(kind: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    match kind:
        case msgspec.inspect.Metadata():
            return _values(kind.type)
        case msgspec.inspect.UnionType():
            return st.one_of(*(_values(inner) for inner in kind.types))
        case msgspec.inspect.StructType():
            return _documents(kind.cls)
        case msgspec.inspect.LiteralType():
            return st.sampled_from(kind.values)
        case msgspec.inspect.StrType():
            return _texts(kind.min_length or 0, kind.max_length)
        case msgspec.inspect.IntType():
            least = -(2**63) if kind.ge is None else kind.ge
            return st.integers(least, 2**64 - 1 if kind.le is None else kind.le)
        case msgspec.inspect.FloatType():
            return st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 1)
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.DateTimeType():
            return TIMES
        case msgspec.inspect.ListType():
            return st.lists(_values(kind.item_type), max_size=2)
        case msgspec.inspect.DictType():
            return st.dictionaries(_texts(0, None), _values(kind.value_type), max_size=2)
    raise AssertionError(f"say here how values of {kind} are made")


MADE = {tag: _documents(cls) for tag, cls in TYPES.items()}
TAGS = st.sampled_from(sorted(TYPES))


@settings(max_examples=200, deadline=None)
@given(TAGS, st.data())
def test_what_the_types_allow_is_read_by_the_codec_and_passes_the_schema(
    tag: str, data: st.DataObject
) -> None:
    document = data.draw(MADE[tag])
    VALIDATORS[tag].validate(document)
    value = orjson.dumps(document)
    message = decode(value).event if tag in EVENT_TYPES else decode_output(value)
    VALIDATORS[tag].validate(orjson.loads(encode(message)))


@settings(max_examples=200, deadline=None)
@given(TAGS, st.data())
def test_one_wrong_value_is_refused_by_both_or_by_neither(tag: str, data: st.DataObject) -> None:
    document = data.draw(MADE[tag])
    path = data.draw(st.sampled_from(sorted(field_paths(document))))
    changed = with_field(document, path, data.draw(st.sampled_from(WRONG)))
    assert _codec_reads(tag, changed) is VALIDATORS[tag].is_valid(changed)


@pytest.mark.parametrize("tag", sorted(TYPES))
def test_every_wrong_value_in_every_field_is_refused_by_both_or_by_neither(tag: str) -> None:
    answers: Counter[bool] = Counter()
    for path in field_paths(EXAMPLES[tag]):
        for wrong in WRONG:
            changed = with_field(EXAMPLES[tag], path, wrong)
            valid = VALIDATORS[tag].is_valid(changed)
            assert _codec_reads(tag, changed) is valid, (path, str(wrong)[:40])
            answers[valid] += 1
    assert answers[True] > 20
    assert answers[False] > 100


@pytest.mark.parametrize("tag", sorted(TYPES))
def test_every_missing_field_is_missed_by_both_or_by_neither(tag: str) -> None:
    missed = set()
    for path in field_paths(EXAMPLES[tag]):
        changed = with_field(EXAMPLES[tag], path[:-1], _without(EXAMPLES[tag], path))
        valid = VALIDATORS[tag].is_valid(changed)
        assert _codec_reads(tag, changed) is valid, path
        if not valid:
            missed.add(path)
    envelope = {("type",), ("specversion",), ("id",), ("source",), ("time",), ("subject",)}
    assert envelope <= missed


def _without(document: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    return {name: value for name, value in inner.items() if name != path[-1]}


@pytest.mark.parametrize(
    ("time", "good"),
    [
        ("2026-03-02T09:00:00Z", True),
        ("2026-03-02t09:00:00z", True),
        ("2026-03-02T09:00:00.123456789+08:00", True),
        ("2026-03-02T09:00:00-00:00", True),
        ("2026-03-02T09:00:00", False),
        ("2026-03-02T09:00:00.Z", False),
        ("2026-03-02T09:00:00,5Z", False),
        ("2026-03-02T09:00Z", False),
        ("2026-03-02T24:00:00Z", False),
        ("2026-02-29T09:00:00Z", False),
        ("2026-03-02T09:00:00+08", False),
        ("2026-03-02T09:00:00+24:00", False),
        ("2026-03-02T09:00:00+08:60", False),
        ("２０２６-03-02T09:00:00Z", False),
        ("2026-03-02", False),
        ("1772413200", False),
        ("2026-03-02T09:00:00Z ", False),
    ],
)
@pytest.mark.parametrize("tag", ["kefu.tick", "kefu.sla.met"])
def test_both_take_rfc_3339_with_a_zone_and_nothing_less(tag: str, time: str, good: bool) -> None:
    document = {**EXAMPLES[tag], "time": time}
    assert VALIDATORS[tag].is_valid(document) is good
    assert _codec_reads(tag, document) is good


@pytest.mark.parametrize("time", ["2026-03-02 09:00:00Z", "2026-03-02T09:00:00+0800"])
def test_two_spellings_are_read_that_the_contract_does_not_promise(time: str) -> None:
    document = {**EXAMPLES["kefu.tick"], "time": time}
    assert not VALIDATORS["kefu.tick"].is_valid(document)
    assert _codec_reads("kefu.tick", document)
