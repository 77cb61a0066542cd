"""Gauges of the last closed window of each queue: its half hour, and its hourly scorecard.

A queue belongs to one facts partition, and that to one worker. The gauges carry the partition and
leave with it, so that after a rebalance no old window stands beside the new one; until the next
window closes, at most one length of it, the queue has none on the page. Nothing is lost: the
counters of `export_facts` go on meanwhile, and Prometheus keeps what it has scraped. A revision of
an older window is not shown, nor is any window of the past; one of the window that is shown
replaces it.
"""

from typing import NamedTuple

from agents.labels import OTHER
from agents.series import REFUSED, Labels, Metrics
from pipeline.past import is_past, past_after_ms
from pipeline.windows import HALF
from schemas.quality import ScorecardData
from schemas.queue_intervals import QueueIntervalData

INTERVAL_END = "kefu_interval_end_timestamp_seconds"
SCORECARD_END = "kefu_qa_scorecard_window_end_timestamp_seconds"
UNPLACED = "none"
"""The partition where the caller does not say which one it is."""

Row = tuple[str, Labels, float | None]
"""Gauge, its labels before queue and partition, and its value; None: not on the page."""


class _Shown(NamedTuple):
    """The window of one queue that is on the page."""

    tenant: str
    end_s: float
    series: list[tuple[str, Labels]]


class WindowGauges:
    """The newest window that is shown of each queue; used under the exporter's lock."""

    def __init__(self, metrics: Metrics, lateness_ms: int) -> None:
        """`lateness_ms` is how long after its end a window is published."""
        self._metrics = metrics
        self._lateness_ms = lateness_ms
        self._now_ms: int | None = None
        self._shown: dict[str, dict[tuple[str, str], _Shown]] = {}

    def reach(self, now_ms: int) -> None:
        """Time has come that far in some partition."""
        self._now_ms = max(self._now_ms or 0, now_ms)

    def interval(self, data: QueueIntervalData, queue: str, partition: str) -> None:
        """Show a queue's half hour; the other lengths are read from their topic."""
        if data.length == HALF:
            end_s = data.window_end.timestamp()
            self._show(INTERVAL_END, _interval(data), data.tenant, (queue, partition), end_s)

    def scorecard(self, data: ScorecardData, queue: str, partition: str) -> None:
        """Show the hour of a queue; those of other groups are read from their topic."""
        if data.group == "queue":
            end_s = data.window_end.timestamp()
            self._show(SCORECARD_END, _scorecard(data), data.tenant, (queue, partition), end_s)

    def revoked(self, partition: str) -> None:
        """The facts partition has gone to another worker."""
        for shown in self._shown.pop(partition, {}).values():
            for name, labels in shown.series:
                self._metrics.remove(name, labels)

    def _show(
        self, end_name: str, rows: list[Row], tenant: str, place: tuple[str, str], end_s: float
    ) -> None:
        queue, partition = place
        of_partition = self._shown.setdefault(partition, {})
        before = of_partition.get((end_name, queue))
        if queue == OTHER or (before is not None and before.tenant != tenant):
            # Windows of several queues do not add up here: the first tenant's stays.
            self._metrics.add(REFUSED, (end_name,))
            return
        if self._is_past(end_s) or (before is not None and before.end_s > end_s):
            return
        rows = [*rows, (end_name, (), end_s)]
        series = []
        for name, labels, value in rows:
            if value is None:
                self._metrics.remove(name, (*labels, *place))
            else:
                self._metrics.set(name, (*labels, *place), value)
                series.append((name, (*labels, *place)))
        of_partition[end_name, queue] = _Shown(tenant, end_s, series)

    def _is_past(self, end_s: float) -> bool:
        """Whether a window is published long after its time: a backfill's, which must not pass for
        the last one where none is shown yet.
        """
        due_ms = round(end_s * 1000) + self._lateness_ms
        after_ms = past_after_ms(self._lateness_ms)
        return is_past(due_ms, known_ms=self._now_ms, after_ms=after_ms)


def _interval(data: QueueIntervalData) -> list[Row]:
    rows: list[Row] = []
    for level in data.service_level:
        formula = (str(level.formula),)
        rows.append(("kefu_interval_service_level_numerator", formula, level.numerator))
        rows.append(("kefu_interval_service_level_denominator", formula, level.denominator))
    rows += [
        ("kefu_interval_contacts", ("answered",), data.answered),
        ("kefu_interval_contacts", ("abandoned",), data.abandoned),
        ("kefu_interval_abandonment_ratio", ("no",), data.abandonment.share),
        ("kefu_interval_abandonment_ratio", ("yes",), data.abandonment_adjusted.share),
        ("kefu_interval_speed_of_answer_seconds", (), data.asa_seconds),
        ("kefu_interval_handling_seconds", ("talk",), data.talk_seconds_mean),
        ("kefu_interval_handling_seconds", ("hold",), data.hold_seconds_mean),
        ("kefu_interval_handling_seconds", ("wrap_up",), data.wrap_up_seconds_mean),
        ("kefu_interval_occupancy_ratio", (), data.occupancy),
        ("kefu_interval_sla", ("met",), data.met),
        ("kefu_interval_sla", ("breached",), data.breached),
    ]
    return rows


def _scorecard(data: ScorecardData) -> list[Row]:
    shares = {
        "coverage": data.coverage,
        "failed": data.fail_rate,
        "negative": data.negative.share,
        "empathy": data.empathy.share,
        "positive_language": data.positive_language.share,
        "on_script": data.on_script.share,
        "agent_negative": data.agent_negative.share,
    }
    return [
        ("kefu_qa_score_points", (), data.score.mean),
        ("kefu_qa_rating_ratio", (), data.rating_mean),
        *(("kefu_qa_share_ratio", (name,), share) for name, share in shares.items()),
    ]
