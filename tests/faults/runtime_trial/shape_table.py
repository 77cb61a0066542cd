"""For contrast: the idiomatic Faust agent with a table and `send`. No ledger, so it may lose."""

from __future__ import annotations

from typing import Any

import faust
import orjson
from faust.types import TP

from tests.faults.runtime_trial.checkpoint import Stats
from tests.faults.runtime_trial.core import FILLER, chain, output_of
from tests.faults.runtime_trial.faust_settings import faust_settings, raw_topic
from tests.faults.runtime_trial.settings import PARTITIONS, Settings


def table_app(settings: Settings, stats: Stats) -> faust.App:
    """Build the app; its table has its own changelog, so Faust may create that topic."""
    conf = faust_settings(settings)
    conf.update(topic_allow_declare=True, topic_partitions=PARTITIONS)
    app = faust.App(**conf)
    states = app.Table("states", default=lambda: [0, 0, FILLER], partitions=PARTITIONS)
    outputs = raw_topic(app, settings.outputs)

    @app.on_partitions_assigned.connect  # type: ignore[untyped-decorator]
    async def on_assigned(sender: Any, assigned: set[TP], **kwargs: Any) -> None:
        stats.assigned = sorted(tp.partition for tp in assigned if tp.topic == settings.inputs)

    @app.agent(raw_topic(app, settings.inputs))  # type: ignore[untyped-decorator]
    async def hot(stream: Any) -> None:
        async for value in stream:
            event = orjson.loads(value)
            key = event["key"]
            count, checksum, _ = states[key]
            count, checksum = count + 1, chain(checksum, event["seq"])
            states[key] = [count, checksum, FILLER]
            await outputs.send(value=orjson.dumps(output_of(key, count, checksum)))
            stats.events += 1

    return app
