"""Counts of quarters of an hour that add up, and the facts that carry them on."""

from pipeline.ids import output_id
from pipeline.quality.counts import Counts
from pipeline.state import PartitionState, Pending, PendingCount
from pipeline.windows import quarter_of
from schemas.codec import from_ms
from schemas.outputs import FactsData, QaFacts, Tally
from schemas.quality import GroupKind

FACTS_EVERY_MS = 5_000
"""How much event time may pass before counts leave the partition; bounds the traffic of facts to
one a queue and interval, however busy the queue."""

_NOTHING = Tally()
"""What was added and taken back again is no fact."""


def add_tally(into: Tally, other: Tally) -> None:
    """Add all counts of another one."""
    for name in Tally.__struct_fields__:
        if more := getattr(other, name):
            setattr(into, name, getattr(into, name) + more)


def add_named(into: dict[str, int], other: dict[str, int]) -> None:
    """Add counts by name; what comes to nothing leaves."""
    for name, amount in other.items():
        total = into.get(name, 0) + amount
        if total:
            into[name] = total
        else:
            into.pop(name, None)


class Tallies:
    """The unsent counts of one partition; the state holds them, this finds them."""

    def __init__(self, state: PartitionState, origin: str) -> None:
        self._state = state
        self._origin = origin
        self._index = {(p.window_ms, p.tenant, p.queue): p.tally for p in state.pending}
        self._counted = {(p.window_ms, p.place, p.name): p for p in state.pending_counts}

    def at(self, time_ms: int, tenant: str | None, queue: str | None) -> Tally:
        """The counts of that quarter hour for the queue, to be added to in place."""
        key = (quarter_of(time_ms), tenant or "", queue or "")
        tally = self._index.get(key)
        if tally is None:
            tally = self._index[key] = Tally()
            self._state.pending.append(Pending(*key, tally))
        return tally

    def add(self, counts: Counts) -> None:
        """Add counts of the scorecards, which may be negative."""
        for key, amount in counts.items():
            pending = self._counted.get(key)
            if pending is None:
                pending = self._counted[key] = PendingCount(*key, 0)
                self._state.pending_counts.append(pending)
            pending.amount += amount

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
        facts = [
            self._fact(now_ms, before_ms, p.window_ms, p.tenant, p.queue, tally=p.tally)
            for p in pending
        ]
        facts += [
            self._fact(now_ms, before_ms, *group, counts=counts)
            for group, counts in sorted(self._by_group().items())
            if counts
        ]
        state.pending.clear()
        state.pending_counts.clear()
        self._index.clear()
        self._counted.clear()
        facts.append(self._fact(now_ms, now_ms))
        return facts

    def _by_group(self) -> dict[tuple[int, str, str, GroupKind], dict[str, int]]:
        """The counts summed up by quarter of an hour, tenant, and each group of their place."""
        groups: dict[tuple[int, str, str, GroupKind], dict[str, int]] = {}
        for one in self._state.pending_counts:
            for group, name in one.place.groups():
                key = (one.window_ms, one.place.tenant or "", name, group)
                add_named(groups.setdefault(key, {}), {one.name: one.amount})
        return groups

    def _fact(
        self,
        now_ms: int,
        watermark_ms: int,
        window_ms: int | None = None,
        tenant: str = "",
        name: str = "",
        group: GroupKind = "queue",
        *,
        tally: Tally | None = None,
        counts: dict[str, int] | None = None,
    ) -> QaFacts:
        self._state.fact_seq += 1
        seq = self._state.fact_seq
        data = FactsData(
            origin=self._origin,
            seq=seq,
            watermark=from_ms(watermark_ms),
            window_start=None if window_ms is None else from_ms(window_ms),
            tenant=tenant,
            group=group,
            name=name,
            tally=tally,
            counts=counts or {},
        )
        return QaFacts(
            id=output_id("facts", self._origin, str(seq)),
            time=from_ms(now_ms),
            subject=self._origin,
            data=data,
        )
