"""The page of the documentation that lists the metrics, written from the contract."""

from agents.metrics import SUBJECTS, Metric

_HEAD = """# Metrics

Written by `kefu metrics --write` from `agents/metrics.py`; `make lint` fails where they differ.

Every worker serves its own page (by default on 127.0.0.1:9108, path `/metrics`), from a thread of
its own. What holds for all of it:

- **Labels are bounded.** Queues and channels come from `config/metrics.yaml`, and so many further
  names as `admit_unlisted` says; all others are `other`. `max_series` bounds the page. What did not
  fit is counted: `kefu_label_values_refused_total`, `kefu_series_refused_total`.
- **What nothing is known of is `none`**: a conversation that names no queue yet.
- **A first increment is seen**: the counters of everything that the configuration names are there
  at 0 from the start, those of other queues and channels when these first appear.
- **Gauges of state carry `partition`** and leave with it. In a hand-over two workers may show the
  same partition: read `sum(max by (queue, priority, partition) (kefu_waiting))` with all the labels
  that the result needs inside of `max by`. Conversations and calls have the same partition numbers:
  keep `kind`. `kefu_interval_*` and `kefu_qa_*` gauges carry the partition of the facts, and are
  absent from its new owner's page until the next window of the queue closes.
- **Instants are timestamps**, in seconds. An age is the watermark less the instant
  (`max(kefu_clock_timestamp_seconds) - kefu_oldest_waiting_since_timestamp_seconds`), which holds
  for replays too. A dead worker's gauges leave Prometheus with the next scrape: `up` and
  `absent(kefu_state_shown_timestamp_seconds)` tell of it, and the alert `KefuPipelineBlind`.
- **Counters say what was said when it was said.** Late events take back: `kefu_sla_corrections`,
  `kefu_qa_withdrawn`, `kefu_moods{what="withdrawn"}`, `kefu_taken_back`. The windows
  (`kefu_interval_*`, scorecards) are corrected themselves.
- **Counters and histograms are of now.** What is learnt more than an hour after it was (or than
  `allowed_lateness_seconds`, where that is longer) is told of the past: a backfill, a source that
  sends what it kept. It goes to `kefu_events_total{outcome="backfilled"}`, `kefu_outputs_total` and
  `kefu_backfilled_total`, and to nothing that an alert or a share on a dashboard is made of;
  `kefu_scorecards_total` counts the corrected windows. What counts is the instant spoken of: a
  deadline, an answer, an expiry of now are of now, however long ago the wait began. So a counter
  says what happened while it was watched; the corrected history is in scorecards, intervals,
  summaries and `kefu report`. Gauges are of the state as it is, except that a wait of the past is
  shown once no answer has followed for a minute, and a window of the past never as the last one.
- **After a crash** outputs are repeated only where Kafka did not confirm them, and only confirmed
  ones are counted.
"""


def exported_name(metric: Metric) -> str:
    """The name as Prometheus has it."""
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def page() -> str:
    """The whole page, as Markdown."""
    parts = [_HEAD]
    for subject, metrics in SUBJECTS.items():
        parts.append(f"\n## {subject}\n\n| metric | labels | meaning | from |\n|---|---|---|---|\n")
        for metric in metrics:
            labels = ", ".join(metric.labels) or "–"
            meaning = metric.help
            if metric.buckets:
                meaning += f" Buckets: {' '.join(f'{bound:g}' for bound in metric.buckets)}."
            parts.append(
                f"| `{exported_name(metric)}` ({metric.type}) | {labels} | {meaning} "
                f"| {metric.source} |\n"
            )
    return "".join(parts)
