"""A calendar as a person writes it, and the checks of what the words mean."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from difflib import get_close_matches
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from msgspec import Meta, Struct

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIRST_YEAR, END_YEAR = 2000, 2100
MAX_CLOSED_DAYS = 366
"""Longest range in `closed`; a service that rests longer than a year needs another policy."""
_DAY_MINUTES = 24 * 60

_INTERVAL = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Intervals = Annotated[tuple[str, ...], Meta(max_length=24)]
"""A day's intervals as written; more than one an hour is a mistake (and would fill memory)."""


class CalendarSpec(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of `calendars`, as written; `Calendar.of` checks what the words mean.

    `weekly` maps `mon` or `mon-fri` to intervals `HH:MM-HH:MM`; `closed` holds dates and ranges
    `YYYY-MM-DD..YYYY-MM-DD`; `open` maps a date to the intervals that replace its hours.
    """

    weekly: dict[str, Intervals]
    timezone: str | None = None
    holidays: Literal["china", "none"] = "none"
    makeup_days: Intervals | None = None
    closed: Annotated[tuple[str, ...], Meta(max_length=1_000)] = ()
    open: Annotated[dict[str, Intervals], Meta(max_length=1_000)] = {}


class CalendarError(ValueError):
    """A calendar that cannot be used; `key_path` is like `$.calendars.office.weekly.mon[0]`."""

    def __init__(self, key_path: str, message: str) -> None:
        super().__init__(f"{key_path}: {message}")
        self.key_path = key_path
        self.message = message


Hours = tuple[tuple[int, int], ...]
"""A day's intervals in minutes after its local midnight, in order; ends may go to 48 h."""


def read_zone(name: str, key_path: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones
        near = get_close_matches(name, sorted(available_timezones()), n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ", such as `Asia/Shanghai`"
    raise CalendarError(key_path, f"unknown time zone `{name}`; expected an IANA name{hint}")


def read_weekly(weekly: Mapping[str, tuple[str, ...]], path: str) -> tuple[Hours, ...]:
    """The hours of Monday to Sunday."""
    hours: dict[int, Hours] = {}
    keys: dict[int, str] = {}
    for key, intervals in weekly.items():
        first, _, last = key.partition("-")
        last = last if "-" in key else first
        if first not in DAYS or last not in DAYS:
            raise CalendarError(
                f"{path}.{key}",
                f"unknown day `{key}`; allowed: {', '.join(DAYS)} or a range such as mon-fri",
            )
        begin = DAYS.index(first)
        for offset in range((DAYS.index(last) - begin) % 7 + 1):
            day = (begin + offset) % 7
            if day in keys:
                raise CalendarError(
                    f"{path}.{key}", f"`{DAYS[day]}` already has its hours from `{keys[day]}`"
                )
            keys[day] = key
            hours[day] = read_hours(intervals, f"{path}.{key}")
    if not any(hours.values()):
        raise CalendarError(path, "no open time; give at least one day an interval HH:MM-HH:MM")
    for day, own in hours.items():
        following = hours.get((day + 1) % 7, ())
        if own and following and own[-1][1] - _DAY_MINUTES > following[0][0]:
            raise CalendarError(
                f"{path}.{keys[day]}",
                f"the shift of `{DAYS[day]}` across midnight overlaps the hours of "
                f"`{DAYS[(day + 1) % 7]}`; intervals may touch, not overlap",
            )
    return tuple(hours.get(day, ()) for day in range(7))


def read_hours(intervals: tuple[str, ...], path: str) -> Hours:
    """A day's intervals in order; refuses what cannot be read and what overlaps."""
    found: list[tuple[int, int, int]] = []
    for index, text in enumerate(intervals):
        match = _INTERVAL.fullmatch(text)
        start, end = _minutes(match) if match else (0, 0)
        if start == end or end > _DAY_MINUTES:
            raise CalendarError(
                f"{path}[{index}]",
                f"bad interval `{text}`; expected HH:MM-HH:MM from 00:00 to 24:00, such as "
                "09:00-18:00, 22:00-06:00 across midnight, 00:00-24:00 for the whole day",
            )
        found.append((start, end if end > start else end + _DAY_MINUTES, index))
    found.sort()
    for (_, end, before), (start, _, index) in pairwise(found):
        if start < end:
            raise CalendarError(
                f"{path}[{index}]",
                f"`{intervals[index]}` overlaps `{intervals[before]}`; intervals of a day may "
                "touch, not overlap",
            )
    return tuple((start, end) for start, end, _ in found)


def _minutes(match: re.Match[str]) -> tuple[int, int]:
    hour, minute, end_hour, end_minute = map(int, match.groups())
    return hour * 60 + minute, end_hour * 60 + end_minute


def read_dates(text: str, key_path: str) -> list[date]:
    """The days of `YYYY-MM-DD` or `YYYY-MM-DD..YYYY-MM-DD`."""
    first_text, dots, last_text = text.partition("..")
    first = read_date(first_text, key_path)
    last = read_date(last_text, key_path) if dots else first
    count = (last - first).days + 1
    if not 1 <= count <= MAX_CLOSED_DAYS:
        raise CalendarError(
            key_path, f"bad range `{text}`; expected FIRST..LAST, 1 to {MAX_CLOSED_DAYS} days"
        )
    return [first + timedelta(days=offset) for offset in range(count)]


def read_date(text: str, key_path: str) -> date:
    """The day `YYYY-MM-DD`; raises `CalendarError`."""
    try:
        day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year < END_YEAR:
        raise CalendarError(
            key_path,
            f"bad date `{text}`; expected YYYY-MM-DD from {FIRST_YEAR}-01-01 to "
            f"{END_YEAR - 1}-12-31",
        )
    return day
