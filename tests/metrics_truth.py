"""What the metrics must say, counted plainly over the outputs as JSON; shares no code with them.

A sample is written as Prometheus has it: its name, then its labels by name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

Document = dict[str, Any]
Sample = tuple[str, frozenset[tuple[str, str]]]
Truth = dict[Sample, float]

RESPONSE = (5, 10, 20, 30, 45, 60, 90, 120, 180, 210, 300, 600, 900)
RESPONSE += (1800, 3600, 7200, 14400, 28800, 86400)
RESOLUTION = (900, 3600, 14400, 28800, 86400, 172800, 259200, 604800)
MOOD = (0.2, 0.4, 0.6, 0.8, 1.0)
SCORE = (59, 69, 79, 89, 94, 100)
RISKS = {
    "regulator": ["12315", "12345", "消协", "消费者协会", "工商", "市场监管"],
    "legal": ["起诉", "法院", "律师", "报警"],
    "media": ["曝光", "媒体", "记者", "微博"],
    "complaint": ["差评", "投诉", "举报", "维权"],
}
MILLI = {"wait_ms_sum", "talk_ms_sum", "hold_ms_sum", "wrap_up_ms_sum"}
MILLI |= {"occupied_ms", "available_ms", "rating_permille"}
FACTS = {
    "opened": ("interactions", "what=opened"),
    "closed": ("interactions", "what=closed"),
    "scored": ("interactions", "what=scored"),
    "failed": ("interactions", "what=failed"),
    "answered": ("contacts", "fate=answered"),
    "abandoned": ("contacts", "fate=abandoned"),
    "answered_in": ("contacts_in_time", "fate=answered"),
    "abandoned_in": ("contacts_in_time", "fate=abandoned"),
    "abandoned_short": ("contacts_abandoned_short", ""),
    "wait_ms_sum": ("contact_wait_seconds", ""),
    "handled": ("handled", "what=all"),
    "transferred": ("handled", "what=transferred"),
    "held": ("handled", "what=held"),
    "talk_ms_sum": ("handling_seconds", "part=talk"),
    "hold_ms_sum": ("handling_seconds", "part=hold"),
    "wrap_up_ms_sum": ("handling_seconds", "part=wrap_up"),
    "occupied_ms": ("agent_time_seconds", "state=occupied"),
    "available_ms": ("agent_time_seconds", "state=available"),
    "asked": ("asked", "what=all"),
    "responded_in_time": ("asked", "what=in_time"),
    "agent_messages": ("agent_messages", "what=all"),
    "empathy": ("agent_messages", "what=empathy"),
    "positive_language": ("agent_messages", "what=positive_language"),
    "on_script": ("agent_messages", "what=on_script"),
    "agent_negative": ("agent_messages", "what=agent_negative"),
    "apologies": ("agent_messages", "what=apologies"),
    "rated": ("rated", ""),
    "rating_permille": ("rating_ratio_sum", ""),
}
NODES = {"node": "node_reached", "node_left": "node_visits", "node_ms": "node_seconds"}
MOODS = {
    "kefu.sentiment.turned": "turned",
    "kefu.sentiment.sustained_negative": "sustained_negative",
    "kefu.sentiment.withdrawn": "withdrawn",
}


def truth(documents: Iterable[Document]) -> Truth:
    """Every sample that is not 0, of all that outputs make: counters and histograms."""
    found: Truth = defaultdict(float)
    for document in documents:
        _count(found, document)
    return {sample: value for sample, value in found.items() if value}


def _count(t: Truth, document: Document) -> None:
    kind, d = document["type"], document["data"]
    _add(t, "outputs", type=kind)
    if kind == "kefu.qa.facts":
        _facts(t, d)
        return
    if kind == "kefu.dead_letter":
        _add(t, "dead_letters", reason=d["reason"])
        return
    if kind == "kefu.qa.scorecard":
        _add(t, "scorecards", revised="no" if d["revision"] == 1 else "yes")
        return
    channel, queue = d.get("channel") or "none", d.get("queue") or "none"
    priority = d.get("priority") or "none"
    if kind in ("kefu.sla.met", "kefu.sla.breached"):
        said = {"clock": d["clock"], "outcome": kind.rpartition(".")[2]}
        _add(t, "sla", **said, channel=channel, queue=queue)
        _add(t, "sla_by_priority", **said, channel=channel, priority=priority)
    elif kind == "kefu.sla.warned":
        _add(t, "sla_warnings", clock=d["clock"], queue=queue)
    elif kind == "kefu.sla.corrected":
        _add(t, "sla_corrections", clock=d["clock"], outcome=d["outcome"])
    elif kind == "kefu.qa.issue":
        _add(t, "qa_issues", rule=d["rule"], severity=d["severity"], queue=queue)
    elif kind == "kefu.qa.withdrawn":
        _add(t, "qa_withdrawn", rule=d["rule"], severity=d["severity"])
    elif kind in MOODS:
        _add(t, "moods", what=MOODS[kind], queue=queue)
    elif kind == "kefu.message.enriched":
        _add(t, "messages", role=d["role"], channel=channel)
        mood = d.get("sentiment")
        if mood is not None and d["role"] == "customer":
            _add(t, "customer_messages", label=mood["label"], channel=channel, queue=queue)
            _seen(t, "sentiment_ratio", MOOD, mood["mood"], queue=queue)
        for name, words in RISKS.items():
            if set(words) & set(d["risk_words"]):
                _add(t, "risk_words", risk=name, queue=queue)
        if set(d["risk_words"]) - {word for words in RISKS.values() for word in words}:
            _add(t, "risk_words", risk="other", queue=queue)
        if "response_ms" in d:
            clock, seconds = d["response"], d["response_ms"] / 1000
            _seen(t, "response_seconds", RESPONSE, seconds, clock=clock, queue=queue)
            by = {"clock": clock, "channel": channel, "priority": priority}
            _seen(t, "response_by_channel_seconds", RESPONSE, seconds, **by)
    elif kind == "kefu.interaction.summary":
        at_close = d["state"] == "closed" and _at(document["time"]) == _at(d["closed"])
        for clock in ("resolution_first", "resolution_total"):
            if (at_close or d["state"] == "expired") and f"{clock}_ms" in d:
                seconds = d[f"{clock}_ms"] / 1000
                _seen(t, "resolution_seconds", RESOLUTION, seconds, clock=clock, queue=queue)
        if (at_close or d["state"] == "expired") and d.get("purpose") == "complaint":
            _add(t, "complaints", after_breach="yes" if d["breaches"] else "no", queue=queue)


def _facts(t: Truth, d: Document) -> None:
    if d["group"] != "queue" or d["window_start"] is None:
        return
    queue = d["name"] or "none"
    counts = [(k, v) for k, v in (d["tally"] or {}).items() if k in FACTS]
    # The tally has "opened" too, and it is the one that is shown.
    counts += [(k, v) for k, v in d["counts"].items() if k != "opened"]
    for field, amount in counts:
        what, _, value = field.partition(":")
        amount = amount / 1000 if field in MILLI or what == "node_ms" else amount
        if what == "issue" or (what not in FACTS and not value):
            continue
        if amount < 0:
            _add(t, "taken_back", -amount, what=what, queue=queue)
        elif what in NODES:
            _add(t, NODES[what], amount, node=value, queue=queue)
        elif what == "score":
            for _ in range(amount):
                _seen(t, "qa_score", SCORE, int(value), queue=queue)
        elif what in ("subject", "purpose"):
            _add(t, f"{what}s", amount, **{what: value})
        else:
            name, label = FACTS[field]
            labels = dict([label.split("=")]) if label else {}
            _add(t, name, amount, **labels, queue=queue)


def _add(t: Truth, name: str, amount: float = 1, /, **labels: str) -> None:
    t[f"kefu_{name}_total", frozenset(labels.items())] += amount


def _seen(t: Truth, name: str, bounds: tuple[float, ...], value: float, /, **labels: str) -> None:
    own = frozenset(labels.items())
    t[f"kefu_{name}_count", own] += 1
    t[f"kefu_{name}_sum", own] += value
    for bound in (*bounds, float("inf")):
        if value <= bound:
            le = "+Inf" if bound == float("inf") else str(float(bound))
            t[f"kefu_{name}_bucket", own | {("le", le)}] += 1


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
