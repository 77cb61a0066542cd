"""Counts of quarters of an hour that add up, and the facts that carry them on."""

from typing import NamedTuple

from pipeline.ids import output_id
from pipeline.past import is_past
from pipeline.quality.counts import Counts
from pipeline.state import PartitionState, Pending, PendingCount
from pipeline.windows import quarter_of
from schemas.codec import from_ms
from schemas.outputs import FactsData, QaFacts, Tally
from schemas.quality import GroupKind

FACTS_EVERY_MS = 5_000
"""How much event time may pass before counts leave the partition; bounds the traffic of facts to
one a queue and interval, however busy the queue."""

_Queue = tuple[int, str, str]
"""Start of the quarter of an hour in milliseconds, tenant, queue."""
_Group = tuple[int, str, str, GroupKind]
"""Start of the quarter of an hour in milliseconds, tenant, name and kind of the group."""
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


class Book:
    """Unsent counts of one partition: of what was learnt in time, or of what is told of the past.

    The state holds them, this finds them.
    """

    def __init__(self, state: PartitionState, *, is_past: bool) -> None:
        self.is_past = is_past
        self._state = state
        self._index = {
            (p.window_ms, p.tenant, p.queue): p.tally for p in state.pending if p.is_past == is_past
        }
        self._counted = {
            (p.window_ms, p.place, p.name): p for p in state.pending_counts if p.is_past == is_past
        }

    def at(self, time_ms: int, tenant: str | None, queue: str | None) -> Tally:
        """The counts of that quarter hour for the queue, to be added to in place."""
        key = (quarter_of(time_ms), tenant or "", queue or "")
        tally = self._index.get(key)
        if tally is None:
            tally = self._index[key] = Tally()
            self._state.pending.append(Pending(*key, tally, self.is_past))
        return tally

    def add(self, counts: Counts) -> None:
        """Add counts of the scorecards, which may be negative."""
        for key, amount in counts.items():
            pending = self._counted.get(key)
            if pending is None:
                pending = self._counted[key] = PendingCount(*key, 0, self.is_past)
                self._state.pending_counts.append(pending)
            pending.amount += amount

    def tallies(self) -> list[tuple[_Queue, Tally]]:
        """What is to be sent of queues, in order."""
        return sorted(
            ((key, tally) for key, tally in self._index.items() if tally != _NOTHING),
            key=lambda one: one[0],
        )

    def by_group(self) -> list[tuple[_Group, dict[str, int]]]:
        """The counts summed up by quarter of an hour, tenant, and each group of their place."""
        groups: dict[_Group, dict[str, int]] = {}
        for one in self._counted.values():
            for group, name in one.place.groups():
                key = (one.window_ms, one.place.tenant or "", name, group)
                add_named(groups.setdefault(key, {}), {one.name: one.amount})
        return [(key, counts) for key, counts in sorted(groups.items()) if counts]

    def clear(self) -> None:
        """All of it has been sent."""
        self._index.clear()
        self._counted.clear()


class Sent(NamedTuple):
    """The facts that leave with a tick; those of the past leave first."""

    past: list[QaFacts]
    live: list[QaFacts]


class Tallies:
    """The unsent counts of one partition, and the facts that they become."""

    def __init__(self, state: PartitionState, origin: str, past_after_ms: int) -> None:
        """What is learnt more than `past_after_ms` after it was is told of the past."""
        self._state = state
        self._origin = origin
        self._past_after_ms = past_after_ms
        self._live, self._past = Book(state, is_past=False), Book(state, is_past=True)

    def book(self, instant_ms: int, known_ms: int | None) -> Book:
        """Where to count what was at that instant and was learnt when the time was `known_ms`."""
        is_of_past = is_past(instant_ms, known_ms=known_ms, after_ms=self._past_after_ms)
        return self._past if is_of_past else self._live

    def send_due(self, now_ms: int) -> Sent:
        """The facts that leave with this tick: what was counted, then the new watermark.

        Only the last one says how far the partition has come: a window that the jump of a tick
        closes must not close before its counts are there. What is told of the past leaves in facts
        of its own, so that they can be told apart.
        """
        state = self._state
        if now_ms - state.facts_sent_ms < FACTS_EVERY_MS and quarter_of(now_ms) == quarter_of(
            state.facts_sent_ms
        ):
            return Sent([], [])
        before_ms, state.facts_sent_ms = state.facts_sent_ms, now_ms
        past, live = (self._facts(book, now_ms, before_ms) for book in (self._past, self._live))
        state.pending.clear()
        state.pending_counts.clear()
        live.append(self._fact(now_ms, now_ms))
        return Sent(past, live)

    def _facts(self, book: Book, now_ms: int, before_ms: int) -> list[QaFacts]:
        facts = [
            self._fact(now_ms, before_ms, *queue, tally=tally) for queue, tally in book.tallies()
        ]
        facts += [
            self._fact(now_ms, before_ms, *group, counts=counts)
            for group, counts in book.by_group()
        ]
        book.clear()
        return facts

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
