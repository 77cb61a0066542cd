"""Counts of quarter hours and queues that add up, and the facts that carry them on."""

from pipeline.ids import output_id
from pipeline.state import PartitionState, Pending
from pipeline.windows import quarter_of
from schemas.codec import from_ms
from schemas.outputs import FactsData, QaFacts, Tally

FACTS_EVERY_MS = 5_000
"""How much event time may pass before counts leave the partition; bounds the traffic of facts to
one a queue and interval, however busy the queue."""

_NOTHING = Tally(issues={})
"""What was added and taken back again is no fact."""


def add_counts(into: Tally, other: Tally, names: tuple[str, ...]) -> None:
    """Add the counts of those names."""
    for name in names:
        if more := getattr(other, name):
            setattr(into, name, getattr(into, name) + more)


def add_issues(into: Tally, other: Tally) -> None:
    """Add the issues of each rule."""
    for rule, count in other.issues.items():
        into.issues[rule] = into.issues.get(rule, 0) + count


class Tallies:
    """The unsent counts of one partition; the state holds them, this finds them."""

    def __init__(self, state: PartitionState, origin: str) -> None:
        self._state = state
        self._origin = origin
        self._index = {(p.window_ms, p.tenant, p.queue): p.tally for p in state.pending}

    def at(self, time_ms: int, tenant: str | None, queue: str | None) -> Tally:
        """The counts of that quarter hour for the queue, to be added to in place."""
        key = (quarter_of(time_ms), tenant or "", queue or "")
        tally = self._index.get(key)
        if tally is None:
            tally = self._index[key] = Tally(issues={})
            self._state.pending.append(Pending(*key, tally))
        return tally

    def send_due(self, now_ms: int) -> list[QaFacts]:
        """The facts that leave with this tick: what was counted, then the new watermark.

        Only the last one says how far the partition has come: a window that the jump of a tick
        closes must not close before its counts are there.
        """
        state = self._state
        if now_ms - state.facts_sent_ms < FACTS_EVERY_MS and quarter_of(now_ms) == quarter_of(
            state.facts_sent_ms
        ):
            return []
        before_ms, state.facts_sent_ms = state.facts_sent_ms, now_ms
        pending = [p for p in state.pending if p.tally != _NOTHING]
        pending.sort(key=lambda p: (p.window_ms, p.tenant, p.queue))
        facts = [self._fact(now_ms, before_ms, p) for p in pending]
        state.pending.clear()
        self._index.clear()
        facts.append(self._fact(now_ms, now_ms, None))
        return facts

    def _fact(self, now_ms: int, watermark_ms: int, pending: Pending | None) -> QaFacts:
        self._state.fact_seq += 1
        seq = self._state.fact_seq
        data = FactsData(origin=self._origin, seq=seq, watermark=from_ms(watermark_ms))
        if pending is not None:
            data.window_start = from_ms(pending.window_ms)
            data.tenant, data.queue, data.tally = pending.tenant, pending.queue, pending.tally
        return QaFacts(
            id=output_id("facts", self._origin, str(seq)),
            time=from_ms(now_ms),
            subject=self._origin,
            data=data,
        )
