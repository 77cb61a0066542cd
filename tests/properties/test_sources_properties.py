"""Whatever stands in a file, reading it ends in events that a worker accepts, or in one error."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kefu.sources import SourceError
from tests.sources_reading import check_contract, messages, problems, records_of

ODD = st.sampled_from(
    ["", " ", "nan", '"', '""', "\t", ",", "\x00", "\u2028", "\r", "\n", "\ufeff", "客户", "客服",
     "0", "1", "True", "s1", "2026-03-02 10:00:00", "1772415000", "²" * 10, "9999-12-31 23:59:59",
     "0001-01-01T00:00:00+14:00", "长" * 300, "Wed Oct 11 06:55:44 +0000 2017",
     "Fri Dec 31 23:59:59 -2359 9999", "Mon Jan 01 00:00:00 +2359 0001"]
)  # fmt: skip
CELL = ODD | st.text(max_size=12)
ROW = st.lists(CELL, min_size=1, max_size=9)
HEADINGS = {
    "jddc": (["s", "u", "0", "0", "0", "nan", "好"], "\t"),
    "csv": (["session", "role", "text", "time", "queue", "priority"], ","),
    "twcs": (
        ["tweet_id", "author_id", "inbound", "created_at", "text", "response_tweet_id",
         "in_response_to_tweet_id"], ","),
}  # fmt: skip


@pytest.mark.parametrize("source_format", HEADINGS)
@given(rows=st.lists(ROW, max_size=8))
@settings(max_examples=150, deadline=None)
@example(rows=[['"'] * 7, ["s", "客户", '"a', "1772415000"]])
def test_any_rows_give_events_of_the_contract_or_problems(
    source_format: str, rows: list[list[str]]
) -> None:
    heading, separator = HEADINGS[source_format]
    content = "\n".join(separator.join(row) for row in [heading, *rows])
    with TemporaryDirectory() as folder:
        raw = content.encode("utf-8", "replace")
        try:
            records = records_of(Path(folder), "f", raw, source_format)
        except SourceError as error:
            records, refused = [], str(error)
        else:
            refused = ""
    # The headings are right, so that only what is not text at all may be refused.
    assert not refused or "not text" in refused
    check_contract(records)
    lines = [line for line, _, _ in problems(records)]
    assert lines == sorted(set(lines))


UTTERANCE = st.text(max_size=20) | st.none() | st.integers(0, 9) | st.lists(st.text(max_size=3))
TURN = st.fixed_dictionaries(
    {"sender": st.sampled_from(["customer", "helpdesk", "robot", None, 5])},
    optional={"utterances": st.lists(UTTERANCE, max_size=4) | UTTERANCE},
)
DIALOGUE = st.fixed_dictionaries(
    {"turns": st.lists(TURN | st.integers(0, 9), max_size=5)},
    optional={
        "id": st.sampled_from(["1", "", 1, None, "x" * 300, []]),
        "start": st.sampled_from([1_428_722_297, "1428722297", -5, 1e300, "nan", None, True, 0]),
    },
)


@given(documents=st.lists(DIALOGUE | st.integers(0, 9), max_size=5))
@settings(max_examples=150, deadline=None)
def test_every_utterance_of_any_dialogue_is_an_event_or_its_line_is_a_problem(
    documents: list[dict[str, object]],
) -> None:
    good = {"id": "first", "turns": [{"sender": "customer", "utterances": ["好"]}]}
    content = b"\n".join(orjson.dumps(document) for document in [good, *documents])
    with TemporaryDirectory() as folder:
        records = records_of(Path(folder), "f", content, "stc3")
    check_contract(records)
    troubled = {line for line, _, _ in problems(records)}
    for line, document in enumerate([good, *documents], start=1):
        said = len([r for r in records if r.line == line and messages([r])])
        assert said == _sayable(document) or line in troubled
        assert said or line in troubled


def _sayable(document: object) -> int:
    """How many utterances stand in the dialogue, counted the simple way."""
    turns = document["turns"] if isinstance(document, dict) else []
    count = 0
    for turn in turns:
        said = turn.get("utterances") if isinstance(turn, dict) else None
        count += len(said) if isinstance(said, list) else 1
    return count


@given(content=st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_end_in_records_or_one_error_in_every_format(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        for source_format in ("jddc", "stc3", "twcs", "csv", "jsonl", "events"):
            try:
                records = records_of(Path(folder), "f", content, source_format)
            except SourceError:
                continue
            for record in records:
                assert (record.event is None) != (record.problem is None)
