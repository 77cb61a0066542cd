"""Agents to coach and to praise. Nobody is ranked by fewer interactions than `MIN_SCORED`."""

from collections.abc import Iterable
from math import sqrt
from statistics import stdev

from kefu.report.collect import Ended
from kefu.report.figures import Sums
from kefu.report.model import AgentRow, Agents, Rule
from schemas.quality import ScorecardData

MIN_SCORED = 5
"""Below that one bad conversation decides the rank."""
LISTED = 5


def agents_of(
    cards: Iterable[ScorecardData], team: Sums, ended: Iterable[Ended], rules: dict[str, Rule]
) -> Agents:
    """Who is below the mean of all, the lowest first, and who is above it, the highest first."""
    by_agent: dict[str, list[ScorecardData]] = {}
    for card in cards:
        if card.group == "agent":
            by_agent.setdefault(card.name, []).append(card)
    of_agents = _scored(ended)
    mean = team.score.value
    rows, too_few = [], 0
    for name, of_agent in by_agent.items():
        sums = Sums.of(of_agent)
        if sums.scored >= MIN_SCORED:
            rows.append(_row(name, sums, mean, of_agents.get(name, []), rules))
        else:
            too_few += sums.scored > 0
    below = [row for row in rows if mean is not None and _mean(row) < mean]
    above = [row for row in rows if mean is not None and _mean(row) > mean]
    return Agents(
        min_scored=MIN_SCORED,
        mean=mean,
        ranked=len(rows),
        too_few=too_few,
        to_coach=tuple(sorted(below, key=lambda row: (_mean(row), row.agent_id))[:LISTED]),
        to_praise=tuple(sorted(above, key=lambda row: (-_mean(row), row.agent_id))[:LISTED]),
    )


def _row(
    name: str, sums: Sums, team: float | None, scored: list[tuple[int, str]], rules: dict[str, Rule]
) -> AgentRow:
    margin = None
    if len(scored) > 1:
        margin = 2 * stdev(score for score, _ in scored) / sqrt(sums.scored)
    distance = abs(sums.points / sums.scored - (team or 0.0))
    return AgentRow(
        agent_id=name,
        sums=sums,
        margin=margin,
        is_clear=margin is not None and distance > margin,
        issue=_most_frequent(sums, rules),
        lowest=None if not scored else (min(scored)[1], min(scored)[0]),
    )


def _mean(row: AgentRow) -> float:
    return row.sums.points / row.sums.scored


def _most_frequent(sums: Sums, rules: dict[str, Rule]) -> tuple[Rule, int] | None:
    """Of the rules that speak of agents and cost points."""
    found = [
        (-count, name)
        for name, count in sums.issues.items()
        if count > 0
        and name in rules
        and rules[name].speaks_of == "agent"
        and rules[name].severity != "info"
    ]
    if not found:
        return None
    count, name = min(found)
    return rules[name], -count


def _scored(ended: Iterable[Ended]) -> dict[str, list[tuple[int, str]]]:
    """Score and id of the scored interactions of each agent."""
    found: dict[str, list[tuple[int, str]]] = {}
    for one in ended:
        if one.agent_id is not None and one.score is not None:
            found.setdefault(one.agent_id, []).append((one.score, one.interaction_id))
    return found
