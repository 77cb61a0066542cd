"""Random policy files against a plain oracle that tries every policy on every key."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.policies import PolicyKey
from pipeline.sla_file import SlaPolicy, parse_sla

VALUES = {
    "tenant": ["t1", "t2"],
    "channel": ["web", "app"],
    "queue": ["q1", "q2"],
    "priority": ["P1", "P2"],
    "segment": ["s1", "s2"],
}
BY_WEIGHT = ["tenant", "queue", "segment", "priority", "channel"]
CLOCKS = ["answer", "hold"]
KEYS = [PolicyKey(*dims) for dims in product(*([None, *VALUES[n]] for n in PolicyKey._fields))]


class Given(NamedTuple):
    """A policy as written: its conditions, and the seconds of the clocks it sets."""

    name: str
    when: dict[str, list[str]]
    clocks: dict[str, int]


@st.composite
def policies(draw: st.DrawFn) -> list[Given]:
    """One to seven policies, few dimensions each, so that many tie."""
    found = []
    for number in range(draw(st.integers(1, 7))):
        names = draw(st.lists(st.sampled_from(BY_WEIGHT), max_size=3, unique=True))
        when = {
            name: draw(st.lists(st.sampled_from(VALUES[name]), min_size=1, unique=True))
            for name in names
        }
        clocks = draw(st.lists(st.sampled_from(CLOCKS), min_size=1, unique=True))
        seconds = {clock: draw(st.integers(1, 3)) for clock in clocks}
        found.append(Given(f"p{number}", when, seconds))
    return found


def parsed(wanted: list[Given]) -> SlaPolicy:
    lines = ["version: x", "channels: [web, app]", "policies:"]
    for one in wanted:
        when = ", ".join(f"{name}: [{', '.join(values)}]" for name, values in one.when.items())
        clocks = ", ".join(f"{c}: {{target_seconds: {s}}}" for c, s in one.clocks.items())
        lines.append(f"  - {{name: {one.name}, when: {{{when}}}, clocks: {{{clocks}}}}}")
    return parse_sla("\n".join(lines), "random.yaml")


def matches(one: Given, key: PolicyKey) -> bool:
    return all(getattr(key, name) in values for name, values in one.when.items())


def best(wanted: list[Given], key: PolicyKey, clock: str) -> Given | None:
    """Beats all others one by one, as an operations person would compare them."""
    winner = None
    for one in wanted:
        if clock in one.clocks and matches(one, key) and (winner is None or beats(one, winner)):
            winner = one
    return winner


def beats(later: Given, earlier: Given) -> bool:
    if len(later.when) != len(earlier.when):
        return len(later.when) > len(earlier.when)
    for name in BY_WEIGHT:
        if (name in later.when) != (name in earlier.when):
            return name in later.when
    return False


@settings(max_examples=80, deadline=None)
@given(policies(), st.lists(st.sampled_from(KEYS), min_size=1, max_size=30))
def test_every_judgement_is_that_of_the_plain_oracle(
    wanted: list[Given], keys: list[PolicyKey]
) -> None:
    compiled = parsed(wanted).policies
    for key in keys:
        judged = compiled.judge(key)
        expected: dict[str, Any] = {}
        for clock in CLOCKS:
            winner = best(wanted, key, clock)
            if winner is not None:
                expected[clock] = (winner.name, winner.clocks[clock] * 1000)
        assert {c: (t.policy, t.target_ms) for c, t in judged.items()} == expected


@settings(max_examples=80, deadline=None)
@given(policies())
def test_every_tie_at_the_top_is_told_and_nothing_is_told_that_cannot_meet(
    wanted: list[Given],
) -> None:
    told = parsed(wanted).policies.overlaps()
    pairs = {tuple(n for n in (one.name for one in wanted) if f"`{n}`" in line) for line in told}
    ties, meeting = set(), set()
    for key, clock in product(KEYS, CLOCKS):
        matching = [one for one in wanted if clock in one.clocks and matches(one, key)]
        most = max((len(one.when) for one in matching), default=0)
        for a, b in combinations(matching, 2):
            if len(a.when) == len(b.when):
                meeting.add((a.name, b.name))
                if len(a.when) == most:
                    ties.add((a.name, b.name))
    assert ties <= pairs <= meeting


@settings(max_examples=40, deadline=None)
@given(policies(), st.sampled_from(KEYS), st.sampled_from(CLOCKS))
def test_the_explanation_names_every_policy_that_matches_and_the_one_that_is_judged(
    wanted: list[Given], key: PolicyKey, clock: Any
) -> None:
    compiled = parsed(wanted).policies
    candidates = compiled.explain(key, clock)
    assert [(c.policy.name, c.matches) for c in candidates] == [
        (one.name, matches(one, key)) for one in wanted if clock in one.clocks
    ]
    target = compiled.judge(key).get(clock)
    assert [c.policy.name for c in candidates if c.wins] == ([target.policy] if target else [])
