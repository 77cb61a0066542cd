"""Instants of local wall times, where clocks are put forward and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local wall times are naive here, on purpose
MS = timedelta(milliseconds=1)


def _readings(wall: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """The instants (ms) at which local clocks first and last show a wall time.

    A wall time that is skipped gives the instant of the jump, twice.
    """
    early = wall.replace(tzinfo=zone).utcoffset() or timedelta()
    late = wall.replace(tzinfo=zone, fold=1).utcoffset() or timedelta()
    first = (wall - early - EPOCH) // MS
    if early == late:
        return first, first
    last = (wall - late - EPOCH) // MS
    if first < last:
        return first, last
    # Skipped: clocks are put forward between `last` and `first` (PEP 495); halve until found.
    low, high = last // 1000, first // 1000
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, UTC).astimezone(zone).utcoffset() == early:
            low = middle
        else:
            high = middle
    return high * 1000, high * 1000


def start_ms(wall: datetime, zone: ZoneInfo) -> int:
    """The first instant whose local time is at or after the wall time."""
    return _readings(wall, zone)[0]


def end_ms(wall: datetime, zone: ZoneInfo) -> int:
    """The instant right after the last one whose local time is before the wall time."""
    first, last = _readings(wall, zone)
    if first == last:
        return first
    # Repeated; the last second before it tells whether the repetition begins right here.
    return _readings(wall - timedelta(seconds=1), zone)[1] + 1000
