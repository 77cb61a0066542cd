"""What a log line looks like: one JSON object, or plain for a person."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from confluent_kafka import KafkaError, KafkaException

from agents.connection import KafkaConnection
from kefu import logs
from tests.unit.log_builders import Log, caught_log, chained, raised


@pytest.fixture
def log() -> Iterator[Log]:
    with caught_log() as stream:
        yield stream


def test_the_cause_of_an_exception_is_lost(log: Log) -> None:
    logging.getLogger("kefu").error("failed", exc_info=raised(chained))
    (line,) = log.lines()
    assert line["exception"]["type"] == "RuntimeError"
    assert line["exception"]["cause"]["type"] == "ValueError"


def test_a_warning_is_no_line(log: Log) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("this is old", DeprecationWarning, stacklevel=1)
    (line,) = log.lines()
    assert line["logger"] == "py.warnings"
    assert line["message"].endswith("DeprecationWarning: this is old")


def test_a_failure_of_kafka_or_of_the_disk_does_not_say_which(log: Log) -> None:
    failure = KafkaException(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    logging.getLogger("kefu").warning("%s; %s", failure, OSError(28, "No space left on device"))
    (line,) = log.lines()
    assert "_ALL_BROKERS_DOWN" in line["message"]
    assert "OSError: No space left on device" in line["message"]


def test_a_line_has_no_time_with_an_offset_or_is_not_one_line() -> None:
    # Caught inside the test: pytest would keep the lone surrogate in its report, and the processes
    # of a parallel run cannot send that to each other.
    with caught_log() as log:
        logging.getLogger("kefu").warning("two\nlines of %s", "客服\ud800", extra={"topic": "t"})
    assert log.getvalue().isascii()
    (line,) = log.lines()
    time = datetime.fromisoformat(line["time"])
    assert time.utcoffset() == timedelta(0)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["time"])
    assert {**line, "time": ""} == {
        "time": "",
        "level": "WARNING",
        "logger": "kefu",
        "message": "two\nlines of 客服\ud800",
        "topic": "t",
        "worker": "w1",
    }


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("form", "is_terminal", "is_json"),
    [
        ("auto", True, False),
        ("auto", False, True),
        ("text", False, False),
        ("json", True, True),
    ],
)
def test_a_person_gets_json_or_a_collector_gets_text(
    form: str, is_terminal: bool, is_json: bool
) -> None:
    stream = Log(is_terminal=is_terminal)
    logs.configure("WARNING", form, stream=stream)
    logging.getLogger("kefu.stage").warning("on %s", "t/3")
    logging.getLogger("kefu.stage").info("too little")
    assert stream.getvalue().startswith("{") is is_json
    assert stream.getvalue().count("\n") == 1


def test_a_worker_that_cannot_start_says_so_in_plain_text_into_collected_logs() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "kefu", "worker", "--bootstrap-servers", "127.0.0.1:9"),
            *("--worker-id", "w1", "--metrics-token-file", "/nonexistent"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    (line,) = [json.loads(text) for text in done.stderr.splitlines()]
    assert line["message"].startswith("kefu: /nonexistent: the token cannot be read")
    assert (line["level"], line["worker"]) == ("CRITICAL", "w1")


def test_librdkafka_writes_past_the_log() -> None:
    """It would write to standard error itself, in lines of its own form, when it is fenced."""
    settings = KafkaConnection("127.0.0.1:9").confluent()
    assert settings["logger"].name == "librdkafka"


def test_a_line_that_a_library_repeats_fills_the_log_or_one_of_ours_is_left_out(log: Log) -> None:
    def said(logger: str, at_s: float, text: str) -> None:
        record = logging.makeLogRecord(
            {"name": logger, "levelno": logging.ERROR, "levelname": "ERROR", "msg": text}
        )
        record.created = at_s
        logging.getLogger().handle(record)

    for tenth in range(250):
        said("aiokafka", 1_000 + tenth / 10, "no broker")
        said("aiokafka", 1_000 + tenth / 10, f"node {tenth // 125}")
        said("kefu.stage", 1_000 + tenth / 10, "ours")
    lines = [(line["message"], line.get("left_out")) for line in log.lines()]
    assert lines.count(("ours", None)) == 250
    assert [told for told in lines if told[0] == "no broker"] == [
        ("no broker", None),
        ("no broker", 99),
        ("no broker", 99),
    ]
    assert [told for told in lines if told[0].startswith("node")] == [
        ("node 0", None),
        ("node 0", 99),
        ("node 1", None),
        ("node 1", 99),
    ]


def test_the_exception_of_a_repeated_line_is_lost(log: Log) -> None:
    for _ in range(3):
        logging.getLogger("aiokafka").error("failed", exc_info=raised(chained))
    assert len([line for line in log.lines() if "exception" in line]) == 3


def test_what_is_known_of_repeated_lines_grows(log: Log) -> None:
    for number in range(3 * logs.MAX_KNOWN):
        logging.getLogger("aiokafka").error("node %s", number)
    assert len(log.lines()) == 3 * logs.MAX_KNOWN
    (ours,) = [each for each in logging.getLogger().handlers if isinstance(each, logs._Handler)]
    assert len(ours._repeats._known) <= logs.MAX_KNOWN


def test_a_person_is_not_told_how_often_a_line_was_left_out() -> None:
    stream = Log(is_terminal=True)
    logs.configure("INFO", "text", stream=stream)
    for at_s in (1_000, 1_001, 1_011):
        record = logging.makeLogRecord({"name": "aiokafka", "levelno": 40, "msg": "no broker"})
        record.created = at_s
        logging.getLogger().handle(record)
    assert stream.getvalue().count("no broker") == 2
    assert "(1 more like it before)" in stream.getvalue()
