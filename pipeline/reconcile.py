"""What each source sent, against what arrived: missing sequence numbers, by source and hour.

A source gives every event the next whole number and never uses one twice; what it numbers anew it
sends under a new `source`. Then a number between two that arrived is an event that was sent. What
was sent after the last number that arrived only the source's own counts can tell.

Only part of the log is read, and the log still grows. So a gap counts as missing only where its
events cannot lie outside of what was read: see `Coverage`.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pipeline.ids import event_digest

HOUR_MS = 3_600_000
MAX_SEQUENCE = 2**63 - 1
CLOCK_TOLERANCE_MS = 600_000
"""How far a source's clock may be ahead of Kafka's: twice what the engine accepts by default."""


class Arrival(NamedTuple):
    """One record of an input topic that is no tick.

    `time_ms` is the event's own time, `arrived_ms` the one that Kafka has. `refused`: it became a
    dead letter. `sequence` is None where the source does not number, or not with whole numbers.
    """

    source: str
    sequence: int | None
    event_id: str
    time_ms: int
    arrived_ms: int
    refused: bool


class Coverage(NamedTuple):
    """All that arrived from `from_ms` on was read; what arrived after `until_ms` may have company
    that is still on its way. Milliseconds of Kafka's time.
    """

    from_ms: int
    until_ms: int

    def reaches(self, time_ms: int) -> bool:
        """Whether all that happened from then on was read: nothing arrives before it happens.

        A source whose clock is ahead makes its events look later than they are. From 0 on is the
        whole log.
        """
        return self.from_ms == 0 or time_ms >= self.from_ms + CLOCK_TOLERANCE_MS


class MissingRange(NamedTuple):
    """Numbers that did not arrive, between two that did; their times lie between those two's.

    Not `sure`: they may have come before what was read, or may still come.
    """

    source: str
    first: int
    last: int
    after_ms: int
    before_ms: int
    sure: bool

    @property
    def size(self) -> int:
        """How many events that is."""
        return self.last - self.first + 1


class Hour(NamedTuple):
    """One source in one hour of event time.

    `arrived` counts an event once, `duplicates` its further copies; `dead_letters` are those that
    arrived and of which every copy was refused. `stated` is the source's own count, if there is
    one; it is believed where the whole hour was read. The hour of a missing event is reckoned from
    the events around it.
    """

    source: str
    start_ms: int
    arrived: int
    duplicates: int
    dead_letters: int
    missing: int
    stated: int | None

    @property
    def sent(self) -> int:
        """How many events were sent, as far as is known."""
        return self.arrived + self.missing


class SourceTotals(NamedTuple):
    """One source over all hours.

    `unnumbered` of the arrived events have no number: losses among them only counts can show.
    `reused` numbers stand on events with different ids: the source has begun anew under its old
    name, and losses may hide behind them. `unsure`: missing numbers that may be elsewhere.
    """

    source: str
    lowest: int | None
    highest: int | None
    arrived: int
    duplicates: int
    dead_letters: int
    missing: int
    unsure: int
    unnumbered: int
    reused: int

    @property
    def sent(self) -> int:
        """How many events were sent, as far as is known."""
        return self.arrived + self.missing


class Reconciliation(NamedTuple):
    """Everything, in the order of source, hour and number."""

    sources: list[SourceTotals]
    hours: list[Hour]
    ranges: list[MissingRange]

    @property
    def missing(self) -> int:
        """How many events are surely missing."""
        return sum(totals.missing for totals in self.sources)


class _Columns:
    """The numbered arrivals of one source: 41 bytes each, for there may be millions."""

    def __init__(self) -> None:
        self.sequence = array("q")
        self.digest = array("Q")
        self.time_ms = array("q")
        self.arrived_ms = array("q")
        self.refused = bytearray()

    def add(self, number: int, arrival: Arrival) -> None:
        self.sequence.append(number)
        self.digest.append(_digest(arrival))
        self.time_ms.append(arrival.time_ms)
        self.arrived_ms.append(arrival.arrived_ms)
        self.refused.append(arrival.refused)


class _Numbered(NamedTuple):
    """All copies under one number. `arrived_ms` is the first copy's; `events` how many ids."""

    sequence: int
    time_ms: int
    arrived_ms: int
    events: int
    copies: int
    accepted: int


class _Counts:
    """The counts of one source by the start of the hour."""

    def __init__(self) -> None:
        self.arrived: Counter[int] = Counter()
        self.duplicates: Counter[int] = Counter()
        self.dead_letters: Counter[int] = Counter()
        self.missing: Counter[int] = Counter()

    def hours(self) -> set[int]:
        return {*self.arrived, *self.duplicates, *self.missing}


class Reconciler:
    """Add all arrivals in any order, then ask for the `result`."""

    def __init__(self) -> None:
        self._numbered: dict[str, _Columns] = {}
        self._others: dict[str, dict[int, tuple[int, int, bool]]] = {}

    def add(self, arrival: Arrival) -> None:
        """Take one record."""
        number = arrival.sequence
        if number is not None and 0 <= number <= MAX_SEQUENCE:
            columns = self._numbered.get(arrival.source)
            if columns is None:
                columns = self._numbered[arrival.source] = _Columns()
            columns.add(number, arrival)
            return
        others = self._others.setdefault(arrival.source, {})
        digest = _digest(arrival)
        time_ms, copies, accepted = others.get(digest, (arrival.time_ms, 0, False))
        others[digest] = (time_ms, copies + 1, accepted or not arrival.refused)

    def result(
        self, coverage: Coverage, stated: Mapping[tuple[str, int], int] | None = None
    ) -> Reconciliation:
        """Compare. `stated`: the sources' own counts by source and start of the hour in ms."""
        of_source: dict[str, dict[int, int]] = {}
        for (source, hour_ms), count in (stated or {}).items():
            of_source.setdefault(source, {})[hour_ms] = count
        found = Reconciliation([], [], [])
        for source in sorted({*self._numbered, *self._others, *of_source}):
            totals, hours, ranges = self._source(source, coverage, of_source.get(source, {}))
            found.sources.append(totals)
            found.hours.extend(hours)
            found.ranges.extend(ranges)
        return found

    def _source(
        self, source: str, coverage: Coverage, stated: Mapping[int, int]
    ) -> tuple[SourceTotals, list[Hour], list[MissingRange]]:
        counts = _Counts()
        ranges: list[MissingRange] = []
        others = self._others.get(source, {})
        for time_ms, copies, is_accepted in others.values():
            hour_ms = hour_of(time_ms)
            counts.arrived[hour_ms] += 1
            counts.duplicates[hour_ms] += copies - 1
            counts.dead_letters[hour_ms] += not is_accepted
        lowest: int | None = None
        before: _Numbered | None = None
        reused = 0
        for one in _by_number(self._numbered.get(source, _Columns())):
            hour_ms = hour_of(one.time_ms)
            counts.arrived[hour_ms] += one.events
            counts.duplicates[hour_ms] += one.copies - one.events
            counts.dead_letters[hour_ms] += one.events - one.accepted
            reused += one.events > 1
            if before is None:
                lowest = one.sequence
            elif one.sequence > before.sequence + 1:
                ranges.append(_gap(source, before, one, coverage))
            before = one
        for gap in ranges:
            if gap.sure:
                for hour_ms, count in spread(gap):
                    counts.missing[hour_ms] += count
        hours = [
            _hour(source, hour_ms, counts, stated.get(hour_ms), coverage)
            for hour_ms in sorted(counts.hours() | stated.keys())
        ]
        totals = SourceTotals(
            source,
            lowest,
            None if before is None else before.sequence,
            sum(hour.arrived for hour in hours),
            sum(hour.duplicates for hour in hours),
            sum(hour.dead_letters for hour in hours),
            sum(hour.missing for hour in hours),
            sum(gap.size for gap in ranges if not gap.sure),
            len(others),
            reused,
        )
        return totals, hours, ranges


def reconcile(
    arrivals: Iterable[Arrival],
    coverage: Coverage,
    stated: Mapping[tuple[str, int], int] | None = None,
) -> Reconciliation:
    """Compare all at once; see `Reconciler`."""
    reconciler = Reconciler()
    for arrival in arrivals:
        reconciler.add(arrival)
    return reconciler.result(coverage, stated)


def hour_of(time_ms: int) -> int:
    """The start of the hour (UTC) that holds the instant, in milliseconds."""
    return time_ms - time_ms % HOUR_MS


def spread(gap: MissingRange) -> Iterator[tuple[int, int]]:
    """Hours and how many of the missing events lie in each, as if they were evenly spaced."""
    steps = gap.size + 1
    width_ms = gap.before_ms - gap.after_ms
    if width_ms <= 0:  # out of order: no telling
        yield hour_of(gap.after_ms), gap.size
        return
    done = 0
    while done < gap.size:
        hour_ms = hour_of(gap.after_ms + width_ms * (done + 1) // steps)
        # The last i with after + width * i // steps < end of the hour.
        left_ms = hour_ms + HOUR_MS - gap.after_ms
        last = min(gap.size, (left_ms * steps - 1) // width_ms)
        yield hour_ms, last - done
        done = last


def _by_number(columns: _Columns) -> Iterator[_Numbered]:
    """One entry for each number, in order."""
    order = sorted(range(len(columns.sequence)), key=columns.sequence.__getitem__)
    start = 0
    while start < len(order):
        number = columns.sequence[order[start]]
        end = start + 1
        while end < len(order) and columns.sequence[order[end]] == number:
            end += 1
        copies = order[start:end]
        first = min(copies, key=columns.arrived_ms.__getitem__)
        yield _Numbered(
            number,
            columns.time_ms[first],
            columns.arrived_ms[first],
            len({columns.digest[i] for i in copies}),
            len(copies),
            len({columns.digest[i] for i in copies if not columns.refused[i]}),
        )
        start = end


def _gap(source: str, low: _Numbered, high: _Numbered, coverage: Coverage) -> MissingRange:
    """The numbers between two that arrived; their events happened between those two's."""
    is_sure = (
        coverage.reaches(min(low.time_ms, high.time_ms)) and high.arrived_ms <= coverage.until_ms
    )
    return MissingRange(
        source, low.sequence + 1, high.sequence - 1, low.time_ms, high.time_ms, is_sure
    )


def _hour(
    source: str, hour_ms: int, counts: _Counts, stated: int | None, coverage: Coverage
) -> Hour:
    arrived, missing = counts.arrived[hour_ms], counts.missing[hour_ms]
    is_whole = coverage.reaches(hour_ms) and hour_ms + HOUR_MS <= coverage.until_ms
    if stated is not None and is_whole:
        missing = max(0, stated - arrived)
    return Hour(
        source,
        hour_ms,
        arrived,
        counts.duplicates[hour_ms],
        counts.dead_letters[hour_ms],
        missing,
        stated,
    )


def _digest(arrival: Arrival) -> int:
    return int.from_bytes(event_digest(arrival.source, arrival.event_id), "big")
