"""Windows of queues, however the facts interleave and repeat, and wherever the reader crashes."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields

from pipeline.scorecards import Scorecards
from pipeline.tallies import add_named, add_tally
from pipeline.windows import HOUR_MS, QUARTER_MS
from schemas.codec import encode, to_ms
from schemas.outputs import Duplicate, QaFacts, QueueInterval, Scorecard, Tally
from tests.unit.test_queue_intervals import config_in
from tests.unit.test_scorecards import fact

STEADY = settings(deadline=None, derandomize=True, database=None)
ORIGINS = ("a", "b", "c")
DAY_MS = 24 * HOUR_MS
COUNTS = tuple(field.name for field in fields(Tally))
BANDS = ("01:30-03:30", "09:00-11:00")


class Place(NamedTuple):
    """A time zone, and a quarter of an hour around which facts lie."""

    zone: str
    around_ms: int


PLACES = tuple(
    Place(zone, to_ms(datetime.fromisoformat(around)))
    for zone, around in (
        ("Asia/Shanghai", "2026-03-02T01:00Z"),
        ("Europe/Berlin", "2026-03-29T01:00Z"),  # 02:00 becomes 03:00
        ("Europe/Berlin", "2026-10-25T01:00Z"),  # 03:00 becomes 02:00
        ("Asia/Kathmandu", "2026-03-02T18:00Z"),  # 5:45 ahead
    )
)
QUARTERS = st.integers(-8, 8) | st.integers(-100, 100)
SOME = st.integers(0, 5)
TALLIES = st.builds(
    Tally,
    opened=SOME,
    met=st.integers(-1, 3),
    answered=st.integers(-1, 5),
    answered_in=SOME,
    abandoned=SOME,
    wait_ms_sum=st.integers(0, 90_000),
    handled=SOME,
    talk_ms_sum=st.integers(0, 600_000),
    asked=SOME,
    responded_in_time=SOME,
    occupied_ms=st.integers(0, 900_000),
)
NAMES = ("closed", "scored", "negative", "issue:greeting", "score:80", "score:95")
NAMED = st.dictionaries(st.sampled_from(NAMES), st.integers(-1, 3), max_size=4)
"""Some counts can also be taken back by a correction."""


class Played(NamedTuple):
    """Where facts were counted, and in which order they came."""

    place: Place
    facts: list[QaFacts]

    def reader(self, without: frozenset[str] = frozenset()) -> Scorecards:
        """A fresh reader of these facts that knows their origins but some."""
        origins = frozenset(f.data.origin for f in self.facts) - without
        return Scorecards(config_in(self.place.zone, BANDS), origins)


@st.composite
def plays(draw: st.DrawFn) -> Played:
    """Facts of origins, each in its order, some twice; at the end all have passed all windows."""
    place = draw(st.sampled_from(PLACES))
    waiting: list[list[QaFacts]] = []
    for origin in ORIGINS[: draw(st.integers(1, 3))]:
        watermark, facts = place.around_ms, []
        for seq in range(1, draw(st.integers(1, 7))):
            watermark += draw(st.sampled_from([0, 5_000, HOUR_MS // 2, HOUR_MS, DAY_MS // 3]))
            quarter = place.around_ms + QUARTER_MS * draw(QUARTERS)
            tally, counts = draw(st.none() | TALLIES), draw(NAMED)
            name = draw(st.sampled_from(["sales", "vip"]))
            facts.append(
                fact(origin, seq, watermark, tally, quarter_ms=quarter, name=name, **counts)
            )
        facts.append(fact(origin, len(facts) + 1, place.around_ms + 5 * DAY_MS))
        waiting.append(facts)
    mixed: list[QaFacts] = []
    while waiting:
        number = draw(st.integers(0, len(waiting) - 1))
        mixed.append(waiting[number].pop(0))
        if not waiting[number]:
            waiting.pop(number)
        if draw(st.sampled_from([False, False, False, True])):
            mixed.append(mixed[draw(st.integers(0, len(mixed) - 1))])
    return Played(place, mixed)


Group = tuple[str, str, str]
"""Length, where on the wall clock, and queue."""


def groups_of(local: datetime, queue: str) -> dict[str, Group]:
    """By length: the groups of a quarter of an hour, told from the wall clock alone."""
    where = {
        "15m": local.isoformat(),
        "30m": local.replace(minute=local.minute // 30 * 30).isoformat(),
        "1h": local.replace(minute=0).isoformat(),
        "1d": local.date().isoformat(),
    }
    for band in BANDS:
        start, end = band.split("-")
        if start <= local.strftime("%H:%M") < end:
            where[f"band {band}"] = local.date().isoformat()
    return {length: (length, place, queue) for length, place in where.items()}


def batch(played: Played) -> tuple[dict[Group, Tally], dict[Group, dict[str, int]]]:
    """Plain sums by group over all facts: of the intervals, and of the hours' scorecards."""
    zone = ZoneInfo(played.place.zone)
    tallies: dict[Group, Tally] = defaultdict(Tally)
    counts: dict[Group, dict[str, int]] = defaultdict(dict)
    for one in {f.id: f for f in played.facts}.values():
        start = one.data.window_start
        if start is None:
            continue
        for group in groups_of(start.astimezone(zone), one.data.name).values():
            if one.data.tally is not None:
                add_tally(tallies[group], one.data.tally)
            if one.data.counts and group[0] == "1h":
                add_named(counts[group], one.data.counts)
    return tallies, counts


def last_revisions(
    played: Played,
) -> tuple[dict[Group, Scorecard], dict[Group, QueueInterval], int]:
    """The newest of each, and how many duplicates there were; every chain is checked."""
    zone, of = ZoneInfo(played.place.zone), played.reader()
    cards: dict[Group, Scorecard] = {}
    intervals: dict[Group, QueueInterval] = {}
    duplicates = 0
    for one in played.facts:
        for out in of.feed(one):
            if isinstance(out, Duplicate):
                duplicates += 1
                continue
            length = out.data.length if isinstance(out, QueueInterval) else "1h"
            group = groups_of(out.data.window_start.astimezone(zone), _name(out))[length]
            newest = cards.get(group) if isinstance(out, Scorecard) else intervals.get(group)
            assert out.data.corrects == (newest.id if newest else None)
            assert out.data.revision == (newest.data.revision + 1 if newest else 1)
            if isinstance(out, Scorecard):
                cards[group] = out
            else:
                intervals[group] = out
    return cards, intervals, duplicates


@settings(STEADY, max_examples=300)
@given(plays())
def test_the_last_revisions_are_the_plain_sums_whatever_the_order(played: Played) -> None:
    cards, intervals, duplicates = last_revisions(played)
    assert duplicates == len(played.facts) - len({f.id for f in played.facts})
    tallies, counts = batch(played)
    assert cards.keys() <= counts.keys()
    for group, named in counts.items():
        if group not in cards:  # all of it was taken back before it was due
            assert not named
            continue
        card = cards[group].data
        assert (card.closed, card.scored) == (named.get("closed", 0), named.get("scored", 0))
        assert card.issues.get("greeting", 0) == named.get("issue:greeting", 0)
        low, high = named.get("score:80", 0), named.get("score:95", 0)
        assert card.score.mean == _ratio(80 * low + 95 * high, low + high)
    assert intervals.keys() <= tallies.keys()
    for group, tally in tallies.items():
        if group not in intervals:
            assert not any(getattr(tally, name) for name in COUNTS)
            continue
        _assert_says(intervals[group], tally)


def _name(out: Scorecard | QueueInterval) -> str:
    return out.data.queue if isinstance(out, QueueInterval) else out.data.name


def _assert_says(interval: QueueInterval, tally: Tally) -> None:
    """The interval says what a plain computation over the sums says."""
    data = interval.data
    for name in ("opened", "met", "breached", "answered", "abandoned", "handled"):
        assert getattr(data, name) == getattr(tally, name), name
    assert data.offered == tally.answered + tally.abandoned
    third = data.service_level[2]
    assert (third.numerator, third.denominator) == (tally.answered_in, data.offered)
    assert data.asa_seconds == _ratio(tally.wait_ms_sum, 1000 * tally.answered)
    assert data.talk_seconds_mean == _ratio(tally.talk_ms_sum, 1000 * tally.handled)
    assert data.occupancy == _ratio(tally.occupied_ms, tally.occupied_ms)
    rate = data.response_rate
    assert (rate is None) == (data.length not in ("1h", "1d"))
    if rate is not None:
        assert (rate.responded, rate.asked) == (tally.responded_in_time, tally.asked)
        assert rate.matured, "hours and days end as mature"


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


@settings(STEADY, max_examples=200)
@given(plays(), st.booleans())
def test_a_crash_before_any_fact_changes_no_byte_of_what_is_published(
    played: Played, an_origin_joins_late: bool
) -> None:
    without = frozenset({"b"}) if an_origin_joins_late else frozenset()
    whole = played.reader(without)
    expected = [encode(o) for f in played.facts for o in whole.feed(f)]  # type: ignore[arg-type]
    stored: dict[str, bytes] = {}
    found: list[bytes] = []
    of = played.reader(without)
    for one in played.facts:
        for key, value in of.take_changes():
            if value is None:
                stored.pop(key, None)
            else:
                stored[key] = value
        partition, of = of.encode_partition(), played.reader(without)
        of.restore(partition, dict(sorted(stored.items(), reverse=True)))
        found += [encode(o) for o in of.feed(one)]  # type: ignore[arg-type]
    assert found == expected
    assert (of.state.refused, of.state.refused_short) == (
        whole.state.refused,
        whole.state.refused_short,
    )
