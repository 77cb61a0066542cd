"""The hourly scorecard of each queue, from the facts of all input partitions.

An hour is published when every origin has passed it by the allowed lateness; what comes later
re-publishes it with a higher revision that names the one it corrects.
"""

import msgspec
from msgspec import Struct

from pipeline.config import EngineConfig
from pipeline.ids import output_id
from pipeline.state import STATE_VERSION, StateVersionError
from pipeline.tallies import HOUR_MS, add
from schemas.codec import from_ms, to_ms
from schemas.outputs import Duplicate, QaFacts, Scorecard, ScorecardData, Tally

KEPT_MS = 8 * 24 * HOUR_MS
"""How long a published hour can still be revised: a week of retention, and a day to be safe."""


class Origin(Struct, array_like=True):
    """How far the facts of one input partition have come."""

    seq: int = 0
    watermark_ms: int = 0


class Hour(Struct, array_like=True):
    """The counts of one hour of one queue, and what has been published of it."""

    window_ms: int
    tenant: str
    queue: str
    tally: Tally
    revision: int = 0
    published_id: str = ""
    changed: bool = True


class ScorecardState(Struct, array_like=True):
    """What the scorecards of one facts partition remember beside the hours themselves.

    `refused` counts facts of hours so old that they can no longer be revised. `closed_ms` is how
    far hours have been published: it never goes back, also where an origin joins late.
    """

    version: int = STATE_VERSION
    origins: dict[str, Origin] = {}
    refused: int = 0
    closed_ms: int = 0


_Key = tuple[int, str, str]
_encode = msgspec.msgpack.Encoder().encode


class Scorecards:
    """Feed it facts; it returns the scorecards that have become due."""

    def __init__(self, config: EngineConfig, origins: frozenset[str]) -> None:
        """`origins` are the input partitions whose facts must have come before an hour closes."""
        self.state = ScorecardState(origins={name: Origin() for name in origins})
        self._config = config
        self._lateness_ms = round(config.sla.allowed_lateness_seconds * 1000)
        self._hours: dict[_Key, Hour] = {}
        self._touched: set[_Key] = set()

    def feed(self, facts: QaFacts) -> tuple[Scorecard | Duplicate, ...]:
        """Take one fact; a number that was seen is a duplicate."""
        data = facts.data
        origin = self.state.origins.setdefault(data.origin, Origin())
        if data.seq <= origin.seq:
            return (Duplicate(data.origin, facts.source, facts.id),)
        origin.seq = data.seq
        if data.tally is not None and data.window_start is not None:
            self._add(data.tally, to_ms(data.window_start), data.tenant, data.queue)
        origin.watermark_ms = max(origin.watermark_ms, to_ms(data.watermark))
        return tuple(self._publish_due())

    def take_changes(self) -> list[tuple[str, bytes | None]]:
        """Hours that changed since the last call, as bytes; None for those that have left."""
        changes: list[tuple[str, bytes | None]] = [
            (_name(key), None if (hour := self._hours.get(key)) is None else _encode(hour))
            for key in self._touched
        ]
        self._touched.clear()
        return changes

    def encode_partition(self) -> bytes:
        """The state apart from the hours, as bytes."""
        return _encode(self.state)

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
            hour = msgspec.msgpack.decode(value, type=Hour)
            self._hours[hour.window_ms, hour.tenant, hour.queue] = hour

    def _add(self, tally: Tally, window_ms: int, tenant: str, queue: str) -> None:
        key = (window_ms, tenant, queue)
        hour = self._hours.get(key)
        if hour is None:
            if window_ms + KEPT_MS < self.state.closed_ms:
                self.state.refused += 1
                return
            hour = self._hours[key] = Hour(*key, Tally(issues={}))
        add(hour.tally, tally)
        hour.changed = True
        self._touched.add(key)

    def _watermark(self) -> int:
        return min((o.watermark_ms for o in self.state.origins.values()), default=0)

    def _publish_due(self) -> list[Scorecard]:
        watermark_ms = self._watermark()
        if watermark_ms <= self.state.closed_ms:
            return []
        self.state.closed_ms = watermark_ms
        due = sorted(
            key
            for key, hour in self._hours.items()
            if hour.changed and hour.window_ms + HOUR_MS + self._lateness_ms <= watermark_ms
        )
        self._touched.update(due)
        cards = [self._publish(self._hours[key]) for key in due]
        for key in [key for key in self._hours if key[0] + KEPT_MS < watermark_ms]:
            del self._hours[key]
            self._touched.add(key)
        return cards

    def _publish(self, hour: Hour) -> Scorecard:
        hour.revision += 1
        hour.changed = False
        corrects = hour.published_id or None
        subject = f"{hour.window_ms}/{hour.tenant}/{hour.queue}"
        hour.published_id = output_id("scorecard", subject, str(hour.revision))
        end = from_ms(hour.window_ms + HOUR_MS)
        tally = hour.tally
        return Scorecard(
            id=hour.published_id,
            time=end,
            subject=subject,
            data=ScorecardData(
                window_start=from_ms(hour.window_ms),
                window_end=end,
                tenant=hour.tenant,
                queue=hour.queue,
                revision=hour.revision,
                corrects=corrects,
                opened=tally.opened,
                closed=tally.closed,
                scored=tally.scored,
                coverage=_ratio(tally.scored, tally.closed),
                score_mean=_ratio(tally.score_sum, tally.scored),
                fail_rate=_ratio(tally.failed, tally.scored),
                messages=tally.messages,
                negative_share=_ratio(
                    tally.negative, tally.negative + tally.neutral + tally.positive
                ),
                first_responses=tally.first_responses,
                first_response_ms_mean=_ratio(tally.first_response_ms_sum, tally.first_responses),
                next_responses=tally.next_responses,
                next_response_ms_mean=_ratio(tally.next_response_ms_sum, tally.next_responses),
                met=tally.met,
                breached=tally.breached,
                rated=tally.rated,
                rating_mean=_ratio(tally.rating_permille_sum, tally.rated * 1000),
                issues=dict(sorted(tally.issues.items())),
                policy_version=self._config.sla.version,
                rules_version=self._config.qa.version,
            ),
        )


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _name(key: _Key) -> str:
    """The changelog key of an hour."""
    return f"h:{key[0]}/{key[1]}/{key[2]}"
