"""Hourly scorecards and the intervals of each queue, from the facts of all input partitions.

A window is published when every origin has passed it by the allowed lateness; what comes later
re-publishes it with a higher revision that names the one it corrects.
"""

import msgspec
from msgspec import Struct

from pipeline.config import EngineConfig
from pipeline.state import STATE_VERSION, StateVersionError
from pipeline.window_outputs import next_interval, next_scorecard
from pipeline.window_store import SCORECARD, Terms, WindowKey, WindowStore
from pipeline.windows import DAY, HALF, HOUR, HOUR_MS, QUARTER, WindowCalendar
from schemas.codec import to_ms
from schemas.outputs import Duplicate, FactsData, QaFacts, QueueInterval, Scorecard, Tally

DAY_MS = 24 * HOUR_MS
KEPT_MS = 8 * DAY_MS
"""How long after its end a window can still be revised: a week of retention, and a day to be
safe."""
SHORT_KEPT_MS = 3 * DAY_MS
"""The same for quarters and halves of an hour, of which there are most: the day in which answers
count for the response rate, and two for what comes late. One queue then has about 800 windows at a
time, 1 KB each; kept like the others, quarters and halves would make twice as many."""


class Origin(Struct, array_like=True):
    """How far the facts of one input partition have come."""

    seq: int = 0
    watermark_ms: int = 0


class ScorecardState(Struct, array_like=True):
    """What the scorecards of one facts partition remember beside the windows themselves.

    `refused` counts facts of hours so old that they can no longer be revised, `refused_short`
    those of which only the quarter or half of an hour is too old. `closed_ms` is how far windows
    have been published: it never goes back, also where an origin joins late.
    """

    version: int = STATE_VERSION
    origins: dict[str, Origin] = {}
    refused: int = 0
    closed_ms: int = 0
    refused_short: int = 0


Published = Scorecard | QueueInterval
_NOTHING = Tally()


class Scorecards:
    """Feed it facts; it returns the scorecards and queue intervals that have become due."""

    def __init__(self, config: EngineConfig, origins: frozenset[str]) -> None:
        """`origins` are the input partitions whose facts must have come before a window closes."""
        self.state = ScorecardState(origins={name: Origin() for name in origins})
        self._config = config
        self._calendar = WindowCalendar(config.sla.timezone, config.sla.peak_bands)
        self._store = WindowStore()
        self._within_ms = round(config.sla.response_rate.within_hours * HOUR_MS)
        lateness_ms = round(config.sla.allowed_lateness_seconds * 1000)
        last_due_ms = max(lateness_ms, self._within_ms)
        kept_ms = max(KEPT_MS, last_due_ms + DAY_MS)
        self._terms = Terms(lateness_ms, None, kept_ms)
        self._maturing = Terms(lateness_ms, last_due_ms, kept_ms)
        self._short = Terms(lateness_ms, None, max(SHORT_KEPT_MS, last_due_ms + DAY_MS))

    def feed(self, facts: QaFacts) -> tuple[Published | Duplicate, ...]:
        """Take one fact; a number that was seen is a duplicate."""
        data = facts.data
        origin = self.state.origins.setdefault(data.origin, Origin())
        if data.seq <= origin.seq:
            return (Duplicate(data.origin, facts.source, facts.id),)
        origin.seq = data.seq
        if data.window_start is not None:
            self._add(data, to_ms(data.window_start))
        origin.watermark_ms = max(origin.watermark_ms, to_ms(data.watermark))
        return tuple(self._publish_due())

    def take_changes(self) -> list[tuple[str, bytes | None]]:
        """Windows that changed since the last call, as bytes; None for those that have left."""
        return self._store.take_changes()

    def encode_partition(self) -> bytes:
        """The state apart from the windows, as bytes."""
        return msgspec.msgpack.encode(self.state)

    def restore(self, partition: bytes | None, records: dict[str, bytes]) -> None:
        """Take up from a checkpoint; raises `StateVersionError` for a newer version's state."""
        if partition is not None:
            origins = self.state.origins
            self.state = msgspec.msgpack.decode(partition, type=ScorecardState)
            if self.state.version > STATE_VERSION:
                raise StateVersionError(
                    f"the scorecard state has version {self.state.version}, this kefu reads up "
                    f"to {STATE_VERSION}: upgrade kefu"
                )
            for name, origin in origins.items():
                self.state.origins.setdefault(name, origin)
        for value in records.values():
            self._store.restore(value, self._terms_of)

    def _terms_of(self, length: str) -> Terms:
        if length in (QUARTER, HALF):
            return self._short
        return self._maturing if length in (HOUR, DAY) else self._terms

    def _add(self, data: FactsData, quarter_ms: int) -> None:
        refused, refused_short = False, False
        for length, start_ms, end_ms in self._calendar.windows_of(quarter_ms):
            if data.tally is not None:
                key: WindowKey = (start_ms, length, data.tenant, data.group, data.name)
                if not self._add_to(key, end_ms, data.tally):
                    refused_short |= length in (QUARTER, HALF)
                    refused |= length == HOUR
            if data.counts and length == HOUR:
                key = (start_ms, SCORECARD, data.tenant, data.group, data.name)
                refused |= not self._add_to(key, end_ms, data.counts)
        self.state.refused += refused
        self.state.refused_short += refused_short and not refused

    def _add_to(self, key: WindowKey, end_ms: int, more: Tally | dict[str, int]) -> bool:
        """Whether the window is still there to be added to."""
        terms = self._terms_of(key[1])
        if end_ms + terms.leave_ms <= self.state.closed_ms:
            return False
        self._store.add(key, end_ms, more, terms)
        return True

    def _watermark(self) -> int:
        return min((o.watermark_ms for o in self.state.origins.values()), default=0)

    def _publish_due(self) -> list[Published]:
        watermark_ms = self._watermark()
        if watermark_ms <= self.state.closed_ms:
            return []
        self.state.closed_ms = watermark_ms
        found: list[Published] = []
        for window in self._store.take_due(watermark_ms):
            if not window.revision and not window.counts and window.tally == _NOTHING:
                window.changed = False  # taken back before it was ever shown
            elif window.length == SCORECARD:
                found.append(next_scorecard(window, self._config))
            else:
                matured = watermark_ms >= window.end_ms + self._within_ms
                found.append(next_interval(window, self._config, matured=matured))
        return found
