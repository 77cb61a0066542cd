"""What is published of a window: the hourly scorecard, and the queue's interval of any length."""

from typing import get_args

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
from schemas.events import Node
from schemas.outputs import QueueInterval, Scorecard
from schemas.quality import Distribution, NodeTime, Part, ScorecardData
from schemas.queue_intervals import QueueIntervalData, ResponseRate


def next_scorecard(of: CountedWindow, config: EngineConfig) -> Scorecard:
    """The next revision of a group's hour, noted in the window."""
    subject = f"{of.window_ms}/{of.tenant}/{of.group}/{of.name}"
    corrects = _revise(of, "scorecard", subject)
    end, c = from_ms(of.end_ms), of.counts
    heard = sum(c.get(name, 0) for name in ("negative", "neutral", "positive"))
    spoken, rated = c.get("agent_messages", 0), c.get("rated", 0)
    return Scorecard(
        id=of.published_id,
        time=end,
        subject=subject,
        data=ScorecardData(
            window_start=from_ms(of.window_ms),
            window_end=end,
            tenant=of.tenant,
            group=of.group,
            name=of.name,
            revision=of.revision,
            corrects=corrects,
            opened=c.get("opened", 0),
            closed=c.get("closed", 0),
            scored=c.get("scored", 0),
            coverage=rounded_ratio(c.get("scored", 0), c.get("closed", 0)),
            score=distribution(named(c, "score:")),
            fail_rate=rounded_ratio(c.get("failed", 0), c.get("scored", 0)),
            issues=named(c, "issue:"),
            customer_messages=heard,
            mood_mean=rounded_ratio(c.get("mood_permille", 0), 1000 * heard),
            negative=_part(c, "negative", heard),
            turned=c.get("turned", 0),
            sustained_negative=c.get("sustained_negative", 0),
            first_responses=c.get("first_responses", 0),
            first_response_ms_mean=_mean(c, "first_response"),
            next_responses=c.get("next_responses", 0),
            next_response_ms_mean=_mean(c, "next_response"),
            agent_messages=spoken,
            empathy=_part(c, "empathy", spoken),
            positive_language=_part(c, "positive_language", spoken),
            on_script=_part(c, "on_script", spoken),
            agent_negative=_part(c, "agent_negative", spoken),
            apologies=c.get("apologies", 0),
            rated=rated,
            rating_mean=rounded_ratio(c.get("rating_permille", 0), 1000 * rated),
            subjects=named(c, "subject:"),
            purposes=named(c, "purpose:"),
            nodes=_nodes(c),
            policy_version=config.sla.version,
            rules_version=config.qa.version,
        ),
    )


def named(counts: dict[str, int], prefix: str) -> dict[str, int]:
    """The counts whose name begins so, by the rest of their name, in the order of the names."""
    return {
        name.removeprefix(prefix): amount
        for name, amount in sorted(counts.items())
        if name.startswith(prefix)
    }


def _nodes(counts: dict[str, int]) -> list[NodeTime]:
    found = []
    for node in get_args(Node):
        reached, left = counts.get(f"node:{node}", 0), counts.get(f"node_left:{node}", 0)
        if reached or left:
            mean = rounded_ratio(counts.get(f"node_ms:{node}", 0), 1000 * left)
            found.append(NodeTime(node=node, reached=reached, left=left, seconds_mean=mean))
    return found


def distribution(scores: dict[str, int]) -> Distribution:
    """Mean and quantiles of whole points, from how often each occurred.

    Exact, and adding two such counts is exact too: points are whole numbers from 0 to 100, so that
    a count for each is a small sketch without an error. Quantiles are by nearest rank.
    """
    points = sorted((int(score), count) for score, count in scores.items())
    n = sum(count for _, count in points)
    return Distribution(
        mean=rounded_ratio(sum(score * count for score, count in points), n),
        p10=_rank(points, n, 10),
        p50=_rank(points, n, 50),
        p90=_rank(points, n, 90),
    )


def _rank(points: list[tuple[int, int]], n: int, percent: int) -> int | None:
    wanted, seen = -(-n * percent // 100), 0
    for score, count in points:
        seen += count
        if seen >= wanted:
            return score
    return None


def _part(counts: dict[str, int], name: str, n: int) -> Part:
    return Part(n=n, share=rounded_ratio(counts.get(name, 0), n))


def _mean(counts: dict[str, int], name: str) -> float | None:
    return rounded_ratio(counts.get(f"{name}_ms", 0), counts.get(f"{name}s", 0))


def next_interval(of: CountedWindow, config: EngineConfig, *, matured: bool) -> QueueInterval:
    """The next revision of a queue's interval, noted in the window.

    `matured`: all who asked in it have been waiting for as long as an answer may take.
    """
    subject = f"{of.length}/{of.window_ms}/{of.tenant}/{of.name}"
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
            queue=of.name,
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
            first_responses=t.first_responses,
            first_response_seconds_mean=mean_seconds(t.first_response_ms_sum, t.first_responses),
            next_responses=t.next_responses,
            next_response_seconds_mean=mean_seconds(t.next_response_ms_sum, t.next_responses),
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
