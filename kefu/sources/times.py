"""Times for exports that have none, from a stated random process with a seed.

Conversations begin evenly spread over 09:00–21:00 (Asia/Shanghai) of one day. Between messages:

- a customer reads and types: 2 s + 0.25 s for each character of the message, times a log-normal
  factor with sigma 0.6;
- an agent answers after a log-normal delay with median 45 s and sigma 1.0: 6 % of answers come
  later than 210 s, which is the share that service plans call a bad day;
- further messages of the same sender follow after 1 s + 0.15 s a character, and so does what a bot
  or the system says, without the typing: after 1 s.

The process of one conversation depends on the seed and its id only, not on its neighbours. Every
event with such a time is marked as synthetic.
"""

from datetime import UTC, datetime
from random import Random

DAY_START_MS = int(datetime(2026, 3, 2, 1, 0, tzinfo=UTC).timestamp() * 1000)
"""09:00 in Shanghai on a Monday without a holiday."""
DAY_LENGTH_MS = 12 * 3_600_000
AGENT_MEDIAN_S = 45.0
AGENT_SIGMA = 1.0
TYPING_SIGMA = 0.6


class SyntheticTimes:
    """The times of one conversation, one message after the other, in milliseconds."""

    def __init__(self, seed: int, conversation: str, start_ms: int | None = None) -> None:
        """Begin at `start_ms`, or at a moment of the stated day."""
        # Not for security: the same seed must give the same times everywhere.
        self._random = Random(f"{seed}/{conversation}")  # noqa: S311
        spread = self._random.randrange(DAY_LENGTH_MS)
        self.now_ms = DAY_START_MS + spread if start_ms is None else start_ms
        self._last: str | None = None

    def next(self, sender: str, text: str | None) -> int:
        """The time of the next message; the first one is at the start."""
        length = min(len(text or ""), 200)
        if self._last is not None:
            self.now_ms += max(1, round(self._delay_s(sender, length) * 1000))
        self._last = sender
        return self.now_ms

    def _delay_s(self, sender: str, length: int) -> float:
        if sender in ("bot", "system"):
            return 1.0
        if sender == self._last:
            return 1.0 + 0.15 * length
        if sender == "customer":
            return (2.0 + 0.25 * length) * self._random.lognormvariate(0.0, TYPING_SIGMA)
        return AGENT_MEDIAN_S * self._random.lognormvariate(0.0, AGENT_SIGMA)
