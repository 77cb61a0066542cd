"""Scorecards, however the facts interleave and repeat, and wherever the reader crashes."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.scorecards import Scorecards
from pipeline.tallies import HOUR_MS, add
from schemas.codec import encode
from schemas.outputs import Duplicate, QaFacts, Scorecard, Tally
from tests.unit.builders import CONFIG, START_MS
from tests.unit.test_scorecards import DUE_MS, fact

STEADY = settings(deadline=None, derandomize=True, database=None)
LAST_MS = DUE_MS + 10 * HOUR_MS
ORIGINS = ("a", "b", "c")
COUNTS = st.integers(0, 5)
TALLIES = st.builds(
    Tally,
    opened=COUNTS,
    closed=COUNTS,
    scored=COUNTS,
    score_sum=st.integers(0, 300),
    messages=COUNTS,
    met=COUNTS,
    breached=COUNTS,
    issues=st.dictionaries(st.sampled_from(["greeting", "no_apology"]), st.integers(1, 3)),
)


@st.composite
def interleavings(draw: st.DrawFn) -> list[QaFacts]:
    """Facts of origins, each in its order, some twice; at the end all have passed all hours."""
    waiting: list[list[QaFacts]] = []
    for origin in ORIGINS[: draw(st.integers(1, 3))]:
        watermark, facts = START_MS, []
        for seq in range(1, draw(st.integers(1, 7))):
            watermark += draw(st.sampled_from([0, 5_000, HOUR_MS // 2, HOUR_MS, 2 * HOUR_MS]))
            hour = START_MS + HOUR_MS * draw(st.integers(0, 3))
            tally = draw(st.none() | TALLIES)
            queue = draw(st.sampled_from(["sales", "vip"]))
            facts.append(fact(origin, seq, watermark, tally, hour_ms=hour, queue=queue))
        facts.append(fact(origin, len(facts) + 1, LAST_MS + 3 * HOUR_MS))
        waiting.append(facts)
    mixed: list[QaFacts] = []
    while waiting:
        number = draw(st.integers(0, len(waiting) - 1))
        mixed.append(waiting[number].pop(0))
        if not waiting[number]:
            waiting.pop(number)
        if draw(st.sampled_from([False, False, False, True])):
            mixed.append(mixed[draw(st.integers(0, len(mixed) - 1))])
    return mixed


def origins_of(facts: list[QaFacts]) -> frozenset[str]:
    return frozenset(f.data.origin for f in facts)


@settings(STEADY, max_examples=300)
@given(interleavings())
def test_the_last_revisions_are_the_plain_sums_whatever_the_order(facts: list[QaFacts]) -> None:
    of = Scorecards(CONFIG, origins_of(facts))
    sums: dict[tuple[str, str], Tally] = defaultdict(lambda: Tally(issues={}))
    for one in {f.id: f for f in facts}.values():
        if one.data.tally is not None:
            add(sums[str(one.data.window_start), one.data.queue], one.data.tally)
    last: dict[tuple[str, str], Scorecard] = {}
    duplicates = 0
    for one in facts:
        for output in of.feed(one):
            if isinstance(output, Duplicate):
                duplicates += 1
                continue
            key = (str(output.data.window_start), output.data.queue)
            before = last.get(key)
            assert output.data.corrects == (before.id if before else None)
            assert output.data.revision == (before.data.revision + 1 if before else 1)
            last[key] = output
    assert duplicates == len(facts) - len({f.id for f in facts})
    assert last.keys() == sums.keys()
    for key, tally in sums.items():
        data = last[key].data
        for name in ("opened", "closed", "scored", "messages", "met", "breached"):
            assert getattr(data, name) == getattr(tally, name), name
        mean = round(tally.score_sum / tally.scored, 6) if tally.scored else None
        assert data.score_mean == mean
        assert data.issues == tally.issues


@settings(STEADY, max_examples=200)
@given(interleavings(), st.booleans())
def test_a_crash_before_any_fact_changes_no_byte_of_the_scorecards(
    facts: list[QaFacts], an_origin_joins_late: bool
) -> None:
    known = origins_of(facts)
    if an_origin_joins_late:
        known -= {"b"}
    whole = Scorecards(CONFIG, known)
    expected = [encode(o) for f in facts for o in whole.feed(f)]  # type: ignore[arg-type]
    stored: dict[str, bytes] = {}
    found: list[bytes] = []
    of = Scorecards(CONFIG, known)
    for one in facts:
        for key, value in of.take_changes():
            if value is None:
                stored.pop(key, None)
            else:
                stored[key] = value
        partition, of = of.encode_partition(), Scorecards(CONFIG, known)
        of.restore(partition, dict(sorted(stored.items(), reverse=True)))
        found += [encode(o) for o in of.feed(one)]  # type: ignore[arg-type]
    assert found == expected
