"""Consultations vanish on their way to Kafka: they are found exactly, imported again, and after
that everything is as if they had never been away.

The story is that of a system upgrade in which 1,200 of 12,845 consultations vanished and had to be
typed in again. Here the rest is processed as it happens; two days later the loss is looked for.
"""

from __future__ import annotations

import time
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from agents.changelog import ChangelogReader
from agents.connection import KafkaConnection
from agents.settings import load_config
from agents.topics import partition_counts
from kefu.cli import kefu
from kefu.generator import Generator
from kefu.log_writer import LogWriter
from kefu.reconcile_reader import SETTLE_MS
from kefu.reconcile_recovered import Fate, Recovered, fates
from kefu.ticks import final_tick
from pipeline.state import decode_partition
from schemas.codec import encode, to_ms
from schemas.events import AgentPresence, Event
from schemas.topics import INPUTS, INTERACTIONS, SCORECARDS, TOPIC_OF_TYPE, changelog_of
from tests.broker.harness import (
    Document,
    Worker,
    fresh_broker,
    newest_windows,
    read_all,
    running_worker,
    wait_until_drained,
)
from tests.broker.in_process import outputs_of

pytestmark = pytest.mark.broker

HOUR_MS = 3_600_000
SOURCE = "crm/eu-1"
PER_MINUTE = 35.0
QUIET_HOURS = 39.5
"""Between the first event and now, at least: then no window or clock comes due during the test,
and none for a day."""
STORIES = [
    pytest.param(1_285, 120, "random and block", id="1285"),
    pytest.param(12_845, 1_200, "random", id="12845-random", marks=pytest.mark.slow),
    pytest.param(12_845, 1_200, "block", id="12845-block", marks=pytest.mark.slow),
]


def start_ms() -> int:
    """Nine o'clock in Shanghai, two or three days ago."""
    latest = round(time.time() * 1000) - round(QUIET_HOURS * HOUR_MS)
    return (latest - HOUR_MS) // (24 * HOUR_MS) * (24 * HOUR_MS) + HOUR_MS


def consultations(count: int, seed: int) -> list[Event]:
    """So many conversations and calls of the demo's generator, from one source that numbers."""
    events: list[Event] = []
    end_ms: int | None = None
    for event in Generator(seed, start_ms=start_ms(), rate_per_minute=PER_MINUTE):
        if isinstance(event, AgentPresence):
            continue
        if int(event.subject.rsplit("-", 1)[1]) > count:
            end_ms = end_ms or to_ms(event.time) + 3 * HOUR_MS
            if to_ms(event.time) > end_ms:
                return events
            continue
        events.append(event)
        event.source, event.sequence = SOURCE, str(len(events))
    raise AssertionError("the generator has ended")


def vanished(events: list[Event], count: int, how: str, seed: int) -> set[str]:
    """Which consultations are lost. The first and the last events stay: no number follows them."""
    ends = {events[0].subject, events[-1].subject}
    begun = [name for name in dict.fromkeys(event.subject for event in events) if name not in ends]
    single = {"random": count, "random and block": count // 2, "block": 0}[how]
    first = len(begun) // 3
    lost = set(begun[first : first + count - single])
    return lost | set(Random(seed).sample([name for name in begun if name not in lost], single))


def newest_summaries(documents: list[Document]) -> dict[str, Document]:
    """The newest summary of each interaction, without what tells revisions apart.

    Its issues stand in the order in which they were raised, which late events change.
    """
    newest: dict[str, Document] = {}
    for document in documents:
        if document["type"] != "kefu.interaction.summary":
            continue
        known = newest.get(document["subject"])
        if known is None or known["revision"] < document["data"]["revision"]:
            newest[document["subject"]] = document["data"]
    return {
        name: {k: v for k, v in data.items() if k not in ("revision", "caused_by")}
        | {"issues": sorted(data["issues"])}
        for name, data in newest.items()
    }


def run(connection: KafkaConnection, *arguments: str, code: int = 0) -> dict[str, Any]:
    """A command with --json; the object on its last line."""
    options = ("--bootstrap-servers", connection.bootstrap_servers, "--json")
    done = CliRunner().invoke(kefu, [*arguments, *options], standalone_mode=False)
    found_code = getattr(done.exception, "exit_code", done.exception) if done.exception else 0
    assert found_code == code, (done.output, done.exception)
    found: dict[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    return found


def missing_numbers(found: dict[str, Any]) -> set[int]:
    return {
        number
        for gap in found["ranges"]
        if gap["sure"]
        for number in range(gap["first"], gap["last"] + 1)
    }


def write_live(connection: KafkaConnection, events: list[Event]) -> None:
    """Write events with ticks of their own time, as they would have come on the day."""
    writer = LogWriter(connection, partition_counts(connection), "test")
    for event in events:
        topic = TOPIC_OF_TYPE[str(event.__struct_config__.tag)].name
        writer.write(topic, event.subject.encode(), encode(event), to_ms(event.time))
    writer.tick_everywhere(final_tick(to_ms(events[-1].time), load_config()))
    writer.flush()


@pytest.mark.parametrize(("count", "lost_count", "how"), STORIES)
def test_vanished_consultations_are_found_exactly_and_nothing_is_wrong_after_the_backfill(
    count: int, lost_count: int, how: str, tmp_path: Path
) -> None:
    events = consultations(count, seed=21)
    names = {event.subject for event in events}
    lost = vanished(events, lost_count, how, seed=22)
    gone = [event for event in events if event.subject in lost]
    numbers = {int(str(event.sequence)) for event in gone}
    assert (len(names), len(lost)) == (count, lost_count)
    since = ("--since", time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400)))
    recovered = tmp_path / "recovered.jsonl"
    recovered.write_bytes(b"".join(encode(event) + b"\n" for event in gone))
    missing_file, metrics_file = tmp_path / "missing.tsv", tmp_path / "kefu.prom"
    began = time.monotonic()
    with fresh_broker() as connection:
        write_live(connection, [event for event in events if event.subject not in lost])
        written_at = time.monotonic()
        options = ("--no-sentiment", "--clock")
        with running_worker(connection, "w1", tmp_path, *options, "source") as worker:
            wait_until_drained(connection, worker, 300)
            assert worker.stop() == 0, worker.tail()
        time.sleep(max(0.0, SETTLE_MS / 1000 - (time.monotonic() - written_at)))
        looked_at = time.monotonic()
        found = run(
            connection,
            *("reconcile", *since, "--out", str(missing_file), "--metrics", str(metrics_file)),
            code=1,
        )
        looked_s = time.monotonic() - looked_at
        said_missing = missing_numbers(found)
        with running_worker(connection, "w2", tmp_path, *options, "wall") as worker:
            wait_for_wall_time(connection, worker)
            first = run(connection, "backfill", str(recovered), "--format", "events")
            again = run(connection, "backfill", str(recovered), "--format", "events")
            assert all_known(connection, worker, gone)
            expected = outputs_of(events, until_ms=round(time.time() * 1000))
            documents = when_equal(connection, worker, expected)
            after = run(connection, "reconcile", *since)
            third = run(connection, "backfill", str(recovered), "--format", "events")
            assert worker.stop() == 0, worker.tail()
    windows, wanted = newest_windows(documents), newest_windows(expected)
    summaries, wanted_summaries = newest_summaries(documents), newest_summaries(expected)
    wrong = [name for name in wanted if windows.get(name) != wanted[name]]
    wrong_summaries = [n for n in wanted_summaries if summaries.get(n) != wanted_summaries[n]]
    invented = (windows.keys() - wanted.keys()) | (summaries.keys() - wanted_summaries.keys())
    corrections = sum("corrects" in d["data"] for d in documents if d["data"].get("corrects"))
    print(
        f"{how}: inputs {len(events)} of {count} consultations, {lost_count} consultations with "
        f"{len(gone)} events removed; missing found {len(said_missing & numbers)}, invented "
        f"{len(said_missing - numbers)}, in {sum(g['sure'] for g in found['ranges'])} ranges and "
        f"{looked_s:.1f} s; backfilled {first['written']}, at once again {again['written']} "
        f"(known {again['known']}), later again {third['written']} (known {third['known']}); "
        f"then windows wrong {len(wrong)} of {len(wanted)}, interactions wrong "
        f"{len(wrong_summaries)} of {len(wanted_summaries)}, invented {len(invented)}, "
        f"corrections of windows {corrections}, duplicates {after['sources'][0]['duplicates']}, "
        f"{time.monotonic() - began:.0f} s in all"
    )
    assert said_missing == numbers
    assert found["missing"] == len(gone)
    assert found["sources"][0]["sent"] == len(events)
    assert f'kefu_reconcile_missing{{source="{SOURCE}"}} {len(gone)}.0' in metrics_file.read_text()
    rows = [line.split("\t") for line in missing_file.read_text().splitlines()[1:]]
    assert {n for row in rows for n in range(int(row[1]), int(row[2]) + 1)} == numbers
    assert first["written"] == len(gone)
    assert (third["written"], third["known"]) == (0, len(gone))
    assert (after["missing"], after["sources"][0]["unsure"]) == (0, 0)
    assert after["sources"][0]["arrived"] == len(events)
    assert after["sources"][0]["duplicates"] == again["written"]
    assert not wrong, difference(windows, wanted, wrong[0])
    assert not wrong_summaries, difference(summaries, wanted_summaries, wrong_summaries[0])
    assert not invented
    assert corrections, "void: no window had closed before the backfill"


def wait_for_wall_time(connection: KafkaConnection, worker: Worker, limit_s: float = 60) -> None:
    """Return when the engines of all input partitions know what time it is."""
    since_ms, deadline = round(time.time() * 1000), time.monotonic() + limit_s
    counts, reader = partition_counts(connection), ChangelogReader(connection)
    for topic in INPUTS:
        behind = set(range(counts[topic.name]))
        while behind:
            assert worker.process.poll() is None, worker.tail()
            assert time.monotonic() < deadline, worker.tail()
            for number, checkpoint in reader.read(changelog_of(topic.name), behind).items():
                state = checkpoint.partition
                if state is not None and (decode_partition(state).now_ms or 0) >= since_ms:
                    behind.discard(number)


def all_known(
    connection: KafkaConnection, worker: Worker, events: list[Event], limit_s: float = 120
) -> bool:
    """Whether each is remembered in the end, and none was taken for let go on the way there."""
    writer = LogWriter(connection, partition_counts(connection), "test")
    places: list[tuple[int, Recovered]] = []
    for event in events:
        topic, key = TOPIC_OF_TYPE[str(event.__struct_config__.tag)].name, event.subject.encode()
        one = Recovered(1, event, topic, key, b"")
        places.append((writer.partition_of(topic, key), one))
    before_ms = round(time.time() * 1000) - 24 * HOUR_MS
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        found = {fate for _, fate in fates(connection, places, forgotten_before_ms=before_ms)}
        assert found <= {Fate.KNOWN, Fate.TAKEN}, found
        if found == {Fate.KNOWN}:
            return True
        assert worker.process.poll() is None, worker.tail()
    return False


def when_equal(
    connection: KafkaConnection, worker: Worker, expected: list[Document], limit_s: float = 300
) -> list[Document]:
    """Windows and summaries, as soon as they are as expected; after the limit what is there.

    A worker that keeps wall time is never without a tick to read, so its lag says nothing.
    """
    windows, summaries = newest_windows(expected), newest_summaries(expected)
    deadline = time.monotonic() + limit_s
    while True:
        documents = read_all(connection, SCORECARDS.name, INTERACTIONS.name)
        is_equal = newest_windows(documents) == windows and newest_summaries(documents) == summaries
        if is_equal or time.monotonic() > deadline:
            return documents
        assert worker.process.poll() is None, worker.tail()
        time.sleep(1)


def difference(found: dict[str, Document], wanted: dict[str, Document], name: str) -> str:
    """The fields of one document that are not as wanted."""
    there = found.get(name, {})
    return f"{name}: " + ", ".join(
        f"{key}: {there.get(key)} for {value}"
        for key, value in wanted[name].items()
        if there.get(key) != value
    )
