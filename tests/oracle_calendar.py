"""Which instants a calendar counts as open, found by walking: slow, plain, apart from the product.

It reads the local clock at every UTC minute (clocks have only been changed on whole minutes since
2000). An interval opens at the first minute whose local time is at or after its start, and closes
after the last minute whose local time is before its end. Specs must be valid.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import chinese_calendar  # type: ignore[import-untyped]

from pipeline.calendars import CalendarSpec

NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MINUTE = 60_000
MARGIN = 3 * 24 * 60
"""Minutes walked beyond both ends: shifts of the days around reach into the span."""
SPAN = (946_684_800_000, 4_102_444_800_000)
"""2000-01-01 and 2100-01-01 UTC; outside of it nothing is open."""


def open_intervals(
    spec: CalendarSpec, default_zone: str, start_ms: int, end_ms: int
) -> list[tuple[int, int]]:
    """The open intervals of [start, end) in ms: in order, merged, clipped."""
    start_ms, end_ms = max(start_ms, SPAN[0]), min(end_ms, SPAN[1])
    if end_ms <= start_ms:
        return []
    zone = ZoneInfo(spec.timezone or default_zone)
    minutes = range(start_ms // MINUTE - MARGIN, end_ms // MINUTE + MARGIN)
    walls = [datetime.fromtimestamp(m * 60, zone).replace(tzinfo=None) for m in minutes]
    latest_so_far = list(accumulate(walls, max))
    earliest_to_come = list(accumulate(reversed(walls), min))[::-1]
    found = []
    day = walls[0].date() + timedelta(days=1)
    while day < walls[-1].date() - timedelta(days=1):
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001
        for start, end in (_delta(text) for text in hours_of(spec, day)):
            opens = bisect_left(latest_so_far, midnight + start)
            closes = bisect_left(earliest_to_come, midnight + end)
            found.append((minutes[0] + opens, minutes[0] + closes))
        day += timedelta(days=1)
    merged: list[tuple[int, int]] = []
    for opens, closes in sorted(found):
        opens_ms, closes_ms = max(opens * MINUTE, start_ms), min(closes * MINUTE, end_ms)
        if opens_ms >= closes_ms:
            continue
        if merged and opens_ms <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes_ms))
        else:
            merged.append((opens_ms, closes_ms))
    return merged


def hours_of(spec: CalendarSpec, day: date) -> tuple[str, ...]:
    """The intervals, as written, of a local day."""
    if day.isoformat() in spec.open:
        return spec.open[day.isoformat()]
    if any(_covers(text, day) for text in spec.closed):
        return ()
    if spec.holidays == "china":
        try:
            is_rest, festival = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:  # a year that the library does not know
            festival = None
        if festival is not None:
            if is_rest:
                return ()
            return _of_weekday(spec, 0) if spec.makeup_days is None else spec.makeup_days
    return _of_weekday(spec, day.weekday())


def _of_weekday(spec: CalendarSpec, weekday: int) -> tuple[str, ...]:
    for key, intervals in spec.weekly.items():
        first, last = (NAMES.index(name) for name in (key.split("-") * 2)[:2])
        covered = [*range(first, 7), *range(7)] if last < first else [*range(first, 7)]
        if weekday in covered[: covered.index(last) + 1]:
            return intervals
    return ()


def _covers(text: str, day: date) -> bool:
    first, last = (text.split("..") * 2)[:2]
    return first <= day.isoformat() <= last


def _delta(text: str) -> tuple[timedelta, timedelta]:
    """Start and end, from the local midnight of the day on which the interval begins."""
    start, end = (timedelta(hours=int(part[:2]), minutes=int(part[3:])) for part in text.split("-"))
    return start, end if end > start else end + timedelta(days=1)
