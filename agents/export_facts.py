"""Counters from the facts: what each partition adds to the counts of a queue.

Facts add up, whatever a rebalance does: each is counted by the worker that published it, once, when
Kafka has confirmed it. What late events take back goes to a counter of its own.
"""

from agents.series import Metrics
from schemas.outputs import FactsData, Tally

TALLY: dict[str, tuple[str, tuple[str, ...], int]] = {
    "opened": ("kefu_interactions", ("opened",), 1),
    "answered": ("kefu_contacts", ("answered",), 1),
    "abandoned": ("kefu_contacts", ("abandoned",), 1),
    "answered_in": ("kefu_contacts_in_time", ("answered",), 1),
    "abandoned_in": ("kefu_contacts_in_time", ("abandoned",), 1),
    "abandoned_short": ("kefu_contacts_abandoned_short", (), 1),
    "wait_ms_sum": ("kefu_contact_wait_seconds", (), 1000),
    "handled": ("kefu_handled", ("all",), 1),
    "transferred": ("kefu_handled", ("transferred",), 1),
    "held": ("kefu_handled", ("held",), 1),
    "talk_ms_sum": ("kefu_handling_seconds", ("talk",), 1000),
    "hold_ms_sum": ("kefu_handling_seconds", ("hold",), 1000),
    "wrap_up_ms_sum": ("kefu_handling_seconds", ("wrap_up",), 1000),
    "occupied_ms": ("kefu_agent_time_seconds", ("occupied",), 1000),
    "available_ms": ("kefu_agent_time_seconds", ("available",), 1000),
    "asked": ("kefu_asked", ("all",), 1),
    "responded_in_time": ("kefu_asked", ("in_time",), 1),
}
"""Counter, its labels before the queue, and what the count is divided by, for each count of a
queue's tally that is shown. The others are counted from outputs of their own."""
COUNTS: dict[str, tuple[str, tuple[str, ...], int]] = {
    "closed": ("kefu_interactions", ("closed",), 1),
    "scored": ("kefu_interactions", ("scored",), 1),
    "failed": ("kefu_interactions", ("failed",), 1),
    "agent_messages": ("kefu_agent_messages", ("all",), 1),
    "empathy": ("kefu_agent_messages", ("empathy",), 1),
    "positive_language": ("kefu_agent_messages", ("positive_language",), 1),
    "on_script": ("kefu_agent_messages", ("on_script",), 1),
    "agent_negative": ("kefu_agent_messages", ("agent_negative",), 1),
    "apologies": ("kefu_agent_messages", ("apologies",), 1),
    "rated": ("kefu_rated", (), 1),
    "rating_permille": ("kefu_rating_ratio_sum", (), 1000),
}
"""The same for the counts of the scorecards."""
NAMED = ("score", "subject", "purpose")
"""Counts of the scorecards that carry a value after a colon."""
NODES = {
    "node": ("kefu_node_reached", 1),
    "node_left": ("kefu_node_visits", 1),
    "node_ms": ("kefu_node_seconds", 1000),
}
"""Counts that carry a node after the colon: counter, and what the count is divided by."""

assert TALLY.keys() <= set(Tally.__struct_fields__)  # noqa: S101 - a misspelt name counts nothing


def count_facts(metrics: Metrics, data: FactsData, queue: str) -> None:
    """Count the facts of one queue; those of other groups say the same again."""
    if data.tally is not None:
        for field, (name, labels, unit) in TALLY.items():
            if amount := getattr(data.tally, field):
                _add(metrics, name, (*labels, queue), amount / unit, field, queue)
    for field, amount in data.counts.items():
        what, _, value = field.partition(":")
        if what in NODES:
            name, unit = NODES[what]
            _add(metrics, name, (value, queue), amount / unit, what, queue)
        elif value and what in NAMED:
            _add_named(metrics, what, value, amount, queue)
        elif field in COUNTS:
            name, labels, unit = COUNTS[field]
            _add(metrics, name, (*labels, queue), amount / unit, field, queue)


def _add_named(metrics: Metrics, what: str, value: str, amount: int, queue: str) -> None:
    if amount < 0:
        metrics.add("kefu_taken_back", (what, queue), -amount)
    elif what == "score":
        metrics.observe("kefu_qa_score", (queue,), int(value), amount)
    else:
        metrics.add(f"kefu_{what}s", (value,), amount)


def _add(
    metrics: Metrics, name: str, labels: tuple[str, ...], amount: float, field: str, queue: str
) -> None:
    if amount < 0:
        metrics.add("kefu_taken_back", (field, queue), -amount)
    else:
        metrics.add(name, labels, amount)
