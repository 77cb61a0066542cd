"""Turns what the engines put out into metrics; the only place that does."""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import version
from threading import Lock

from prometheus_client import CollectorRegistry

from agents.labels import NONE, OTHER, LabelConfig, LabelSet
from agents.metrics import Metrics
from agents.task import Task, count_duplicates
from pipeline.config import EngineConfig
from pipeline.engine import Engine
from pipeline.waiting import WaitingGroup
from schemas.codec import Reason
from schemas.outputs import (
    DeadLetter,
    Duplicate,
    InteractionSummary,
    MessageEnriched,
    Output,
    QaFacts,
    QaIssue,
    QueueInterval,
    Scorecard,
    SlaBreached,
    SlaCorrected,
    SlaData,
    SlaMet,
    SlaWarned,
)
from schemas.topics import INPUTS

Counts = Counter[tuple[str, ...]]
"""Increments by metric name and labels."""
_CLOCKS = ("first_response", "next_response", "answer")
_OUTCOMES = ("warned", "breached", "met", "corrected")
_SENTIMENTS = ("negative", "neutral", "positive")


class Exporter:
    """Counts outputs and shows gauges. Called by the hot stage and by the scorecard agent."""

    def __init__(
        self, registry: CollectorRegistry, config: EngineConfig, labels: LabelConfig
    ) -> None:
        self._lock = Lock()
        m = self._m = Metrics(registry)
        self._channels = LabelSet(
            labels.channels,
            labels.admit_unlisted,
            m.counter("kefu_label_values_refused", "channel"),
        )
        self._queues = LabelSet(
            labels.queues, labels.admit_unlisted, m.counter("kefu_label_values_refused", "queue")
        )
        self._waiting_shown: dict[tuple[str, int], set[tuple[str, ...]]] = {}
        self._agents_shown: dict[tuple[str, int], set[tuple[str, ...]]] = {}
        self._create(config, labels)

    def _create(self, config: EngineConfig, labels: LabelConfig) -> None:
        """Every label set that is known beforehand, so that a first increment is seen."""
        m = self._m
        m.gauge("kefu_build", version("kefu"), config.sla.version, config.qa.version).set(1)
        for topic in INPUTS:
            for outcome in ("processed", "duplicate", "replayed", "dead_letter"):
                m.counter("kefu_events", topic.name, outcome)
            m.counter("kefu_ticks", topic.name)
            m.counter("kefu_input_gap_offsets", topic.name)
        for reason in Reason:
            m.counter("kefu_dead_letters", reason.value)
        for queue in (*labels.queues, NONE, OTHER):
            for rule in config.qa.infos.values():
                m.counter("kefu_qa_issues", rule.id, rule.severity, queue)
            for channel in (*labels.channels, NONE, OTHER):
                for label in _SENTIMENTS:
                    m.counter("kefu_customer_messages", label, channel, queue)
                for clock in _CLOCKS:
                    for outcome in _OUTCOMES:
                        m.counter("kefu_sla", clock, outcome, channel, queue)

    # --- the hot stage ---------------------------------------------------------------------------

    def sent(self, task: Task, outputs: list[Output]) -> None:
        """A batch of one partition is confirmed: count what came in and what went out."""
        m = self._m
        duplicates = count_duplicates(outputs)
        letters = sum(type(output) is DeadLetter for output in outputs)
        for outcome, count in (
            ("processed", task.processed - duplicates),
            ("duplicate", duplicates),
            ("replayed", task.replayed),
            ("dead_letter", letters),
        ):
            if count:
                m.counter("kefu_events", task.topic, outcome).inc(count)
        if task.ticks:
            m.counter("kefu_ticks", task.topic).inc(task.ticks)
        if task.unknown_fields:
            m.counter("kefu_unknown_fields", task.topic).inc(task.unknown_fields)
        task.processed = task.replayed = task.ticks = task.unknown_fields = 0
        self.outputs(outputs)

    def outputs(self, outputs: Iterable[Output]) -> None:
        """Count outputs of any kind: added up first, because a counter's own lock and label
        lookup cost more than all the rest.
        """
        counts: Counts = Counter()
        with self._lock:
            for output in outputs:
                self._count(output, counts)
            for (name, *labels), count in counts.items():
                self._m.counter(name, *labels).inc(count)

    def _count(self, output: Output, counts: Counts) -> None:
        m = self._m
        match output:
            case MessageEnriched():
                self._message(output, counts)
            case SlaWarned():
                self._sla(output.data, "warned", counts)
            case SlaBreached():
                self._sla(output.data, "breached", counts)
            case SlaMet():
                self._sla(output.data, "met", counts)
            case SlaCorrected():
                self._sla(output.data, "corrected", counts)
            case QaIssue(data=data):
                queue = self._queues.show(data.queue)
                counts["kefu_qa_issues", data.rule, data.severity, queue] += 1
            case InteractionSummary(data=data):
                if data.state == "closed" and data.rating is None:
                    queue = self._queues.show(data.queue)
                    counts["kefu_interactions_closed", data.kind, queue] += 1
            case Scorecard(data=data):
                if data.group == "queue":
                    queue = self._queues.show(data.name)
                    if data.score.mean is not None:
                        m.gauge("kefu_qa_score_points", queue).set(data.score.mean)
                    m.gauge("kefu_qa_scorecard_window_end_timestamp_seconds", queue).set(
                        data.window_end.timestamp()
                    )
                counts["kefu_scorecards", "yes" if data.revision > 1 else "no"] += 1
            case DeadLetter(data=data):
                counts["kefu_dead_letters", data.reason] += 1
            case QaFacts() | QueueInterval():
                pass
            case Duplicate():
                return
        counts["kefu_outputs", str(output.__struct_config__.tag)] += 1

    def _message(self, output: MessageEnriched, counts: Counts) -> None:
        data = output.data
        queue = self._queues.show(data.queue)
        if data.sentiment is not None:
            channel = self._channels.show(data.channel)
            counts["kefu_customer_messages", data.sentiment.label, channel, queue] += 1
            self._m.histogram("kefu_sentiment_ratio", queue).observe(data.sentiment.mood)
        if data.risk_words:
            counts["kefu_risk_words", queue] += 1
        if data.response is not None and data.response_ms is not None:
            channel = self._channels.show(data.channel)
            self._m.histogram("kefu_response_seconds", data.response, channel, queue).observe(
                data.response_ms / 1000
            )

    def _sla(self, data: SlaData, outcome: str, counts: Counts) -> None:
        channel, queue = self._channels.show(data.channel), self._queues.show(data.queue)
        counts["kefu_sla", data.clock, outcome, channel, queue] += 1

    # --- state -----------------------------------------------------------------------------------

    def show(self, task: Task, lag: int) -> None:
        """Show the gauges of one partition."""
        engine = task.engine
        if not isinstance(engine, Engine):
            return
        m, partition, place = self._m, str(task.partition), (task.topic, task.partition)
        m.gauge("kefu_input_lag", task.topic, partition).set(lag)
        m.gauge("kefu_live_records", task.topic, partition).set(engine.open_interactions)
        if engine.now_ms is not None:
            m.gauge("kefu_clock_timestamp_seconds", task.topic, partition).set(engine.now_ms / 1000)
        with self._lock:
            self._show_waiting(engine, place)
            self._show_agents(engine, place)

    def _show_waiting(self, engine: Engine, place: tuple[str, int]) -> None:
        counts: dict[tuple[str, ...], tuple[int, int | None]] = {}
        for group, now in engine.waiting():
            labels = self._waiting_labels(group, place)
            count, oldest = counts.get(labels, (0, None))
            since = now.oldest_since_ms
            if oldest is not None and (since is None or oldest < since):
                since = oldest
            counts[labels] = (count + now.customers, since)
        self._waiting_shown[place] = set(counts)
        for labels, (count, since) in counts.items():
            self._m.gauge("kefu_waiting", *labels).set(count)
            name = "kefu_oldest_waiting_since_timestamp_seconds"
            if since is None:
                self._forget(name, labels)
            else:
                self._m.gauge(name, *labels).set(since / 1000)

    def _waiting_labels(self, group: WaitingGroup, place: tuple[str, int]) -> tuple[str, ...]:
        return (
            group.kind,
            self._channels.show(group.channel),
            self._queues.show(group.queue),
            group.priority or NONE,
            str(place[1]),
        )

    def _show_agents(self, engine: Engine, place: tuple[str, int]) -> None:
        shown = {
            (self._queues.show(queue), state, str(place[1])): count
            for (queue, state), count in engine.presence().items()
        }
        for labels in self._agents_shown.get(place, set()) - shown.keys():
            self._forget("kefu_agents", labels)
        for labels, count in shown.items():
            self._m.gauge("kefu_agents", *labels).set(count)
        self._agents_shown[place] = set(shown)

    def revoked(self, topic: str, partition: int) -> None:
        """The partition has gone to another worker: its gauges leave this page."""
        place = (topic, partition)
        with self._lock:
            for labels in self._waiting_shown.pop(place, ()):
                self._forget("kefu_waiting", labels)
                self._forget("kefu_oldest_waiting_since_timestamp_seconds", labels)
            for labels in self._agents_shown.pop(place, ()):
                self._forget("kefu_agents", labels)
        for name in ("kefu_input_lag", "kefu_live_records", "kefu_clock_timestamp_seconds"):
            self._forget(name, (topic, str(partition)))
        self._m.gauge("kefu_assigned_partitions").dec()

    def _forget(self, name: str, labels: tuple[str, ...]) -> None:
        with suppress(KeyError):  # it was never shown
            self._m.remove(name, *labels)

    # --- the pipeline itself ---------------------------------------------------------------------

    def rebalanced(self, assigned: int) -> None:
        """An assignment came."""
        self._m.counter("kefu_rebalances").inc()
        self._m.gauge("kefu_assigned_partitions").set(assigned)

    def restarted(self) -> None:
        """The hot stage starts over after a failure of Kafka."""
        self._m.counter("kefu_restarts").inc()

    def recovered(self, seconds: float) -> None:
        """States were read from the changelog."""
        self._m.gauge("kefu_recovery_seconds").set(seconds)

    def gap(self, topic: str, offsets: int) -> None:
        """Offsets are proven to be missing from the input."""
        self._m.counter("kefu_input_gap_offsets", topic).inc(offsets)

    def batch(self, seconds: float) -> None:
        """One batch is through."""
        self._m.histogram("kefu_batch_seconds").observe(seconds)
