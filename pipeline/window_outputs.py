"""What is published of a window: the hourly scorecard, and the queue's interval of any length."""

from pipeline.config import EngineConfig
from pipeline.ids import output_id
from pipeline.service_level import (
    abandonment,
    abandonment_adjusted,
    handling_seconds,
    hold_rate,
    mean_seconds,
    occupancy,
    rounded_ratio,
    service_levels,
    speed_of_answer_seconds,
    transfer_rate,
)
from pipeline.window_store import CountedWindow
from pipeline.windows import DAY, HOUR
from schemas.codec import from_ms
from schemas.outputs import QueueInterval, Scorecard, ScorecardData
from schemas.queue_intervals import QueueIntervalData, ResponseRate

SCORECARD_COUNTS = (
    "opened",
    "closed",
    "scored",
    "score_sum",
    "failed",
    "messages",
    "negative",
    "neutral",
    "positive",
    "first_responses",
    "first_response_ms_sum",
    "next_responses",
    "next_response_ms_sum",
    "met",
    "breached",
    "rated",
    "rating_permille_sum",
)
"""What a scorecard is made of, beside the issues."""

INTERVAL_COUNTS = (
    "opened",
    "met",
    "breached",
    "answered",
    "answered_in",
    "abandoned",
    "abandoned_in",
    "abandoned_short",
    "wait_ms_sum",
    "handled",
    "transferred",
    "held",
    "talk_ms_sum",
    "hold_ms_sum",
    "wrap_up_ms_sum",
    "asked",
    "responded_in_time",
    "occupied_ms",
    "available_ms",
)
"""What a queue interval is made of."""


def next_scorecard(of: CountedWindow, config: EngineConfig) -> Scorecard:
    """The next revision of an hour's scorecard, noted in the window."""
    subject = f"{of.window_ms}/{of.tenant}/{of.queue}"
    corrects = _revise(of, "scorecard", subject)
    end, tally = from_ms(of.end_ms), of.tally
    decided = tally.negative + tally.neutral + tally.positive
    return Scorecard(
        id=of.published_id,
        time=end,
        subject=subject,
        data=ScorecardData(
            window_start=from_ms(of.window_ms),
            window_end=end,
            tenant=of.tenant,
            queue=of.queue,
            revision=of.revision,
            corrects=corrects,
            opened=tally.opened,
            closed=tally.closed,
            scored=tally.scored,
            coverage=rounded_ratio(tally.scored, tally.closed),
            score_mean=rounded_ratio(tally.score_sum, tally.scored),
            fail_rate=rounded_ratio(tally.failed, tally.scored),
            messages=tally.messages,
            negative_share=rounded_ratio(tally.negative, decided),
            first_responses=tally.first_responses,
            first_response_ms_mean=rounded_ratio(
                tally.first_response_ms_sum, tally.first_responses
            ),
            next_responses=tally.next_responses,
            next_response_ms_mean=rounded_ratio(tally.next_response_ms_sum, tally.next_responses),
            met=tally.met,
            breached=tally.breached,
            rated=tally.rated,
            rating_mean=rounded_ratio(tally.rating_permille_sum, tally.rated * 1000),
            issues=dict(sorted(tally.issues.items())),
            policy_version=config.sla.version,
            rules_version=config.qa.version,
        ),
    )


def next_interval(of: CountedWindow, config: EngineConfig, *, matured: bool) -> QueueInterval:
    """The next revision of a queue's interval, noted in the window.

    `matured`: all who asked in it have been waiting for as long as an answer may take.
    """
    subject = f"{of.length}/{of.window_ms}/{of.tenant}/{of.queue}"
    corrects = _revise(of, "queue_interval", subject)
    of.matured = matured
    end, t = from_ms(of.end_ms), of.tally
    return QueueInterval(
        id=of.published_id,
        time=end,
        subject=subject,
        data=QueueIntervalData(
            window_start=from_ms(of.window_ms),
            window_end=end,
            length=of.length,
            tenant=of.tenant,
            queue=of.queue,
            revision=of.revision,
            corrects=corrects,
            opened=t.opened,
            offered=t.answered + t.abandoned,
            answered=t.answered,
            abandoned=t.abandoned,
            service_level=service_levels(t),
            abandonment=abandonment(t),
            abandonment_adjusted=abandonment_adjusted(t),
            asa_seconds=speed_of_answer_seconds(t),
            handled=t.handled,
            aht_seconds=handling_seconds(t),
            talk_seconds_mean=mean_seconds(t.talk_ms_sum, t.handled),
            hold_seconds_mean=mean_seconds(t.hold_ms_sum, t.handled),
            wrap_up_seconds_mean=mean_seconds(t.wrap_up_ms_sum, t.handled),
            transferred=t.transferred,
            transfer_rate=transfer_rate(t),
            held=t.held,
            hold_rate=hold_rate(t),
            occupancy=occupancy(t),
            response_rate=_response_rate(of, matured=matured),
            met=t.met,
            breached=t.breached,
            policy_version=config.sla.version,
        ),
    )


def _response_rate(of: CountedWindow, *, matured: bool) -> ResponseRate | None:
    """Of the windows that are published again when it is final; in others it would depend on when
    they were published last.
    """
    if of.length not in (HOUR, DAY):
        return None
    t = of.tally
    return ResponseRate(
        responded=t.responded_in_time,
        asked=t.asked,
        share=rounded_ratio(t.responded_in_time, t.asked),
        matured=matured,
    )


def _revise(window: CountedWindow, kind: str, subject: str) -> str | None:
    """Give the window its next revision and id; returns the id that it corrects."""
    corrects = window.published_id or None
    window.revision += 1
    window.changed = False
    window.published_id = output_id(kind, subject, str(window.revision))
    return corrects
