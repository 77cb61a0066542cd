"""CSV and JSON lines with columns of any name."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kefu.sources import SourceError
from kefu.sources.values import parse_time
from schemas.codec import from_ms
from tests.sources_reading import check_contract, kinds, messages, problems, records_of, texts

SHANGHAI = ZoneInfo("Asia/Shanghai")
SIMPLE = "会话ID,发送者,内容,时间\n"


def test_chinese_headings_and_roles_are_understood_without_a_mapping(tmp_path: Path) -> None:
    content = SIMPLE + (
        "a,客户,在吗,2026-03-02 09:30:00\na,机器人,请选择,2026/3/2 9:30:01\n"
        "a,客服,您好,2026-03-02T09:31:00+08:00\na,系统,结束,1772415120\n"
    )
    records = records_of(tmp_path, "a.csv", content, "csv")
    assert [m.data.role for m in messages(records)] == ["customer", "bot", "agent", "system"]
    assert kinds(records)[0] == "opened"
    assert kinds(records)[-1] == "closed"
    check_contract(records)
    assert messages(records)[0].time.astimezone(SHANGHAI).hour == 9


# Trap: exports with the newest first gave a conversation that opened after its last message.
def test_rows_with_the_newest_first_are_put_in_order_before_the_conversation_opens(
    tmp_path: Path,
) -> None:
    content = SIMPLE + "a,客服,晚,2026-03-02 10:02:00\na,客户,早,2026-03-02 10:00:00\n"
    records = records_of(tmp_path, "a.csv", content, "csv")
    assert kinds(records) == ["opened", "message", "assigned", "message", "closed"]
    assert texts(records) == ["早", "晚"]


# Trap: one quote that is never closed made one message of the rest of the file.
@pytest.mark.parametrize("at", [0, 150, 299])
def test_a_quote_that_is_not_closed_costs_no_other_row(tmp_path: Path, at: int) -> None:
    rows = [f"c{n},客户,第{n}句,2026-03-02 10:00:00" for n in range(300)]
    rows[at] = f'c{at},客户,"第{at}句,2026-03-02 10:00:00'
    records = records_of(tmp_path, "a.csv", SIMPLE + "\n".join(rows), "csv")
    assert not problems(records)
    assert len(texts(records)) == 300
    assert f'"第{at}句' in texts(records)


def test_a_quoted_text_may_hold_separators_quotes_and_line_ends(tmp_path: Path) -> None:
    content = SIMPLE + 'a,客户,"你好,\n""在""吗",2026-03-02 10:00:00\n'
    content += 'a,客户,"他说"好"的",2026-03-02 10:00:01\nx,,,\n'
    records = records_of(tmp_path, "a.csv", content, "csv")
    assert texts(records) == ['你好,\n"在"吗', '他说"好"的']
    # The line after a row of two lines is still called by its own number.
    assert [line for line, _, _ in problems(records)] == [5]


def test_rows_that_cannot_be_events_name_line_column_and_what_was_expected(tmp_path: Path) -> None:
    content = SIMPLE + (
        "a,老板,在吗,2026-03-02 10:00:00\na,客户,在吗,昨天\n,客户,在吗,2026-03-02 10:00:00\n"
        "a,客户,在吗,2026-03-02 10:00:00,多\n" + "长" * 241 + ",客户,在吗,2026-03-02 10:00:00\n"
        f"a,客户,{'长' * 200_000},2026-03-02 10:00:00\na,客户,还在,2026-03-02 10:00:00\n"
    )
    records = records_of(tmp_path, "a.csv", content, "csv")
    assert texts(records) == ["还在"]
    expected = [
        (2, "invalid_value", "line 2, column 发送者: expected one of customer, agent, bot, system"),
        (3, "invalid_time", "line 3, column 时间: expected a time like 2026-03-02 09:30:00"),
        (4, "missing_field", "line 4, column 会话ID: expected the conversation's id"),
        (5, "invalid_value", "line 5, 5 cells, expected 4"),
        (6, "invalid_value", "line 6, column 会话ID: at most 240 characters"),
        (7, "invalid_value", "line 7, a cell is too long"),
    ]
    for (line, reason, detail), want in zip(problems(records), expected, strict=True):
        assert (line, reason) == want[:2]
        assert detail.startswith(want[2])


def test_a_detail_never_quotes_what_was_said(tmp_path: Path) -> None:
    content = SIMPLE + "a,13812345678,我的密码,昨天\na,客户,我的密码,13812345678x\n"
    for _, _, detail in problems(records_of(tmp_path, "a.csv", content, "csv")):
        assert "13812345678" not in detail
        assert "密码" not in detail


def test_dimensions_open_the_conversation_and_changes_go_with_the_message(tmp_path: Path) -> None:
    content = (
        "session,role,text,queue,priority,segment,tenant,channel,customer,agent,kind\n"
        "a,customer,hi,sales,高,vip,t1,wechat,c1,,text\na,agent,,tech,2,,,,,Li,图片\n"
    )
    records = records_of(tmp_path, "a.csv", content, "csv")
    opened = records[0].event
    assert opened is not None
    data = opened.data
    assert (data.queue, data.priority, data.segment, data.tenant) == ("sales", "P2", "vip", "t1")
    assert (data.channel, data.customer_id) == ("wechat", "c1")
    second = messages(records)[1].data
    assert (second.queue, second.priority, second.agent_id) == ("tech", None, "Li")
    assert (second.content_type, second.text) == ("image", None)


def test_an_unknown_priority_is_a_problem_with_the_allowed_values(tmp_path: Path) -> None:
    content = "session,role,text,priority\na,customer,hi,P9\n"
    ((line, reason, detail),) = problems(records_of(tmp_path, "a.csv", content, "csv"))
    assert (line, reason) == (2, "invalid_value")
    assert "P1 to P4" in detail


def test_a_mapping_names_columns_and_other_columns_are_left_alone(tmp_path: Path) -> None:
    content = "备注;备注;who;what;session\nx;y;0;在吗;s\nx;y;1;您好;s\n"
    mapping = {"role": "who", "text": "what"}
    records = records_of(tmp_path, "a.csv", content, "csv", mapping=mapping)
    assert [(m.data.role, m.data.text) for m in messages(records)] == [
        ("customer", "在吗"),
        ("agent", "您好"),
    ]
    assert messages(records)[0].synthetictime is True


@pytest.mark.parametrize(
    ("content", "mapping", "expected"),
    [
        ("a,b\n1,2\n", {}, "no column for text; name it with --map text=COLUMN"),
        ("a,role\n1,2\n", {"text": "c"}, "no column `c` for text; the file has: a, role"),
        ("a,role\n1,2\n", {"body": "a"}, "unknown target; known: text, role"),
        ("", {}, "the file is empty"),
        (",,\n1,2,3\n", {}, "expected a heading"),
    ],
)
def test_a_file_without_the_columns_is_one_error(
    tmp_path: Path, content: str, mapping: dict[str, str], expected: str
) -> None:
    with pytest.raises(SourceError, match=expected):
        records_of(tmp_path, "a.csv", content, "csv", mapping=mapping)


# Trap: Python keeps such bytes as lone surrogates, which no JSON may hold.
def test_a_file_name_that_is_not_utf_8_gives_events_that_can_be_written(tmp_path: Path) -> None:
    name = b"\xff\xfe.csv".decode("utf-8", "surrogateescape")
    check_contract(records_of(tmp_path, name, "role,text\ncustomer,hi\n", "csv"))


def test_the_zone_of_times_without_one_can_be_chosen(tmp_path: Path) -> None:
    content = "role,text,time\ncustomer,hi,2026-03-02 09:00:00\n"
    for zone, hour in (("Asia/Shanghai", 1), ("UTC", 9)):
        records = records_of(tmp_path, "a.csv", content, "csv", zone=zone)
        assert messages(records)[0].time.hour == hour
    for zone in ("Mars/Base", "../etc", ""):
        with pytest.raises(SourceError, match="unknown time zone"):
            records_of(tmp_path, "a.csv", content, "csv", zone=zone)


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-03-02 09:30:00", "2026-03-02T01:30:00+00:00"),
        ("2026/3/2 9:30", "2026-03-02T01:30:00+00:00"),
        ("2026年3月2日 09:30:00", "2026-03-02T01:30:00+00:00"),
        ("20260302093000", "2026-03-02T01:30:00+00:00"),
        ("2026-03-02T01:30:00.250Z", "2026-03-02T01:30:00.250000+00:00"),
        ("1772415000", "2026-03-02T01:30:00+00:00"),
        ("1772415000250", "2026-03-02T01:30:00.250000+00:00"),
        ("1772415000.0", "2026-03-02T01:30:00+00:00"),
    ],
)
def test_times_are_understood_as_exports_write_them(written: str, utc: str) -> None:
    time_ms = parse_time(written, SHANGHAI)
    assert time_ms is not None
    assert from_ms(time_ms) == datetime.fromisoformat(utc)


# Trap: superscript digits are digits to Python's isdigit, and no number to float.
@pytest.mark.parametrize(
    "written", ["", "²" * 10, "1772415000.x", "20260302", "1970-01-01 00:00:00", "9" * 13, "12:30"]
)
def test_what_is_no_time_of_service_data_is_none_and_never_a_crash(written: str) -> None:
    assert parse_time(written, SHANGHAI) is None


def test_json_values_of_other_types_are_text_or_a_problem(tmp_path: Path) -> None:
    content = (
        '{"role": 0, "text": "在吗", "created_at": 1772415000, "session": 7}\n'
        '{"role": 1.0, "text": 42, "created_at": 1772415001.5, "session": 7, "other": {"a": 1}}\n'
        '{"role": 1, "text": ["a"], "created_at": 1772415002, "session": 7}\n'
        '{"role": 1, "text": null, "created_at": 1772415003, "session": 7, "x": NaN}\n'
        "not json\n[1]\n"
    )
    records = records_of(tmp_path, "a.jsonl", content, "jsonl")
    assert texts(records) == ["在吗", "42", None]
    assert [(line, reason) for line, reason, _ in problems(records)] == [
        (3, "wrong_type"),
        (5, "invalid_json"),
        (6, "invalid_json"),
    ]
    assert {m.subject for m in messages(records)} == {"7"}
