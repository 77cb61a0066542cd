"""What the view says of each output, what forgetting costs, and who can import it."""

from __future__ import annotations

import subprocess
import sys
from random import Random
from typing import Any

from pipeline.windows import HOUR_MS, QUARTER_MS
from schemas.codec import from_ms, to_ms
from schemas.outputs import (
    Duplicate,
    PublishedOutput,
    SlaBreached,
    SlaCorrected,
    SlaData,
    SlaMet,
    SlaWarned,
)
from schemas.view import SlaStatement, TopicView, Verdict
from tests.unit.report_builders import HOUR_0_MS, card, issue, made_up, summary, withdrawn

NEW, REVISION, REPEATED, OUTDATED = Verdict


def said(name: str, outcome: Any, elapsed_ms: int, corrects: str | None = None) -> SlaStatement:
    """A statement of one wait."""
    kinds = {"warned": SlaWarned, "breached": SlaBreached, "met": SlaMet}
    cls = SlaCorrected if corrects else kinds[outcome]
    at = from_ms(HOUR_0_MS)
    data = SlaData(
        kind="conversation", clock="next_response", clock_id="w", waiting_since=at, deadline=at,
        target_ms=30_000, elapsed_ms=elapsed_ms, outcome=outcome, corrects=corrects, policy="p",
        policy_version="1", caused_by=["e"],
    )  # fmt: skip
    return cls(id=name, time=at, subject="c1", data=data)


WARNED, WARNED_AGAIN = said("w1", "warned", 20_000), said("w2", "warned", 25_000)
BREACHED = said("b", "breached", 30_000)
GOES_ON = said("c1", "running", 0, corrects="b")
MET = said("c2", "met", 26_000, corrects="c1")


def verdicts(view: TopicView, *outputs: PublishedOutput) -> list[Verdict]:
    return [view.take(output) for output in outputs]


def test_a_revision_takes_the_place_of_what_was_said_and_nothing_undoes_it() -> None:
    view = TopicView()
    first, second = card(scores=(50,)), card(scores=(50, 90), revision=2)
    found = verdicts(view, first, first, second, first, second)
    assert found == [NEW, REPEATED, REVISION, OUTDATED, REPEATED]
    assert view.truth_of(first) is second
    assert list(view.truths()) == [second]


def test_an_issue_that_was_withdrawn_stands_no_more_whichever_comes_first() -> None:
    one = issue()
    in_order, other_way = TopicView(), TopicView()
    assert verdicts(in_order, one, withdrawn(one), withdrawn(one)) == [NEW, REVISION, REPEATED]
    assert verdicts(other_way, withdrawn(one), one) == [NEW, OUTDATED]
    for view in (in_order, other_way):
        assert view.truth_of(one) is None
        assert list(view.truths()) == []


def test_a_call_and_a_conversation_of_one_id_are_two_things() -> None:
    conversation: Any = summary(to="7", revision=9)
    call: Any = summary(to="7", revision=1, kind="call")
    assert verdicts(TopicView(), conversation, call) == [NEW, NEW]


def test_the_last_word_on_a_wait_is_that_of_its_log() -> None:
    view = TopicView()
    found = verdicts(view, WARNED, BREACHED, WARNED, GOES_ON, WARNED_AGAIN, MET, BREACHED)
    assert found == [NEW, REVISION, REPEATED, REVISION, REVISION, REVISION, REPEATED]
    assert view.truth_of(BREACHED) is MET


def test_a_warning_of_a_wait_that_goes_on_again_is_the_last_word() -> None:
    view = TopicView()
    verdicts(view, WARNED, BREACHED, GOES_ON, WARNED_AGAIN)
    assert view.truth_of(GOES_ON) is WARNED_AGAIN


def test_a_judgement_is_not_undone_by_a_warning_or_by_what_it_corrects() -> None:
    view = TopicView()
    assert verdicts(view, MET, WARNED_AGAIN, BREACHED, WARNED) == [
        NEW,
        OUTDATED,
        OUTDATED,
        OUTDATED,
    ]
    assert verdicts(view, GOES_ON) == [OUTDATED]
    assert view.truth_of(WARNED) is MET


def test_what_is_said_once_is_new_once_and_only_its_id_is_kept() -> None:
    message: Any = next(one for one in made_up() if type(one).__name__ == "MessageEnriched")
    view = TopicView()
    assert verdicts(view, message, message) == [NEW, REPEATED]
    assert list(view.truths()) == []


def test_of_a_time_that_is_kept_nothing_taken_before_is_new_again() -> None:
    log = [one for one in made_up() if not isinstance(one, Duplicate)]
    forgotten = 0
    for quarter in range(1, 12):
        Random(quarter).shuffle(log)
        view, horizon_ms = TopicView(), HOUR_0_MS + quarter * QUARTER_MS
        for one in log:
            view.take(one)
        before = {one.id for one in view.truths()}
        forgotten += view.forget(horizon_ms)
        assert {one.id for one in view.truths()} < before
        kept = [one for one in log if to_ms(one.time) >= horizon_ms]
        assert {view.take(one) for one in kept} == {REPEATED, OUTDATED}
    print(f"view: {forgotten:,} things forgotten, nothing that was kept is new again")


def test_what_was_forgotten_is_new_again() -> None:
    view, early, late = TopicView(), card(hour=0), card(hour=1)
    verdicts(view, early, late)
    assert view.forget(HOUR_0_MS + 2 * HOUR_MS) == 1
    assert list(view.truths()) == [late]
    assert verdicts(view, early, late) == [NEW, REPEATED]


def test_a_reader_needs_no_kafka_and_no_engine_to_import_it() -> None:
    program = "import sys, schemas.view; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    packages = {name.partition(".")[0] for name in done.stdout.split()}
    assert {"msgspec", "orjson"} <= packages
    assert not packages & {"kefu", "agents", "pipeline", "confluent_kafka", "faust", "kafka"}
