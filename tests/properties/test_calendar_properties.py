"""Calendars, whatever their hours: the same as the walking oracle, `add` the inverse of `between`.

Drawn spans lie around the days on which clocks, holidays or years change.
"""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.calendar_spec import DAYS
from pipeline.calendars import END_MS, Calendar, CalendarSpec
from tests.oracle_calendar import open_intervals

DAY_MS = 86_400_000
CHANGES = {
    "Asia/Shanghai": ["2026-02-14", "2025-10-01", "2027-01-01", "2003-12-31"],
    "America/New_York": ["2026-03-08", "2026-11-01", "2025-12-31"],
    "Europe/London": ["2026-03-29", "2026-10-25"],
    "Australia/Lord_Howe": ["2026-04-04", "2026-10-03"],  # half an hour
    "Antarctica/Troll": ["2026-03-29", "2026-10-25"],  # two hours
    "America/Havana": ["2026-03-08", "2026-11-01"],  # at midnight: 00:00-01:00 twice, or never
    "America/Sao_Paulo": ["2018-02-18", "2018-11-04"],  # 23:00-24:00 twice, 00:00-01:00 never
    "Pacific/Apia": ["2011-12-30", "2012-04-01"],  # a whole day that never was
    "Asia/Kathmandu": ["2000-01-01", "2099-12-31"],  # the ends of every calendar
}
minutes = st.one_of(
    st.sampled_from([0, 30, 60, 90, 120, 150, 180, 240, 1380, 1410, 1440]), st.integers(0, 1440)
)


@st.composite
def days(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Up to three intervals of one day in minutes, apart or touching, none across midnight."""
    cuts = sorted(draw(st.lists(minutes, max_size=6, unique=True)))
    found = list(zip(cuts[0::2], cuts[1::2], strict=False))
    if len(found) > 1 and draw(st.booleans()):
        found[0] = (found[0][0], found[1][0])
    return found


def written(intervals: list[tuple[int, int]]) -> tuple[str, ...]:
    """Intervals as a policy file has them."""
    return tuple(
        f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}" for start, end in intervals
    )


@st.composite
def weeks(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Weekly hours, most with shifts across midnight, which may touch the next day's hours."""
    if draw(st.booleans()):
        start = draw(st.integers(1, 1439))
        return {"mon-sun": written([(start, draw(st.integers(0, start - 1)))])}
    week = draw(st.lists(days(), min_size=7, max_size=7).filter(any))
    night = list(week)
    for day in range(7):
        free_from = max([720, *(end for _, end in week[day])])
        if free_from < 1440 and draw(st.booleans()):
            free_to = min([719, *(start for start, _ in week[(day + 1) % 7])])
            start = draw(st.integers(free_from, 1439))
            night[day] = [*week[day], (start, draw(st.integers(0, free_to)))]
    return {DAYS[day]: written(night[day]) for day in range(7)}


@st.composite
def cases(draw: st.DrawFn) -> tuple[CalendarSpec, int, int]:
    """A valid calendar, a start and an end up to three days later."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    change = date.fromisoformat(draw(st.sampled_from(CHANGES[zone])))
    near = st.integers(-2, 2).map(lambda offset: (change + timedelta(days=offset)).isoformat())
    near = near.filter(lambda text: "2000-01-01" <= text <= "2099-12-31")
    holidays = draw(st.sampled_from(["china", "none"]))
    spec = CalendarSpec(
        timezone=zone,
        weekly=draw(weeks()),
        holidays=holidays,
        makeup_days=draw(st.none() | days().map(written)) if holidays == "china" else None,
        closed=tuple(draw(st.lists(near | near.map(lambda text: f"{text}..{text}"), max_size=2))),
        open=draw(st.dictionaries(near, days().filter(bool).map(written), max_size=2)),
    )
    middle = datetime(change.year, change.month, change.day, tzinfo=UTC)
    start = int(middle.timestamp()) * 1000 + draw(st.integers(-2 * DAY_MS, 2 * DAY_MS))
    return spec, start, start + draw(st.integers(0, 3 * DAY_MS))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(cases())
def test_open_intervals_and_open_time_are_those_of_the_oracle(
    case: tuple[CalendarSpec, int, int],
) -> None:
    spec, start, end = case
    calendar = Calendar.of("drawn", spec, "UTC")
    expected = open_intervals(spec, "UTC", start, end)
    assert list(calendar.open_intervals(start, end)) == expected
    assert calendar.between(start, end) == sum(closes - opens for opens, closes in expected)
    for opens, closes in expected:
        assert calendar.is_open(opens)
        assert calendar.is_open(closes - 1)
        assert calendar.is_open(closes) == (
            closes == end and bool(open_intervals(spec, "UTC", end, end + 1))
        )


@settings(max_examples=250, deadline=None, derandomize=True)
@given(cases(), st.one_of(st.integers(0, 5), st.integers(0, 3 * DAY_MS), st.integers(0, 10**11)))
def test_add_gives_the_earliest_instant_with_that_much_open_time(
    case: tuple[CalendarSpec, int, int], open_ms: int
) -> None:
    spec, start, _ = case
    calendar = Calendar.of("drawn", spec, "UTC")
    due = calendar.add(start, open_ms)
    if open_ms == 0:
        assert due == start
    elif due >= END_MS and calendar.between(start, END_MS) < open_ms:
        assert due == max(start, END_MS)
    else:
        assert calendar.between(start, due) == open_ms
        assert calendar.between(start, due - 1) == open_ms - 1


@settings(max_examples=150, deadline=None, derandomize=True)
@given(cases(), st.integers(-400 * DAY_MS, 400 * DAY_MS), st.integers(-DAY_MS, DAY_MS))
def test_open_time_adds_up_wherever_a_span_is_cut(
    case: tuple[CalendarSpec, int, int], far: int, off: int
) -> None:
    spec, start, end = case
    calendar = Calendar.of("drawn", spec, "UTC")
    first, cut, last = sorted([start, end + far, end + off])
    whole = calendar.between(first, last)
    assert calendar.between(first, cut) + calendar.between(cut, last) == whole
    assert sum(b - a for a, b in calendar.open_intervals(first, last)) == whole
    assert calendar.between(last, first) == 0
