"""On real Kafka: what customers and agents say is scored, and a mood that turns is told at once."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agents.topics import partition_counts
from kefu.log_writer import LogWriter
from kefu.ports import free_port
from schemas.codec import encode, from_ms
from schemas.envelope import Role
from schemas.events import ConversationMessage, MessageData
from schemas.topics import CONVERSATIONS, ENRICHED, QA_ISSUES
from tests.broker.harness import fresh_broker, read_all, running_worker, wait_until_drained

pytestmark = pytest.mark.broker

T0_MS = 1_772_413_200_000
CHATS = 20
LINES: tuple[tuple[Role, str], ...] = (
    ("customer", "你好，请问什么时候发货"),
    ("agent", "您好，很高兴为您服务，今天就会发出"),
    ("customer", "好的，谢谢"),
    ("customer", "都三天了还没到，骗子，太气人了，我要投诉你们"),
    ("agent", "非常理解您的心情，抱歉让您久等了"),
    ("customer", "垃圾服务，气死我了，马上退款"),
)
TURN = 5
"""The line with which the mood turns: lines 2 and 3 are one turn of the customer, half good."""


def test_each_message_is_scored_and_a_mood_that_turns_is_told_by_the_message_itself(
    tmp_path: Path,
) -> None:
    port = free_port()
    with fresh_broker() as connection:
        writer = LogWriter(connection, partition_counts(connection), "test")
        writer.tick_everywhere(T0_MS)
        for number in range(CHATS):
            for line, (role, text) in enumerate(LINES):
                time_ms = T0_MS + 20_000 * line
                event = ConversationMessage(
                    id=f"{number}-{line}", source="test", time=from_ms(time_ms),
                    subject=f"c{number}",
                    data=MessageData(role=role, text=text, channel="web", queue="sales"),
                )  # fmt: skip
                key = f"c{number}".encode()
                writer.write(CONVERSATIONS.name, key, encode(event), None)  # no further tick
        writer.flush()
        options = ("--clock", "source", "--metrics-port", str(port))
        with running_worker(connection, "w1", tmp_path, *options) as worker:
            wait_until_drained(connection, worker)
            page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5)
            with page:
                families = list(text_string_to_metric_families(page.read().decode()))
            assert worker.stop() == 0, worker.tail()
        enriched = [d["data"] for d in read_all(connection, ENRICHED.name)]
        told = read_all(connection, QA_ISSUES.name)
    assert len(enriched) == CHATS * len(LINES)
    for role in ("customer", "agent"):
        scored = [d for d in enriched if d["role"] == role]
        assert all(d["sentiment"]["model"] and d["sentiment"]["label"] for d in scored)
    turned = [d for d in told if d["type"] == "kefu.sentiment.turned"]
    assert sorted(d["subject"] for d in turned) == sorted(f"c{n}" for n in range(CHATS))
    # Told by the message, at its own time: no tick came after it.
    assert {d["time"] for d in turned} == {
        from_ms(T0_MS + 20_000 * TURN).isoformat().replace("+00:00", "Z")
    }
    samples = {
        (s.name, s.labels.get("label") or s.labels.get("what")): s.value
        for family in families
        for s in family.samples
        if s.labels.get("queue") == "sales" and s.labels.get("channel", "web") == "web"
    }
    assert samples["kefu_customer_messages_total", "negative"] == 2 * CHATS
    assert samples["kefu_moods_total", "turned"] == CHATS
    print(
        f"{len(enriched)} messages of customers and agents scored; {len(turned)} of {CHATS} moods "
        "turned, each told by its own message, before any further tick"
    )
