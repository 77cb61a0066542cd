"""Faust's consumer, with gaps in the offsets counted right, and patient while Kafka is away.

A transaction leaves a marker, which is a gap in the offsets of its topic. Faust 0.15.3 takes the
gap before a record to include the record itself (`Consumer._drain_messages` calls `_add_gap` up to
and with it), so the record passes for processed before it is, and then stands twice in the list of
what is. That list is committed up to the first such pair and no further: it grew for as long as a
worker ran, and was sorted at every commit. `tests/faults/test_soak.py` holds that nothing grows.

aiokafka 0.14 asks for metadata again as soon as it has failed, with no pause, while a partition has
no leader and no broker answers (`Fetcher._fetch_requests_routine`; its issue 1155 is a loop beside
it). A broker that died soon after it had come back left that behind: 300 attempts a second, and a
core of the machine. `tests/faults/test_brokers.py` holds that a worker asks seldom.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, ClassVar

import faust
from faust.transport.drivers import aiokafka
from faust.types import TP

METADATA_PAUSE_S = 0.25
"""How long aiokafka waits, after it has asked for metadata, before it may ask again."""
COMMIT_LIMIT_S = 2.0
"""How long one acknowledgement may take; the ledger knows what is done, and the next one tells."""


class PatientThread(aiokafka.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Has aiokafka pause between its attempts to learn which brokers there are, and give up an
    acknowledgement that no broker takes: it tries for ever, and Faust does not stop before it ends.
    """

    async def _commit(self, offsets: Any) -> bool:
        try:
            return bool(await asyncio.wait_for(super()._commit(offsets), COMMIT_LIMIT_S))
        except TimeoutError:
            return False

    async def on_thread_stop(self) -> None:
        """Stop aiokafka. Its fetcher passes on that its own requests were cancelled, which would
        end this thread before it says so, and Faust waits a minute to hear it.
        """
        with suppress(asyncio.CancelledError):
            await super().on_thread_stop()

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        client = consumer._client
        client._metadata_update = _with_pause(client._metadata_update)
        return consumer


def _with_pause(update: Callable[..., Awaitable[bool]]) -> Callable[..., Awaitable[bool]]:
    async def paced(*arguments: Any) -> bool:
        is_updated = await update(*arguments)
        await asyncio.sleep(METADATA_PAUSE_S)
        return is_updated

    return paced


class GapConsumer(aiokafka.Consumer):  # type: ignore[misc]
    """Leaves a record that stands behind a gap to be processed."""

    def _new_consumer_thread(self) -> PatientThread:
        return PatientThread(self, loop=self.loop, beacon=self.beacon)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        await super()._add_gap(tp, offset_from, offset_to - 1)


class GapTransport(aiokafka.Transport):  # type: ignore[misc]
    """Consumes with `GapConsumer`."""

    Consumer: ClassVar[Any] = GapConsumer


def use_gap_transport(app: faust.App) -> None:
    """Have the app consume so; before anything else asks for its transport."""
    app.transport = GapTransport(app.conf.broker_consumer, app)
