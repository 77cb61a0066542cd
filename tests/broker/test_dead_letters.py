"""Refused events are listed, shown masked, sent again after a fix without a repeat, dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from agents.connection import KafkaConnection
from agents.topics import partition_counts
from kefu.cli import kefu
from kefu.log_writer import LogWriter
from schemas.codec import encode, from_ms
from schemas.events import ConversationMessage, MessageData
from schemas.topics import CONVERSATIONS, DEAD_LETTERS, ENRICHED, PAYLOADS
from tests.broker.harness import fresh_broker, read_all, running_worker, wait_until_drained

pytestmark = pytest.mark.broker

T0_MS = 1_772_413_200_000
LATER_MS = T0_MS + 2 * 3_600_000
AHEAD, BROKEN = 20, 15
PHONE = "13912345678"


def message(number: int, time_ms: int) -> bytes:
    data = MessageData(role="customer", text=f"我的电话 {PHONE}", channel="web", queue="sales")
    return encode(
        ConversationMessage(
            id=f"m{number}", source="test", time=from_ms(time_ms), subject=f"c{number}", data=data
        )
    )


def run(connection: KafkaConnection, *arguments: str, code: int = 0) -> dict[str, Any]:
    """A command with --json; the object on its last line."""
    servers = ("--bootstrap-servers", connection.bootstrap_servers, "--json")
    done = CliRunner().invoke(kefu, ["dead-letters", *arguments, *servers], standalone_mode=False)
    assert (getattr(done.exception, "exit_code", 0) if done.exception else 0) == code, done.output
    found: dict[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    return found


def enriched(connection: KafkaConnection) -> list[str]:
    return [d["data"]["event_id"] for d in read_all(connection, ENRICHED.name)]


def test_letters_are_sent_again_after_a_fix_once_and_dropped_for_good(tmp_path: Path) -> None:
    with fresh_broker() as connection:
        writer = LogWriter(connection, partition_counts(connection), "test")
        writer.tick_everywhere(T0_MS)
        for number in range(AHEAD):  # a source whose clock is two hours ahead
            writer.write(
                CONVERSATIONS.name,
                f"c{number}".encode(),
                message(number, LATER_MS),
                None,
            )
        for number in range(BROKEN):
            writer.write(CONVERSATIONS.name, f"b{number}".encode(), b'{"phone": ' + b"1" * 9, None)
        writer.flush()
        options = ("--clock", "source", "--no-sentiment")
        with running_worker(connection, "w1", tmp_path, *options) as worker:
            wait_until_drained(connection, worker)
            listed = run(connection, "list", "--limit", "10")
            assert listed["reasons"] == {"time_in_future": AHEAD, "invalid_json": BROKEN}
            assert len(listed["letters"]) == 10
            assert all(letter["kept"] for letter in listed["letters"])
            (one,) = run(connection, "list", "--reason", "time_in_future", "--limit", "1")[
                "letters"
            ]
            shown = CliRunner().invoke(
                kefu,
                ["dead-letters", "show", one["id"][:12], "--bootstrap-servers",
                 connection.bootstrap_servers],
            )  # fmt: skip
            assert "time_in_future" in shown.output
            assert PHONE not in shown.output, "personal data was printed"
            assert not any(PHONE.encode() in letter for letter in raw(connection)), "not masked"
            # The clock comes to where the source thought it was: now the events can be taken.
            writer.tick_everywhere(LATER_MS)
            writer.flush()
            wait_until_drained(connection, worker)
            sent = run(connection, "replay", "--reason", "time_in_future", "--keep")
            assert (sent["sent"], sent["dropped"], sent["gone"]) == (AHEAD, 0, 0)
            again = run(connection, "replay", "--reason", "time_in_future")
            assert (again["sent"], again["dropped"]) == (AHEAD, AHEAD)
            third = run(connection, "replay", "--reason", "time_in_future")
            assert (third["sent"], third["gone"]) == (0, AHEAD)
            wait_until_drained(connection, worker)
            assert worker.stop() == 0, worker.tail()
        said = enriched(connection)
        assert sorted(said) == sorted(f"m{number}" for number in range(AHEAD))
        assert run(connection, "drop", "--reason", "invalid_json")["dropped"] == BROKEN
        left = run(connection, "list", "--limit", "1000")
        assert left["total"] == AHEAD + BROKEN, "sending again made a letter"
        assert not any(letter["kept"] for letter in left["letters"])
        assert run(connection, "drop", "--topic", "kefu.calls.v1", "--all", code=1)["letters"] == 0
        print(
            f"{AHEAD + BROKEN} refused, {AHEAD} sent again twice: {len(said)} processed, "
            f"0 repeated; {BROKEN} dropped, {PAYLOADS} is empty"
        )


def raw(connection: KafkaConnection) -> list[bytes]:
    return [orjson.dumps(document) for document in read_all(connection, DEAD_LETTERS.name)]
