"""What holds for every importer alike: nothing is lost, faults are told, times are repeatable.

What is peculiar to one format is in `test_sources_formats` and `test_sources_columns`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from kefu.errors import UserError
from kefu.replay import InProcess, Totals, replay
from kefu.source_options import parse_mapping
from kefu.sources import SourceError, SourceRecord
from schemas.codec import encode, to_ms
from schemas.outputs import DeadLetter, Duplicate, MessageEnriched, Output
from tests.sources_reading import messages, problems, records_of, texts
from tests.unit.builders import CONFIG, agent, customer

Turn = tuple[str, str, str]
"""Conversation, role, text."""
TALK: list[Turn] = [
    (f"s{n % 3}", "customer" if n % 2 == 0 else "agent", f"第{n}句") for n in range(12)
]


def as_jddc(turns: list[Turn]) -> list[str]:
    return [f"{c}\tu\t{'01'[role == 'agent']}\t0\t0\tnan\t{text}" for c, role, text in turns]


def as_stc3(turns: list[Turn]) -> list[str]:
    lines = []
    for name in dict.fromkeys(c for c, _, _ in turns):
        of_one = [
            {"sender": "helpdesk" if role == "agent" else role, "utterances": [text]}
            for c, role, text in turns
            if c == name
        ]
        lines.append(orjson.dumps({"id": name, "turns": of_one}).decode())
    return lines


def as_twcs(turns: list[Turn]) -> list[str]:
    lines = ["tweet_id,author_id,inbound,created_at,text,in_response_to_tweet_id"]
    last: dict[str, int] = {}
    for n, (c, role, text) in enumerate(turns, start=1):
        time = f"Wed Oct 11 06:{n:02}:00 +0000 2017"
        inbound = role == "customer"
        lines.append(
            f"{n},{'u' + c if inbound else 'Shop'},{inbound},{time},{text},{last.get(c, '')}"
        )
        last[c] = n
    return lines


def as_csv(turns: list[Turn]) -> list[str]:
    return ["session,role,text", *(",".join(turn) for turn in turns)]


def as_jsonl(turns: list[Turn]) -> list[str]:
    names = ("session", "role", "text")
    return [orjson.dumps(dict(zip(names, turn, strict=True))).decode() for turn in turns]


def as_events(turns: list[Turn]) -> list[str]:
    says = {"customer": customer, "agent": agent}
    return [encode(says[role](n, text, to=c)).decode() for n, (c, role, text) in enumerate(turns)]


FORMATS: dict[str, Callable[[list[Turn]], list[str]]] = {
    "jddc": as_jddc,
    "stc3": as_stc3,
    "twcs": as_twcs,
    "csv": as_csv,
    "jsonl": as_jsonl,
    "events": as_events,
}
MADE_TIMES = ["jddc", "stc3", "csv", "jsonl"]
every_format = pytest.mark.parametrize("source_format", FORMATS)


def read(
    folder: Path, source_format: str, lines: list[str], **options: object
) -> list[SourceRecord]:
    return records_of(folder, "talk", "\n".join(lines) + "\n", source_format, **options)


@every_format
def test_every_turn_becomes_one_message_in_order_of_time(
    tmp_path: Path, source_format: str
) -> None:
    records = read(tmp_path, source_format, FORMATS[source_format](TALK))
    assert sorted(texts(records), key=str) == sorted(text for _, _, text in TALK)
    assert not problems(records)
    times = [r.event.time for r in records if r.event is not None]
    assert times == sorted(times)
    for name in ("s0", "s1", "s2"):
        expected = [text for c, _, text in TALK if c == name]
        found = [m for m in messages(records) if m.data.text in expected]
        assert [m.data.text for m in found] == expected
        assert len({m.subject for m in found}) == 1


@every_format
def test_bom_crlf_blank_lines_and_a_missing_last_line_end_change_nothing(
    tmp_path: Path, source_format: str
) -> None:
    lines = FORMATS[source_format](TALK)
    plain = read(tmp_path, source_format, lines)
    odd = "\ufeff" + "\r\n\r\n".join(lines)
    again = records_of(tmp_path, "talk", odd, source_format)
    assert [r.event for r in again] == [r.event for r in plain]
    assert not problems(again)


@every_format
def test_a_broken_row_is_a_problem_at_its_line_and_costs_no_other(
    tmp_path: Path, source_format: str
) -> None:
    lines = FORMATS[source_format](TALK)
    lines.insert(2, '{"broken')
    records = read(tmp_path, source_format, lines)
    ((line, _, detail),) = problems(records)
    assert line == 3
    assert detail
    assert len(messages(records)) == len(TALK)


@every_format
def test_a_huge_row_is_a_problem_at_its_line_and_costs_no_other(
    tmp_path: Path, source_format: str
) -> None:
    huge = ("s9", "customer", "长" * 300_000)
    lines = FORMATS[source_format]([*TALK, huge])
    records = read(tmp_path, source_format, lines)
    assert [line for line, _, _ in problems(records)] == [len(lines)]
    assert len(messages(records)) == len(TALK)


UNKNOWN = {
    "jddc": ("\t0\t0\t0\tnan\t第0句", "\t9\t0\t0\tnan\t第0句", "sender"),
    "stc3": (
        '"sender":"customer","utterances":["第0句"]',
        '"sender":"x","utterances":["y"]',
        "sender",
    ),
    "twcs": (",True,Wed Oct 11 06:01", ",maybe,Wed Oct 11 06:01", "inbound"),
    "csv": ("customer,第0句", "老板,第0句", "role"),
    "jsonl": ('"customer","text":"第0句"', '"老板","text":"第0句"', "role"),
    "events": ('"role":"customer","text":"第0句"', '"role":"老板","text":"第0句"', "role"),
}


@every_format
def test_an_unknown_sender_is_a_problem_that_says_where_and_what_was_expected(
    tmp_path: Path, source_format: str
) -> None:
    lines = FORMATS[source_format](TALK)
    old, new, where = UNKNOWN[source_format]
    at = next(number for number, line in enumerate(lines, start=1) if old in line)
    lines[at - 1] = lines[at - 1].replace(old, new)
    records = read(tmp_path, source_format, lines)
    ((line, _, detail),) = problems(records)
    assert line == at
    assert where in detail
    assert "老板" not in detail
    assert len(messages(records)) == len(TALK) - 1


# A log of events may be empty: then nothing has happened.
@pytest.mark.parametrize("source_format", [name for name in FORMATS if name != "events"])
@pytest.mark.parametrize("content", ["", "\n\r\n", "\ufeff"])
def test_a_file_without_anything_in_it_is_one_error(
    tmp_path: Path, source_format: str, content: str
) -> None:
    with pytest.raises(SourceError, match=r"talk:1: .*empty"):
        records_of(tmp_path, "talk", content, source_format)


@every_format
def test_the_same_file_and_seed_give_the_same_events(tmp_path: Path, source_format: str) -> None:
    lines = FORMATS[source_format](TALK)
    first, again = (read(tmp_path, source_format, lines, seed=3) for _ in range(2))
    assert [r.event for r in first] == [r.event for r in again]
    other = read(tmp_path, source_format, lines, seed=4)
    is_same = [r.event for r in first] == [r.event for r in other]
    assert is_same == (source_format not in MADE_TIMES)


@pytest.mark.parametrize("source_format", MADE_TIMES)
def test_the_times_of_a_conversation_do_not_depend_on_the_others(
    tmp_path: Path, source_format: str
) -> None:
    alone = [turn for turn in TALK if turn[0] == "s1"]
    together = read(tmp_path, source_format, FORMATS[source_format](TALK))
    by_itself = read(tmp_path, source_format, FORMATS[source_format](alone))
    expected = [(m.data.text, m.time) for m in messages(by_itself)]
    assert expected
    assert [(m.data.text, m.time) for m in messages(together) if m.subject == "s1"] == expected


@every_format
def test_what_goes_into_the_engine_is_what_was_read(tmp_path: Path, source_format: str) -> None:
    lines = FORMATS[source_format](TALK)
    lines[3:3] = ['{"broken', '{"broken too']
    records = read(tmp_path, source_format, lines)
    out: list[Output] = []
    totals = Totals()
    wall_ms = max(to_ms(r.event.time) for r in records if r.event is not None)
    count = replay(records, InProcess(CONFIG, None), CONFIG, wall_ms=wall_ms, emit=out.append)
    for output in out:
        totals.add(output)
    assert count == len(records)
    assert sum(isinstance(output, MessageEnriched) for output in out) == len(TALK)
    lost = [output for output in out if isinstance(output, DeadLetter)]
    assert sorted(letter.data.offset for letter in lost) == [4, 5]
    assert totals.result()["dead_letters"] == 2
    assert not any(isinstance(output, Duplicate) for output in out)


def test_a_tweet_that_stands_twice_is_one_message_and_one_problem(tmp_path: Path) -> None:
    lines = as_twcs(TALK)
    records = read(tmp_path, "twcs", [*lines, lines[4]])
    ((line, _, detail),) = problems(records)
    assert line == len(lines) + 1
    assert "stood before in line 5" in detail
    assert len(messages(records)) == len(TALK)


@pytest.mark.parametrize("source_format", ["jddc", "csv", "jsonl"])
def test_a_row_that_stands_twice_is_a_message_twice(tmp_path: Path, source_format: str) -> None:
    # Without ids nobody can tell a repeat from a customer who says the same thing again.
    lines = FORMATS[source_format](TALK)
    records = read(tmp_path, source_format, [*lines, lines[-1]])
    assert len(messages(records)) == len(TALK) + 1
    assert len({m.id for m in messages(records)}) == len(TALK) + 1


def test_an_event_that_stands_twice_is_read_twice_and_counted_as_a_duplicate(
    tmp_path: Path,
) -> None:
    lines = as_events(TALK)
    records = read(tmp_path, "events", [*lines, lines[0]])
    out: list[Output] = []
    wall_ms = to_ms(messages(records)[-2].time)
    replay(records, InProcess(CONFIG, None), CONFIG, wall_ms=wall_ms, emit=out.append)
    assert sum(isinstance(output, Duplicate) for output in out) == 1


def test_a_reply_to_a_tweet_that_is_not_there_is_a_conversation_of_its_own(tmp_path: Path) -> None:
    lines = as_twcs(TALK[:1])
    lines.append("77,Shop,False,Wed Oct 11 07:00:00 +0000 2017,sorry,76")
    records = read(tmp_path, "twcs", lines)
    assert {m.subject for m in messages(records)} == {"1", "77"}
    assert not problems(records)


@pytest.mark.parametrize("source_format", ["csv", "jsonl", "twcs"])
def test_a_file_without_the_column_for_text_names_file_line_and_column(
    tmp_path: Path, source_format: str
) -> None:
    lines = [line.replace("text", "other") for line in FORMATS[source_format](TALK)]
    with pytest.raises(SourceError, match=r"talk:1: .*text"):
        read(tmp_path, source_format, lines)


@pytest.mark.parametrize("pair", ["text", "text=", "=content", "text=a,role"])
def test_a_mapping_that_is_no_pair_is_one_error(pair: str) -> None:
    with pytest.raises(UserError, match="expected TARGET=COLUMN"):
        parse_mapping((pair,))


def test_mappings_may_be_given_together_or_one_by_one() -> None:
    expected = {"text": "content", "role": "sender"}
    assert parse_mapping(("text=content,role=sender",)) == expected
    assert parse_mapping(("text=content", " role = sender ")) == expected
    assert parse_mapping(()) == {}
