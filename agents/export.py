"""Turns what the engines put out into metrics; with the `export_*` modules the only place that
does. `agents/metrics.py` lists them, `docs/metrics.md` explains them.
"""

import time
from collections.abc import Callable, Iterable
from threading import Lock

from prometheus_client import CollectorRegistry

from agents.export_outputs import OutputCounter
from agents.export_start import Creator
from agents.export_state import LEAST_GROUPS, Waits, add_wait, fold, is_open, priority_of
from agents.labels import LabelConfig
from agents.series import REFUSED, Labels, Metrics
from agents.task import Task, count_duplicates
from pipeline.config import EngineConfig
from pipeline.engine import Engine
from schemas.outputs import DeadLetter, Duplicate, Output

PARTITION_GAUGES = (
    "kefu_input_lag",
    "kefu_live_records",
    "kefu_clock_timestamp_seconds",
    "kefu_event_time_lag_seconds",
    "kefu_state_shown_timestamp_seconds",
)
WAITING = "kefu_waiting"
OLDEST = "kefu_oldest_waiting_since_timestamp_seconds"


class Exporter:
    """Counts outputs and shows gauges. Called by the hot stage and by the scorecard agent, each on
    a thread of its own; whoever asks for the page waits for neither.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        config: EngineConfig,
        labels: LabelConfig,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`wall` tells the wall time, in seconds."""
        self._lock = Lock()
        self._wall = wall
        self._max_waiting_groups = labels.max_waiting_groups
        self.metrics = m = Metrics(registry, labels.max_series)
        creator = Creator(m, config, labels)
        creator.start(labels)
        self._outputs = OutputCounter(m, creator, labels, config.sla.lateness_ms)
        self._config = config
        self._channels = labels.channels
        self._assigned = 0
        self._shown: dict[tuple[str, int], dict[str, set[Labels]]] = {}
        m.set("kefu_assigned_partitions", (), 0)

    # --- outputs ---------------------------------------------------------------------------------

    def sent(self, task: Task, outputs: list[Output]) -> None:
        """A batch of one partition is confirmed: count what came in and what went out."""
        duplicates = count_duplicates(outputs)
        processed = task.processed - task.backfilled - duplicates
        letters = sum(type(output) is DeadLetter for output in outputs)
        with self._lock:
            m = self.metrics
            m.add("kefu_events", (task.topic, "processed"), processed)
            m.add("kefu_events", (task.topic, "backfilled"), task.backfilled)
            m.add("kefu_events", (task.topic, "duplicate"), duplicates)
            m.add("kefu_events", (task.topic, "replayed"), task.replayed)
            m.add("kefu_events", (task.topic, "dead_letter"), letters)
            m.add("kefu_ticks", (task.topic,), task.ticks)
            m.add("kefu_unknown_fields", (task.topic,), task.unknown_fields)
            for delay_ms in task.delays_ms:
                m.observe("kefu_event_delay_seconds", (task.topic,), delay_ms / 1000)
            for output in outputs:
                is_past = type(output) is not Duplicate and output.id in task.past
                self._outputs.count(output, is_past=is_past)
            if task.engine.now_ms is not None:
                self._outputs.reach(task.engine.now_ms)
            task.delays_ms.clear()
            task.past.clear()
            task.processed = task.backfilled = task.replayed = 0
            task.ticks = task.unknown_fields = 0

    def outputs(self, outputs: Iterable[Output], partition: int | None = None) -> None:
        """Count published outputs; `partition` is the facts partition that windows come from."""
        with self._lock:
            for output in outputs:
                self._outputs.count(output, partition)

    def facts_revoked(self, partition: int) -> None:
        """A facts partition has gone to another worker: its windows leave this page."""
        with self._lock:
            self._outputs.revoked(partition)

    # --- state -----------------------------------------------------------------------------------

    def show(self, task: Task, lag: int) -> None:
        """Show the gauges of one partition."""
        engine = task.engine
        if not isinstance(engine, Engine):
            return
        place = (task.topic, str(task.partition))
        wall_s = self._wall()
        with self._lock:
            m = self.metrics
            m.set("kefu_input_lag", place, lag)
            m.set("kefu_live_records", place, engine.open_interactions)
            m.set("kefu_state_shown_timestamp_seconds", place, wall_s)
            self._show_open_channels(round(wall_s * 1000))
            if engine.now_ms is not None:
                now_s = engine.now_ms / 1000
                m.set("kefu_clock_timestamp_seconds", place, now_s)
                behind_s = max(0.0, wall_s - now_s) if lag else 0.0
                m.set("kefu_event_time_lag_seconds", place, behind_s)
            key = (task.topic, task.partition)
            self._show_waiting(engine, key)
            self._show_agents(engine, key)

    def _show_open_channels(self, wall_ms: int) -> None:
        for channel in self._channels:
            opened = is_open(self._config.sla.policies, channel, wall_ms)
            self.metrics.set("kefu_channel_open", (channel,), int(opened))

    def _show_waiting(self, engine: Engine, place: tuple[str, int]) -> None:
        waits: Waits = {}
        for group, now in engine.waiting():
            channel, queue, priority = self._outputs.group(
                group.channel, group.queue, priority_of(group)
            )
            add_wait(waits, (group.kind, channel, queue, priority), now)
        most = max(LEAST_GROUPS, self._max_waiting_groups // max(1, self._assigned))
        waits, folded = fold(waits, most)
        if folded:
            self.metrics.add(REFUSED, (WAITING,), folded)
        partition = str(place[1])
        counts: dict[Labels, float] = {
            (*labels, partition): now.customers for labels, now in waits.items()
        }
        since: dict[Labels, float] = {
            (*labels, partition): now.oldest_since_ms / 1000
            for labels, now in waits.items()
            if now.oldest_since_ms is not None
        }
        self._replace(place, WAITING, counts)
        self._replace(place, OLDEST, since)

    def _show_agents(self, engine: Engine, place: tuple[str, int]) -> None:
        counts: dict[Labels, float] = {}
        for (queue, state), count in engine.presence().items():
            labels = (self._outputs.queue(queue), state, str(place[1]))
            counts[labels] = counts.get(labels, 0) + count
        self._replace(place, "kefu_agents", counts)

    def _replace(self, place: tuple[str, int], name: str, rows: dict[Labels, float]) -> None:
        shown = self._shown.setdefault(place, {})
        for labels in shown.get(name, set()) - rows.keys():
            self.metrics.remove(name, labels)
        for labels, value in rows.items():
            self.metrics.set(name, labels, value)
        shown[name] = set(rows)

    def revoked(self, topic: str, partition: int) -> None:
        """The partition has gone to another worker: its gauges leave this page."""
        with self._lock:
            for name, rows in self._shown.pop((topic, partition), {}).items():
                for labels in rows:
                    self.metrics.remove(name, labels)
            for name in PARTITION_GAUGES:
                self.metrics.remove(name, (topic, str(partition)))
            self._assigned = max(0, self._assigned - 1)
            self.metrics.set("kefu_assigned_partitions", (), self._assigned)

    # --- the pipeline itself ---------------------------------------------------------------------

    def rebalanced(self, assigned: int) -> None:
        """An assignment came."""
        with self._lock:
            self._assigned = assigned
            self.metrics.add("kefu_rebalances", ())
            self.metrics.set("kefu_assigned_partitions", (), assigned)

    def restarted(self) -> None:
        """The hot stage starts over after a failure of Kafka."""
        with self._lock:
            self.metrics.add("kefu_restarts", ())

    def recovered(self, seconds: float) -> None:
        """States were read from the changelog."""
        with self._lock:
            self.metrics.set("kefu_recovery_seconds", (), seconds)

    def tasks(self, count: int) -> None:
        """So many tasks are on the event loop."""
        with self._lock:
            self.metrics.set("kefu_runtime_tasks", (), count)

    def gap(self, topic: str, offsets: int) -> None:
        """Offsets are proven to be missing from the input."""
        with self._lock:
            self.metrics.add("kefu_input_gap_offsets", (topic,), offsets)

    def batch(self, seconds: float) -> None:
        """One batch is through."""
        with self._lock:
            self.metrics.observe("kefu_batch_seconds", (), seconds)
