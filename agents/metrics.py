"""The metrics contract: the one list of names, types, labels, buckets and help.

Labels come from closed sets or from `config/metrics.yaml`, never from ids or text. Gauges of state
carry `partition` and leave with it; dashboards use `sum(max by (…, partition))`. Times are exported
as timestamps, not ages, so that a dead worker still ages.
"""

from typing import Literal, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

RESPONSE_BUCKETS = (
    5, 10, 20, 30, 45, 60, 90, 120, 180, 210, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400,
)  # fmt: skip
"""Seconds; every target that service plans set is a bound, so that shares are exact there."""
SENTIMENT_BUCKETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
WORK_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metric(NamedTuple):
    """One line of the contract. Counters are exported with `_total`."""

    name: str
    type: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


CONTRACT = (
    Metric("kefu_events", "counter", "Input events, by what became of them.", ("topic", "outcome")),
    Metric("kefu_ticks", "counter", "Ticks read from the input partitions.", ("topic",)),
    Metric("kefu_unknown_fields", "counter", "Fields this version does not know.", ("topic",)),
    Metric("kefu_outputs", "counter", "Outputs published, by type.", ("type",)),
    Metric("kefu_dead_letters", "counter", "Events refused, by reason.", ("reason",)),
    Metric(
        "kefu_waiting",
        "gauge",
        "Customers waiting for a human now.",
        ("kind", "channel", "queue", "priority", "partition"),
    ),
    Metric(
        "kefu_oldest_waiting_since_timestamp_seconds",
        "gauge",
        "Event time at which the longest present wait began; absent when nobody waits.",
        ("kind", "channel", "queue", "priority", "partition"),
    ),
    Metric(
        "kefu_response_seconds",
        "histogram",
        "Measured waits that ended with an answer, on time or late.",
        ("clock", "channel", "queue"),
        RESPONSE_BUCKETS,
    ),
    Metric(
        "kefu_sla",
        "counter",
        "Statements of the response clocks: warned, breached, met, corrected.",
        ("clock", "outcome", "channel", "queue"),
    ),
    Metric(
        "kefu_customer_messages",
        "counter",
        "Customer messages by sentiment class.",
        ("label", "channel", "queue"),
    ),
    Metric(
        "kefu_sentiment_ratio",
        "histogram",
        "Probability that a customer message is positive, 0 to 1.",
        ("queue",),
        SENTIMENT_BUCKETS,
    ),
    Metric("kefu_risk_words", "counter", "Customer messages with a risk word.", ("queue",)),
    Metric(
        "kefu_qa_issues",
        "counter",
        "Hits of quality rules.",
        ("rule", "severity", "queue"),
    ),
    Metric("kefu_interactions_closed", "counter", "Interactions closed.", ("kind", "queue")),
    Metric("kefu_qa_score_points", "gauge", "Mean score of the last published hour.", ("queue",)),
    Metric(
        "kefu_qa_scorecard_window_end_timestamp_seconds",
        "gauge",
        "End of the last published hour.",
        ("queue",),
    ),
    Metric("kefu_scorecards", "counter", "Scorecards published; revised ones apart.", ("revised",)),
    Metric("kefu_agents", "gauge", "Human agents by state.", ("queue", "state", "partition")),
    Metric(
        "kefu_live_records",
        "gauge",
        "Interactions and agents held in state.",
        ("topic", "partition"),
    ),
    Metric(
        "kefu_clock_timestamp_seconds",
        "gauge",
        "The newest tick that the partition has read.",
        ("topic", "partition"),
    ),
    Metric(
        "kefu_input_lag", "gauge", "Records behind the end of the input.", ("topic", "partition")
    ),
    Metric(
        "kefu_input_gap_offsets",
        "counter",
        "Offsets proven missing: compaction, retention or transaction markers.",
        ("topic",),
    ),
    Metric("kefu_assigned_partitions", "gauge", "Input partitions this worker has."),
    Metric("kefu_rebalances", "counter", "Assignments received."),
    Metric("kefu_restarts", "counter", "Times the hot stage recovered from a Kafka failure."),
    Metric("kefu_recovery_seconds", "gauge", "How long the last recovery took."),
    Metric("kefu_batch_seconds", "histogram", "One batch, read to confirmed.", (), WORK_BUCKETS),
    Metric("kefu_label_values_refused", "counter", "Label values shown as `other`.", ("label",)),
    Metric("kefu_build", "gauge", "Always 1; the labels say what runs.", ("version", "sla", "qa")),
)


class Metrics:
    """The metrics of the contract, registered."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._by_name: dict[str, Counter | Gauge | Histogram] = {}
        for metric in CONTRACT:
            made: Counter | Gauge | Histogram
            if metric.type == "counter":
                made = Counter(metric.name, metric.help, metric.labels, registry=registry)
            elif metric.type == "gauge":
                made = Gauge(metric.name, metric.help, metric.labels, registry=registry)
            else:
                made = Histogram(
                    metric.name,
                    metric.help,
                    metric.labels,
                    buckets=metric.buckets,
                    registry=registry,
                )
            self._by_name[metric.name] = made

    def counter(self, name: str, *labels: str) -> Counter:
        """A counter of the contract, with its labels in the contract's order."""
        metric = self._by_name[name]
        assert isinstance(metric, Counter)  # noqa: S101 - a name of another type is our mistake
        return metric.labels(*labels) if labels else metric

    def gauge(self, name: str, *labels: str) -> Gauge:
        """A gauge of the contract, with its labels in the contract's order."""
        metric = self._by_name[name]
        assert isinstance(metric, Gauge)  # noqa: S101 - a name of another type is our mistake
        return metric.labels(*labels) if labels else metric

    def histogram(self, name: str, *labels: str) -> Histogram:
        """A histogram of the contract, with its labels in the contract's order."""
        metric = self._by_name[name]
        assert isinstance(metric, Histogram)  # noqa: S101 - a name of another type is our mistake
        return metric.labels(*labels) if labels else metric

    def remove(self, name: str, *labels: str) -> None:
        """Take one label set off the page."""
        self._by_name[name].remove(*labels)
