"""Counts of hours and queues that add up, and the facts that carry them to the scorecards."""

from msgspec.structs import fields

from pipeline.ids import output_id
from pipeline.state import Interaction, PartitionState, Pending
from schemas.codec import from_ms
from schemas.outputs import FactsData, QaFacts, Tally

HOUR_MS = 3_600_000
FACTS_EVERY_MS = 5_000
"""How much event time may pass before counts leave the partition; bounds the traffic of facts to
one a queue and interval, however busy the queue."""

_COUNTS = tuple(field.name for field in fields(Tally) if field.name != "issues")


def hour_of(time_ms: int) -> int:
    """The start of the hour, in milliseconds."""
    return time_ms - time_ms % HOUR_MS


def add(into: Tally, other: Tally) -> None:
    """Add every count of `other` to `into`."""
    for name in _COUNTS:
        setattr(into, name, getattr(into, name) + getattr(other, name))
    for rule, count in other.issues.items():
        into.issues[rule] = into.issues.get(rule, 0) + count


class Tallies:
    """The unsent counts of one partition; the state holds them, this finds them."""

    def __init__(self, state: PartitionState, origin: str) -> None:
        self._state = state
        self._origin = origin
        self._index = {(p.window_ms, p.tenant, p.queue): p.tally for p in state.pending}

    def at(self, time_ms: int, of: Interaction) -> Tally:
        """The counts of that hour for the interaction's queue, to be added to in place."""
        key = (time_ms - time_ms % HOUR_MS, of.tenant or "", of.queue or "")
        tally = self._index.get(key)
        if tally is None:
            tally = self._index[key] = Tally(issues={})
            self._state.pending.append(Pending(*key, tally))
        return tally

    def send_due(self, now_ms: int) -> list[QaFacts]:
        """The facts that leave with this tick: what was counted, then a watermark for all."""
        state = self._state
        if now_ms - state.facts_sent_ms < FACTS_EVERY_MS and hour_of(now_ms) == hour_of(
            state.facts_sent_ms
        ):
            return []
        state.facts_sent_ms = now_ms
        facts = [self._fact(now_ms, p) for p in sorted(state.pending, key=lambda p: p.window_ms)]
        state.pending.clear()
        self._index.clear()
        facts.append(self._fact(now_ms, None))
        return facts

    def _fact(self, now_ms: int, pending: Pending | None) -> QaFacts:
        self._state.fact_seq += 1
        seq = self._state.fact_seq
        data = FactsData(origin=self._origin, seq=seq, watermark=from_ms(now_ms))
        if pending is not None:
            data.window_start = from_ms(pending.window_ms)
            data.tenant, data.queue, data.tally = pending.tenant, pending.queue, pending.tally
        return QaFacts(
            id=output_id("facts", self._origin, str(seq)),
            time=from_ms(now_ms),
            subject=self._origin,
            data=data,
        )
