"""What a reader's view holds, however the outputs come, against the contract read literally."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.scorecards import Scorecards
from schemas.codec import decode_output, encode
from schemas.events import Event
from schemas.outputs import Duplicate, Output, PublishedOutput, QaFacts
from schemas.view import TopicView, Verdict
from tests.oracle_view import deduplicated, standing, undecided
from tests.properties.interactions import interaction, interactions
from tests.properties.test_clock_properties import ORACLE_CONFIG, disturbed
from tests.properties.test_quality_properties import HOUR_MS, finished, reworded
from tests.unit.builders import WordScorer
from tests.unit.report_builders import made_up

STEADY = settings(deadline=None, derandomize=True, database=None)
MADE = 150


def log_of(random: Random, events: list[Event]) -> list[PublishedOutput]:
    """What kefu writes of an interaction whose events come late and twice: as it is read back."""
    run = disturbed(random, reworded(random, events), WordScorer(), ahead_ms=HOUR_MS)
    windows = Scorecards(ORACLE_CONFIG, frozenset({"test"}))
    log: list[Output] = []
    for output in finished(run, events).outputs:
        log.extend(windows.feed(output) if isinstance(output, QaFacts) else [output])
    return [decode_output(encode(one)) for one in log if not isinstance(one, Duplicate)]


def ids_of(view: TopicView) -> set[str]:
    """The ids of what stands; none twice."""
    ids = [one.id for one in view.truths()]
    assert len(ids) == len(set(ids))
    return set(ids)


def view_of(outputs: list[PublishedOutput]) -> TopicView:
    """A view that has taken them."""
    view = TopicView()
    for output in outputs:
        view.take(output)
    return view


def with_repeats(random: Random, log: list[PublishedOutput]) -> list[PublishedOutput]:
    """As a log has it after a crash: now and then a part of it once more."""
    found: list[PublishedOutput] = []
    for output in log:
        found.append(output)
        if random.random() < 0.1:
            found.extend(found[-random.randint(1, 10) :])
    return found


def check_in_order(log: list[PublishedOutput]) -> Counter[Verdict]:
    """After each output the view holds what the contract says of the log so far."""
    view, verdicts = TopicView(), Counter[Verdict]()
    before: set[str] = set()
    for number, output in enumerate(log):
        verdict = view.take(output)
        verdicts[verdict] += 1
        now = standing(log[: number + 1])
        assert ids_of(view) == now
        known = any(one.id == output.id for one in log[:number])
        match verdict:
            case Verdict.NEW:
                assert not known
                assert before <= now
            case Verdict.REVISION:
                assert not known
                assert before - now, "nothing was revised"
            case Verdict.REPEATED:
                assert known
                assert before == now
            case Verdict.OUTDATED:
                assert before == now
        before = now
    return verdicts


def check_shuffled(log: list[PublishedOutput], random: Random) -> None:
    """In any order, with repeats, the same stands in the end."""
    mixed = [*log, *random.sample(log, len(log) // 2)]
    random.shuffle(mixed)
    view, open_ = view_of(mixed), undecided(log)
    assert ids_of(view) - open_ == standing(log) - open_
    assert len(ids_of(view)) == len(standing(log))


@settings(STEADY, max_examples=100)
@given(interactions(), st.integers(0, 2**32))
def test_the_view_of_a_drawn_interaction_is_what_the_contract_says(
    events: list[Event], seed: int
) -> None:
    random = Random(seed)
    log = log_of(random, events)
    check_in_order(with_repeats(random, log))
    check_shuffled(log[: random.randint(0, len(log))], random)


def test_the_view_of_made_interactions_is_what_the_contract_says() -> None:
    verdicts, left_open = Counter[Verdict](), 0
    for seed in range(MADE):
        random = Random(seed)
        log = log_of(random, interaction(random, f"c{seed}"))
        verdicts += check_in_order(with_repeats(random, log))
        cut = log[: random.randint(0, len(log))]
        left_open += len(undecided(cut) & standing(cut))
        check_shuffled(cut, random)
        check_shuffled(log, random)
    said = ", ".join(f"{count:,} {verdict.value}" for verdict, count in verdicts.items())
    print(f"view: {MADE} interactions in order and mixed up: {said}; {left_open} left to the order")
    assert min(verdicts[verdict] for verdict in Verdict) > 100


def test_hours_of_the_generator_lead_to_the_same_view_in_any_order() -> None:
    log = [output for output in made_up() if not isinstance(output, Duplicate)]
    for seed in range(5):
        check_shuffled(log, Random(seed))
    assert len(standing(log)) < len(deduplicated(log)) < 20_000
