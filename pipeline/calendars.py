"""Business calendars: which instants count as open, exact to the millisecond.

A calendar turns wall time into counted time: `between` counts the open milliseconds of a span,
`add` is its inverse and gives a deadline. All instants are whole milliseconds UTC since 1970.

Hours are local wall time. **An interval begins at the first instant whose local time is at or after
its start, and ends right after the last instant whose local time is before its end.** So where
clocks are put forward, an edge in the skipped hour moves to the jump and the day is shorter; where
they are put back, a start in the repeated hour is its first reading, an end its second, and the day
is longer. An end on the very first minute of the repeated hour is the first reading of it: an end
at 24:00 stays at the first midnight.

The hours of a local day are, in this order: its entry in `open`; none, if it is in `closed`; with
`holidays: china`, none on a public holiday and those of Monday (or `makeup_days`) on a make-up
workday (调休); those of `weekly`. A shift across midnight belongs to the day on which it begins, so
closing a day, or giving it other hours, leaves the end of the shift of the day before.

A calendar spans 2000-01-01 to 2100-01-01 UTC; outside of that nothing is open. Holidays are known
from 2004 to `last_known_year`; in other years weekdays count by the weekly hours.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import chinese_calendar  # type: ignore[import-untyped]

from pipeline.calendar_spec import (
    END_YEAR,
    FIRST_YEAR,
    CalendarError,
    CalendarSpec,
    Hours,
    read_date,
    read_dates,
    read_hours,
    read_weekly,
    read_zone,
)
from pipeline.local_time import EPOCH, MS, end_ms, start_ms

__all__ = ["END_MS", "FIRST_MS", "Calendar", "CalendarError", "CalendarSpec"]

KEPT_YEARS = 8
"""Years whose intervals a calendar keeps in memory (some 90 kB each with two intervals a day)."""

_YEAR_STARTS = tuple(
    (datetime(year, 1, 1) - EPOCH) // MS  # noqa: DTZ001
    for year in range(FIRST_YEAR, END_YEAR + 1)
)
FIRST_MS, END_MS = _YEAR_STARTS[0], _YEAR_STARTS[-1]
"""The span of every calendar: 2000-01-01 and 2100-01-01, 00:00 UTC."""


class _Year(NamedTuple):
    """The open intervals of one UTC year, merged, in ms; `before[i]` is open before `starts[i]`."""

    starts: list[int]
    ends: list[int]
    before: list[int]
    total: int

    def open_until(self, ms: int) -> int:
        """Open ms from the start of the year to the instant."""
        index = bisect_right(self.starts, ms) - 1
        if index < 0:
            return 0
        return self.before[index] + min(ms, self.ends[index]) - self.starts[index]

    def next_open(self, ms: int) -> tuple[int, int, int] | None:
        """The interval in which the instant lies, or the next one, and since when it is closed
        before it; None at the edges of the year.
        """
        index = bisect_right(self.ends, ms)
        if not 0 < index < len(self.starts):
            return None
        return self.ends[index - 1], self.starts[index], self.ends[index]

    def reaching(self, open_ms: int) -> int:
        """The earliest instant with `open_until` equal to `open_ms`, 0 < open_ms <= total."""
        index = bisect_left(self.before, open_ms) - 1
        return self.starts[index] + open_ms - self.before[index]


class Calendar:
    """A checked calendar; without a clock, the same answers at any time and in any order."""

    __slots__ = (
        "_closed", "_makeup", "_near", "_open", "_totals", "_unknown_from_ms", "_weekly", "_years",
        "_zone", "last_known_year", "name",
    )  # fmt: skip

    last_known_year: int | None
    """The last year whose public holidays are known; None without holidays."""

    def __init__(
        self,
        name: str,
        zone: ZoneInfo,
        weekly: tuple[Hours, ...],
        makeup: Hours | None,
        closed: frozenset[date],
        opened: Mapping[date, Hours],
    ) -> None:
        """Take checked parts; `Calendar.of` makes them. `makeup` is None without holidays."""
        self.name = name
        self._zone = zone
        self._weekly = weekly
        self._makeup = makeup
        self._closed = closed
        self._open = opened
        self._years: dict[int, _Year] = {}
        self._totals: dict[int, int] = {}
        # The open interval that was asked for last, and the closed time before it: most questions
        # are about the same one.
        self._near = (0, 0, 0)
        self.last_known_year = None
        self._unknown_from_ms = END_MS
        if makeup is not None:
            self.last_known_year = max(chinese_calendar.holidays).year
            new_year = datetime(self.last_known_year + 1, 1, 1)  # noqa: DTZ001
            self._unknown_from_ms = start_ms(new_year, zone)

    @classmethod
    def of(cls, name: str, spec: CalendarSpec, default_zone: str) -> "Calendar":
        """Check a calendar as written; raises `CalendarError`.

        `default_zone` is the policy file's `timezone`, used where the calendar names none.
        """
        path = f"$.calendars.{name}"
        if spec.timezone is None:
            zone = read_zone(default_zone, "$.timezone")
        else:
            zone = read_zone(spec.timezone, f"{path}.timezone")
        weekly = read_weekly(spec.weekly, f"{path}.weekly")
        makeup = weekly[0] if spec.holidays == "china" else None
        if spec.makeup_days is not None:
            if makeup is None:
                raise CalendarError(f"{path}.makeup_days", "only allowed with `holidays: china`")
            makeup = read_hours(spec.makeup_days, f"{path}.makeup_days")
        opened: dict[date, Hours] = {}
        for text, intervals in spec.open.items():
            key = f"{path}.open.{text}"
            if not intervals:
                raise CalendarError(key, "no interval; a day of rest belongs in `closed`")
            opened[read_date(text, key)] = read_hours(intervals, key)
        closed = frozenset(
            day
            for index, text in enumerate(spec.closed)
            for day in read_dates(text, f"{path}.closed[{index}]")
        )
        calendar = cls(name, zone, weekly, makeup, closed, opened)
        calendar._refuse_a_year_of_rest(f"{path}.closed")
        return calendar

    def between(self, start_ms: int, end_ms: int) -> int:
        """Open ms in [start, end); 0 if the end is not after the start."""
        closed_from, opens, closes = self._near
        if closed_from <= start_ms <= end_ms <= closes:
            return max(0, end_ms - max(start_ms, opens))
        start, end = max(start_ms, FIRST_MS), min(end_ms, END_MS)
        if end <= start:
            return 0
        first, last = bisect_right(_YEAR_STARTS, start) - 1, bisect_left(_YEAR_STARTS, end) - 1
        counted = self._year(last).open_until(end) - self._year(first).open_until(start)
        return counted + sum(self._total(year) for year in range(first, last))

    def add(self, start_ms: int, open_ms: int) -> int:
        """The earliest instant with so many open ms since the start; the start itself for 0.

        Beyond 2100 there is no such instant: then 2100-01-01 (or the start, if that is later).
        Raises ValueError for a negative number.
        """
        if open_ms < 0:
            raise ValueError(f"open_ms is {open_ms}, must not be negative")
        if open_ms == 0:
            return start_ms
        closed_from, opens, closes = self._near
        if closed_from <= start_ms:
            reached = max(start_ms, opens) + open_ms
            if reached <= closes:
                return reached
        start = max(start_ms, FIRST_MS)
        if start >= END_MS:
            return start
        year = bisect_right(_YEAR_STARTS, start) - 1
        self._near = self._year(year).next_open(start) or self._near
        left = open_ms + self._year(year).open_until(start)
        while left > self._total(year):
            left -= self._total(year)
            year += 1
            if year == END_YEAR - FIRST_YEAR:
                return END_MS
        return self._year(year).reaching(left)

    def is_open(self, ms: int) -> bool:
        """Tell whether the instant lies in an open interval; its end is not in it."""
        return self.between(ms, ms + 1) == 1

    def open_intervals(self, start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
        """The open intervals in [start, end): half open, merged, clipped, in order."""
        start, end = max(start_ms, FIRST_MS), min(end_ms, END_MS)
        if end <= start:
            return
        pending: tuple[int, int] | None = None
        for index in range(bisect_right(_YEAR_STARTS, start) - 1, bisect_left(_YEAR_STARTS, end)):
            year = self._year(index)
            for at in range(bisect_right(year.ends, start), bisect_left(year.starts, end)):
                opens, closes = max(year.starts[at], start), min(year.ends[at], end)
                if pending is None:
                    pending = (opens, closes)
                elif opens == pending[1]:  # open over New Year
                    pending = (pending[0], closes)
                else:
                    yield pending
                    pending = (opens, closes)
        if pending is not None:
            yield pending

    def warning(self, until_ms: int) -> str | None:
        """One sentence if public holidays are not known for the instant, else None."""
        if self.last_known_year is None or until_ms < self._unknown_from_ms:
            return None
        return (
            f"calendar `{self.name}`: China's public holidays are known up to "
            f"{self.last_known_year}; later days count by the weekly hours "
            "(update chinesecalendar, or name the days in `closed` and `open`)"
        )

    def _hours_of(self, day: date) -> Hours:
        if day in self._open:
            return self._open[day]
        if day in self._closed:
            return ()
        if self._makeup is not None:
            if day in chinese_calendar.holidays:
                return ()
            if day in chinese_calendar.workdays:
                return self._makeup
        return self._weekly[day.weekday()]

    def _refuse_a_year_of_rest(self, key_path: str) -> None:
        """Only `closed` can make weekly hours into a year without any open time."""
        if not self._closed:
            return
        rest = 0
        # Three weeks before and after: weekly hours open once a week, unless a holiday is then.
        first, last = min(self._closed).toordinal() - 21, max(self._closed).toordinal() + 21
        for ordinal in range(first, last + 1):
            day = date.fromordinal(ordinal)
            rest = 0 if self._hours_of(day) else rest + 1
            if rest >= 365:
                begin = date.fromordinal(ordinal - rest + 1)
                raise CalendarError(
                    key_path, f"no open time in the year from {begin} on; a calendar must open"
                )

    def _year(self, index: int) -> _Year:
        year = self._years.pop(index, None)
        if year is None:
            year = self._build(index)
            self._totals[index] = year.total
            if len(self._years) >= KEPT_YEARS:
                del self._years[next(iter(self._years))]
        self._years[index] = year  # the newest use stands last
        return year

    def _total(self, index: int) -> int:
        total = self._totals.get(index)
        return self._year(index).total if total is None else total

    def _build(self, index: int) -> _Year:
        """Merge the intervals of every local day that touches the UTC year, clipped to it."""
        begin, stop = _YEAR_STARTS[index], _YEAR_STARTS[index + 1]
        # An interval lasts into the next day and zones differ from UTC by up to 14 hours.
        first = date(FIRST_YEAR + index, 1, 1).toordinal() - 2
        last = date(FIRST_YEAR + index + 1, 1, 1).toordinal() + 1
        starts: list[int] = []
        ends: list[int] = []
        for opens, closes in self._intervals(first, last):
            opens, closes = max(opens, begin), min(closes, stop)
            if opens >= closes:
                continue
            if ends and opens <= ends[-1]:
                ends[-1] = max(ends[-1], closes)
            else:
                starts.append(opens)
                ends.append(closes)
        before = [0]
        for opens, closes in zip(starts, ends, strict=True):
            before.append(before[-1] + closes - opens)
        total = before.pop()
        return _Year(starts, ends, before, total)

    def _intervals(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The intervals in ms of the local days with these ordinals, by start, not merged."""
        for ordinal in range(first, last + 1):
            day = date.fromordinal(ordinal)
            midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001
            for start, end in self._hours_of(day):
                opens = start_ms(midnight + timedelta(minutes=start), self._zone)
                yield opens, end_ms(midnight + timedelta(minutes=end), self._zone)
