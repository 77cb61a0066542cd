"""The last revision of every window is the same in whatever order the events have come."""

from __future__ import annotations

from itertools import islice

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.settings import load_config
from kefu.generator import Generator
from kefu.generator.corruptions import Record
from kefu.generator.faults import Faults, disturb
from kefu.replay import InProcess
from kefu.ticks import final_tick, tick_before
from schemas.codec import encode, to_ms
from schemas.events import AgentPresence, Event
from schemas.outputs import QueueInterval, Scorecard
from tests.broker.harness import Document, newest_windows
from tests.unit.builders import START_MS

CONFIG = load_config()
EVENTS = 300


def windows(events: list[Event], arrivals: list[int]) -> dict[str, Document]:
    """The newest windows when the events come in that order; the clock is at the newest of them."""
    pipeline = InProcess(CONFIG, None)
    found = []
    for place in arrivals:
        found += pipeline.advance(tick_before(to_ms(events[place].time)))
        found += pipeline.feed(events[place])
    found += pipeline.advance(final_tick(to_ms(events[-1].time), CONFIG))
    return newest_windows(
        orjson.loads(encode(out)) for out in found if isinstance(out, Scorecard | QueueInterval)
    )


@given(
    seed=st.integers(0, 1_000_000),
    shuffled_by=st.integers(0, 250),
    duplicated=st.sampled_from([0.0, 0.5]),
)
@settings(max_examples=25, deadline=None)
def test_a_window_depends_on_the_order_of_arrival(
    seed: int, shuffled_by: int, duplicated: float
) -> None:
    stream = Generator(seed, start_ms=START_MS, rate_per_minute=60.0)
    events = list(islice((e for e in stream if not isinstance(e, AgentPresence)), EVENTS))
    records = (Record("", b"", b"") for _ in events)
    faults = Faults(shuffled_by=shuffled_by, duplicated=duplicated)
    arrivals = [one.place for one in disturb(records, faults, seed)]
    assert windows(events, arrivals) == windows(events, list(range(EVENTS)))
