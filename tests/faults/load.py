"""A steady stream of records to a real broker, while something is done to the workers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from agents.connection import KafkaConnection
from agents.settings import load_config
from agents.topics import partition_counts
from kefu.generator import Generator
from kefu.generator.corruptions import Record
from kefu.log_writer import LogWriter
from kefu.ticks import final_tick
from schemas.codec import encode, to_ms
from schemas.events import AgentPresence, Event
from schemas.topics import TOPIC_OF_TYPE

START_MS = 1_772_413_200_000
CALLS_PER_MINUTE = 60.0


class Arrival(NamedTuple):
    """A record, the time to which it moves the clock (None: it does not), and the event that it
    holds (None: it holds none that can be read).
    """

    record: Record
    time_ms: int | None
    event: Event | None


def events(
    seed: int,
    count: int | None = None,
    *,
    start_ms: int = START_MS,
    rate_per_minute: float = CALLS_PER_MINUTE,
) -> Iterator[Event]:
    """Events of the demo's generator, without presence; for ever where there is no `count`."""
    stream = Generator(seed, start_ms=start_ms, rate_per_minute=rate_per_minute)
    return islice((event for event in stream if not isinstance(event, AgentPresence)), count)


def record_of(event: Event) -> Record:
    """The event as it belongs on its topic."""
    topic = TOPIC_OF_TYPE[str(event.__struct_config__.tag)].name
    return Record(topic, event.subject.encode(), encode(event))


def in_time(found: Iterable[Event]) -> Iterator[Arrival]:
    """The events as they happen."""
    return (Arrival(record_of(event), to_ms(event.time), event) for event in found)


def generated(seed: int) -> Iterator[Arrival]:
    """What happens in the demo, for ever."""
    return in_time(events(seed))


class Load:
    """Writes arrivals, and ticks of their time, at a steady rate on a thread of its own.

    The context ends the stream: everything is in Kafka, and where it is the last one, a last tick
    closes the last hour. `written` are the events, each as often as it was written, and `records`
    is how many records there were, spoilt ones and ticks too; `rate` may be changed on the way.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        arrivals: Iterator[Arrival],
        rate: float,
        *,
        is_last: bool = True,
    ) -> None:
        """`rate`: records a second of wall time."""
        self._writer = LogWriter(connection, partition_counts(connection), "load")
        self._arrivals = arrivals
        self._is_last = is_last
        self._stop = threading.Event()
        self._has_ended = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self._newest_ms = 0
        self.rate = rate
        self.written: list[Event] = []

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._stop.set()
        self._thread.join()
        if kind is None:
            if self._failure is not None:
                raise self._failure
            if self._is_last:
                self._writer.tick_everywhere(final_tick(self._newest_ms, load_config()))
            self._writer.flush()

    @property
    def records(self) -> int:
        """How many records were written."""
        return self._writer.events + self._writer.ticks

    def wait(self) -> None:
        """Return when all arrivals are written; for a stream that has an end."""
        self._has_ended.wait()

    def _run(self) -> None:
        due, before = 0.0, time.monotonic()
        try:
            while not self._stop.is_set():
                now = time.monotonic()
                due += (now - before) * self.rate
                before = now
                while due >= 1:
                    due -= 1
                    self._write(next(self._arrivals))
                self._stop.wait(0.01)
        except StopIteration:
            pass
        except BaseException as failure:
            self._failure = failure
        finally:
            self._has_ended.set()

    def _write(self, arrival: Arrival) -> None:
        self._writer.write(*arrival.record, arrival.time_ms)
        self._newest_ms = max(self._newest_ms, arrival.time_ms or 0)
        if arrival.event is not None:
            self.written.append(arrival.event)
