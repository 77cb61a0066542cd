"""What the same events lead to without any Kafka."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from agents.settings import load_config
from kefu.replay import InProcess
from kefu.ticks import final_tick, tick_before
from schemas.codec import encode, to_ms
from schemas.events import Event
from schemas.outputs import Duplicate, Output
from tests.broker.harness import Document


def decoded(outputs: Iterable[Output]) -> list[Document]:
    """Outputs as a reader finds them; of duplicates it finds nothing."""
    return [orjson.loads(encode(o)) for o in outputs if not isinstance(o, Duplicate)]


def outputs_of(events: list[Event], until_ms: int | None = None) -> list[Document]:
    """The outputs of events in the order of time, each after a tick of its own time; the last tick
    closes the last hour. `until_ms`: one more after that.
    """
    config = load_config()
    pipeline = InProcess(config, None)
    found: list[Output] = []
    for event in events:
        found += pipeline.advance(tick_before(to_ms(event.time)))
        found += pipeline.feed(event)
    found += pipeline.advance(final_tick(to_ms(events[-1].time), config))
    if until_ms is not None:
        found += pipeline.advance(until_ms)
    return decoded(found)
