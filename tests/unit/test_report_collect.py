"""What is kept of the outputs: the last word on everything, in whatever order they come."""

from __future__ import annotations

from random import Random

from kefu.report.build import build
from kefu.report.page import page
from schemas.outputs import Output
from tests.unit.report_builders import (
    CONFIG,
    card,
    collected,
    issue,
    made_up,
    summary,
    withdrawn,
)


def test_the_last_revision_of_a_scorecard_wins_whichever_comes_first() -> None:
    first, second = card(scores=(50,)), card(scores=(50, 90), revision=2)
    for order in ((first, second), (second, first)):
        (kept,) = collected(order).cards()
        assert (kept.revision, kept.scored) == (2, 2)


def test_a_withdrawn_issue_is_taken_out_also_where_the_withdrawal_comes_first() -> None:
    taken_back, standing = issue("a"), issue("b", to="c2")
    for order in ((taken_back, withdrawn(taken_back)), (withdrawn(taken_back), taken_back)):
        (kept,) = collected((*order, standing)).issues()
        assert kept.interaction_id == "c2"


def test_a_scorecard_that_was_taken_back_to_nothing_is_no_scorecard() -> None:
    misplaced, taken_back = card(tenant="", scores=(50,)), card(tenant="", revision=2)
    placed = card(tenant="shop", scores=(50,))
    (kept,) = collected((misplaced, taken_back, placed)).cards()
    assert kept.tenant == "shop"


def test_an_output_that_comes_twice_counts_once() -> None:
    once = [card(scores=(80,)), issue(), summary()]
    found = collected([*once, *once])
    assert [len(x) for x in (found.cards(), found.issues(), found.interactions())] == [1, 1, 1]


def test_an_interaction_that_was_reopened_ended_when_it_ended_first() -> None:
    first = summary(revision=1, score=90)
    again = summary(revision=3, score=40, closed=card(5).data.window_start)
    for order in ((first, again), (again, first)):
        (kept,) = collected(order).interactions()
        assert kept.score == 40
        assert kept.ended_ms == collected([first]).interactions()[0].ended_ms


def test_an_interaction_that_goes_on_is_not_among_those_that_ended() -> None:
    still_open = summary(state="open", closed=None, about=None, purpose=None, score=None)
    assert collected([still_open]).interactions() == []


def test_the_order_of_the_outputs_does_not_change_the_page() -> None:
    outputs: list[Output] = list(made_up())
    in_order = page(build(collected(outputs), CONFIG), "en")
    Random(3).shuffle(outputs)
    assert page(build(collected(outputs), CONFIG), "en") == in_order
