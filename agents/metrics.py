"""The metrics contract: the one list of names, types, labels, buckets and help.

Labels come from closed sets or from `config/metrics.yaml`, never from ids or text; none but the two
gauges of who waits crosses queue, channel and priority. Gauges of state carry `partition` and leave
with it; dashboards use `sum(max by (…, partition))`. Times are exported as timestamps, not ages, so
that a dead worker still ages. `docs/metrics.md` is written from this list by `kefu metrics`.
"""

from typing import Literal, NamedTuple

RESPONSE_BUCKETS = (
    5, 10, 20, 30, 45, 60, 90, 120, 180, 210, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400,
)  # fmt: skip
"""Seconds; every target that service plans set is a bound, so that shares are exact there."""
RESOLUTION_BUCKETS = (900, 3600, 14400, 28800, 86400, 172800, 259200, 604800)
"""Seconds: a quarter of an hour, the usual targets (a working day, 1, 2 and 3 days), a week."""
SENTIMENT_BUCKETS = (0.2, 0.4, 0.6, 0.8, 1.0)
SCORE_BUCKETS = (59, 69, 79, 89, 94, 100)
"""Whole points; below 60 has failed by the rules that ship."""
DELAY_BUCKETS = (1, 5, 30, 120, 600, 3600, 86400)
"""Seconds; the shipped allowed lateness of windows is a bound."""
WORK_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

_GROUP = ("kind", "channel", "queue", "priority", "partition")
_PLACE = ("topic", "partition")
_QP = ("queue", "partition")


class Metric(NamedTuple):
    """One line of the contract. Counters are exported with `_total`; `source` is where it is from:
    an output of the engine, the state of an engine, or a part of the worker.
    """

    name: str
    type: Literal["counter", "gauge", "histogram"]
    help: str
    source: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


def _counter(name: str, source: str, labels: tuple[str, ...], text: str) -> Metric:
    return Metric(f"kefu_{name}", "counter", text, source, labels)


def _gauge(name: str, source: str, labels: tuple[str, ...], text: str) -> Metric:
    return Metric(f"kefu_{name}", "gauge", text, source, labels)


def _histogram(
    name: str, source: str, labels: tuple[str, ...], buckets: tuple[float, ...], text: str
) -> Metric:
    return Metric(f"kefu_{name}", "histogram", text, source, labels, buckets)


WAITING = (
    _gauge("channel_open", "config", ("channel",),
           "1 where the channel is open at the wall time, by the calendar of its policy in "
           "config/sla.yaml; 0 where it is closed. Every worker shows it."),
    _gauge("waiting", "state: waits", _GROUP, "Customers waiting for a human now."),
    _gauge("oldest_waiting_since_timestamp_seconds", "state: waits", _GROUP,
           "Event time at which the longest present wait began; absent when nobody waits."),
    _gauge("agents", "state: presence", ("queue", "state", "partition"), "Human agents by state."),
)  # fmt: skip

RESPONSES = (
    _histogram("response_seconds", "MessageEnriched", ("clock", "queue"), RESPONSE_BUCKETS,
               "Measured waits that ended with an answer, on time or late."),
    _histogram("response_by_channel_seconds", "MessageEnriched", ("clock", "channel", "priority"),
               RESPONSE_BUCKETS, "The same waits by channel and priority."),
    _histogram("resolution_seconds", "InteractionSummary", ("clock", "queue"), RESOLUTION_BUCKETS,
               "Time to the first and to the last resolution, seen when the interaction closes or "
               "expires; one that is reopened is seen again at its next close."),
)  # fmt: skip

SLA = (
    _counter("sla", "SlaMet, SlaBreached", ("clock", "outcome", "channel", "queue"),
             "Decisions as they were first said, met or breached, by clock (docs/clocks.md)."),
    _counter("sla_by_priority", "SlaMet, SlaBreached", ("clock", "outcome", "channel", "priority"),
             "The same decisions by channel and priority."),
    _counter("sla_warnings", "SlaWarned", ("clock", "queue"), "Waits that came near their target."),
    _counter("sla_corrections", "SlaCorrected", ("clock", "outcome"),
             "Statements taken back, by the outcome that is true instead: met, breached, "
             "cancelled or running."),
)  # fmt: skip

CONTACTS = (
    _counter("contacts", "QaFacts", ("fate", "queue"),
             "Waits for an agent that ended: answered or abandoned."),
    _counter("contacts_in_time", "QaFacts", ("fate", "queue"),
             "Of these, the ones that ended within the threshold of the service level."),
    _counter("contacts_abandoned_short", "QaFacts", ("queue",),
             "Of the abandoned, those given up within the short abandon."),
    _counter("contact_wait_seconds", "QaFacts", ("queue",), "Summed waits of the answered (ASA)."),
    _counter("handled", "QaFacts", ("what", "queue"),
             "Calls handled (all), and of them those transferred and those held."),
    _counter("handling_seconds", "QaFacts", ("part", "queue"),
             "Summed handling time by part: talk, hold, wrap_up. Over kefu_handled: AHT."),
    _counter("agent_time_seconds", "QaFacts", ("state", "queue"),
             "Time of human agents: occupied or available. Occupied over both: occupancy."),
    _counter("asked", "QaFacts", ("what", "queue"),
             "Conversations in which a customer asked (all) and was answered in time (in_time)."),
    _counter("interactions", "QaFacts", ("what", "queue"),
             "Interactions opened, closed, scored, and of the scored those that failed."),
    _counter("taken_back", "QaFacts", ("what", "queue"),
             "What late events took back of the counters made from facts, in their units; a "
             "counter cannot go down. `what` names the count of the fact."),
)  # fmt: skip

INTERVALS = (
    _gauge("interval_end_timestamp_seconds", "QueueInterval", _QP,
           "End of the last closed half hour of the queue; the other interval gauges speak of it."),
    _gauge("interval_service_level_numerator", "QueueInterval", ("formula", *_QP),
           "Service level by its five definitions: above the line."),
    _gauge("interval_service_level_denominator", "QueueInterval", ("formula", *_QP),
           "Service level by its five definitions: below the line."),
    _gauge("interval_contacts", "QueueInterval", ("fate", *_QP), "Waits: answered, abandoned."),
    _gauge("interval_abandonment_ratio", "QueueInterval", ("adjusted", *_QP),
           "Abandoned of offered; adjusted: without the short abandons. Absent without any."),
    _gauge("interval_speed_of_answer_seconds", "QueueInterval", _QP, "ASA; absent without any."),
    _gauge("interval_handling_seconds", "QueueInterval", ("part", *_QP),
           "Mean talk, hold and wrap_up of the handled; their sum is the AHT. Absent without any."),
    _gauge("interval_occupancy_ratio", "QueueInterval", _QP,
           "Time occupied of time signed in; absent where no presence is known."),
    _gauge("interval_sla", "QueueInterval", ("outcome", *_QP),
           "Decisions of all clocks as they stand after corrections: met, breached."),
)  # fmt: skip

MOOD = (
    _counter("messages", "MessageEnriched", ("role", "channel"),
             "Messages and utterances read, by who spoke."),
    _counter("customer_messages", "MessageEnriched", ("label", "channel", "queue"),
             "Customer messages by sentiment class."),
    _histogram("sentiment_ratio", "MessageEnriched", ("queue",), SENTIMENT_BUCKETS,
               "Mood of a customer message, 0 negative to 1 positive."),
    _counter("moods", "SentimentTurned, SustainedNegative, MoodWithdrawn", ("what", "queue"),
             "Moods that fell (turned), negative runs (sustained_negative), and statements taken "
             "back (withdrawn)."),
    _counter("risk_words", "MessageEnriched", ("risk", "queue"),
             "Customer messages with a risk word, by class; one message counts once a class."),
)  # fmt: skip

NODES = (
    _counter("node_reached", "QaFacts", ("node", "queue"),
             "Conversations that came to a node of the process: intake (受理), triage (分诊), "
             "handling (处理), feedback (反馈), follow_up (回访)."),
    _counter("node_visits", "QaFacts", ("node", "queue"), "Visits to a node that ended."),
    _counter("node_seconds", "QaFacts", ("node", "queue"),
             "Summed length of these visits. Over kefu_node_visits: the dwell."),
)  # fmt: skip

QUALITY = (
    _counter("qa_issues", "QaIssue", ("rule", "severity", "queue"), "Hits of quality rules."),
    _counter("qa_withdrawn", "QaWithdrawn", ("rule", "severity"), "Hits that late events undid."),
    _histogram("qa_score", "QaFacts", ("queue",), SCORE_BUCKETS,
               "Scores of closed interactions, points out of 100."),
    _counter("agent_messages", "QaFacts", ("what", "queue"),
             "Agents' messages (all), and those with empathy, positive language, the script, "
             "a negative tone, an apology."),
    _counter("rated", "QaFacts", ("queue",), "Interactions that the customer rated."),
    _counter("rating_ratio_sum", "QaFacts", ("queue",),
             "Summed ratings, each 0 to 1 of its scale. Over kefu_rated: CSAT."),
    _counter("complaints", "InteractionSummary", ("after_breach", "queue"),
             "Interactions closed as complaints, by whether a deadline was missed in them before "
             "(yes, no)."),
    _counter("subjects", "QaFacts", ("subject",), "Closed interactions by what they were about."),
    _counter("purposes", "QaFacts", ("purpose",), "Closed interactions by their purpose."),
    _counter("scorecards", "Scorecard", ("revised",), "Scorecards published; revised ones apart."),
    _gauge("qa_scorecard_window_end_timestamp_seconds", "Scorecard", _QP,
           "End of the last published hour of the queue; the scorecard gauges speak of it."),
    _gauge("qa_score_points", "Scorecard", _QP, "Mean score of that hour; absent without any."),
    _gauge("qa_share_ratio", "Scorecard", ("share", *_QP),
           "Shares of that hour: coverage, failed, negative, empathy, positive_language, "
           "on_script, agent_negative. Absent where nothing stands below the line."),
    _gauge("qa_rating_ratio", "Scorecard", _QP, "Mean rating of that hour, 0 to 1."),
)  # fmt: skip

PIPELINE = (
    _counter("events", "task", ("topic", "outcome"),
             "Input events, by what became of them; backfilled: processed, but of the past."),
    _counter("ticks", "task", ("topic",), "Ticks read from the input partitions."),
    _counter("unknown_fields", "task", ("topic",), "Fields this version does not know."),
    _counter("outputs", "every output", ("type",), "Outputs published, by type."),
    _counter("backfilled", "every output", ("type",),
             "Of these, the ones that are told of the past; no other counter or histogram of what "
             "is said counts them."),
    _counter("dead_letters", "DeadLetter", ("reason",), "Events refused, by reason."),
    _histogram("event_delay_seconds", "task", ("topic",), DELAY_BUCKETS,
               "How far an event's time was behind the newest tick when it was read; 0 where it "
               "was not. Without the backfilled. 120 is the allowed lateness of the windows that "
               "ships."),
    _histogram("batch_seconds", "hot stage", (), WORK_BUCKETS, "One batch, read to confirmed."),
    _gauge("live_records", "state", _PLACE, "Interactions and agents held in state."),
    _gauge("clock_timestamp_seconds", "state", _PLACE,
           "Watermark: the newest tick that the partition has read."),
    _gauge("input_lag", "hot stage", _PLACE, "Records behind the end of the input."),
    _gauge("event_time_lag_seconds", "hot stage", _PLACE,
           "How far the watermark is behind the wall clock while records wait; 0 when none does. "
           "Means nothing for replays, whose ticks tell a time of their own."),
    _gauge("state_shown_timestamp_seconds", "hot stage", _PLACE,
           "Wall time at which the gauges of the partition were last refreshed: the data's age."),
    _counter("input_gap_offsets", "hot stage", ("topic",),
             "Offsets proven missing: compaction, retention or transaction markers."),
    _gauge("assigned_partitions", "hot stage", (), "Input partitions this worker has."),
    _counter("rebalances", "hot stage", (), "Assignments received."),
    _counter("restarts", "hot stage", (), "Times the hot stage recovered from a Kafka failure."),
    _gauge("recovery_seconds", "hot stage", (), "How long the last recovery took."),
    _gauge("runtime_tasks", "runtime", (),
           "Tasks on the worker's event loop that have not ended: steady, else something leaks."),
    _counter("label_values_refused", "export", ("label",), "Label values shown as `other`."),
    _counter("series_refused", "export", ("metric",),
             "Label sets that the bound on series turned into `other`: each increment so shown; "
             "of kefu_waiting, each group so shown at a refresh."),
    _gauge("series_limit", "export", (), "The bound on series, of config/metrics.yaml."),
    _gauge("build", "config", ("version", "sla", "qa"), "Always 1; the labels say what runs."),
)  # fmt: skip

SUBJECTS = {
    "Who waits, who works": WAITING,
    "Response and resolution": RESPONSES,
    "Service level agreements": SLA,
    "Contacts and handling, as they happen": CONTACTS,
    "The last closed half hour": INTERVALS,
    "Mood and risk": MOOD,
    "The five nodes": NODES,
    "Quality": QUALITY,
    "The pipeline itself": PIPELINE,
}
"""The contract by subject, in the order of `docs/metrics.md`."""
CONTRACT = tuple(metric for metrics in SUBJECTS.values() for metric in metrics)
