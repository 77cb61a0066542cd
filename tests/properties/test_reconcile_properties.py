"""Reconciliation against a slow oracle, and against what is known to be lost."""

from collections import Counter
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.reconcile import (
    CLOCK_TOLERANCE_MS,
    HOUR_MS,
    Arrival,
    Coverage,
    Reconciliation,
    reconcile,
)

EVERYTHING = Coverage(0, 2**62)
T0_MS = 1_795_305_600_000
ROUNDS = 300


class Story(NamedTuple):
    """A log in which it is known what was sent and what was lost."""

    sent: list[Arrival]
    lost: set[tuple[str, int]]
    log: list[Arrival]


def story(seed: int) -> Story:
    """Several sources; single losses, blocks, duplicates, refusals, a shuffled log."""
    random = Random(seed)
    sent, lost, log = list[Arrival](), set[tuple[str, int]](), list[Arrival]()
    for source in ("crm/1", "crm/2", "im")[: random.randint(1, 3)]:
        first, count = random.choice((0, 1, 7_000_000)), random.randint(1, 120)
        # Half hours alone put events exactly between two hours.
        steps = random.choice(((HOUR_MS // 2,), (0, 1, 1_000, 240_000, 2 * HOUR_MS)))
        time_ms = T0_MS + random.choice((0, random.randrange(HOUR_MS)))
        block = random.randrange(count)
        block = (block, block + random.choice((0, 0, 3, 40)))
        for place in range(count):
            time_ms += random.choice(steps)
            number = first + place
            event = Arrival(
                source, number, f"e{number}", time_ms, time_ms + 50, random.random() < 0.1
            )
            sent.append(event)
            if block[0] <= place < block[1] or random.random() < 0.08:
                lost.add((source, number))
                continue
            log.append(event)
            while random.random() < 0.15:  # a copy is judged anew
                log.append(event._replace(refused=random.random() < 0.5))
        for place in range(random.choice((0, 0, 5))):
            log.append(Arrival(source, None, f"u{place % 3}", time_ms, time_ms, refused=False))
        if random.random() < 0.2:  # the source began anew under its name
            log.append(Arrival(source, first, "other", time_ms, time_ms, refused=False))
    random.shuffle(log)
    return Story(sent, lost, log)


def oracle(log: list[Arrival]) -> dict[str, dict[str, Counter[int] | set[int]]]:
    """Number by number and copy by copy, with sets."""
    found: dict[str, dict[str, Counter[int] | set[int]]] = {}
    for source in {one.source for one in log}:
        of_source = [one for one in log if one.source == source]
        arrived, twice, dead, missing = Counter[int](), Counter[int](), Counter[int](), set[int]()
        hours = Counter[int]()
        numbers = {one.sequence for one in of_source if one.sequence is not None}
        time_of = {}
        for identity in {(one.sequence, one.event_id) for one in of_source}:
            copies = [one for one in of_source if (one.sequence, one.event_id) == identity]
            under = [one for one in of_source if one.sequence == identity[0]]
            if identity[0] is None:
                under = copies
            time_ms = min(under, key=lambda one: one.arrived_ms).time_ms
            hour = time_ms // HOUR_MS * HOUR_MS
            time_of[identity[0]] = time_ms
            arrived[hour] += 1
            twice[hour] += len(copies) - 1
            dead[hour] += all(copy.refused for copy in copies)
        for number in range(min(numbers, default=0), max(numbers, default=0)):
            if number in numbers:
                continue
            missing.add(number)
            low = max(n for n in numbers if n < number)
            high = min(n for n in numbers if n > number)
            width = time_of[high] - time_of[low]
            at = time_of[low] + (max(0, width) * (number - low)) // (high - low)
            hours[at // HOUR_MS * HOUR_MS] += 1
        found[source] = {
            "arrived": +arrived, "duplicates": +twice, "dead": +dead,
            "missing": missing, "hours": +hours,
        }  # fmt: skip
    return found


def numbers_of(found: Reconciliation, *, sure: bool = True) -> set[tuple[str, int]]:
    """Every missing number by itself."""
    return {
        (gap.source, number)
        for gap in found.ranges
        if gap.sure is sure
        for number in range(gap.first, gap.last + 1)
    }


@pytest.mark.parametrize("part", range(4))
def test_every_count_is_that_of_the_oracle(part: int) -> None:
    gaps = 0
    for seed in range(part * ROUNDS, (part + 1) * ROUNDS):
        told = story(seed)
        found = reconcile(told.log, EVERYTHING)
        expected = oracle(told.log)
        assert [totals.source for totals in found.sources] == sorted(expected), seed
        for totals in found.sources:
            hours = [hour for hour in found.hours if hour.source == totals.source]
            want = expected[totals.source]

            def by_hour(name: str, hours: list = hours) -> Counter[int]:  # type: ignore[type-arg]
                return +Counter({hour.start_ms: getattr(hour, name) for hour in hours})

            assert by_hour("arrived") == want["arrived"], seed
            assert by_hour("duplicates") == want["duplicates"], seed
            assert by_hour("dead_letters") == want["dead"], seed
            assert by_hour("missing") == want["hours"], seed
            mine = {number for source, number in numbers_of(found) if source == totals.source}
            assert mine == want["missing"], seed
            assert totals.missing == len(mine)
            assert totals.unsure == 0
            if totals.lowest is not None and totals.highest is not None and not totals.reused:
                assert totals.sent - totals.unnumbered == totals.highest - totals.lowest + 1
            of_source = [one for one in told.log if one.source == totals.source]
            again = {one.sequence for one in of_source if one.event_id == "other"}
            once = {one.sequence for one in of_source if one.event_id != "other"}
            assert totals.reused == len(again & once)
        gaps += len(found.ranges)
    assert gaps > ROUNDS, "void: hardly anything was lost"


def test_exactly_what_was_lost_between_two_arrivals_is_missing_and_nothing_is_invented() -> None:
    found_in_all = lost_in_all = 0
    for seed in range(1_000):
        told = story(seed)
        found = numbers_of(reconcile(told.log, EVERYTHING))
        inner = set()
        for source, number in told.lost:
            numbers = [one.sequence for one in told.log if one.source == source]
            there = [n for n in numbers if n is not None]
            if there and min(there) < number < max(there):
                inner.add((source, number))
        assert found == inner, seed
        found_in_all += len(found)
        lost_in_all += len(told.lost)
    print(f"lost {lost_in_all}, of them between two arrivals and found {found_in_all}, invented 0")
    assert found_in_all > 10_000


SETTLE_MS = 10_000


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 100), st.integers(0, 100))
def test_what_lies_outside_of_what_was_read_is_never_called_missing(
    seed: int, from_percent: int, until_percent: int
) -> None:
    """Events under way, delayed, backfilled, and sources whose clocks are wrong."""
    random = Random(seed)
    skew_ms = random.choice((0, 0, CLOCK_TOLERANCE_MS, -HOUR_MS))
    log, lost, late = list[Arrival](), set[int](), set[int]()
    time_ms = T0_MS
    for number in range(400):
        time_ms += random.choice((0, 10, 1_000, 60_000))
        if random.random() < 0.1 or 200 <= number < 230:
            lost.add(number)
            continue
        delay_ms = random.randrange(SETTLE_MS)
        if random.random() < 0.1:
            late.add(number)
            delay_ms += random.choice((HOUR_MS, 6 * HOUR_MS))
        log.append(
            Arrival("s", number, str(number), time_ms + skew_ms, time_ms + delay_ms, refused=False)
        )
    length_ms = time_ms - T0_MS
    from_ms = T0_MS + length_ms * from_percent // 100
    until_ms = max(from_ms, T0_MS + length_ms * until_percent // 50)
    read = [one for one in log if from_ms <= one.arrived_ms <= until_ms + SETTLE_MS]
    found = reconcile(read, Coverage(from_ms, until_ms))
    there = {one.sequence for one in log if one.arrived_ms <= until_ms + SETTLE_MS}
    claimed = {number for _, number in numbers_of(found)}
    # Recovered ones that come later are missing now.
    assert claimed <= (lost | late) - there
    if from_percent == 0 and skew_ms == 0 and until_percent == 100:
        assert claimed


def test_a_block_is_found_where_the_window_holds_it() -> None:
    log = [
        Arrival("s", n, str(n), T0_MS + n * 1_000, T0_MS + n * 1_000 + 5, refused=False)
        for n in range(20_000)
        if not 10_000 <= n < 11_200
    ]
    from_ms = T0_MS + 5_000_000
    found = reconcile((a for a in log if a.arrived_ms >= from_ms), Coverage(from_ms, 2**62))
    assert [(gap.first, gap.last, gap.sure) for gap in found.ranges] == [(10_000, 11_199, True)]
    assert found.missing == 1_200
    early = reconcile(log, Coverage(T0_MS + 9_999_000, 2**62))
    assert not early.missing
    assert early.sources[0].unsure == 1_200


def test_the_sources_own_count_shows_a_loss_at_the_end_and_without_numbers() -> None:
    hour_ms = T0_MS // HOUR_MS * HOUR_MS
    numbered = [Arrival("a", n, str(n), hour_ms + n, hour_ms + n, refused=False) for n in range(90)]
    plain = [Arrival("b", None, str(n), hour_ms + n, hour_ms + n, refused=False) for n in range(50)]
    stated = {("a", hour_ms): 100, ("b", hour_ms): 51, ("c", hour_ms): 7}
    found = reconcile([*numbered, *plain, plain[0]], Coverage(0, hour_ms + HOUR_MS), stated)
    assert [(h.source, h.sent, h.arrived, h.duplicates, h.missing) for h in found.hours] == [
        ("a", 100, 90, 0, 10),
        ("b", 51, 50, 1, 1),
        ("c", 7, 0, 0, 7),
    ]
    assert found.sources[1].unnumbered == 50
    running = reconcile(numbered, Coverage(0, hour_ms + HOUR_MS - 1), stated)
    assert not running.missing, "the hour has not ended"
