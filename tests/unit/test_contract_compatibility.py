"""What was written under contract v1 stays readable, and v1 readers read what comes later."""

import copy
from datetime import datetime
from typing import Any

import msgspec
import orjson
import pytest

from schemas.codec import (
    EVENT_TYPES,
    OUTPUT_TYPES,
    InvalidEvent,
    Reason,
    decode,
    decode_output,
    encode,
)
from schemas.export import json_schemas
from tests.contract_compatibility import broken_promises
from tests.golden.make_contract_v1 import DOCUMENTS, SCHEMAS, stored

EXAMPLES = stored(DOCUMENTS)
PROMISED = stored(SCHEMAS)
FRESH = json_schemas()
ADD = "new in the contract: run `python -m tests.golden.make_contract_v1`"

TABLES = ("issues", "counts", "subjects", "purposes")
"""Fields whose keys are data: nothing may be added in them."""


def test_every_type_has_a_stored_document_and_a_promised_schema() -> None:
    assert EXAMPLES.keys() == EVENT_TYPES.keys() | OUTPUT_TYPES.keys(), ADD
    assert PROMISED.keys() == EXAMPLES.keys(), ADD


@pytest.mark.parametrize("tag", EXAMPLES)
def test_stored_v1_documents_decode_for_ever_and_lose_nothing(tag: str) -> None:
    stored_line = orjson.dumps(EXAMPLES[tag])
    if tag in EVENT_TYPES:
        read: Any = decode(stored_line)
        assert read.unknown_fields == 0, "a field of v1 is not known any more"
        read = read.event
    else:
        read = decode_output(stored_line)
    assert type(read).__struct_config__.tag == tag
    _assert_says(read, EXAMPLES[tag])


@pytest.mark.parametrize("tag", EXAMPLES)
def test_what_is_read_of_a_stored_v1_document_is_written_again_byte_for_byte(tag: str) -> None:
    ours = orjson.dumps(_in_our_spelling(EXAMPLES[tag], (EVENT_TYPES | OUTPUT_TYPES)[tag]))
    assert _written_again(orjson.dumps(EXAMPLES[tag])) == ours
    assert _written_again(ours) == ours


def _written_again(value: bytes) -> bytes:
    if orjson.loads(value)["type"] in EVENT_TYPES:
        return encode(decode(value).event)
    return encode(decode_output(value))


def _in_our_spelling(document: Any, cls: type[Any]) -> Any:
    """Fractions of a second in six digits, and without the fields of `data` left at a default."""
    data_type = cls.__annotations__["data"]
    omits = data_type.__struct_config__.omit_defaults
    defaults = {f.name: f.default for f in msgspec.structs.fields(data_type) if omits}
    data = {k: v for k, v in document["data"].items() if k not in defaults or defaults[k] != v}
    return _six_digits({**document, "data": data})


def _six_digits(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _six_digits(value) for key, value in part.items()}
    return part.replace(".125+08:00", ".125000+08:00") if isinstance(part, str) else part


def _assert_says(read: Any, document: Any) -> None:
    """Every field of the document stands in what was read, with its value."""
    if isinstance(read, msgspec.Struct):
        for name, value in document.items():
            if name != "type":
                _assert_says(getattr(read, name), value)
    elif isinstance(read, list):
        for item, value in zip(read, document, strict=True):
            _assert_says(item, value)
    elif isinstance(read, datetime):
        assert read == datetime.fromisoformat(document)
    else:
        assert read == document


@pytest.mark.parametrize("tag", EVENT_TYPES)
def test_fields_of_a_later_minor_version_are_counted_and_change_nothing(tag: str) -> None:
    later = copy.deepcopy(EXAMPLES[tag])
    later |= {"later": {"deep": [1]}, "laterstill": None}
    later["data"] |= {"later_field": [{"text": "x"}]}
    read = decode(orjson.dumps(later))
    assert read.unknown_fields == 3
    assert read.event == decode(orjson.dumps(EXAMPLES[tag])).event


@pytest.mark.parametrize("tag", OUTPUT_TYPES)
def test_fields_added_at_any_depth_of_an_output_change_nothing(tag: str) -> None:
    later = _with_more(EXAMPLES[tag])
    assert decode_output(orjson.dumps(later)) == decode_output(orjson.dumps(EXAMPLES[tag]))


def _with_more(part: Any, name: str = "") -> Any:
    """The same with one more field in every object, except in those whose keys are data."""
    if isinstance(part, list):
        return [_with_more(inner) for inner in part]
    if isinstance(part, dict):
        more = {} if name in TABLES else {"later": {"deep": [1]}}
        return {**{key: _with_more(value, key) for key, value in part.items()}, **more}
    return part


def test_a_type_of_a_later_minor_version_is_refused_by_its_own_reason() -> None:
    later = {**EXAMPLES["kefu.conversation.message"], "type": "kefu.conversation.typing"}
    with pytest.raises(InvalidEvent) as refused:
        decode(orjson.dumps(later))
    assert refused.value.reason is Reason.UNKNOWN_TYPE
    with pytest.raises(InvalidEvent) as refused:
        decode_output(orjson.dumps(later))
    assert refused.value.reason is Reason.UNKNOWN_TYPE


# --- promises ------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", PROMISED)
def test_today_keeps_every_promise_of_v1(tag: str) -> None:
    ours = tag in OUTPUT_TYPES
    assert broken_promises(PROMISED[tag], FRESH.get(tag), written_by_us=ours) == []


@pytest.mark.parametrize("tag", FRESH)
def test_every_field_of_today_is_promised(tag: str) -> None:
    assert broken_promises(FRESH[tag], PROMISED[tag], written_by_us=True) == [], ADD


def _changed(tag: str, *steps: str, to: Any = None) -> dict[str, Any]:
    """The schema of a type with one place changed, or taken out."""
    schema = copy.deepcopy(FRESH[tag])
    inner: Any = schema
    for step in steps[:-1]:
        inner = inner[step]
    if to is None:
        del inner[steps[-1]]
    else:
        inner[steps[-1]] = to
    return schema


MESSAGE = "kefu.conversation.message"
DATA = ("$defs", "MessageData")
FIELD = (*DATA, "properties")
NULL_OR_TEXT = {"anyOf": [{"type": "string"}, {"type": "null"}]}
ENRICHED = ("$defs", "EnrichedData")
FACTS = ("$defs", "Tally", "properties")


@pytest.mark.parametrize(
    ("tag", "steps", "to", "expected"),
    [
        (MESSAGE, ("properties", "sequence"), None, "$.sequence: removed"),
        (MESSAGE, (*FIELD, "text"), None, "$.data.text: removed"),
        ("kefu.qa.facts", (*FACTS, "met"), None, "$.data.tally.met: removed"),
        (MESSAGE, (*FIELD, "auto"), {"type": "string"}, "$.data.auto: was boolean, is string"),
        (MESSAGE, ("properties", "id"), NULL_OR_TEXT, "$.id: was string, is null or string"),
        (
            MESSAGE,
            ("properties", "time"),
            {"type": "string"},
            "$.time: was string (date-time), is string",
        ),
        (MESSAGE, (*DATA, "required"), ["role", "text"], "$.data.text: newly required"),
        (
            MESSAGE,
            (*FIELD, "role", "enum"),
            ["agent", "bot", "customer"],
            "$.data.role: values removed: ['system']",
        ),
        (MESSAGE, (*FIELD, "auto", "default"), True, "$.data.auto: default was False, is True"),
        (MESSAGE, ("properties", "id", "maxLength"), 64, "$.id: maxLength tightened to 64"),
        (
            "kefu.conversation.rated",
            ("$defs", "RatedData", "properties", "score", "minimum"),
            1,
            "$.data.score: minimum tightened to 1",
        ),
        (
            "kefu.qa.issue",
            ("$defs", "QaIssueData", "properties", "caused_by", "items"),
            {"type": "integer"},
            "$.data.caused_by.<items>: was string, is integer",
        ),
        (
            "kefu.qa.scorecard",
            ("$defs", "ScorecardData", "properties", "issues", "additionalProperties"),
            {"type": "number"},
            "$.data.issues.<additionalProperties>: was integer, is number",
        ),
        (
            MESSAGE,
            (*DATA, "additionalProperties"),
            False,
            "$.data: unknown fields are no longer all allowed",
        ),
        (
            MESSAGE,
            (*DATA, "additionalProperties"),
            {"type": "string"},
            "$.data: unknown fields are no longer all allowed",
        ),
        (
            MESSAGE,
            ("properties", "subject", "pattern"),
            "^c-",
            "$.subject: `pattern` may forbid what was allowed: teach the comparer about it",
        ),
    ],
)
def test_a_broken_promise_is_named(
    tag: str, steps: tuple[str, ...], to: Any, expected: str
) -> None:
    ours = tag in OUTPUT_TYPES
    assert broken_promises(FRESH[tag], _changed(tag, *steps, to=to), written_by_us=ours) == [
        expected
    ]


def test_a_type_that_is_gone_is_a_broken_promise() -> None:
    assert broken_promises(FRESH[MESSAGE], None, written_by_us=False) == ["$: the type is gone"]


def test_an_added_optional_field_breaks_nothing() -> None:
    more = _changed(MESSAGE, *FIELD, "mood", to={"type": "string"})
    assert broken_promises(FRESH[MESSAGE], more, written_by_us=False) == []


def test_what_allows_writers_more_breaks_only_the_readers_of_outputs() -> None:
    tag = "kefu.message.enriched"
    role = _changed(
        tag, *ENRICHED, "properties", "role", "enum", to=["agent", "bot", "customer", "system", "x"]
    )
    fewer = _changed(
        tag,
        *ENRICHED,
        "required",
        to=sorted({*FRESH[tag]["$defs"]["EnrichedData"]["required"]} - {"text"}),
    )
    assert broken_promises(FRESH[tag], role, written_by_us=False) == []
    assert broken_promises(FRESH[tag], fewer, written_by_us=False) == []
    assert broken_promises(FRESH[tag], role, written_by_us=True) == [
        "$.data.role: values added: ['x']"
    ]
    assert broken_promises(FRESH[tag], fewer, written_by_us=True) == [
        "$.data.text: no longer always there"
    ]
