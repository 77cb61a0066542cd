"""Calendars: holidays and make-up days of China, shifts, clock changes, limits, clear refusals."""

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from pipeline.calendars import END_MS, FIRST_MS, KEPT_YEARS, Calendar, CalendarError, CalendarSpec
from tests import oracle_calendar

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
SHANGHAI = timezone(timedelta(hours=8))
OFFICE: dict[str, Any] = {
    "timezone": "Asia/Shanghai",
    "weekly": {"mon-fri": ["09:00-12:00", "13:30-18:00"], "sat": ["10:00-12:00"]},
    "holidays": "china",
    "closed": ["2026-12-24..2026-12-26"],
    "open": {"2026-02-20": ["10:00-16:00"]},
}


def calendar(default_zone: str = "Asia/Shanghai", **keys: Any) -> Calendar:
    """A calendar called `office` from the keys of a policy file."""
    return Calendar.of("office", msgspec.convert(keys, CalendarSpec), default_zone)


def office(**keys: Any) -> Calendar:
    return calendar(**OFFICE | keys)


def ms(text: str) -> int:
    """The instant of an ISO time; without an offset, Shanghai's."""
    time = datetime.fromisoformat(text)
    return int((time if time.tzinfo else time.replace(tzinfo=SHANGHAI)).timestamp()) * 1000


def hours(cal: Calendar, day: str) -> float:
    """Open hours of a day in Shanghai."""
    return cal.between(ms(day), ms(day) + DAY) / HOUR


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-02-13", 7.5),  # Friday
        ("2026-02-14", 7.5),  # Saturday, worked in exchange: Monday's hours, not Saturday's
        ("2026-02-15", 0),  # Spring Festival begins, a Sunday
        ("2026-02-16", 0),  # Monday
        ("2026-02-17", 0),  # New Year's Day
        ("2026-02-19", 0),
        ("2026-02-20", 6),  # in `open`
        ("2026-02-23", 0),  # the last holiday, a Monday
        ("2026-02-24", 7.5),
        ("2026-02-28", 7.5),  # Saturday, worked in exchange
        ("2026-03-07", 2),  # an ordinary Saturday
        ("2026-03-08", 0),  # an ordinary Sunday
        ("2026-12-23", 7.5),
        ("2026-12-24", 0),  # in `closed`
        ("2026-12-26", 0),
        ("2026-12-28", 7.5),
    ],
)
def test_days_around_spring_festival_2026_have_their_hours(day: str, expected: float) -> None:
    assert hours(office(), day) == expected


def test_national_day_2025_is_closed_and_its_make_up_days_are_worked() -> None:
    assert [hours(office(), f"2025-10-{day:02}") for day in range(1, 12)] == [0] * 8 + [7.5] * 3
    assert hours(office(), "2025-09-28") == 7.5  # Sunday
    assert hours(office(), "2025-10-11") == 7.5  # Saturday
    assert office().between(ms("2025-09-30T17:59"), ms("2025-10-09T09:01")) == 2 * MINUTE


def test_without_holidays_the_festival_counts_by_the_weekly_hours() -> None:
    plain = office(holidays="none")
    assert hours(plain, "2026-02-14") == 2
    assert hours(plain, "2026-02-17") == 7.5
    assert plain.last_known_year is None
    assert plain.warning(ms("2031-01-01")) is None


def test_makeup_days_have_their_own_hours_or_none() -> None:
    assert hours(office(makeup_days=["10:00-15:00"]), "2026-02-14") == 5
    assert hours(office(makeup_days=[]), "2026-02-14") == 0


def test_closed_beats_a_make_up_day_and_open_beats_closed() -> None:
    cal = office(closed=["2026-02-14", "2026-02-20"])
    assert hours(cal, "2026-02-14") == 0
    assert hours(cal, "2026-02-20") == 6


def test_the_lunch_break_does_not_count_and_edges_are_half_open() -> None:
    cal = office()
    noon, back = ms("2026-03-02T12:00"), ms("2026-03-02T13:30")
    assert cal.between(noon - 1, back + 1) == 2
    assert [cal.is_open(at) for at in (noon - 1, noon, back - 1, back)] == [
        True,
        False,
        False,
        True,
    ]
    assert cal.add(noon - 1, 1) == noon  # the earliest instant, not the end of the break
    assert cal.add(noon - 1, 2) == back + 1
    assert cal.add(noon + 5, 0) == noon + 5
    # An hour on Friday, the whole make-up Saturday, then the first half hour of the open Friday.
    assert cal.add(ms("2026-02-13T17:00"), 9 * HOUR) == ms("2026-02-20T10:30")


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    cal = calendar(weekly={"mon-sun": ["22:00-06:00"]}, closed=["2026-03-04"])
    assert list(cal.open_intervals(ms("2026-03-03T00:00"), ms("2026-03-06T00:00"))) == [
        (ms("2026-03-03T00:00"), ms("2026-03-03T06:00")),
        (ms("2026-03-03T22:00"), ms("2026-03-04T06:00")),  # began before the closed day
        (ms("2026-03-05T22:00"), ms("2026-03-06T00:00")),
    ]


def test_touching_shifts_and_the_turn_of_the_year_are_one_interval() -> None:
    always = calendar(weekly={"mon-sun": ["00:00-24:00"]})
    span = (ms("2024-06-01T00:00"), ms("2027-06-01T12:34:56"))
    assert list(always.open_intervals(*span)) == [span]
    assert always.between(*span) == span[1] - span[0]
    assert always.add(*span) == span[0] + span[1]
    shifts = calendar(weekly={"sat-mon": ["06:00-14:00", "14:00-22:00", "22:00-06:00"]})
    assert list(shifts.open_intervals(ms("2026-03-05T00:00"), ms("2026-03-12T00:00"))) == [
        (ms("2026-03-07T06:00"), ms("2026-03-10T06:00"))
    ]


def test_a_short_opening_within_the_shift_of_the_day_before_neither_ends_nor_doubles_it() -> None:
    cal = calendar(weekly={"mon-sun": ["22:00-06:00"]}, open={"2026-03-04": ["02:00-03:00"]})
    assert list(cal.open_intervals(ms("2026-03-03T12:00"), ms("2026-03-04T23:00"))) == [
        (ms("2026-03-03T22:00"), ms("2026-03-04T06:00"))
    ]
    assert hours(cal, "2026-03-04") == 6


@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "Pacific/Kiritimati"])
def test_long_shifts_far_from_utc_are_whole_around_new_year(zone: str) -> None:
    spec = CalendarSpec(weekly={"mon-sun": ("23:00-22:00",)})
    span = (ms("2025-12-30T00:00"), ms("2026-01-03T00:00"))
    expected = oracle_calendar.open_intervals(spec, zone, *span)
    assert list(Calendar.of("long", spec, zone).open_intervals(*span)) == expected


def test_exactly_the_open_time_of_a_year_ends_with_its_last_shift() -> None:
    cal = calendar("UTC", weekly={"mon-sun": ["09:00-18:00"]})
    year = (ms("2026-01-01T00:00+00:00"), ms("2027-01-01T00:00+00:00"))
    assert cal.between(*year) == 365 * 9 * HOUR
    assert cal.add(year[0], 365 * 9 * HOUR) == ms("2026-12-31T18:00+00:00")
    assert cal.add(year[0], 365 * 9 * HOUR + 1) == ms("2027-01-01T09:00+00:00") + 1


@pytest.mark.parametrize(
    ("zone", "day", "interval", "minutes"),
    [
        ("America/New_York", "2026-03-07", "22:00-06:00", 7 * 60),
        ("America/New_York", "2026-10-31", "22:00-06:00", 9 * 60),
        ("America/New_York", "2026-03-08", "02:15-02:45", 0),  # never was
        ("America/New_York", "2026-03-08", "01:00-02:30", 60),  # ends at the jump
        ("America/New_York", "2026-03-08", "02:30-04:00", 60),  # begins at the jump
        ("America/New_York", "2026-11-01", "01:15-01:45", 90),  # first 01:15 to second 01:45
        ("America/New_York", "2026-11-01", "00:00-01:00", 60),  # ends at the first 01:00
        ("America/New_York", "2026-11-01", "01:00-02:00", 120),
        ("America/New_York", "2026-11-01", "02:00-03:00", 60),
        ("Europe/London", "2026-03-29", "00:00-24:00", 23 * 60),
        ("Europe/London", "2026-10-25", "00:00-24:00", 25 * 60),
        ("Europe/London", "2026-10-25", "09:00-18:00", 9 * 60),
        ("Australia/Lord_Howe", "2026-04-05", "00:00-24:00", 24 * 60 + 30),
        ("Australia/Lord_Howe", "2026-04-05", "01:30-02:00", 60),
        ("Australia/Lord_Howe", "2026-10-04", "00:00-24:00", 23 * 60 + 30),
        ("Australia/Lord_Howe", "2026-10-04", "02:10-02:40", 10),
        ("America/Havana", "2026-10-31", "00:00-24:00", 24 * 60),  # to the first midnight
        ("America/Havana", "2026-11-01", "00:00-24:00", 25 * 60),
        ("America/Havana", "2026-03-08", "00:00-24:00", 23 * 60),  # begins at 01:00
        ("Pacific/Apia", "2011-12-30", "00:00-24:00", 0),  # the day that was skipped
        ("Asia/Shanghai", "2026-03-29", "00:00-24:00", 24 * 60),
    ],
)
def test_clock_changes_shorten_and_lengthen_shifts(
    zone: str, day: str, interval: str, minutes: int
) -> None:
    spec = CalendarSpec(
        weekly={"mon-sun": ("12:00-12:01",)},
        closed=("2011-12-29..2011-12-31",),
        open={day: (interval,)},
    )
    cal = Calendar.of("clock", spec, zone)
    begin = ms(f"{day}T00:00+14:00")
    shift = [
        (opens, closes)
        for opens, closes in cal.open_intervals(begin, begin + 4 * DAY)
        if closes - opens != MINUTE
    ]
    assert sum(closes - opens for opens, closes in shift) == minutes * MINUTE
    assert len(shift) == (minutes > 0)
    found = list(cal.open_intervals(begin, begin + 4 * DAY))
    assert found == oracle_calendar.open_intervals(spec, zone, begin, begin + 4 * DAY)


def test_a_jump_is_the_instant_at_which_a_skipped_hour_begins_and_ends() -> None:
    cal = calendar("America/New_York", weekly={"sun": ["02:30-04:00"]})
    jump = ms("2026-03-08T07:00+00:00")
    assert list(cal.open_intervals(jump - DAY, jump + DAY)) == [(jump, jump + HOUR)]


@pytest.mark.parametrize(
    ("keys", "path", "words"),
    [
        ({"weekly": {"mo": ["09:00-18:00"]}}, "weekly.mo", ["`mo`", "mon, tue"]),
        ({"weekly": {"mon-": ["09:00-18:00"]}}, "weekly.mon-", ["`mon-`", "mon-fri"]),
        (
            {"weekly": {"mon-fri": ["09:00-10:00"], "wed": ["11:00-12:00"]}},
            "weekly.wed",
            ["mon-fri"],
        ),
        ({"weekly": {"mon": ["9:00-18:00"]}}, "weekly.mon[0]", ["`9:00-18:00`", "09:00-18:00"]),
        ({"weekly": {"mon": ["09:00-18:00", "x"]}}, "weekly.mon[1]", ["`x`", "HH:MM-HH:MM"]),
        ({"weekly": {"mon": ["09:00-24:30"]}}, "weekly.mon[0]", ["24:00"]),
        ({"weekly": {"mon": ["24:00-06:00"]}}, "weekly.mon[0]", ["24:00-06:00"]),
        ({"weekly": {"mon": ["09:60-10:00"]}}, "weekly.mon[0]", ["09:60"]),
        ({"weekly": {"mon": ["08:00-08:00"]}}, "weekly.mon[0]", ["00:00-24:00"]),
        (
            {"weekly": {"mon": ["13:00-18:00", "09:00-13:30"]}},
            "weekly.mon[0]",
            ["`13:00-18:00` overlaps `09:00-13:30`"],
        ),
        (
            {"weekly": {"mon": ["05:00-09:00"], "sun": ["22:00-06:00"]}},
            "weekly.sun",
            ["`sun` across midnight", "`mon`"],
        ),
        ({"weekly": {}}, "weekly", ["no open time"]),
        (
            {"weekly": {"mon-fri": []}, "open": {"2026-01-01": ["09:00-10:00"]}},
            "weekly",
            ["no open"],
        ),
        ({"timezone": "Asia/Shanghia"}, "timezone", ["`Asia/Shanghia`", "`Asia/Shanghai`"]),
        ({"timezone": "America"}, "timezone", ["unknown time zone `America`"]),
        ({"timezone": ""}, "timezone", ["Asia/Shanghai"]),
        ({"timezone": "../../etc/hosts"}, "timezone", ["unknown time zone"]),
        ({"makeup_days": ["09:00-12:00"]}, "makeup_days", ["holidays: china"]),
        ({"holidays": "china", "makeup_days": ["x"]}, "makeup_days[0]", ["HH:MM"]),
        ({"closed": ["2026-02-30"]}, "closed[0]", ["`2026-02-30`", "YYYY-MM-DD"]),
        ({"closed": ["2026-01-01", "20260216"]}, "closed[1]", ["`20260216`"]),
        ({"closed": ["1999-12-31"]}, "closed[0]", ["2000-01-01"]),
        ({"closed": ["2026-02-03..2026-02-01"]}, "closed[0]", ["FIRST..LAST"]),
        ({"closed": ["2000-01-01..2099-12-31"]}, "closed[0]", ["366 days"]),
        ({"closed": ["2026-01-01..2026-12-31"]}, "closed", ["2026-01-01", "no open time"]),
        (
            {"closed": ["2026-01-01..2026-06-30", "2026-07-01..2027-01-31"]},
            "closed",
            ["no open time in the year from 2026-01-01"],
        ),
        ({"open": {"2026-2-1": ["09:00-10:00"]}}, "open.2026-2-1", ["YYYY-MM-DD"]),
        ({"open": {"2026-02-01": []}}, "open.2026-02-01", ["`closed`"]),
        ({"open": {"2026-02-01": ["x"]}}, "open.2026-02-01[0]", ["HH:MM"]),
    ],
)
def test_a_bad_calendar_is_refused_by_its_key_with_what_is_allowed(
    keys: dict[str, Any], path: str, words: list[str]
) -> None:
    with pytest.raises(CalendarError) as caught:
        calendar(**{"weekly": {"mon-sun": ["09:00-18:00"]}} | keys)
    assert caught.value.key_path == f"$.calendars.office.{path}"
    for word in words:
        assert word in caught.value.message


def test_a_bad_default_zone_is_refused_where_it_stands() -> None:
    with pytest.raises(CalendarError) as caught:
        calendar("Europe/Londn", weekly={"mon": ["09:00-18:00"]})
    assert caught.value.key_path == "$.timezone"
    assert "`Europe/London`" in caught.value.message


def test_a_long_rest_with_a_day_of_opening_in_it_is_allowed() -> None:
    cal = calendar(
        weekly={"mon-sun": ["09:00-18:00"]},
        closed=["2026-01-01..2026-12-31"],
        open={"2026-06-01": ["09:00-10:00"]},
    )
    assert cal.between(ms("2026-01-01T00:00"), ms("2027-01-01T00:00")) == HOUR


def test_beyond_the_known_years_the_weekly_hours_count_and_a_warning_says_so() -> None:
    cal = office()
    known = cal.last_known_year
    assert known is not None
    assert 2026 <= known < 2031
    assert hours(cal, "2031-10-01") == 7.5  # National Day, a Wednesday
    new_year = ms(f"{known + 1}-01-01T00:00")
    assert cal.warning(new_year - 1) is None
    warning = cal.warning(ms("2031-01-01"))
    assert warning is not None
    assert warning == cal.warning(new_year)
    assert "`office`" in warning
    assert str(known) in warning


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_no_instant_raises_and_outside_of_the_span_nothing_is_open(zone: str) -> None:
    cal = calendar(zone, weekly={"mon-sun": ["00:00-24:00"]}, holidays="china")
    for at in (-(10**18), -1, 0, FIRST_MS - 1, FIRST_MS, END_MS - 1, END_MS, 10**18):
        assert cal.is_open(at) == (FIRST_MS <= at < END_MS)
        assert cal.add(at, 0) == at
        assert cal.add(at, 1) == max(FIRST_MS + 1, min(at + 1, END_MS), at)
        assert cal.add(at, 10**18) == max(at, END_MS)
        assert cal.between(at, at - 1) == 0
        cal.warning(at)
    assert cal.between(-(10**18), FIRST_MS) == cal.between(END_MS, 10**18) == 0
    assert list(cal.open_intervals(END_MS, 10**18)) == []
    with pytest.raises(ValueError, match="-1"):
        cal.add(0, -1)


def test_any_order_of_questions_over_all_years_gives_the_same_and_keeps_little() -> None:
    cal = office()
    edges = [ms(f"{year}-07-01T00:00") for year in range(2000, 2100)]
    spans = list(pairwise(edges))
    forwards = [cal.between(*span) for span in spans]
    assert [office().between(*span) for span in spans[::20]] == forwards[::20]
    assert [cal.between(*span) for span in reversed(spans)] == forwards[::-1]
    assert sum(forwards) == cal.between(edges[0], edges[-1])
    assert cal.add(edges[0], sum(forwards)) <= edges[-1]
    assert len(cal._years) <= KEPT_YEARS
