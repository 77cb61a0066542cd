"""Disturbs a stream of records as networks and producers do: late, twice, out of order, corrupt.

Every fault can be switched on by itself and is drawn from a seed. No good record is ever lost: a
corrupt one is a spoilt copy that comes as well, so that what must come out is known.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from random import Random
from typing import Literal, NamedTuple

from kefu.generator.corruptions import CORRUPTIONS, Record
from schemas.codec import Reason

Fault = Literal["none", "late", "duplicate", "corrupt"]
DUPLICATE_WITHIN = 100
"""A second copy comes at most so many records after the first: a producer's retry."""


class Faults(NamedTuple):
    """Which faults, and how many. The shares are 0…1 of the records; everything is off at first.

    `shuffled_by`: a record may come so many records before or after its place. `late`: this share
    is held back by `late_by` more records. `duplicated`: this share comes twice. `corrupt`: so many
    spoilt copies come for each record, of the `kinds` in turn.
    """

    shuffled_by: int = 0
    late: float = 0.0
    late_by: int = 1_000
    duplicated: float = 0.0
    corrupt: float = 0.0
    kinds: tuple[str, ...] = tuple(CORRUPTIONS)


class Disturbed(NamedTuple):
    """A record as it comes, where it stood in the input, and what was done to it.

    `reason` is that of the dead letter it must become, None where it is good.
    """

    record: Record
    place: int
    fault: Fault
    reason: Reason | None


def disturb(records: Iterable[Record], faults: Faults, seed: int) -> Iterator[Disturbed]:
    """The records with faults, lazily; about `late_by` + `shuffled_by` of them are held."""
    # Not for security: the same seed must give the same faults everywhere.
    random = Random(seed)  # noqa: S311
    waiting: list[tuple[int, int, Disturbed]] = []
    order = spoilt = 0
    for index, record in enumerate(records):
        for after, disturbed in _what_comes(record, index, faults, random):
            heappush(waiting, (index + after, order, disturbed))
            order += 1
        if random.random() < faults.corrupt:
            corruption = CORRUPTIONS[faults.kinds[spoilt % len(faults.kinds)]]
            spoilt += 1
            bad = Disturbed(corruption.make(record, random), index, "corrupt", corruption.reason)
            heappush(waiting, (index, order, bad))
            order += 1
        while waiting and waiting[0][0] <= index:
            yield heappop(waiting)[2]
    while waiting:
        yield heappop(waiting)[2]


def _what_comes(
    record: Record, index: int, faults: Faults, random: Random
) -> Iterator[tuple[int, Disturbed]]:
    """The good copies of a record, and after how many records each comes."""
    after = random.randint(0, faults.shuffled_by)
    is_late = random.random() < faults.late
    if is_late:
        after += faults.late_by
    yield after, Disturbed(record, index, "late" if is_late else "none", None)
    if random.random() < faults.duplicated:
        again = after + random.randint(1, DUPLICATE_WITHIN)
        yield again, Disturbed(record, index, "duplicate", None)
