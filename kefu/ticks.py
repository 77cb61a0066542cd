"""When ticks are due in data that brings its own time, so that the past is judged as it was.

A tick before an event stands at the last whole second before it: every deadline that passed
earlier has fired, and the event itself is still in time for one that falls on it. Replays in
process and through Kafka use the same rule, so that they decide alike.
"""

from pipeline.config import EngineConfig

HOUR_MS = 3_600_000
SECOND_MS = 1_000


def tick_before(time_ms: int) -> int:
    """The last whole second before the instant, in milliseconds."""
    return (time_ms - 1) // SECOND_MS * SECOND_MS


def final_tick(last_ms: int, config: EngineConfig) -> int:
    """The tick after the last event: the hour that it belongs to, and the lateness, are over."""
    lateness_ms = round(config.sla.allowed_lateness_seconds * SECOND_MS)
    return last_ms - last_ms % HOUR_MS + HOUR_MS + lateness_ms + SECOND_MS


def is_ahead(time_ms: int, wall_ms: int, config: EngineConfig) -> bool:
    """Whether an event claims a time later than the wall clock allows; it brings no tick then."""
    return time_ms > wall_ms + round(config.sla.future_tolerance_seconds * SECOND_MS)
