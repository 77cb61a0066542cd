"""Counts each output of the engines, in one `match`."""

from collections.abc import Iterable

from agents.export_facts import count_facts
from agents.export_start import Creator
from agents.export_windows import UNPLACED, WindowGauges
from agents.labels import NONE, OTHER, LabelConfig, LabelSet
from agents.series import Metrics
from schemas.codec import OUTPUT_TYPES
from schemas.envelope import Dimensions
from schemas.outputs import (
    DeadLetter,
    Duplicate,
    EnrichedData,
    InteractionSummary,
    MessageEnriched,
    MoodWithdrawn,
    Output,
    QaFacts,
    QaIssue,
    QaWithdrawn,
    QueueInterval,
    Scorecard,
    SentimentTurned,
    SlaBreached,
    SlaCorrected,
    SlaData,
    SlaMet,
    SlaWarned,
    SustainedNegative,
)

_TYPE = {cls: (tag,) for tag, cls in OUTPUT_TYPES.items()}
"""The label of each type of output."""


class OutputCounter:
    """Used under the exporter's lock."""

    def __init__(
        self, metrics: Metrics, creator: Creator, labels: LabelConfig, lateness_ms: int
    ) -> None:
        """`lateness_ms` is how long after its end a window is published."""
        self._m = metrics
        self._creator = creator
        self._windows = WindowGauges(metrics, lateness_ms)
        self._channels = self._label_set("channel", labels.channels, labels.admit_unlisted)
        self._queues = self._label_set("queue", labels.queues, labels.admit_unlisted)
        self._risks = {word: name for name, words in labels.risks.items() for word in words}

    def _label_set(self, label: str, listed: Iterable[str], admit: int) -> LabelSet:
        def refused() -> None:
            self._m.add("kefu_label_values_refused", (label,))

        return LabelSet(listed, admit, refused)

    def queue(self, name: str | None) -> str:
        """The label of a queue."""
        return self._queues.show(name)

    def group(
        self, channel: str | None, queue: str | None, priority: str | None
    ) -> tuple[str, str, str]:
        """The labels of a channel, queue and priority; what they will need is there afterwards."""
        group = (self._channels.show(channel), self._queues.show(queue), priority or NONE)
        if group not in self._creator.groups:
            self._creator.create(*group)
        return group

    def revoked(self, partition: int) -> None:
        """A facts partition has gone."""
        self._windows.revoked(str(partition))

    def reach(self, now_ms: int) -> None:
        """A partition has read a tick of that time."""
        self._windows.reach(now_ms)

    def count(self, output: Output, partition: int | None = None, *, is_past: bool = False) -> None:
        """Count one output; `partition` is the facts partition that a window comes from.

        What is told of the past is counted apart: the other counters are read as what happens now.
        """
        m = self._m
        if is_past:
            m.add("kefu_backfilled", _TYPE[type(output)])
            m.add("kefu_outputs", _TYPE[type(output)])
            return
        match output:  # the most frequent first
            case QaFacts(data=data):
                if data.group == "queue" and data.window_start is not None:
                    count_facts(m, data, self.queue(data.name))
            case MessageEnriched(data=data):
                self._message(data)
            case SlaMet(data=data):
                self._decided(data, "met")
            case SlaBreached(data=data):
                self._decided(data, "breached")
            case SlaWarned(data=data):
                m.add("kefu_sla_warnings", (data.clock, self._group_of(data)[1]))
            case SlaCorrected(data=data):
                m.add("kefu_sla_corrections", (data.clock, data.outcome))
            case QaIssue(data=data):
                queue = self._group_of(data)[1]
                m.add("kefu_qa_issues", (data.rule, data.severity, queue))
            case QaWithdrawn(data=data):
                m.add("kefu_qa_withdrawn", (data.rule, data.severity))
            case SentimentTurned(data=data):
                m.add("kefu_moods", ("turned", self._group_of(data)[1]))
            case SustainedNegative(data=data):
                m.add("kefu_moods", ("sustained_negative", self._group_of(data)[1]))
            case MoodWithdrawn(data=data):
                m.add("kefu_moods", ("withdrawn", self._group_of(data)[1]))
            case InteractionSummary():
                self._summary(output)
            case Scorecard(data=data):
                m.add("kefu_scorecards", ("yes" if data.revision > 1 else "no",))
                self._windows.scorecard(data, self.queue(data.name), _place(partition))
            case QueueInterval(data=data):
                self._windows.interval(data, self.queue(data.queue), _place(partition))
            case DeadLetter(data=data):
                m.add("kefu_dead_letters", (data.reason,))
            case Duplicate():
                return
        m.add("kefu_outputs", _TYPE[type(output)])

    def _group_of(self, data: Dimensions) -> tuple[str, str, str]:
        return self.group(data.channel, data.queue, data.priority)

    def _message(self, data: EnrichedData) -> None:
        m = self._m
        channel, queue, priority = self._group_of(data)
        m.add("kefu_messages", (data.role, channel))
        if data.role == "customer" and data.sentiment is not None:
            m.add("kefu_customer_messages", (data.sentiment.label, channel, queue))
            m.observe("kefu_sentiment_ratio", (queue,), data.sentiment.mood)
        for risk in {self._risks.get(word, OTHER) for word in data.risk_words}:
            m.add("kefu_risk_words", (risk, queue))
        if data.response is not None and data.response_ms is not None:
            seconds = data.response_ms / 1000
            m.observe("kefu_response_seconds", (data.response, queue), seconds)
            labels = (data.response, channel, priority)
            m.observe("kefu_response_by_channel_seconds", labels, seconds)

    def _decided(self, data: SlaData, outcome: str) -> None:
        channel, queue, priority = self._group_of(data)
        self._m.add("kefu_sla", (data.clock, outcome, channel, queue))
        self._m.add("kefu_sla_by_priority", (data.clock, outcome, channel, priority))

    def _summary(self, output: InteractionSummary) -> None:
        """Resolutions count with the summary of the close itself; later ones repeat them."""
        data = output.data
        queue = self._group_of(data)[1]
        closing = data.state == "closed" and output.time == data.closed
        if not closing and data.state != "expired":
            return
        for clock, elapsed_ms in (
            ("resolution_first", data.resolution_first_ms),
            ("resolution_total", data.resolution_total_ms),
        ):
            if elapsed_ms is not None:
                self._m.observe("kefu_resolution_seconds", (clock, queue), elapsed_ms / 1000)
        if data.purpose == "complaint":
            self._m.add("kefu_complaints", ("yes" if data.breaches else "no", queue))


def _place(partition: int | None) -> str:
    return UNPLACED if partition is None else str(partition)
