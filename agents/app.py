"""The Faust application: what runs in a worker, and how its parts hang together.

The hot stage (conversations, calls, presence) is a service with a thread of its own; the grouped
stream is a Faust agent; the clock is a Faust timer.
"""

import asyncio
import logging
import threading
from typing import Any

import faust
from faust.types import TP
from mode import Service
from prometheus_client import CollectorRegistry

from agents.clock import TICK_EVERY_S, TickWriter
from agents.export import Exporter
from agents.faust_consumer import use_gap_transport
from agents.metrics_server import MetricsServer
from agents.scorecard_agent import ScorecardStage
from agents.scorer import load_scorer
from agents.settings import WorkerSettings, load_config, load_labels
from agents.stage import HotStage
from agents.topics import partition_counts
from pipeline.config import EngineConfig
from pipeline.engine import Engine
from pipeline.sentiment.scorer import Scorer
from pipeline.state import StateVersionError
from schemas.topics import CALLS, CONVERSATIONS, FACTS

log = logging.getLogger("kefu.app")

COMMIT_INTERVAL_S = 1.0
CATCH_UP_EVERY_S = 5.0
FACTS_BATCH = 500


class HotStageService(Service):  # type: ignore[misc]
    """Starts and ends the hot stage's thread with the app; its failure ends the app."""

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
            if isinstance(error, StateVersionError):  # not a fault of ours: no traceback
                log.error("%s", error)
            else:
                log.exception("the hot stage failed")
            if self._app_loop is not None:
                asyncio.run_coroutine_threadsafe(self.crash(error), self._app_loop)


def build_app(settings: WorkerSettings, stopping: threading.Event) -> faust.App:
    """Build the worker's app, whose own parts end when `stopping` is set, together with Faust's.

    Topics must exist. Raises `ConfigError` for bad configuration.
    """
    config = load_config(settings.config_dir)
    exporter = Exporter(CollectorRegistry(), config, load_labels(settings.config_dir))
    counts = partition_counts(settings.connection)
    scorer = load_scorer() if settings.sentiment else None
    stage = HotStage(settings, _factory(config, scorer), exporter, counts[FACTS.name], stopping)
    if settings.metrics_port:
        MetricsServer(
            exporter.metrics,
            settings.metrics_host,
            settings.metrics_port,
            health=stage.health,
            token=settings.metrics_token,
        )

    app = faust.App(
        id=settings.app_id,
        store="memory://",
        datadir=str(settings.data_dir),
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        table_standby_replicas=0,
        consumer_auto_offset_reset="earliest",
        # The ledger finds again whatever is on its way when the worker is told to stop.
        stream_wait_empty=False,
        broker_session_timeout=settings.session_timeout_ms / 1000,
        broker_heartbeat_interval=settings.session_timeout_ms / 5000,
        broker_commit_interval=COMMIT_INTERVAL_S,
        **settings.connection.faust(),
    )
    use_gap_transport(app)
    _add_hot_stage(app, stage)
    if settings.clock == "wall":
        _add_clock(app, settings, stage)
    origins = frozenset(
        f"{topic.name}/{number}"
        for topic in (CONVERSATIONS, CALLS)
        for number in range(counts[topic.name])
    )
    _add_scorecards(app, settings, config, origins, exporter, stopping)
    return app


def _factory(config: EngineConfig, scorer: Scorer | None) -> Any:
    def make(origin: str) -> Engine:
        return Engine(config, origin=origin, scorer=scorer)

    return make


def _add_hot_stage(app: Any, stage: HotStage) -> None:
    @app.service
    class Hot(HotStageService):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(stage, **kwargs)


def _add_clock(app: Any, settings: WorkerSettings, stage: HotStage) -> None:
    ticks = TickWriter(settings.connection, f"kefu/clock/{settings.worker_id}")

    @app.timer(TICK_EVERY_S)
    async def tick() -> None:
        ticks.wall(stage.assigned)


def _add_scorecards(
    app: Any,
    settings: WorkerSettings,
    config: EngineConfig,
    origins: frozenset[str],
    exporter: Exporter,
    stopping: threading.Event,
) -> None:
    stages: list[ScorecardStage] = []

    def stage() -> ScorecardStage:  # made late: its lock belongs to the running event loop
        if not stages:
            stages.append(ScorecardStage(settings, config, origins, exporter, stopping))
        return stages[0]

    @app.on_partitions_assigned.connect
    async def assigned(sender: Any, assigned: set[TP], **kwargs: Any) -> None:
        stage().assign({tp.partition for tp in assigned if tp.topic == FACTS.name})

    facts = app.topic(
        FACTS.name,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )

    @app.agent(facts)
    async def scorecards(stream: Any) -> None:
        async for events in stream.take_events(FACTS_BATCH, within=0.2):
            try:
                await stage().process(
                    [(e.message.partition, e.message.offset, e.value) for e in events]
                )
            except Exception as error:  # Faust would acknowledge the batch and go on
                await app.crash(error)
                raise

    @app.timer(CATCH_UP_EVERY_S)
    async def catch_up() -> None:
        exporter.tasks(len(asyncio.all_tasks()))
        await stage().catch_up()
