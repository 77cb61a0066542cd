"""The final truth of the clocks as the engine's outputs tell it, and what the oracle says it is."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from pipeline.clocks.instance import ALARMS
from pipeline.clocks.pleasantries import is_closing_pleasantry
from pipeline.config import EngineConfig
from pipeline.engine import Engine
from pipeline.ids import event_digest, output_id
from pipeline.policies import PolicyKey
from pipeline.sentiment.scorer import Scorer
from schemas.events import CallEvent, Event
from schemas.outputs import Output, QaFacts, SlaBreached, SlaCorrected, SlaMet
from tests.oracle_calendar import open_intervals
from tests.oracle_clocks import Target, Truth, talk_ms, truths
from tests.quality_truth import QualityTold

COUNTS = ("asked", "first_responses", "first_response_ms_sum", "next_responses")
COUNTS += ("next_response_ms_sum", "answered", "wait_ms_sum", "abandoned", "handled", "talk_ms_sum")


class Said(NamedTuple):
    """The newest statement of one instance."""

    outcome: str
    elapsed_ms: int


class Run:
    """An engine and everything that it has said; `facts` adds up what the tallies carried."""

    def __init__(self, config: EngineConfig, scorer: Scorer | None = None) -> None:
        self.config = config
        self.scorer = scorer
        self.engine = Engine(config, origin="test", scorer=scorer)
        self.quality = QualityTold()
        self.said: dict[str, Said] = {}
        self.ids: list[str] = []
        self.outputs: list[Output] = []
        self.facts: Counter[str] = Counter()

    def step(self, step: Event | int) -> None:
        """Feed an event or tell the time."""
        if isinstance(step, int):
            self._take(self.engine.advance(step))
        else:
            self._take(self.engine.feed(step))

    def restore(self) -> None:
        """Go on with a new engine from this one's checkpoint."""
        records = {key: value for key, value in self.engine.take_changes() if value is not None}
        self._kept = {**getattr(self, "_kept", {}), **records}
        engine = Engine(self.config, origin="test", scorer=self.scorer)
        engine.restore(self.engine.encode_partition(), self._kept)
        self.engine = engine

    def _take(self, outputs: tuple[Output, ...]) -> None:
        self.quality.take(outputs)
        for output in outputs:
            self.outputs.append(output)
            if isinstance(output, SlaMet | SlaBreached | SlaCorrected):
                self.said[output.data.clock_id] = Said(output.data.outcome, output.data.elapsed_ms)
                self.ids.append(output.id)
            elif isinstance(output, QaFacts) and output.data.tally is not None:
                for name in COUNTS:
                    self.facts[name] += getattr(output.data.tally, name)


_SPAN_MS = (1_767_200_400_000, 1_830_272_400_000)
"""2026 and 2027: where the made interactions lie, and as far ahead as a deadline is looked for."""
_open_spans: dict[tuple[int, str], list[tuple[int, int]]] = {}


def _open(config: EngineConfig, name: str, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """What the slow calendar oracle says, asked once for the whole span."""
    spans = _open_spans.get((id(config), name))
    if spans is None:
        spec = config.sla.calendars[name]
        spans = open_intervals(spec, config.sla.timezone, *_SPAN_MS)
        _open_spans[id(config), name] = spans
    assert _SPAN_MS[0] <= start_ms
    first = bisect_right(spans, start_ms, key=lambda span: span[1])
    last = bisect_left(spans, end_ms, key=lambda span: span[0])
    return [(max(a, start_ms), min(b, end_ms)) for a, b in spans[first:last]]


def expected(events: list[Event], config: EngineConfig, last_tick_ms: int) -> dict[str, Truth]:
    """The oracle's truth of one interaction, by the engine's name of each instance."""
    first = events[0]
    kind = "call" if isinstance(first, CallEvent) else "conversation"

    def target_of(clock: str, dims: dict[str, str | None]) -> Target | None:
        key = PolicyKey(*(dims.get(name) for name in PolicyKey._fields))
        target = config.sla.policies.judge(key).get(clock)
        if target is None:
            return None
        name = None if target.calendar is None else target.calendar.name
        return Target(target.target_ms, target.warnings_ms, name, target.pauses)

    def intervals(name: str, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
        return _open(config, name, start_ms, end_ms)

    def pleasantry(text: str | None) -> bool:
        words = config.sla.closing_pleasantries.words
        return text is not None and is_closing_pleasantry(text, words)

    found = truths(
        events,
        last_tick_ms=last_tick_ms,
        target_of=target_of,
        open_intervals=intervals,
        is_pleasantry=pleasantry,
    )
    return {
        output_id(
            "clock",
            kind,
            first.subject,
            truth.clock,
            event_digest(truth.start_source, truth.start_id).hex(),
        ): truth
        for truth in found
    }


def differences(said: dict[str, Said], truth: dict[str, Truth]) -> list[str]:
    """Where what was said last is not what is true; empty when all is well."""
    wrong = []
    for name in said.keys() | truth.keys():
        told, true = said.get(name), truth.get(name)
        if not _agree(told, true):
            wrong.append(f"said {told}, true {true}")
    return wrong


def _agree(told: Said | None, true: Truth | None) -> bool:
    if true is None or true.target_ms is None:
        return told is None or told.outcome == "cancelled"
    match true.outcome:
        case "met":
            if told is None:
                return true.clock in ALARMS
            return told == Said("met", true.elapsed_ms)
        case "breached":
            return told == Said("breached", true.target_ms)
    return told is None or told.outcome == true.outcome


def counts_of(truth: Iterable[Truth], events: list[Event]) -> Counter[str]:
    """What the tallies of one interaction add up to, by the oracle."""
    counts: Counter[str] = Counter()
    for each in truth:
        stopped = each.end == "stopped"
        if each.clock == "first_response":
            counts["asked"] += 1
        if each.clock in ("first_response", "next_response") and stopped:
            counts[f"{each.clock}s"] += 1
            counts[f"{each.clock}_ms_sum"] += each.elapsed_ms
        if each.clock == "answer":
            counts["answered"] += stopped
            counts["wait_ms_sum"] += each.elapsed_ms if stopped else 0
            counts["abandoned"] += each.abandoned
        if each.clock == "after_call_work":
            counts["handled"] += 1
            counts["talk_ms_sum"] += talk_ms(events)
    return +counts
