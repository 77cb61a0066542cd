"""Outputs by hand, a replay of made-up conversations, and a page taken apart again."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html.parser import HTMLParser
from itertools import count, takewhile
from random import Random
from typing import Any

from agents.scorer import load_scorer
from agents.settings import load_config
from kefu.generator import Generator
from kefu.replay import InProcess, replay
from kefu.report.collect import Collector
from kefu.sources import record_of
from pipeline.window_outputs import distribution
from pipeline.windows import HOUR_MS
from schemas.codec import from_ms, to_ms
from schemas.outputs import InteractionSummary, Output, QaIssue, QaWithdrawn, Scorecard, SummaryData
from schemas.quality import (
    Distribution,
    Evidence,
    Part,
    QaIssueData,
    QaWithdrawnData,
    ScorecardData,
)

CONFIG = load_config()
HOUR_0_MS = 1_790_035_200_000
"""2026-09-22T08:00 in Shanghai."""
_numbers = count(1)


@cache
def made_up() -> tuple[Output, ...]:
    """The outputs of three hours of the generator, by the shipped configuration. Events come up to
    ten minutes late, so that issues are withdrawn and scorecards corrected.
    """
    found: list[Output] = []
    until_ms = HOUR_0_MS + 3 * HOUR_MS
    generator = Generator(7, start_ms=HOUR_0_MS, rate_per_minute=2)
    events = list(takewhile(lambda event: to_ms(event.time) < until_ms, generator))
    random = Random(3)
    comes_ms = {event.id: to_ms(event.time) + random.randrange(600_000) for event in events}
    events.sort(key=lambda event: comes_ms[event.id])
    records = (record_of(number, event) for number, event in enumerate(events, 1))
    pipeline = InProcess(CONFIG, load_scorer())
    replay(records, pipeline, CONFIG, wall_ms=until_ms, emit=found.append)
    return tuple(found)


def collected(outputs: Iterable[Output]) -> Collector:
    """A collector that has taken the outputs."""
    collector = Collector()
    for output in outputs:
        collector.add(output)
    return collector


def card(hour: int = 0, scores: tuple[int, ...] = (), **more: Any) -> Scorecard:
    """A scorecard of that hour; mean, quantiles and counts follow from the scores."""
    start_ms = HOUR_0_MS + hour * HOUR_MS
    n = len(scores)
    failed = sum(score < CONFIG.qa.pass_score for score in scores)
    none = Part(n=0, share=None)
    fields: dict[str, Any] = {
        "tenant": "",
        "group": "tenant",
        "name": "",
        "revision": 1,
        "opened": n,
        "closed": n,
        "scored": n,
        "coverage": 1.0 if n else None,
        "score": distribution({str(s): scores.count(s) for s in scores})
        if n
        else Distribution(mean=None, p10=None, p50=None, p90=None),
        "fail_rate": failed / n if n else None,
        "issues": {},
        "customer_messages": 0,
        "mood_mean": None,
        "negative": none,
        "turned": 0,
        "sustained_negative": 0,
        "first_responses": 0,
        "first_response_ms_mean": None,
        "next_responses": 0,
        "next_response_ms_mean": None,
        "agent_messages": 0,
        "empathy": none,
        "positive_language": none,
        "on_script": none,
        "agent_negative": none,
        "apologies": 0,
        "rated": 0,
        "rating_mean": None,
        "subjects": {"other": n} if n else {},
        "purposes": {"other": n} if n else {},
        "policy_version": "sla-2",
        "rules_version": CONFIG.qa.version,
        **more,
    }
    data = ScorecardData(
        window_start=from_ms(start_ms), window_end=from_ms(start_ms + HOUR_MS), **fields
    )
    subject = f"{start_ms}/{data.tenant}/{data.group}/{data.name}"
    return Scorecard(id=f"card-{next(_numbers)}", time=data.window_end, subject=subject, data=data)


def issue(
    text: str = "不归我们管", *, at_ms: int = HOUR_0_MS, to: str = "c1", **more: Any
) -> QaIssue:
    """A hit of a rule in an interaction."""
    fields: dict[str, Any] = {
        "kind": "conversation",
        "rule": "pushing_away",
        "rule_name": "Pushed away",
        "rule_name_zh": "推诿客户",
        "severity": "major",
        "points": 10,
        "speaks_of": "agent",
        "evidence": [Evidence(event_id="e1", end=len(text), text=text)],
        "decided": from_ms(at_ms),
        "rules_version": CONFIG.qa.version,
        "caused_by": ["e1"],
        **more,
    }
    return QaIssue(
        id=f"issue-{next(_numbers)}", time=from_ms(at_ms), subject=to, data=QaIssueData(**fields)
    )


def withdrawn(of: QaIssue) -> QaWithdrawn:
    """What takes an issue back."""
    data = QaWithdrawnData(
        kind=of.data.kind,
        rule=of.data.rule,
        severity=of.data.severity,
        points=of.data.points,
        speaks_of=of.data.speaks_of,
        corrects=of.id,
        rules_version=of.data.rules_version,
        caused_by=["late"],
    )
    return QaWithdrawn(id=f"w-{of.id}", time=of.time, subject=of.subject, data=data)


def summary(to: str = "c1", score: int | None = 90, revision: int = 1, **more: Any) -> Output:
    """The summary of an interaction that ended in the first hour."""
    at = from_ms(HOUR_0_MS + 60_000)
    fields: dict[str, Any] = {
        "kind": "conversation",
        "state": "closed",
        "opened": at,
        "closed": at,
        "revision": revision,
        "customer_messages": 1,
        "agent_messages": 1,
        "bot_messages": 0,
        "transfers": 0,
        "breaches": 0,
        "negative_messages": 0,
        "issues": [],
        "score": score,
        "about": "other",
        "purpose": "other",
        "policy_version": "sla-2",
        "rules_version": CONFIG.qa.version,
        "caused_by": [],
        **more,
    }
    return InteractionSummary(
        id=f"summary-{next(_numbers)}", time=at, subject=to, data=SummaryData(**fields)
    )


class Parsed(HTMLParser):
    """A page as a browser reads it: elements, their attributes, and the text in them."""

    void = frozenset({"meta", "br"})

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.cells: list[list[str]] = []
        """The rows of all tables."""
        self.cards: dict[str, str] = {}
        """The key figures by their names."""
        self._open: list[str] = []
        self._card = ""
        self.feed(source)
        self.close()
        assert not self._open, f"left open: {self._open}"

    @property
    def text(self) -> str:
        """All text, without the style."""
        return " ".join(self.texts)

    def row(self, name: str) -> list[str]:
        """The first row of a table that begins with the name."""
        return next(row for row in self.cells if row and row[0].strip() == name)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag == "tr":
            self.cells.append([])
        elif tag in ("td", "th"):
            self.cells[-1].append("")
        if tag not in self.void:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        self.texts.append(data)
        if "td" in self._open or "th" in self._open:
            self.cells[-1][-1] += data
        elif self._open[-2:] == ["div", "span"]:
            self._card = data
        elif self._open[-2:] == ["div", "strong"]:
            self.cards[self._card] = data
