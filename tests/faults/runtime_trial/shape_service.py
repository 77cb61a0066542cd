"""Shape (c): Faust is the application; the hot stage is a service in it, on its own thread."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import faust
from mode import Service

from tests.faults.runtime_trial.checkpoint import Stats
from tests.faults.runtime_trial.faust_settings import faust_settings, raw_topic
from tests.faults.runtime_trial.hot_stage import HotStage
from tests.faults.runtime_trial.settings import Settings


class HotStageService(Service):  # type: ignore[misc]
    """Starts and ends the thread with the app; a failure of the thread crashes the app."""

    def __init__(self, stage: HotStage, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._stage = stage
        self._thread = threading.Thread(target=self._guarded, name="hot-stage")
        self._app_loop: asyncio.AbstractEventLoop | None = None

    async def on_start(self) -> None:
        """Start the thread."""
        self._app_loop = asyncio.get_running_loop()
        self._thread.start()

    async def on_stop(self) -> None:
        """End the thread after its last checkpoint, without blocking the event loop."""
        self._stage.stop.set()
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    def _guarded(self) -> None:
        try:
            self._stage.run()
        except BaseException as error:
            assert self._app_loop is not None
            asyncio.run_coroutine_threadsafe(self.crash(error), self._app_loop)


def service_app(settings: Settings, stats: Stats) -> faust.App:
    """Build the app: the hot stage, and an agent on the low-rate stream that the stage writes."""
    app = faust.App(**faust_settings(settings))
    stage = HotStage(settings, stats)

    @app.service
    class Hot(HotStageService):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(stage, **kwargs)

    if settings.with_grouped:
        grouped_out = raw_topic(app, settings.grouped_out)

        @app.agent(raw_topic(app, settings.grouped))  # type: ignore[untyped-decorator]
        async def grouped(stream: Any) -> None:
            async for value in stream:
                await grouped_out.send(value=value)

    return app
