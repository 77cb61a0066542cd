"""A backfill of yesterday's consultations pages nobody, and the live counters do not move."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from pipeline import past
from schemas.outputs import DeadLetter, Duplicate, QueueInterval, Scorecard
from tests.alerts.backfill_trial import Samples, Trial, firing, recovered_events, run_trial
from tests.alerts.rule_files import alerts

NEVER_MS = 10**15
COUNTED_AS_PUBLISHED = {"kefu_scorecards_total"}
"""Corrections of yesterday's windows are published now, and that is what this one counts."""
WINDOWS = (Scorecard, QueueInterval, DeadLetter, Duplicate)
"""What no engine tells of an interaction."""


def without_backfilled(page: Samples) -> Samples:
    """A page without what is meant to count backfills and publications."""
    return {
        (name, labels): value
        for (name, labels), value in page.items()
        if ("outcome", "backfilled") not in labels and name not in COUNTED_AS_PUBLISHED
    }


def told(trial: Trial) -> Counter[str]:
    """What engines have told, by type."""
    return Counter(type(output).__name__ for output in trial.outputs if type(output) not in WINDOWS)


@pytest.fixture(scope="module")
def backfilled() -> Trial:
    return run_trial(recovered_events())


def test_a_backfill_moves_no_counter_that_an_alert_reads(backfilled: Trial) -> None:
    alone = run_trial([])
    at_every_scrape = zip(backfilled.scrapes, alone.scrapes, strict=True)
    gained = [
        name
        for with_it, without in at_every_scrape
        for name, value in without_backfilled(with_it).items()
        if value != without.get(name, 0)
    ]
    apart = sum(
        value
        for (name, labels), value in backfilled.scrapes[-1].items()
        if name == "kefu_events_total" and ("outcome", "backfilled") in labels
    )
    more = told(backfilled) - told(alone)
    print(
        f"{backfilled.backfilled} recovered events, {more.total()} outputs of them, {apart:.0f} "
        f"events counted apart; {len(alone.scrapes)} scrapes of {len(alone.scrapes[-1])} samples, "
        f"{len(gained)} differ"
    )
    assert more["SlaBreached"] > 100, "void: nothing to page for"
    assert more["MessageEnriched"] > 1_000
    assert apart == backfilled.backfilled
    assert not gained


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not here")
def test_a_backfill_fires_no_alert_and_would_page_if_it_counted_as_now(
    backfilled: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fired = firing(backfilled.scrapes, tmp_path)
    monkeypatch.setattr(past, "LEAST_MS", NEVER_MS)
    otherwise = firing(run_trial(recovered_events()).scrapes, tmp_path)
    pages = {name for name in otherwise if alerts()[name]["labels"]["severity"] == "page"}
    print(f"alerts: {fired}; if all of it counted as now: {otherwise}")
    assert not fired
    assert pages >= {
        "KefuErrorBudgetFast",
        "KefuServiceLevelLow",
        "KefuTargetsMissed",
        "KefuWaitOverTwoHours",
    }
