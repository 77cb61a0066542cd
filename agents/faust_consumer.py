"""Faust's consumer, with gaps in the offsets counted right.

A transaction leaves a marker, which is a gap in the offsets of its topic. Faust 0.15.3 takes the
gap before a record to include the record itself (`Consumer._drain_messages` calls `_add_gap` up to
and with it), so the record passes for processed before it is, and then stands twice in the list of
what is. That list is committed up to the first such pair and no further: it grew for as long as a
worker ran, and was sorted at every commit. `tests/faults/test_soak.py` holds that nothing grows.
"""

from typing import Any, ClassVar

import faust
from faust.transport.drivers import aiokafka
from faust.types import TP


class GapConsumer(aiokafka.Consumer):  # type: ignore[misc]
    """Leaves a record that stands behind a gap to be processed."""

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        await super()._add_gap(tp, offset_from, offset_to - 1)


class GapTransport(aiokafka.Transport):  # type: ignore[misc]
    """Consumes with `GapConsumer`."""

    Consumer: ClassVar[Any] = GapConsumer


def use_gap_transport(app: faust.App) -> None:
    """Have the app consume so; before anything else asks for its transport."""
    app.transport = GapTransport(app.conf.broker_consumer, app)
