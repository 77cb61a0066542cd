"""Which hour is meant, and what there is instead: local hours of the wall clock."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kefu.errors import UserError
from pipeline.local_time import start_ms
from pipeline.windows import HOUR_MS
from schemas.codec import from_ms, to_ms

MAX_SHOWN = 12
"""Stretches of hours that an error names."""


def parse_hour(text: str, zone: ZoneInfo) -> int:
    """The start (ms) of an hour like `2026-11-23T09`, read in `zone` where it names no offset.

    Raises `UserError`.
    """
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        wall = None
    if wall is None or "T" not in text or wall != wall.replace(minute=0, second=0, microsecond=0):
        raise UserError(f"--hour {text}: expected a full hour like 2026-11-23T09 ({zone.key})")
    return start_ms(wall, zone) if wall.tzinfo is None else to_ms(wall)


def local(time_ms: int, zone: ZoneInfo) -> datetime:
    """The wall time of an instant."""
    return from_ms(time_ms).astimezone(zone)


def hours_named(starts_ms: Iterable[int], zone: ZoneInfo) -> str:
    """The hours as `2026-11-23T09 … 2026-11-23T12`, those that follow each other as one stretch."""
    stretches: list[tuple[int, int]] = []
    for start in sorted(set(starts_ms)):
        if stretches and start == stretches[-1][1] + HOUR_MS:
            stretches[-1] = (stretches[-1][0], start)
        else:
            stretches.append((start, start))
    shown = [
        _name(first, zone) if first == last else f"{_name(first, zone)} … {_name(last, zone)}"
        for first, last in stretches[-MAX_SHOWN:]
    ]
    more = len(stretches) - len(shown)
    return ", ".join([f"({more} earlier stretches)", *shown] if more else shown)


def _name(time_ms: int, zone: ZoneInfo) -> str:
    return f"{local(time_ms, zone):%Y-%m-%dT%H}"


def bucket_start(time_ms: int, unit: str, zone: ZoneInfo) -> int:
    """The start (ms) of the local `hour`, `day` or `month` that an hour belongs to."""
    wall = local(time_ms, zone).replace(tzinfo=None)
    match unit:
        case "day":
            return start_ms(wall.replace(hour=0, minute=0), zone)
        case "month":
            return start_ms(wall.replace(day=1, hour=0, minute=0), zone)
        case _:
            return time_ms


def next_bucket(time_ms: int, unit: str, zone: ZoneInfo) -> int:
    """The start (ms) of the one after it."""
    match unit:
        case "day":
            return start_ms(local(time_ms, zone).replace(tzinfo=None) + timedelta(days=1), zone)
        case "month":
            later = local(time_ms, zone).replace(tzinfo=None) + timedelta(days=32)
            return start_ms(later.replace(day=1), zone)
        case _:
            return time_ms + HOUR_MS
