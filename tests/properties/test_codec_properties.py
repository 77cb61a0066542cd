"""Whatever stands in a Kafka record, the codec reads it or refuses it in its own words."""

import json
from contextlib import suppress
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import EVENT_TYPES, InvalidEvent, decode, decode_output
from tests.golden.make_contract_v1 import DOCUMENTS, stored
from tests.json_paths import field_paths, with_field

EXAMPLES = stored(DOCUMENTS)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def _refuses_or_reads(value: bytes) -> None:
    for read in (decode, decode_output):
        with suppress(InvalidEvent):
            read(value)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing_but_invalid_event(value: bytes) -> None:
    _refuses_or_reads(value)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_arbitrary_json_raises_nothing_but_invalid_event(document: Any) -> None:
    _refuses_or_reads(json.dumps(document).encode())


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(EXAMPLES)), st.data())
def test_one_arbitrary_field_in_a_good_event_raises_nothing_but_invalid_event(
    tag: str, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(sorted(field_paths(EXAMPLES[tag]))))
    changed = with_field(EXAMPLES[tag], path, data.draw(JSON))
    _refuses_or_reads(json.dumps(changed).encode())


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(EVENT_TYPES)), st.integers(0, 2_000), st.integers(0, 255))
def test_one_flipped_byte_raises_nothing_but_invalid_event(tag: str, at: int, to: int) -> None:
    value = bytearray(orjson.dumps(EXAMPLES[tag]))
    value[at % len(value)] = to
    _refuses_or_reads(bytes(value))
