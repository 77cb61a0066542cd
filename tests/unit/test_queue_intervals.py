"""Intervals of a queue: when each length is published, what it holds, and when it matures."""

from __future__ import annotations

from dataclasses import replace

from pipeline.config import EngineConfig
from pipeline.scorecards import KEPT_MS, SHORT_KEPT_MS, Scorecards
from pipeline.windows import HOUR_MS, QUARTER_MS
from schemas.outputs import QaFacts, QueueInterval, Scorecard, Tally
from tests.unit.builders import CONFIG, START_MS
from tests.unit.test_scorecards import LATENESS_MS, fact

DAY_MS = 24 * HOUR_MS
SHANGHAI_DAY_END_MS = START_MS + 15 * HOUR_MS
"""START_MS is nine in the morning there."""


def config_in(timezone: str, bands: tuple[str, ...]) -> EngineConfig:
    """The shipped configuration in another time zone, with other peak bands."""
    return replace(CONFIG, sla=replace(CONFIG.sla, timezone=timezone, peak_bands=bands))


def queues(*bands: str) -> Scorecards:
    """Scorecards of one origin in Shanghai."""
    return Scorecards(config_in("Asia/Shanghai", bands), frozenset({"a"}))


def intervals(of: Scorecards, *facts: QaFacts) -> list[QueueInterval]:
    """The queue intervals that follow from the facts."""
    return [out for f in facts for out in of.feed(f) if isinstance(out, QueueInterval)]


def published(of: Scorecards, *facts: QaFacts) -> list[tuple[str, int]]:
    """Length and revision of the intervals that follow."""
    return [(out.data.length, out.data.revision) for out in intervals(of, *facts)]


def test_each_length_is_published_when_its_own_end_and_the_lateness_have_passed() -> None:
    of = queues("09:00-11:00")
    assert published(of, fact("a", 1, START_MS, Tally(answered=1))) == []
    for seq, (end_ms, length) in enumerate(
        (
            (START_MS + QUARTER_MS, "15m"),
            (START_MS + 2 * QUARTER_MS, "30m"),
            (START_MS + HOUR_MS, "1h"),
            (START_MS + 2 * HOUR_MS, "band 09:00-11:00"),
            (SHANGHAI_DAY_END_MS, "1d"),
        )
    ):
        due_ms = end_ms + LATENESS_MS
        assert published(of, fact("a", 2 * seq + 2, due_ms - 1)) == [], length
        assert published(of, fact("a", 2 * seq + 3, due_ms)) == [(length, 1)]


def test_a_window_holds_what_its_quarters_hold() -> None:
    of = queues()
    last = {
        (out.data.length, out.data.window_start): out.data
        for out in intervals(
            of,
            fact("a", 1, START_MS, Tally(answered=2, answered_in=1, wait_ms_sum=40_000)),
            fact("a", 2, START_MS, Tally(abandoned=1), quarter_ms=START_MS + QUARTER_MS),
            fact("a", 3, START_MS, Tally(answered=1), quarter_ms=START_MS + 3 * QUARTER_MS),
            fact("a", 4, SHANGHAI_DAY_END_MS + LATENESS_MS),
        )
    }
    found = sorted((length, d.answered, d.abandoned, d.offered) for (length, _), d in last.items())
    assert found == [
        ("15m", 0, 1, 1),
        ("15m", 1, 0, 1),
        ("15m", 2, 0, 2),
        ("1d", 3, 1, 4),
        ("1h", 3, 1, 4),
        ("30m", 1, 0, 1),
        ("30m", 2, 1, 3),
    ]
    (hour,) = [data for (length, _), data in last.items() if length == "1h"]
    assert hour.service_level[2].share == 0.25
    assert hour.abandonment.share == 0.25
    assert hour.asa_seconds == 13.333333
    assert (hour.aht_seconds, hour.transfer_rate, hour.occupancy) == (None, None, None)


def test_a_late_fact_revises_all_windows_it_is_in_and_no_other() -> None:
    of = queues()
    first = intervals(
        of,
        fact("a", 1, START_MS, Tally(opened=1)),
        fact("a", 2, START_MS, Tally(opened=1), quarter_ms=START_MS + 2 * QUARTER_MS),
        fact("a", 3, START_MS + 2 * HOUR_MS),
    )
    second = intervals(of, fact("a", 4, START_MS + 2 * HOUR_MS + 1, Tally(opened=1)))
    assert [(out.data.length, out.data.revision) for out in second] == [
        ("15m", 2),
        ("1h", 2),
        ("30m", 2),
    ]
    ids = {out.subject: out.id for out in first}
    assert [out.data.corrects for out in second] == [ids[out.subject] for out in second]
    assert not {out.id for out in second} & set(ids.values())


def test_subjects_name_length_window_tenant_and_queue() -> None:
    of = queues("09:00-11:00")
    found = intervals(of, fact("a", 1, START_MS, Tally(opened=1)), fact("a", 2, START_MS + DAY_MS))
    day_ms = START_MS - 9 * HOUR_MS
    assert {out.subject for out in found} == {
        f"15m/{START_MS}//sales",
        f"30m/{START_MS}//sales",
        f"1h/{START_MS}//sales",
        f"1d/{day_ms}//sales",
        f"band 09:00-11:00/{START_MS}//sales",
    }


def test_the_response_rate_matures_once_a_day_after_hours_and_days() -> None:
    of = queues("09:00-11:00")
    hour_ms, day_ms = START_MS + HOUR_MS + DAY_MS, SHANGHAI_DAY_END_MS + DAY_MS
    early = intervals(
        of,
        fact("a", 1, START_MS, Tally(asked=4, responded_in_time=3)),
        fact("a", 2, SHANGHAI_DAY_END_MS + LATENESS_MS),
        fact("a", 3, hour_ms - 1),
    )
    assert len(early) == 5
    rates = {out.data.length: out.data.response_rate for out in early}
    assert [rates[length] for length in ("15m", "30m", "band 09:00-11:00")] == [None] * 3
    for length in ("1h", "1d"):
        rate = rates[length]
        assert rate is not None
        assert (rate.responded, rate.asked, rate.share, rate.matured) == (3, 4, 0.75, False)
    (hour,) = intervals(of, fact("a", 4, hour_ms))
    assert (hour.data.length, hour.data.revision) == ("1h", 2)
    assert hour.data.response_rate
    assert hour.data.response_rate.matured
    assert hour.data.corrects in {out.id for out in early}
    assert published(of, fact("a", 5, day_ms - 1)) == []
    (day,) = intervals(of, fact("a", 6, day_ms))
    assert day.data.length == "1d"
    assert day.data.response_rate
    assert day.data.response_rate.matured
    assert published(of, *(fact("a", 7 + n, day_ms + n * HOUR_MS) for n in range(9 * 24))) == []


def test_what_is_published_first_after_a_day_is_mature_at_once() -> None:
    of = queues()
    late_ms = SHANGHAI_DAY_END_MS + DAY_MS + LATENESS_MS
    found = intervals(
        of,
        fact("a", 1, START_MS, Tally(opened=1)),
        *(fact("a", 2 + n, late_ms + n * HOUR_MS) for n in range(30)),
    )
    assert [out.data.revision for out in found] == [1] * 4
    rates = [out.data.response_rate for out in found if out.data.response_rate]
    assert [rate.matured for rate in rates] == [True, True]


def test_counts_of_scorecards_alone_give_no_queue_interval_and_the_other_way_round() -> None:
    of = queues()
    talked = of.feed(fact("a", 1, START_MS + DAY_MS, agent_messages=3, closed=1))
    waited = of.feed(fact("a", 2, START_MS + DAY_MS + 1, Tally(answered=1)))
    assert {type(out) for out in talked} == {Scorecard}
    assert {type(out) for out in waited} == {QueueInterval}


def test_a_window_whose_counts_were_taken_back_before_it_was_due_is_not_shown_as_empty() -> None:
    of = queues()
    back_and_forth = (
        fact("a", 1, START_MS, Tally(answered=1)),
        fact("a", 2, START_MS, Tally(answered=-1)),
        fact("a", 3, START_MS + 3 * DAY_MS),
    )
    assert intervals(of, *back_and_forth) == []


def test_a_window_whose_counts_were_taken_back_after_it_was_shown_is_shown_as_zero() -> None:
    of = queues()
    shown = fact("a", 1, START_MS + QUARTER_MS + LATENESS_MS, Tally(answered=1))
    taken_back = fact("a", 2, START_MS + QUARTER_MS + LATENESS_MS + 1, Tally(answered=-1))
    assert [out.data.answered for out in intervals(of, shown, taken_back)] == [1, 0]


def test_facts_of_a_quarter_too_old_to_revise_are_counted_and_still_revise_the_hour() -> None:
    of = queues()
    watermark_ms = START_MS + HOUR_MS + SHORT_KEPT_MS
    intervals(of, fact("a", 1, watermark_ms))
    late = fact("a", 2, watermark_ms + 1, Tally(answered=1))
    assert published(of, late) == [("1d", 1), ("1h", 1)]
    assert (of.state.refused, of.state.refused_short) == (0, 1)


def test_windows_leave_the_checkpoint_when_they_can_change_no_more() -> None:
    of = queues("09:00-11:00")
    of.feed(fact("a", 1, START_MS, Tally(answered=1), agent_messages=1))
    of.feed(fact("a", 2, START_MS + 3 * DAY_MS))
    held = {key for key, value in of.take_changes() if value is not None}
    assert len(held) == 6
    of.feed(fact("a", 3, SHANGHAI_DAY_END_MS + KEPT_MS))
    changes = of.take_changes()
    assert {key for key, _ in changes} == held
    assert {value for _, value in changes} == {None}
    again = queues("09:00-11:00")
    again.restore(of.encode_partition(), {})
    late = again.feed(fact("a", 4, SHANGHAI_DAY_END_MS + KEPT_MS + 1, Tally(answered=1)))
    assert late == ()
    assert again.state.refused == 1
