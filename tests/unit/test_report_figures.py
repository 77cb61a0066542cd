"""Figures that add up: counts are found again behind the shares of a scorecard."""

from __future__ import annotations

from collections import Counter

import pytest

from kefu.report.figures import Queues, Sums
from kefu.report.say import tenths
from schemas.outputs import QaIssue, QaWithdrawn, QueueInterval
from tests.unit.builders import only
from tests.unit.report_builders import card, collected, made_up


def test_every_share_and_mean_of_a_scorecard_is_found_again_in_its_sums() -> None:
    cards = collected(made_up()).cards()
    assert sum(c.scored for c in cards) > 500
    for c in cards:
        sums = Sums.of([c])
        assert sums.score.value == pytest.approx(c.score.mean, abs=1e-6)
        assert sums.fail_rate.share == pytest.approx(c.fail_rate, abs=1e-6)
        assert sums.coverage.share == pytest.approx(c.coverage, abs=1e-6)
        for part, share in (
            (sums.empathy, c.empathy.share),
            (sums.positive_language, c.positive_language.share),
        ):
            assert part == pytest.approx((share or 0) * c.agent_messages, abs=1e-3)


def test_hours_added_up_have_the_mean_of_all_their_scores() -> None:
    scores = [(100, 70, 3), (55,), (), (97, 96)]
    sums = Sums.of(card(hour, of_hour).data for hour, of_hour in enumerate(scores))
    everything = [score for of_hour in scores for score in of_hour]
    assert (sums.points, sums.scored, sums.failed) == (sum(everything), 6, 2)


def test_the_hits_of_the_scorecards_are_the_issues_that_were_not_withdrawn() -> None:
    outputs = made_up()
    found = collected(outputs)
    hits = Sums.of(c for c in found.cards() if c.group == "tenant").issues
    standing = Counter(issue.data.rule for issue in found.issues())
    assert len(only(list(outputs), QaIssue)) > sum(standing.values())
    assert only(list(outputs), QaWithdrawn)
    assert +hits == standing


def test_the_service_level_of_all_queues_has_the_sides_of_each() -> None:
    intervals = [o.data for o in made_up() if isinstance(o, QueueInterval) and o.data.queue]
    last = {(i.window_start, i.queue): i for i in intervals if i.length == "1h"}
    queues = Queues.of(last.values())
    assert queues.abandonment.n == sum(i.offered for i in last.values()) > 50
    waited = sum((i.asa_seconds or 0) * i.answered for i in last.values())
    assert queues.speed_of_answer.total == pytest.approx(waited)
    first = queues.service_level[1]
    sides = [share for i in last.values() for share in i.service_level if share.formula == 1]
    assert (first.part, first.n) == (
        sum(s.numerator for s in sides),
        sum(s.denominator for s in sides),
    )


def test_without_intervals_nothing_is_said_of_queues() -> None:
    queues = Queues.of([])
    assert (queues.abandonment.share, queues.handling.value) == (None, None)


@pytest.mark.parametrize("counts", [{"a": 1, "b": 1, "c": 1}, {"a": 7, "b": 996}, {"a": 3}])
def test_shares_as_they_are_shown_add_up_to_a_hundred(counts: dict[str, int]) -> None:
    shares = tenths(counts)
    assert sum(shares.values()) == 1000
    total = sum(counts.values())
    assert all(abs(shares[k] - 1000 * n / total) < 1 for k, n in counts.items())


def test_the_shares_of_nothing_are_none() -> None:
    assert tenths({}) == {}
