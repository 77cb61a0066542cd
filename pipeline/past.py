"""What is told of the past: what the engine learnt long after it was."""

LEAST_MS = 3_600_000
"""An hour: the longest stretch that alerts about customers look back over. What was later than that
would have left their sight by now, had it come in time."""


def past_after_ms(lateness_ms: int) -> int:
    """How late something may be learnt and still count as happening now.

    Never less than the lateness that windows allow for: what comes within it is in time.
    """
    return max(LEAST_MS, lateness_ms)


def is_past(instant_ms: int, *, known_ms: int | None, after_ms: int) -> bool:
    """Whether what was at `instant_ms` was only learnt when the time was `known_ms`, more than
    `after_ms` later; exactly that is in time, and so is everything before the first tick.
    """
    return known_ms is not None and known_ms - instant_ms > after_ms
