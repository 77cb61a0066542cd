"""Creates the label sets that are known beforehand: `increase()` does not see a first value.

What no list names is created when its queue, channel or priority is first seen, which is before
anything is decided about it: when somebody waits there, or says something.
"""

from importlib.metadata import version
from typing import get_args

from agents.export_facts import COUNTS, NODES, TALLY
from agents.labels import NONE, OTHER, LabelConfig
from agents.metrics import CONTRACT
from agents.series import Metrics
from pipeline.config import EngineConfig
from pipeline.policies import PolicyKey
from pipeline.quality.fold import PURPOSES
from schemas.codec import OUTPUT_TYPES, Reason
from schemas.envelope import Priority, Role
from schemas.events import Node
from schemas.outputs import Clock, ResponseClock, SentimentLabel
from schemas.topics import INPUTS

CALL_CLOCKS = frozenset({"answer", "hold", "after_call_work"})
ALARMS = frozenset({"long_wait", "silent_progress"})
"""Clocks that never say `met`; see docs/clocks.md."""
EVENT_OUTCOMES = ("processed", "backfilled", "duplicate", "replayed", "dead_letter")
DECIDED = ("met", "breached")
CORRECTED = ("met", "breached", "cancelled", "running")
MOODS = ("turned", "sustained_negative", "withdrawn")
RESOLUTIONS = ("resolution_first", "resolution_total")
PRIORITIES = (*get_args(Priority), NONE)


class Creator:
    """Creates what a group of queue, channel and priority will need; each group once."""

    def __init__(self, metrics: Metrics, config: EngineConfig, labels: LabelConfig) -> None:
        self._metrics = metrics
        self._config = config
        self._calls = frozenset(labels.call_channels)
        self._risks = (*labels.risks, OTHER)
        self._queues: set[str] = set()
        self._channels: set[str] = set()
        self._places: set[tuple[str, str]] = set()
        self.groups: set[tuple[str, str, str]] = set()

    def start(self, labels: LabelConfig) -> None:
        """Everything that the configuration names."""
        m, config = self._metrics, self._config
        m.set("kefu_build", (version("kefu"), config.sla.version, config.qa.version), 1)
        m.set("kefu_series_limit", (), labels.max_series)
        for topic in INPUTS:
            for outcome in EVENT_OUTCOMES:
                m.create("kefu_events", topic.name, outcome)
            m.create("kefu_event_delay_seconds", topic.name)
            for name in ("kefu_ticks", "kefu_unknown_fields", "kefu_input_gap_offsets"):
                m.create(name, topic.name)
        for kind in OUTPUT_TYPES:
            m.create("kefu_outputs", kind)
            m.create("kefu_backfilled", kind)
        for reason in Reason:
            m.create("kefu_dead_letters", reason.value)
        for rule in config.qa.infos.values():
            m.create("kefu_qa_withdrawn", rule.id, rule.severity)
        for subject in (*config.lexicons.subjects, OTHER):
            m.create("kefu_subjects", subject)
        for purpose in (*sorted(PURPOSES), OTHER):
            m.create("kefu_purposes", purpose)
        for name in ("kefu_batch_seconds", "kefu_rebalances", "kefu_restarts"):
            m.create(name)
        for label in ("channel", "queue"):
            m.create("kefu_label_values_refused", label)
        for metric in CONTRACT:
            m.create("kefu_series_refused", metric.name)
        for revised in ("no", "yes"):
            m.create("kefu_scorecards", revised)
        for queue in (*labels.queues, NONE, OTHER):
            for channel in (*labels.channels, NONE) if queue not in (NONE, OTHER) else (queue,):
                for priority in PRIORITIES:
                    self.create(channel, queue, priority)

    def create(self, channel: str, queue: str, priority: str) -> None:
        """What can be said of such an interaction: the clocks that a policy sets a target for."""
        self.groups.add((channel, queue, priority))
        if queue not in self._queues:
            self._queues.add(queue)
            self._create_queue(queue)
        m = self._metrics
        if channel not in self._channels:
            self._channels.add(channel)
            for role in get_args(Role):
                m.create("kefu_messages", role, channel)
        if (channel, queue) not in self._places:
            self._places.add((channel, queue))
            for label in get_args(SentimentLabel):
                m.create("kefu_customer_messages", label, channel, queue)
        if channel not in self._calls:
            for clock in get_args(ResponseClock):
                m.create("kefu_response_seconds", clock, queue)
                m.create("kefu_response_by_channel_seconds", clock, channel, priority)
        for clock in self._clocks(channel, queue, priority):
            m.create("kefu_sla_warnings", clock, queue)
            for outcome in ("breached",) if clock in ALARMS else DECIDED:
                m.create("kefu_sla", clock, outcome, channel, queue)
                m.create("kefu_sla_by_priority", clock, outcome, channel, priority)
            for outcome in CORRECTED:
                m.create("kefu_sla_corrections", clock, outcome)

    def _clocks(self, channel: str, queue: str, priority: str) -> list[str]:
        key = PolicyKey(None, _value(channel), _value(queue), _value(priority), None)
        targets = self._config.sla.policies.judge(key)
        is_call = channel in self._calls
        either_way = channel in (NONE, OTHER)
        return [
            clock
            for clock in get_args(Clock)
            if clock in targets and (either_way or _is_of(clock, is_call=is_call))
        ]

    def _create_queue(self, queue: str) -> None:
        m = self._metrics
        for node in get_args(Node):
            for name, _ in NODES.values():
                m.create(name, node, queue)
        for after_breach in ("no", "yes"):
            m.create("kefu_complaints", after_breach, queue)
        m.create("kefu_sentiment_ratio", queue)
        m.create("kefu_qa_score", queue)
        for clock in RESOLUTIONS:
            m.create("kefu_resolution_seconds", clock, queue)
        for mood in MOODS:
            m.create("kefu_moods", mood, queue)
        for risk in self._risks:
            m.create("kefu_risk_words", risk, queue)
        for rule in self._config.qa.infos.values():
            m.create("kefu_qa_issues", rule.id, rule.severity, queue)
        for name, labels, _ in (*TALLY.values(), *COUNTS.values()):
            m.create(name, *labels, queue)


def _is_of(clock: str, *, is_call: bool) -> bool:
    return clock == "answer" or (clock in CALL_CLOCKS) == is_call


def _value(label: str) -> str | None:
    return None if label in (NONE, OTHER) else label
