"""Two workers' pages together say the truth: as one joins, and after one is killed."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from agents.topics import partition_counts
from kefu.demo.workers import free_port
from kefu.log_writer import LogWriter
from schemas.codec import encode, from_ms
from schemas.envelope import Role
from schemas.events import ConversationMessage, MessageData
from schemas.topics import CONVERSATIONS, INPUTS
from tests.broker.harness import fresh_broker, running_worker, wait_until_drained
from tests.broker.pages import Page, scrape, total

pytestmark = pytest.mark.broker

WAITING = 60
ANSWERED = 25
SETTLED_WITHIN_S = 60.0


def message(name: str, role: Role, number: int) -> ConversationMessage:
    data = MessageData(role=role, text="你好", channel="web", queue="sales")
    return ConversationMessage(
        id=name, source="test", time=from_ms(round(time.time() * 1000)), subject=f"c{number}",
        data=data,
    )  # fmt: skip


def shown_by(pages: list[Page]) -> Counter[tuple[str, str]]:
    """How many workers show each input partition."""
    return Counter(
        (labels["topic"], labels["partition"])
        for page in pages
        for name, labels, _ in page
        if name == "kefu_input_lag"
    )


def settled(ports: list[int], every: set[tuple[str, str]], *, each: int) -> tuple[list[Page], int]:
    """Scrape until every partition is shown once, each worker shows at least `each`, and nobody's
    wait is missing; and the number of scrapes until then.
    """
    until = time.monotonic() + SETTLED_WITHIN_S
    scrapes = 0
    while True:
        pages = [page for page in map(scrape, ports) if page is not None]
        scrapes += 1
        shown = shown_by(pages)
        enough = len(pages) == len(ports) and all(len(shown_by([p])) >= each for p in pages)
        if enough and shown.keys() == every and total(pages, "kefu_waiting") == WAITING - ANSWERED:
            return pages, scrapes
        assert time.monotonic() < until, (shown, total(pages, "kefu_waiting"))
        time.sleep(0.3)


def test_the_pages_of_all_workers_add_up_to_the_truth_across_a_rebalance(tmp_path: Path) -> None:
    first, second = free_port(), free_port()
    with fresh_broker() as connection:
        counts = partition_counts(connection)
        every = {(t.name, str(n)) for t in INPUTS for n in range(counts[t.name])}
        writer = LogWriter(connection, counts, "test")
        one = running_worker(
            connection, "w1", tmp_path, "--no-sentiment", "--metrics-port", str(first)
        )
        two = running_worker(
            connection, "w2", tmp_path, "--no-sentiment", "--metrics-port", str(second)
        )
        with one as killed:
            wait_until_drained(connection, killed)
            for number in range(WAITING):
                writer.write(
                    CONVERSATIONS.name, f"c{number}".encode(),
                    encode(message(f"q{number}", "customer", number)), round(time.time() * 1000),
                )  # fmt: skip
            for number in range(ANSWERED):
                writer.write(
                    CONVERSATIONS.name, f"c{number}".encode(),
                    encode(message(f"a{number}", "agent", number)), round(time.time() * 1000),
                )  # fmt: skip
            writer.flush()
            pages, alone = settled([first], every, each=len(every))
            assert max(shown_by(pages).values()) == 1
            with two as left:
                pages, joined = settled([first, second], every, each=1)
                shares = [len(shown_by([page])) for page in pages]
                assert max(shown_by(pages).values()) == 1, "two workers show the same partition"
                processed = total(pages, "kefu_events_total", outcome="processed")
                assert processed == WAITING + ANSWERED
                met = total(pages, "kefu_sla_total", outcome="met", clock="first_response")
                seconds = total(pages, "kefu_response_seconds_count", clock="first_response")
                assert met == seconds == ANSWERED
                killed.kill()
                pages, after = settled([second], every, each=len(every))
                assert total(pages, "kefu_assigned_partitions") == len(every)
                assert left.stop() == 0, left.tail()
    print(
        f"{len(every)} partitions, {WAITING - ANSWERED} waiting; scrapes until the pages were "
        f"true: {alone} alone, {joined} with a second worker (shares {shares}), {after} after "
        "the first was killed"
    )
