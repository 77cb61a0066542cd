"""The importers of the three public kinds of data: jddc, stc3, twcs; and our own event files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson
import pytest

from kefu.sources import MAX_RAW_BYTES, SourceError, SourceOptions, formats, read
from schemas.codec import decode, encode
from tests.sources_reading import check_contract, kinds, messages, problems, records_of, texts


def jddc(*rows: tuple[str, ...]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)


def row(session: str, sender: str, text: str, transfer: str = "0") -> tuple[str, ...]:
    return (session, "u1", sender, transfer, "0", "nan", text)


def test_every_importer_is_found_by_its_file_and_has_one_line_of_help() -> None:
    assert set(formats()) == {"jddc", "stc3", "twcs", "csv", "jsonl", "events"}
    assert all(help_line.strip() for help_line in formats().values())


def test_a_session_becomes_opened_assigned_messages_closed(tmp_path: Path) -> None:
    records = records_of(
        tmp_path, "a.tsv", jddc(row("s", "0", "在吗"), row("s", "1", "您好")), "jddc"
    )
    assert kinds(records) == ["opened", "message", "assigned", "message", "closed"]
    check_contract(records)
    agent = messages(records)[1].data.agent_id
    assert agent is not None
    assert agent.startswith("agent-")
    assert all(r.event is not None and r.event.synthetictime is True for r in records)


# Trap: the flag stands on every row of a transferred session, so that one transfer became ten.
def test_the_transfer_mark_of_a_session_is_one_transfer_not_one_a_row(tmp_path: Path) -> None:
    rows = [row("s", "01"[n % 2], f"第{n}句", "1") for n in range(6)]
    records = records_of(tmp_path, "a.tsv", jddc(*rows), "jddc")
    assert kinds(records).count("transferred") == 1
    assert kinds(records)[:2] == ["opened", "transferred"]


# Trap: the agent after a transfer was taken for the one before it, and never assigned.
def test_after_a_transfer_another_agent_is_assigned(tmp_path: Path) -> None:
    rows = [
        row("s", "0", "a"),
        row("s", "1", "b"),
        row("s", "0", "c", "1"),
        row("s", "1", "d", "1"),
    ]
    records = records_of(tmp_path, "a.tsv", jddc(*rows), "jddc")
    assert kinds(records).count("assigned") == 2
    first, second = (m.data.agent_id for m in messages(records) if m.data.role == "agent")
    assert first != second


# Trap: a TSV without quoting rules has quotes, tabs and CRLF in its texts, and a BOM before all.
def test_quotes_tabs_bom_crlf_and_blank_lines_are_part_of_the_text_or_nothing(
    tmp_path: Path,
) -> None:
    content = '\ufeffs\tu\t0\t0\t0\tnan\t"他说\r\n\r\ns\tu\t1\t0\t0\tnan\ta\tb"\r\n'
    records = records_of(tmp_path, "a.tsv", content, "jddc")
    assert texts(records) == ['"他说', 'a\tb"']
    assert messages(records)[0].subject == "s"


def test_rows_that_cannot_be_events_are_problems_with_line_and_column(tmp_path: Path) -> None:
    content = jddc(
        row("s", "0", "好"),
        row("s", "7", "谁"),
        ("s", "u", "0", "0", "0"),
        row("", "0", "哪里"),
        row("s", "1", "长" * 32_769),
        row("s", "1", "在"),
    )
    records = records_of(tmp_path, "a.tsv", content, "jddc")
    found = problems(records)
    assert [(line, reason) for line, reason, _ in found] == [
        (2, "invalid_value"),
        (3, "missing_field"),
        (4, "invalid_value"),
        (5, "too_large"),
    ]
    assert "column 3 (sender): expected 0 (customer) or 1 (agent)" in found[0][2]
    assert texts(records) == ["好", "在"]


# Trap: a row of megabytes in a dead letter is more than Kafka takes, and ends `kefu produce`.
def test_a_broken_row_is_kept_whole_up_to_what_a_dead_letter_holds(tmp_path: Path) -> None:
    small = jddc(row("s", "7", "谁在说话"))
    content = jddc(row("s", "0", "好")) + small + jddc(row("s", "7", "长" * 500_000))
    broken = [r for r in records_of(tmp_path, "a.tsv", content, "jddc") if r.problem]
    assert broken[0].raw == small.rstrip("\n").encode()
    assert broken[1].raw is not None
    assert len(broken[1].raw) == MAX_RAW_BYTES < 1_500_000


def test_a_text_that_a_writer_marked_as_missing_is_a_message_without_text(tmp_path: Path) -> None:
    records = records_of(tmp_path, "a.tsv", jddc(row("s", "0", "nan"), row("s", "0", " ")), "jddc")
    assert [(m.data.text, m.data.content_type) for m in messages(records)] == [(None, "other")] * 2


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("a,b,c\n", "1 columns, expected 7 separated by tabs"),
        ("会话".encode("gb18030") * 50, "not UTF-8"),
        ("s\tu\t0\t0\t0\tn\t好\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_of_another_kind_is_one_error_with_file_and_line(
    tmp_path: Path, content: str | bytes, expected: str
) -> None:
    with pytest.raises(SourceError, match=expected) as error:
        records_of(tmp_path, "a.tsv", content, "jddc")
    assert "a.tsv:1:" in str(error.value)


# Trap: readers are lazy, so that a missing file was noticed only after Kafka had been started.
def test_a_missing_file_a_folder_and_an_unknown_format_are_told_at_once(tmp_path: Path) -> None:
    for path, source_format, expected in [
        (tmp_path / "none", "csv", "cannot be read"),
        (tmp_path, "csv", "is a folder"),
        (tmp_path / "none", "xml", "unknown format `xml`; known: csv, events"),
    ]:
        with pytest.raises(SourceError, match=expected):
            read(path, source_format, SourceOptions())


# Trap: with one generator for the whole file, a session more moves the times of all the others.
def test_the_times_of_a_session_do_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    mine = [row("s", "0", "在吗"), row("s", "1", "您好")]
    others = [row(f"o{n}", "0", "别人") for n in range(5)]
    alone = messages(records_of(tmp_path, "a.tsv", jddc(*mine), "jddc"))
    among = messages(records_of(tmp_path, "a.tsv", jddc(*others, *mine), "jddc"))
    again = messages(records_of(tmp_path, "a.tsv", jddc(*mine), "jddc", seed=8))
    assert [m.time for m in alone] == [m.time for m in among if m.subject == "s"]
    assert [m.time for m in alone] != [m.time for m in again]


def test_sessions_begin_all_over_the_day_and_some_answers_are_later_than_210_seconds(
    tmp_path: Path,
) -> None:
    rows = [row(f"s{n}", sender, "在吗") for n in range(3_000) for sender in "01"]
    said = messages(records_of(tmp_path, "a.tsv", jddc(*rows), "jddc"))
    asked = {m.subject: m.time for m in said if m.data.role == "customer"}
    answered = {m.subject: m.time for m in said if m.data.role == "agent"}
    # 09:00 to 21:00 in Shanghai.
    assert {time.hour for time in asked.values()} == set(range(1, 13))
    waits = [(answered[name] - asked[name]).total_seconds() for name in asked]
    assert 0.045 < sum(wait > 210 for wait in waits) / len(waits) < 0.08


def stc3(*documents: object) -> bytes:
    return b"".join(orjson.dumps(document) + b"\n" for document in documents)


def test_turns_become_messages_from_the_given_start(tmp_path: Path) -> None:
    turns = [
        {"sender": "customer", "utterances": ["坏了", ""]},
        {"sender": "helpdesk", "utterances": "您好"},
    ]
    content = stc3({"id": "1", "start": 1_428_722_297, "turns": turns, "extra": [1]})
    records = records_of(tmp_path, "a.jsonl", content, "stc3")
    assert texts(records) == ["坏了", None, "您好"]
    assert messages(records)[0].time.timestamp() == 1_428_722_297
    check_contract(records)


# Trap: what Python writes where a number is missing is not JSON, and cost the whole dialogue.
def test_nan_beside_the_turns_does_not_cost_the_dialogue_nor_change_what_was_said(
    tmp_path: Path,
) -> None:
    content = (
        b'{"id": 5, "start": NaN, "q": -Infinity, '
        b'"turns": [{"sender": "customer", "utterances": ["x, NaN, \\" y"]}]}\n'
    )
    records = records_of(tmp_path, "a.jsonl", content, "stc3")
    assert texts(records) == ['x, NaN, " y']
    assert messages(records)[0].subject == "5"


# Trap: a dialogue without turns was passed over without a word.
def test_nothing_of_a_broken_dialogue_is_lost_silently(tmp_path: Path) -> None:
    good = {"sender": "customer", "utterances": ["好"]}
    content = stc3(
        {"id": "a", "turns": [good]},
        {"id": "b", "turns": []},
        {"id": "c", "turns": [good, {"sender": "robot"}, {"sender": "customer"}, 5, good]},
        {"id": "d", "turns": [{"sender": "customer", "utterances": [5, "有"]}]},
        {"id": "e", "turns": [{"sender": "customer", "utterances": []}]},
        ["not an object"],
    )
    records = records_of(tmp_path, "a.jsonl", content, "stc3")
    assert texts(records).count("好") == 3
    assert "有" in texts(records)
    assert [line for line, _, _ in problems(records)] == [2, 3, 4, 5, 6]
    # One record, because a dead letter is named by its line: three of one name would be one.
    detail = problems(records)[1][2]
    assert "turn 2" in detail
    assert "turn 3" in detail
    assert "turn 4" in detail


def test_dialogues_of_one_id_do_not_run_into_each_other(tmp_path: Path) -> None:
    turns = [{"sender": "customer", "utterances": ["好"]}]
    content = stc3(*({"id": name, "turns": turns} for name in ("1", "1", None, None, {"a": 1})))
    records = records_of(tmp_path, "a.jsonl", content, "stc3")
    assert {m.subject for m in messages(records)} == {
        "1", "1-line-2", "line-3", "line-4", "line-5",
    }  # fmt: skip
    check_contract(records)


HEADING = "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n"


def tweet(name: str, author: str, minute: int, text: str, answers: str = "", to: str = "") -> str:
    inbound = author.isdigit()
    time = f"Wed Oct 11 06:{minute:02}:00 +0000 2017"
    return f'{name},{author},{inbound},{time},"{text}","{answers}",{to}\n'


def test_replies_in_any_order_of_rows_become_one_conversation_in_order_of_time(
    tmp_path: Path,
) -> None:
    content = HEADING + tweet("3", "100", 9, "ok", to="2")
    content += tweet("2", "Shop", 5, "hi", "3", "1") + tweet("1", "100", 1, "help\nme", "2")
    records = records_of(tmp_path, "a.csv", content, "twcs")
    assert texts(records) == ["help\nme", "hi", "ok"]
    assert {m.subject for m in messages(records)} == {"1"}
    opened = records[0].event
    assert opened is not None
    assert (opened.data.queue, opened.data.channel) == ("Shop", "twitter")
    check_contract(records)
    assert opened.synthetictime is not True


# Trap: the tweet between two others is often not in the sample.
def test_tweets_that_hang_together_by_a_missing_one_are_one_conversation(tmp_path: Path) -> None:
    content = HEADING + tweet("1", "100", 1, "a", answers="2")
    content += tweet("3", "100", 3, "c", to="2.0") + tweet("9", "Shop", 4, "news")
    records = records_of(tmp_path, "a.csv", content, "twcs")
    assert Counter(m.subject for m in messages(records)) == {"1": 2, "9": 1}
    campaigns = [r.event.data.campaign for r in records if kinds([r]) == ["opened"]]  # type: ignore[union-attr]
    assert campaigns == [False, True]


def test_a_circle_of_replies_ends(tmp_path: Path) -> None:
    content = HEADING + tweet("1", "100", 1, "a", to="2") + tweet("2", "100", 2, "b", to="1")
    assert len(messages(records_of(tmp_path, "a.csv", content, "twcs"))) == 2


def test_malformed_tweets_are_problems_that_name_the_column(tmp_path: Path) -> None:
    content = (
        HEADING
        + tweet("1", "100", 1, "a")
        + tweet("1", "100", 2, "again")
        + "2,100,maybe,Wed Oct 11 06:55:44 +0000 2017,x,,\n"
        + "3,100,True,yesterday,x,,\n"
        + ",100,True,Wed Oct 11 06:55:44 +0000 2017,x,,\n"
        + "4,100,True,Wed Oct 11 06:55:44 +0000 2017,x\n"
    )
    records = records_of(tmp_path, "a.csv", content, "twcs")
    assert texts(records) == ["a", "x"]
    found = problems(records)
    assert [(line, reason) for line, reason, _ in found] == [
        (3, "invalid_value"),
        (4, "invalid_value"),
        (5, "invalid_time"),
        (6, "missing_field"),
    ]
    for (_, _, detail), column in zip(
        found, ("tweet_id", "inbound", "created_at", "author_id"), strict=True
    ):
        assert column in detail


def test_event_files_keep_their_order_and_hand_broken_lines_through(tmp_path: Path) -> None:
    rows = [row("s", "0", "在吗"), row("s", "1", "您好")]
    events = [r.event for r in records_of(tmp_path, "a.tsv", jddc(*rows), "jddc") if r.event]
    lines = [encode(event) for event in reversed(events)]
    lines.insert(2, b'{"type": "\xff"}')
    lines.append(b"[" + b"1," * 2_000_000 + b"1]")
    content = b"\xef\xbb\xbf" + b"\r\n".join(lines)
    records = records_of(tmp_path, "a.jsonl", content, "events")
    assert [r.event for r in records if r.event] == events[::-1]
    assert [(line, reason) for line, reason, _ in problems(records)] == [
        (3, "invalid_utf8"),
        (7, "too_large"),
    ]
    assert records[2].raw == b'{"type": "\xff"}'
    # Trap: the whole of it would be more than Kafka takes, and end `kefu produce`.
    assert records[-1].raw is not None
    assert len(records[-1].raw) == MAX_RAW_BYTES
    with pytest.raises(ValueError, match="too_large"):
        decode(records[-1].raw)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "source_format", "conversations", "said"),
    [
        ("jddc_sessions.tsv", "jddc", 711, 8_702),
        ("stc3_helpdesk.jsonl", "stc3", 2_987, 13_444),
        ("twcs_sample.csv", "twcs", 27, 93),
    ],
)
def test_every_utterance_of_the_real_files_becomes_an_event(
    shared_data: Path, name: str, source_format: str, conversations: int, said: int
) -> None:
    records = list(read(shared_data / name, source_format, SourceOptions()))
    assert not problems(records)
    assert len(messages(records)) == said
    assert len({r.key for r in records}) == conversations
    check_contract(records)
