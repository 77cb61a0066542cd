"""Feeds the demo: made-up conversations to Kafka, or straight into an engine."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from agents.connection import KafkaConnection
from kefu.demo.board import Board
from kefu.errors import UserError
from kefu.generator import Generator
from kefu.generator.corruptions import Record
from kefu.generator.faults import Faults, disturb
from kefu.log_writer import LogWriter, Pace
from kefu.replay import InProcess
from kefu.ticks import final_tick, tick_before
from pipeline.config import EngineConfig
from schemas.codec import encode, to_ms
from schemas.events import CallUtterance, ConversationMessage, Event
from schemas.topics import TOPIC_OF_TYPE

START_MINUTE = 35
"""The demo's clock begins so long after a full hour: its first hour ends within half a minute at
sixty times real time."""


def start_ms() -> int:
    """Yesterday, at thirty-five minutes past this hour."""
    now = datetime.now(UTC).replace(minute=START_MINUTE, second=0, microsecond=0)
    return to_ms(now - timedelta(days=1))


class Feed:
    """A thread that makes events at their pace until it is stopped.

    `sent` holds the ids of everything said, so that the demo can tell whether anything was lost.
    """

    def __init__(
        self,
        seed: int,
        speed: float,
        rate_per_minute: float,
        faults: Faults,
        *,
        begin_ms: int | None = None,
    ) -> None:
        """`begin_ms`: event time of the beginning; else `start_ms()`."""
        begin = start_ms() if begin_ms is None else begin_ms
        self._generator = Generator(seed, start_ms=begin, rate_per_minute=rate_per_minute)
        self._seed = seed
        self._faults = faults
        self._speed = speed
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.sent: set[str] = set()
        self.events = 0
        self.last_ms = 0
        self.failure: Exception | None = None

    def to_kafka(
        self, connection: KafkaConnection, counts: dict[str, int], config: EngineConfig
    ) -> None:
        """Begin to write to Kafka; after `stop` the clock is moved past the last hour."""
        writer = LogWriter(connection, counts, "kefu/demo")

        def run() -> None:
            paced = self._paced(writer.tick_everywhere)
            if self._faults == Faults():
                for event in paced:
                    record = _record(event)
                    writer.write(*record, to_ms(event.time))
            else:
                # Ticks come from the pace alone: events are late and out of order.
                for disturbed in disturb(map(_record, paced), self._faults, self._seed):
                    writer.write(*disturbed.record, None)
            writer.tick_everywhere(final_tick(self.last_ms, config))
            writer.flush()

        self._start(run)

    def to_engine(self, pipeline: InProcess, board: Board, config: EngineConfig) -> None:
        """Begin to feed an engine in this process."""

        def tick(now_ms: int) -> None:
            for output in pipeline.advance(now_ms):
                board.add(output)

        def run() -> None:
            for event in self._paced(tick):
                tick(tick_before(to_ms(event.time)))
                for output in pipeline.feed(event):
                    board.add(output)
            tick(final_tick(self.last_ms, config))

        self._start(run)

    def stop(self) -> None:
        """Make no more events, and wait for what was made to be written."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _start(self, run: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                run()
            except UserError as error:
                self.failure = error

        self._thread = threading.Thread(target=guarded, name="demo-feed", daemon=True)
        self._thread.start()

    def _paced(self, tick: Callable[[int], None]) -> Iterator[Event]:
        """The events at their pace, until the feed is stopped."""
        pace = Pace(self._speed, tick)
        for event in self._generator:
            time_ms = to_ms(event.time)
            pace.wait_for(time_ms)
            if self._stop.is_set():
                return
            self._note(event, time_ms)
            yield event

    def _note(self, event: Event, time_ms: int) -> None:
        self.events += 1
        self.last_ms = time_ms
        if isinstance(event, ConversationMessage | CallUtterance):
            self.sent.add(event.id)


def _record(event: Event) -> Record:
    topic = TOPIC_OF_TYPE[str(event.__struct_config__.tag)].name
    return Record(topic, event.subject.encode(), encode(event))
