"""Which windows a quarter of an hour belongs to, in zones near and odd."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipeline.windows import QUARTER_MS, Band, Window, WindowCalendar, quarter_of
from schemas.codec import from_ms, to_ms


def at(text: str) -> int:
    """Milliseconds of `2026-03-29T01:00Z` and the like."""
    return to_ms(datetime.fromisoformat(text))


def spans(calendar: WindowCalendar, text: str) -> dict[str, tuple[str, str]]:
    """Start and end, in UTC, of each window that the quarter is in."""
    found = calendar.windows_of(at(text))
    assert len({window.length for window in found}) == len(found)
    return {w.length: (_utc(w.start_ms), _utc(w.end_ms)) for w in found}


def _utc(time_ms: int) -> str:
    return from_ms(time_ms).strftime("%m-%dT%H:%M")


def test_a_day_in_shanghai_begins_at_its_midnight_not_at_that_of_utc() -> None:
    windows = spans(WindowCalendar("Asia/Shanghai", ("09:00-11:00",)), "2026-03-02T01:45Z")
    assert windows == {
        "15m": ("03-02T01:45", "03-02T02:00"),
        "30m": ("03-02T01:30", "03-02T02:00"),
        "1h": ("03-02T01:00", "03-02T02:00"),
        "1d": ("03-01T16:00", "03-02T16:00"),
        "band 09:00-11:00": ("03-02T01:00", "03-02T03:00"),
    }


def test_hours_are_full_hours_of_a_clock_that_is_half_an_hour_off() -> None:
    windows = spans(WindowCalendar("Asia/Kolkata"), "2026-03-02T01:15Z")
    assert windows["1h"] == ("03-02T00:30", "03-02T01:30")
    assert windows["30m"] == ("03-02T01:00", "03-02T01:30")


def test_days_have_23_and_25_hours_where_the_clocks_change() -> None:
    berlin = WindowCalendar("Europe/Berlin")
    assert spans(berlin, "2026-03-29T12:00Z")["1d"] == ("03-28T23:00", "03-29T22:00")
    assert spans(berlin, "2026-10-25T12:00Z")["1d"] == ("10-24T22:00", "10-25T23:00")


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    berlin = WindowCalendar("Europe/Berlin")
    assert spans(berlin, "2026-10-25T00:30Z")["1h"] == ("10-25T00:00", "10-25T01:00")
    assert spans(berlin, "2026-10-25T01:30Z")["1h"] == ("10-25T01:00", "10-25T02:00")


def test_an_hour_within_which_the_clock_is_set_is_cut_there() -> None:
    # Lord Howe sets its clock by half an hour: 2026-10-04 02:00 (+10:30) becomes 02:30 (+11).
    island = WindowCalendar("Australia/Lord_Howe")
    assert spans(island, "2026-10-03T15:15Z")["1h"] == ("10-03T14:30", "10-03T15:30")
    assert spans(island, "2026-10-03T15:30Z")["1h"] == ("10-03T15:30", "10-03T16:00")
    assert spans(island, "2026-10-03T16:00Z")["1h"] == ("10-03T16:00", "10-03T17:00")


def test_a_day_without_a_midnight_begins_with_its_first_instant() -> None:
    # Beirut: 2026-03-29 00:00 becomes 01:00.
    beirut = WindowCalendar("Asia/Beirut")
    assert spans(beirut, "2026-03-28T22:00Z")["1d"] == ("03-28T22:00", "03-29T21:00")
    assert spans(beirut, "2026-03-28T21:45Z")["1d"] == ("03-27T22:00", "03-28T22:00")


def test_a_clock_set_back_over_midnight_does_not_begin_the_day_twice() -> None:
    # St John's, until 2011: 2010-11-07 00:01 became 23:01 of the day before.
    calendar = WindowCalendar("America/St_Johns")
    day = ("11-07T02:30", "11-08T03:30")
    assert spans(calendar, "2010-11-07T02:30Z")["1d"] == day
    assert spans(calendar, "2010-11-07T02:45Z")["1d"] == day
    assert spans(calendar, "2010-11-07T02:15Z")["1d"] == ("11-06T02:30", "11-07T02:30")


def test_a_band_over_midnight_belongs_to_the_evening_and_the_morning() -> None:
    night = WindowCalendar("Asia/Shanghai", ("22:00-02:00",))
    expected = ("03-02T14:00", "03-02T18:00")
    assert spans(night, "2026-03-02T14:00Z")["band 22:00-02:00"] == expected
    assert spans(night, "2026-03-02T17:45Z")["band 22:00-02:00"] == expected
    assert "band 22:00-02:00" not in spans(night, "2026-03-02T18:00Z")


def test_a_band_that_the_clock_jumps_over_has_no_quarter() -> None:
    berlin = WindowCalendar("Europe/Berlin", ("02:00-03:00", "02:30-03:30"))
    assert "band 02:00-03:00" not in spans(berlin, "2026-03-29T00:45Z")
    after = spans(berlin, "2026-03-29T01:00Z")
    assert "band 02:00-03:00" not in after
    assert after["band 02:30-03:30"] == ("03-29T01:00", "03-29T01:30")


def test_a_band_may_end_with_the_day() -> None:
    assert Band.parse("18:00-24:00") == Band("18:00-24:00", 18 * 60, 24 * 60)


@pytest.mark.parametrize(
    "text", ["9:00-11:00", "09:00-11:10", "09:00", "25:00-26:00", "09:00-24:15", "09:00-09:00", ""]
)
def test_a_band_that_is_none_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r"band"):
        WindowCalendar("Asia/Shanghai", (text,))


def test_a_band_that_stands_twice_is_refused_because_it_would_count_twice() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        WindowCalendar("Asia/Shanghai", ("09:00-11:00", "09:00-11:00"))


@pytest.mark.parametrize(
    "zone",
    [
        "Asia/Shanghai",
        "Asia/Kathmandu",
        "Europe/Berlin",
        "America/New_York",
        "America/Havana",
        "Australia/Lord_Howe",
        "Asia/Beirut",
        "Pacific/Chatham",
    ],
)
@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-03-01T00:00Z", "2026-04-12T00:00Z"), ("2026-09-20T00:00Z", "2026-11-08T00:00Z")],
)
def test_windows_of_one_length_never_overlap_and_leave_no_gap(
    zone: str, start: str, end: str
) -> None:
    calendar = WindowCalendar(zone)
    last: dict[str, Window] = {}
    quarter_ms = at(start)
    while quarter_ms < at(end):
        for window in calendar.windows_of(quarter_ms):
            assert window.start_ms <= quarter_ms < window.end_ms
            before = last.get(window.length)
            if before is not None and window != before:
                assert window.start_ms == before.end_ms == quarter_ms
            last[window.length] = window
        quarter_ms += QUARTER_MS


def test_a_skipped_day_takes_nothing_from_the_days_around_it() -> None:
    # Samoa had no 30 December 2011.
    apia = WindowCalendar("Pacific/Apia")
    before, after = datetime(2011, 12, 29), datetime(2011, 12, 31)  # noqa: DTZ001 - wall times
    zone = ZoneInfo("Pacific/Apia")
    eve = quarter_of(to_ms((before + timedelta(hours=12)).replace(tzinfo=zone)))
    new = quarter_of(to_ms((after + timedelta(hours=12)).replace(tzinfo=zone)))
    days = [calendar_day for q in (eve, new) for calendar_day in apia.windows_of(q)[3:4]]
    assert days[0].end_ms == days[1].start_ms
    assert [day.end_ms - day.start_ms for day in days] == [24 * 4 * QUARTER_MS] * 2
