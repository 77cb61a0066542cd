"""Hourly scorecards of real chats: from the stream, with 5 % of the events two hours late, the last
revisions are those of a plain count over all events.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from random import Random

import pytest

from kefu.replay import InProcess
from kefu.sources import SourceOptions, read
from kefu.ticks import final_tick, tick_before
from schemas.codec import to_ms
from schemas.events import Event
from schemas.outputs import Output, Scorecard
from tests.oracle_clocks import ordered
from tests.oracle_quality import recount
from tests.quality_truth import QualityTold
from tests.unit.builders import CONFIG, WordScorer

DATA = Path(__file__).parents[3] / "shared" / "data" / "jddc_sessions.tsv"
LATE_MS = 2 * 3_600_000
HOUR_MS = 3_600_000
LATE_SHARE = 0.05

Hour = tuple[int, str, str]
"""Start of the hour, group and name."""


def conversations() -> list[Event]:
    events = [record.event for record in read(DATA, "jddc", SourceOptions())]
    return [event for event in events if event is not None]


def played(events: list[tuple[int, Event]]) -> tuple[dict[Hour, Scorecard], QualityTold, int]:
    """The last revision of each scorecard, what was said, and how many were revised.

    Each event comes at its instant, behind a tick of that time.
    """
    pipeline, told = InProcess(CONFIG, WordScorer()), QualityTold()
    cards: dict[Hour, Scorecard] = {}

    def take(outputs: list[Output]) -> None:
        told.take(outputs)
        for output in outputs:
            if isinstance(output, Scorecard):
                data = output.data
                key = (to_ms(data.window_start), data.group, data.name)
                assert data.corrects == (cards[key].id if key in cards else None)
                cards[key] = output

    for at_ms, event in sorted(events, key=lambda pair: pair[0]):
        take(pipeline.advance(tick_before(at_ms)))
        take(pipeline.feed(event))
    last_ms = max(at_ms for at_ms, _ in events)
    take(pipeline.advance(final_tick(last_ms, CONFIG) + 2 * LATE_MS))
    return cards, told, sum(card.data.revision > 1 for card in cards.values())


def plain(events: list[Event], told: QualityTold) -> dict[Hour, Counter[str]]:
    """Counts by hour and group, recounted conversation by conversation."""
    by_subject: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_subject[event.subject].append(event)
    hours: dict[Hour, Counter[str]] = defaultdict(Counter)
    for subject, own in by_subject.items():
        counts = recount(ordered(own), CONFIG, told.of(subject))
        for (quarter_ms, group, name, what), amount in counts.items():
            hours[quarter_ms - quarter_ms % HOUR_MS, group, name][what] += amount
    return hours


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_file(), reason="the real conversations are not here")
def test_the_last_revisions_equal_a_batch_count_also_with_events_two_hours_late() -> None:
    events = conversations()
    random = Random(5)
    late = [(to_ms(e.time) + (LATE_MS if random.random() < LATE_SHARE else 0), e) for e in events]
    in_order, told, _ = played([(to_ms(e.time), e) for e in events])
    disturbed, told_late, revised = played(late)
    assert told.truth == told_late.truth
    batch = plain(events, told)
    for cards in (in_order, disturbed):
        assert cards.keys() >= batch.keys()
        for key, card in cards.items():  # without counts: shown, then all of it taken back
            data, counts = card.data, batch.get(key, Counter())
            shown = {
                "opened": data.opened,
                "closed": data.closed,
                "scored": data.scored,
                "agent_messages": data.agent_messages,
                **{f"issue:{rule}": n for rule, n in data.issues.items()},
                **{f"subject:{name}": n for name, n in data.subjects.items()},
            }
            assert {k: v for k, v in shown.items() if v} == {
                k: v
                for k, v in counts.items()
                if k in shown or k.startswith(("issue:", "subject:"))
            }
            assert data.customer_messages == sum(
                counts[label] for label in ("negative", "neutral", "positive")
            )
    totals = [sum(c.data.closed for c in cards.values()) for cards in (in_order, disturbed)]
    print(
        f"jddc: {len(events):,} events, {len(batch)} scorecards; closed by stream in order "
        f"{totals[0]:,}, with {LATE_SHARE:.0%} two hours late {totals[1]:,} ({revised} revised), "
        f"by batch {sum(c['closed'] for c in batch.values()):,}"
    )
    assert revised > 50
