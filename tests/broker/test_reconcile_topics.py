"""`kefu reconcile` on Kafka: refused events, losses at the end, and topics that are not there."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from confluent_kafka.admin import AdminClient, NewTopic

from agents.topics import partition_counts
from kefu.cli import kefu
from kefu.demo.workers import free_port
from kefu.local_kafka import LocalKafka
from kefu.log_writer import LogWriter
from kefu.reconcile_reader import SETTLE_MS
from pipeline.reconcile import HOUR_MS, hour_of
from schemas.codec import encode, from_ms
from schemas.events import ConversationMessage, MessageData
from schemas.source_counts import SOURCE_COUNTS, SourceCount, SourceCountData
from schemas.topics import CONVERSATIONS
from tests.broker.harness import fresh_broker, running_worker, wait_until_drained
from tests.broker.pages import scrape, total
from tests.broker.test_lost_consultations import run

pytestmark = pytest.mark.broker

SENT, LOST_AT_THE_END, BROKEN, GAP = 40, 3, 17, (20, 24)


def event(source: str, number: int, time_ms: int, sequence: int | None) -> ConversationMessage:
    found = ConversationMessage(
        id=f"{source}-{number}",
        source=source,
        time=from_ms(time_ms),
        subject=f"{source}-{number % 5}",
        data=MessageData(role="customer", text="你好"),
    )
    if sequence is not None:
        found.sequence = sequence
    return found


def test_refused_events_unnumbered_ones_and_a_loss_at_the_end_are_told_apart(
    tmp_path: Path,
) -> None:
    hour_ms = hour_of(round(time.time() * 1000)) - 3 * HOUR_MS
    with fresh_broker() as connection:
        admin = AdminClient(connection.confluent())
        admin.create_topics([NewTopic(SOURCE_COUNTS, 1, 1)])[SOURCE_COUNTS].result(20)
        writer = LogWriter(connection, {**partition_counts(connection), SOURCE_COUNTS: 1}, "test")

        def write(one: ConversationMessage, value: bytes) -> None:
            writer.write(CONVERSATIONS.name, one.subject.encode(), value, None)

        writer.tick_everywhere(hour_ms + 2 * HOUR_MS)
        for number in range(SENT - LOST_AT_THE_END):
            at_ms = hour_ms + number * 1_000
            if not GAP[0] <= number < GAP[1]:
                one = event("crm", number, at_ms, number)
                value = encode(one)
                # Refused for its priority; its number is used up all the same.
                broken = value.replace(b'"data":{', b'"data":{"priority":"P9",')
                write(one, broken if number == BROKEN else value)
            plain = event("old", number, at_ms, None)
            write(plain, encode(plain))
        write(plain, encode(plain))
        write(plain, b"{")
        counts = SourceCountData(hour=from_ms(hour_ms), count=SENT)
        said = SourceCount(
            id="1", source="crm", time=from_ms(hour_ms + HOUR_MS), subject="crm", data=counts
        )
        writer.write(SOURCE_COUNTS, b"crm", encode(said), None)
        writer.write(SOURCE_COUNTS, b"crm", b'{"type": "kefu.source.count"}', None)
        writer.flush()
        with running_worker(
            connection, "w1", tmp_path, "--no-sentiment", "--clock", "source"
        ) as worker:
            wait_until_drained(connection, worker)
            assert worker.stop() == 0, worker.tail()
        time.sleep(SETTLE_MS / 1000)
        found = run(connection, "reconcile", "--since", "2001-01-01", code=1)
        only = run(connection, "reconcile", "--since", "2001-01-01", "--source", "old")
        soon = run(connection, "reconcile", "--since", "2026-01-01", "--source", "nobody")
    crm, old = found["sources"]
    (hour,) = [hour for hour in found["hours"] if hour["source"] == "crm"]
    lost = GAP[1] - GAP[0] + LOST_AT_THE_END
    print(f"sent {SENT}: {hour}; notes {found['notes']}")
    assert (hour["stated"], hour["sent"], hour["missing"]) == (SENT, SENT, lost)
    assert (crm["arrived"], crm["dead_letters"], crm["duplicates"]) == (SENT - lost, 1, 0)
    assert [(gap["first"], gap["last"]) for gap in found["ranges"]] == [(GAP[0], GAP[1] - 1)]
    assert (old["unnumbered"], old["duplicates"], old["missing"]) == (SENT - LOST_AT_THE_END, 1, 0)
    assert (found["unreadable"], found["bad_counts"]) == (1, 1)
    assert [source["source"] for source in only["sources"]] == ["old"]
    assert soon["sources"] == []


def test_a_loss_is_seen_within_a_minute(tmp_path: Path) -> None:
    """From the first event behind the gap to the metric that the alert reads."""
    port = free_port()
    options = ("reconcile", "--since", "10m", "--every", "5", "--metrics-port", str(port))
    with fresh_broker() as connection:
        writer = LogWriter(connection, partition_counts(connection), "test")
        watcher = subprocess.Popen(
            [
                *(sys.executable, "-m", "kefu", *options),
                *("--bootstrap-servers", connection.bootstrap_servers),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            for number in range(100):
                if number == 60:
                    writer.flush()
                    wait_for_metric(port, "kefu_reconcile_arrived", 60)
                    begun = time.monotonic()
                if not 60 <= number < 64:
                    one = event("crm", number, round(time.time() * 1000), number)
                    writer.write(CONVERSATIONS.name, one.subject.encode(), encode(one), None)
            writer.flush()
            wait_for_metric(port, "kefu_reconcile_missing", 4)
            seen_s = time.monotonic() - begun
        finally:
            watcher.terminate()
            said, _ = watcher.communicate(timeout=20)
    print(f"4 of 100 events lost: seen after {seen_s:.1f} s; said: {said.splitlines()}")
    assert seen_s < 60
    assert "missing: 4 events, in 1 ranges" in said


def wait_for_metric(port: int, name: str, value: float, limit_s: float = 90) -> None:
    """Return when the page shows the value."""
    deadline = time.monotonic() + limit_s
    while total([scrape(port) or []], name) != value:
        assert time.monotonic() < deadline, f"{name} is not {value}"
        time.sleep(0.2)


def test_a_kafka_without_the_topics_is_told_how_to_make_them() -> None:
    with LocalKafka() as broker:
        done = CliRunner().invoke(
            kefu,
            [
                *("reconcile", "--since", "2026-01-01"),
                *("--bootstrap-servers", broker.bootstrap_servers),
            ],
            standalone_mode=False,
        )
    assert getattr(done.exception, "exit_code", None) == 3
    assert "kefu topics apply" in str(done.exception)
