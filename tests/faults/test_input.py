"""The input is late, twice, out of order, ahead of time, broken: what is good in it comes out as
if nothing else had been there.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import msgspec
import pytest

from kefu.generator.corruptions import CORRUPTIONS
from kefu.generator.faults import Faults, disturb
from schemas.codec import Reason, to_ms
from schemas.events import ConversationMessage, Event
from tests.broker.harness import newest_windows, read_all
from tests.faults.crew import broker, crew
from tests.faults.load import Arrival, Load, events, in_time, record_of
from tests.faults.settings import repeated
from tests.faults.verdict import undisturbed

pytestmark = pytest.mark.broker

FAST = 1_500.0
"""Records a second: nothing is done to the workers while they read, so that time is not needed."""
SHUFFLED_BY = 300
"""Records, at most 20 s of event time; the windows wait for 120 s."""
CORRUPT = 10_000


def spoilt(found: list[Event], faults: Faults, seed: int) -> Iterator[Arrival]:
    """The events with faults; a spoilt copy does not move the clock."""
    for one in disturb(map(record_of, found), faults, seed):
        event = found[one.place]
        if one.reason is None:
            yield Arrival(one.record, to_ms(event.time), event)
        else:
            yield Arrival(one.record, None, None)


@repeated(3)
def test_every_event_comes_twice_and_none_in_its_place(tmp_path: Path, seed: int) -> None:
    """The last revisions of all windows are then those of the events once and in order."""
    found = list(events(600 + seed, 3_000))
    faults = Faults(shuffled_by=SHUFFLED_BY, duplicated=1.0)
    with broker() as (_, connection), crew(connection, tmp_path, "w0", "w1") as workers:
        with Load(connection, spoilt(found, faults, seed), FAST) as load:
            load.wait()
        workers.finish(
            f"each of {len(found):,} events twice, shuffled by {SHUFFLED_BY}, seed {seed}",
            load,
        )
        wanted = undisturbed(found).windows
        windows = newest_windows(read_all(connection, "kefu.qa.scorecards.v1"))
    wrong = [name for name in wanted if windows.get(name) != wanted[name]]
    print(f"windows of the events once and in order: {len(wanted)}, otherwise {len(wrong)}")
    assert not wrong, (wrong[:3], [(windows.get(n), wanted[n]) for n in wrong[:1]])
    assert windows.keys() == wanted.keys()


CLOCKS = {
    "fast": lambda _: timedelta(minutes=10),
    "slow": lambda _: timedelta(hours=-1),
    "jumping": lambda random: timedelta(seconds=random.choice((-3_600, -90, -1, 0, 0, 60, 240))),
}
"""By how much the clocks of three sources are wrong; the fourth is right."""


@repeated(3)
def test_the_clocks_of_sources_are_ahead_behind_and_jumping(tmp_path: Path, seed: int) -> None:
    """Those ahead are refused with that reason, and nobody else is any worse for it."""
    random = Random(seed)
    arrivals: list[Arrival] = []
    right: list[Event] = []
    ahead = 0
    for event in events(700 + seed, 3_000):
        source = ("right", *CLOCKS)[int(event.subject.rsplit("-", 1)[1]) % 4]
        true_ms = to_ms(event.time)
        if source == "right":
            right.append(event)
        else:
            wrong_by = CLOCKS[source](random)
            event = msgspec.structs.replace(event, source=source, time=event.time + wrong_by)
            ahead += source == "fast"
        arrivals.append(Arrival(record_of(event), true_ms, event))
    with broker() as (_, connection), crew(connection, tmp_path, "w0", "w1") as workers:
        with Load(connection, iter(arrivals), FAST) as load:
            load.wait()
        workers.finish(f"clocks 10 min ahead, 1 h behind and jumping, seed {seed}", load)
        documents = read_all(connection, *OF_INTERACTIONS, "kefu.dead-letters.v1")
    letters = [d for d in documents if d["type"] == "kefu.dead_letter"]
    reasons = Counter(str(letter["data"]["reason"]) for letter in letters)
    names = {event.subject for event in right}
    alone = undisturbed(right).outputs
    there = {str(d["id"]): d for d in documents if d["subject"] in names}
    wanted = {name: d for name, d in alone.items() if d["subject"] in names}
    hurt = [name for name in wanted if there.get(name) != wanted[name]]
    print(f"refused {dict(reasons)}; outputs of the right clock {len(wanted)}, hurt {len(hurt)}")
    assert reasons == {Reason.TIME_IN_FUTURE.value: ahead}
    assert there.keys() == wanted.keys()
    assert not hurt, [(there.get(n), wanted[n]) for n in hurt[:1]]


OF_INTERACTIONS = (
    "kefu.messages.enriched.v1",
    "kefu.sla.events.v1",
    "kefu.qa.issues.v1",
    "kefu.interactions.v1",
)


@repeated(2)
def test_ten_thousand_corrupt_events_come_while_workers_join_die_and_leave(
    tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    found = list(events(800 + seed, CORRUPT))
    arrivals = list(spoilt(found, Faults(corrupt=1.0), seed))
    kinds = sorted(CORRUPTIONS)
    with broker() as (_, connection), crew(connection, tmp_path, "w0", "w1") as workers:
        with Load(connection, iter(arrivals), FAST) as load:
            workers.wait_until_at_work()
            with workers.recovery.after():
                workers.start("w2")
                time.sleep(random.uniform(0.0, 2.0))
                workers.kill("w0")
            with workers.recovery.after():
                workers.start("w0")
                workers.stop("w1")
            load.wait()
        workers.finish(f"{CORRUPT:,} corrupt events of {len(kinds)} kinds, seed {seed}", load)
        letters = read_all(connection, "kefu.dead-letters.v1")
        enriched = read_all(connection, "kefu.messages.enriched.v1")
    reasons = Counter({str(d["id"]): str(d["data"]["reason"]) for d in letters}.values())
    wanted = Counter(
        one.reason.value
        for one in disturb(map(record_of, found), Faults(corrupt=1.0), seed)
        if one.reason is not None
    )
    said = {e.id for e in found if e.__struct_config__.tag in SPOKEN}
    processed = {str(document["data"]["event_id"]) for document in enriched}
    print(f"dead letters {dict(reasons)}; {len(said)} good texts, {len(said - processed)} missing")
    assert wanted.total() == CORRUPT
    assert reasons == wanted
    assert said <= processed


SPOKEN = ("kefu.conversation.message", "kefu.call.utterance")


def test_mojibake_and_messages_without_text_are_enriched_and_flagged(tmp_path: Path) -> None:
    said = [event for event in events(900, 300) if isinstance(event, ConversationMessage)][:40]
    for index, event in enumerate(said):
        event.data.text = ("锟斤拷��你好", None, "", "ä½ å¥½")[index % 4]
    with broker() as (_, connection), crew(connection, tmp_path, "w0") as workers:
        with Load(connection, in_time(said), FAST) as load:
            load.wait()
        workers.finish("odd texts", load)
        enriched = read_all(connection, "kefu.messages.enriched.v1")
    flags = Counter(flag for document in enriched for flag in document["data"]["flags"])
    print(f"odd texts: {len(said)} sent, {len(enriched)} enriched, flags {dict(flags)}")
    assert len(enriched) == len(said)
    assert flags["no_text"] == flags["mojibake"] == len(said) // 2
