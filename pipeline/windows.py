"""The windows of a tenant's day: quarters, halves and full hours, the day, and its peak bands.

Everything is in the tenant's own time. Counts come in quarters of an hour, and every time zone's
offset since 2000 is a whole number of quarters, so that each quarter is in a window or out of it.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.codec import from_ms, to_ms

QUARTER_MS = 900_000
HALF_MS = 2 * QUARTER_MS
HOUR_MS = 4 * QUARTER_MS

QUARTER, HALF, HOUR, DAY = "15m", "30m", "1h", "1d"
BAND_PREFIX = "band "

_BAND = re.compile(r"([01]\d|2[0-3]):(00|15|30|45)-([01]\d|2[0-4]):(00|15|30|45)")
_REMEMBERED = 4096
"""Quarters whose windows are remembered: six weeks of them. More only costs looking up again."""


class Band(NamedTuple):
    """A peak band of each local day, from one wall time to another, in minutes after midnight.

    An end at or before the start is on the next day.
    """

    name: str
    start_minute: int
    end_minute: int

    @classmethod
    def parse(cls, text: str) -> "Band":
        """Read `09:00-11:00`; raises `ValueError` where it is none, or not on quarters."""
        found = _BAND.fullmatch(text)
        if found is None:
            raise ValueError(f"`{text}`: expected a band on quarters of an hour, like 09:00-11:00")
        hour, minute, end_hour, end_minute = map(int, found.groups())
        start, end = hour * 60 + minute, end_hour * 60 + end_minute
        if end > 24 * 60 or start == end:
            raise ValueError(f"`{text}`: a band ends after it starts, at 24:00 at the latest")
        return cls(text, start, end if end > start else end + 24 * 60)


class Window(NamedTuple):
    """One stretch of time, half-open, in milliseconds since 1970."""

    length: str
    start_ms: int
    end_ms: int


def quarter_of(time_ms: int) -> int:
    """The start of the quarter of an hour, in milliseconds."""
    return time_ms - time_ms % QUARTER_MS


class WindowCalendar:
    """Says which windows a quarter of an hour belongs to."""

    def __init__(self, timezone: str, peak_bands: tuple[str, ...] = ()) -> None:
        """`timezone` is an IANA name; raises `ValueError` for a band that is none or a repeat."""
        if len(set(peak_bands)) < len(peak_bands):
            raise ValueError(f"a peak band stands twice among {', '.join(peak_bands)}")
        self._zone = ZoneInfo(timezone)
        self._bands = tuple(Band.parse(text) for text in peak_bands)
        self._found: dict[int, tuple[Window, ...]] = {}

    def windows_of(self, quarter_ms: int) -> tuple[Window, ...]:
        """The windows that the quarter starting then is part of, shortest first, bands last."""
        windows = self._found.get(quarter_ms)
        if windows is None:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            windows = self._found[quarter_ms] = self._windows_of(quarter_ms)
        return windows

    def _windows_of(self, quarter_ms: int) -> tuple[Window, ...]:
        day = self._day_of(quarter_ms)
        return (
            Window(QUARTER, quarter_ms, quarter_ms + QUARTER_MS),
            self._part_of_hour(HALF, HALF_MS, quarter_ms),
            self._part_of_hour(HOUR, HOUR_MS, quarter_ms),
            Window(DAY, self._start_of(day, 0), self._start_of(day, 24 * 60)),
            *(
                window
                for band in self._bands
                for began in (day - timedelta(days=1), day)
                for window in (self._band_on(band, began),)
                if window.start_ms <= quarter_ms < window.end_ms
            ),
        )

    def _part_of_hour(self, length: str, length_ms: int, quarter_ms: int) -> Window:
        """Full or half hours of the wall clock; where it is set within one, that one is cut."""
        offset_ms = self._offset_ms(quarter_ms)
        start_ms = quarter_ms - (quarter_ms + offset_ms) % length_ms
        end_ms = start_ms + length_ms
        while self._offset_ms(start_ms) != offset_ms:
            start_ms += QUARTER_MS
        while self._offset_ms(end_ms - QUARTER_MS) != offset_ms:
            end_ms -= QUARTER_MS
        return Window(length, start_ms, end_ms)

    def _day_of(self, quarter_ms: int) -> date:
        """The local day; a clock that is set back over midnight does not begin it twice."""
        day = from_ms(quarter_ms).astimezone(self._zone).date()
        following = day + timedelta(days=1)
        return following if self._start_of(following, 0) <= quarter_ms else day

    def _band_on(self, band: Band, day: date) -> Window:
        start_ms = self._start_of(day, band.start_minute)
        end_ms = self._start_of(day, band.end_minute)
        return Window(BAND_PREFIX + band.name, start_ms, end_ms)

    def _start_of(self, day: date, minute: int) -> int:
        """The first instant at which the wall clock shows that minute of the day, or later."""
        wall = datetime.combine(day, time()) + timedelta(minutes=minute)
        at_ms = to_ms(wall.replace(tzinfo=self._zone).astimezone(UTC))
        if self._wall(at_ms) == wall:
            return at_ms
        # The clock jumps over it; read with the offset after the jump, it lies before the jump.
        at_ms = to_ms(wall.replace(tzinfo=self._zone, fold=1).astimezone(UTC))
        while self._wall(at_ms) < wall:
            at_ms += QUARTER_MS
        return at_ms

    def _wall(self, time_ms: int) -> datetime:
        return from_ms(time_ms).astimezone(self._zone).replace(tzinfo=None)

    def _offset_ms(self, time_ms: int) -> int:
        offset = from_ms(time_ms).astimezone(self._zone).utcoffset()
        return offset // timedelta(milliseconds=1) if offset is not None else 0
