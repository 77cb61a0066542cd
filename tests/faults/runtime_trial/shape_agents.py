"""Shapes (a) and (b): a Faust agent feeds the engines; our own producer, changelog and ledger."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

import faust
from aiokafka.errors import IllegalStateError
from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP

from tests.faults.runtime_trial.checkpoint import Outbox, Stats
from tests.faults.runtime_trial.core import Admission, Engine
from tests.faults.runtime_trial.faust_settings import faust_settings, raw_topic
from tests.faults.runtime_trial.settings import Settings

Record = tuple[int, int, bytes]  # partition, offset, value
ASK_AGAIN_S = 2.0  # records fetched before a seek are still in Faust's queues for a while


class BatchRecord(NamedTuple):
    """Looks like one record of aiokafka to Faust; its value is all records of one fetch."""

    topic: str
    partition: int
    offset: int  # of the last record, so that Faust's bookkeeping moves past all of them
    timestamp: int
    timestamp_type: int
    headers: tuple[()]
    key: bytes | None
    value: Any
    checksum: None
    serialized_key_size: int
    serialized_value_size: int


class BatchConsumer(Consumer):  # type: ignore[misc]
    """Shape (b): hands the stream one message per partition and fetch."""

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        fetched = await super()._getmany(active_partitions, timeout)
        return {tp: [_as_one(records)] for tp, records in fetched.items() if records}


def _as_one(records: list[Any]) -> BatchRecord:
    last = records[-1]
    return BatchRecord(
        last.topic,
        last.partition,
        last.offset,
        last.timestamp,
        last.timestamp_type,
        (),
        None,
        tuple((r.partition, r.offset, r.value) for r in records),
        None,
        0,
        0,
    )


class BatchTransport(Transport):  # type: ignore[misc]
    """The transport that uses BatchConsumer."""

    Consumer = BatchConsumer


class BatchApp(faust.App):  # type: ignore[misc]
    """The app that uses BatchTransport."""

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self)


class AgentStage:
    """Engines of the assigned partitions, driven by an agent."""

    def __init__(self, app: faust.App, settings: Settings, stats: Stats) -> None:
        self._app = app
        self._settings = settings
        self._stats = stats
        self._outbox = Outbox(settings)
        self._engines: dict[int, Engine] = {}
        self._busy = asyncio.Lock()
        self._seen: dict[int, int] = {}  # ledgers at the last look for holes
        self._asked: dict[int, tuple[int, float]] = {}  # partition: (offset, monotonic s)

    async def assign(self, partitions: set[int]) -> None:
        """Drop what is no longer ours and recover what is new."""
        async with self._busy:
            self._engines = {p: self._engines[p] for p in partitions & self._engines.keys()}
            fresh = [Engine(p) for p in partitions - self._engines.keys()]
            await self._in_thread(self._stats.timed_recovery, self._settings, fresh)
            self._engines.update({engine.partition: engine for engine in fresh})
            self._asked.clear()
            self._stats.assigned = sorted(self._engines)

    async def process(self, records: Iterable[Record]) -> None:
        """Feed what the ledger admits; returns when outputs and checkpoint are confirmed."""
        async with self._busy:
            changed: dict[int, Engine] = {}
            for partition, offset, value in records:
                engine = self._engines.get(partition)
                if engine is None:
                    self._stats.foreign += 1
                    continue
                admission = engine.admit(offset)
                if admission is Admission.DUPLICATE:
                    self._stats.duplicates += 1
                elif admission is Admission.HOLE:
                    await self._fetch_again(engine)
                else:
                    output, _ = engine.feed(offset, value)
                    self._outbox.send(self._settings.outputs, partition, output)
                    changed[partition] = engine
                    self._stats.events += 1
            if changed:
                await self._in_thread(self._outbox.checkpoint, list(changed.values()))
                self._stats.checkpoints += 1

    async def fetch_what_was_skipped(self) -> None:
        """Find holes with nothing behind them, which no later event would ever show."""
        async with self._busy:
            for engine in self._engines.values():
                is_still = self._seen.get(engine.partition) == engine.ledger
                self._seen[engine.partition] = engine.ledger
                tp = TP(self._settings.inputs, engine.partition)
                if is_still and self._end(tp) > engine.ledger + 1:
                    await self._fetch_again(engine)

    def _end(self, tp: TP) -> int:
        try:
            return self._app.consumer.highwater(tp) or 0
        except AssertionError:  # aiokafka's "not assigned": a rebalance goes on in its thread
            return 0

    async def _fetch_again(self, engine: Engine) -> None:
        wanted = engine.ledger + 1
        asked, when = self._asked.get(engine.partition, (-1, 0.0))
        if asked == wanted and time.monotonic() - when < ASK_AGAIN_S:
            return
        self._asked[engine.partition] = (wanted, time.monotonic())
        self._stats.holes += 1
        with contextlib.suppress(IllegalStateError):  # not assigned: see `_end`
            await self._app.consumer.seek(TP(self._settings.inputs, engine.partition), wanted)

    async def _in_thread(self, call: Any, *arguments: Any) -> None:
        await asyncio.get_running_loop().run_in_executor(None, call, *arguments)


def agent_app(settings: Settings, stats: Stats) -> faust.App:
    """Build the app of shape (a) or (b)."""
    make = BatchApp if settings.shape == "b" else faust.App
    app = make(**faust_settings(settings), broker_max_poll_records=settings.batch)
    stages: list[AgentStage] = []

    def stage() -> AgentStage:  # made late: its lock belongs to the running event loop
        if not stages:
            stages.append(AgentStage(app, settings, stats))
        return stages[0]

    @app.on_partitions_assigned.connect  # type: ignore[untyped-decorator]
    async def on_assigned(sender: Any, assigned: set[TP], **kwargs: Any) -> None:
        mine = {tp.partition for tp in assigned if tp.topic == settings.inputs}
        await stage().assign(mine)

    @app.timer(2.0)  # type: ignore[untyped-decorator]
    async def look_for_holes(app: faust.App) -> None:
        await stage().fetch_what_was_skipped()

    inputs = raw_topic(app, settings.inputs)
    if settings.shape == "b":

        @app.agent(inputs)  # type: ignore[untyped-decorator]
        async def hot_batches(stream: Any) -> None:
            async for records in stream:
                await guarded(records)

    else:

        @app.agent(inputs)  # type: ignore[untyped-decorator]
        async def hot(stream: Any) -> None:
            async for events in stream.take_events(settings.batch, within=0.05):
                await guarded([(e.message.partition, e.message.offset, e.value) for e in events])

    async def guarded(records: Iterable[Record]) -> None:
        try:
            await stage().process(records)
        except Exception as error:  # Faust would acknowledge the batch and go on
            await app.crash(error)
            raise

    return app
