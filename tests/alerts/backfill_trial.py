"""A day's worth of recovered consultations is backfilled into live traffic, in process: what the
workers' pages show meanwhile, and which alerts Prometheus would raise.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from functools import cache
from itertools import count, takewhile
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from prometheus_client import CollectorRegistry

from agents.changelog import Checkpoint
from agents.export import Exporter
from agents.settings import load_config, load_labels
from agents.task import Task
from kefu.generator import Generator
from pipeline.engine import Engine
from pipeline.scorecards import Scorecards
from schemas.codec import encode, from_ms, to_ms
from schemas.events import AgentPresence, Event, Tick
from schemas.outputs import Output, QaFacts
from schemas.topics import INPUTS, TOPIC_OF_TYPE
from tests.alerts.rule_files import RULES, load, rules, selectors
from tests.unit.builders import START_MS, agent, closed, customer, opened, presence

HOUR_MS = 3_600_000
OLD_MS = 22 * HOUR_MS
"""How long ago the recovered consultations began: their clocks of a day do not fall due now."""
MINUTES = 45
BACKFILL_AT_S = 1_500
BACKFILL_TAKES_S = 20
CONFIRM_S = 5
SCRAPE_S = 15
QUEUES = ("sales", "tech", "complaints", "vip")
LIVE_EVERY_S = 20
AGENTS = 8
RECOVERED = 400

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class Trial(NamedTuple):
    """What was seen: the page at each scrape, all outputs, and how many events were backfilled."""

    scrapes: list[Samples]
    outputs: list[Output]
    backfilled: int


def live_events() -> list[Event]:
    """What happens while the trial runs: all customers are answered at once, nobody is paged."""
    events: list[Event] = []
    for queue in QUEUES:
        for number in range(AGENTS):
            at_work = presence(0, f"{queue}-{number}", "busy")
            at_work.data.queue = queue
            events.append(at_work)
    for number, at in enumerate(range(1, MINUTES * 60 - 30, LIVE_EVERY_S)):
        for queue in QUEUES:
            name, place = f"{queue}-{number}", {"queue": queue, "channel": "web"}
            events.append(opened(at, to=name, **place))
            events.append(customer(at + 1, to=name, **place))
            events.append(agent(at + 9, to=name, agent_id=f"{queue}-1"))
            events.append(closed(at + 21, to=name))
    return sorted(events, key=lambda event: event.time)


def recovered_events() -> list[Event]:
    """Whole consultations of the day before, in the order in which `kefu backfill` writes them."""
    by_subject: dict[str, list[Event]] = {}
    made = Generator(32, start_ms=START_MS - OLD_MS, rate_per_minute=20)
    for event in takewhile(lambda e: to_ms(e.time) < START_MS - OLD_MS // 2, made):
        if not isinstance(event, AgentPresence):
            by_subject.setdefault(event.subject, []).append(event)
    return [event for events in list(by_subject.values())[:RECOVERED] for event in events]


class Pipeline:
    """One partition of each input topic, and the scorecards behind them, with their metrics."""

    def __init__(self) -> None:
        config = load_config()
        self._now_ms = START_MS
        self.exporter = Exporter(
            CollectorRegistry(), config, load_labels(), wall=lambda: self._now_ms / 1000
        )
        self.outputs: list[Output] = []
        self._offsets = count()
        self._tasks = {
            topic.name: Task(topic.name, 0, Engine(config, origin=f"{topic.name}/0"), Checkpoint())
            for topic in INPUTS
        }
        self._scorecards = Scorecards(config, frozenset(f"{name}/0" for name in self._tasks))
        self.exporter.rebalanced(len(self._tasks))

    def feed(self, event: Event) -> None:
        """One event comes."""
        task = self._tasks[TOPIC_OF_TYPE[str(event.__struct_config__.tag)].name]
        key, value = event.subject.encode(), encode(event)
        task.process(next(self._offsets), key, value, self._now_ms, poisoned=False)

    def tick(self, now_ms: int) -> None:
        """A tick comes everywhere."""
        self._now_ms = now_ms
        value = encode(Tick(id=str(now_ms), source="t", time=from_ms(now_ms), subject="t"))
        for task in self._tasks.values():
            task.process(next(self._offsets), None, value, now_ms, poisoned=False)

    def confirm(self) -> None:
        """What has come out is counted, and the state is shown."""
        for task in self._tasks.values():
            sent = task.take_outputs()
            self.exporter.sent(task, sent)
            windows = [w for f in sent if isinstance(f, QaFacts) for w in self._scorecards.feed(f)]
            self.exporter.outputs(windows, 0)
            self.outputs += [*sent, *windows]
            self.exporter.show(task, 0)

    def scrape(self) -> Samples:
        """The samples that the alert rules ask for."""
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in self.exporter.metrics.collect()
            for sample in family.samples
            if sample.name in asked_for()
        }


@cache
def asked_for() -> frozenset[str]:
    """The names of the samples that the rules ask for."""
    return frozenset(s.name for rule in rules() for s in selectors(rule["expr"]))


def run_trial(recovered: Iterable[Event]) -> Trial:
    """Live traffic with these events backfilled into it, as fast as Kafka takes them."""
    pipeline = Pipeline()
    old, live = list(recovered), live_events()
    live.reverse()
    per_s = -(-len(old) // BACKFILL_TAKES_S)
    scrapes = []
    for second in range(MINUTES * 60):
        now_ms = START_MS + second * 1000
        pipeline.tick(now_ms)
        while live and to_ms(live[-1].time) < now_ms + 1000:
            pipeline.feed(live.pop())
        begin = max(0, second - BACKFILL_AT_S) * per_s
        for event in old[begin : begin + per_s] if second >= BACKFILL_AT_S else ():
            pipeline.feed(event)
        if begin in range(1, len(old)) or second % CONFIRM_S == 0:
            pipeline.confirm()
        if second % SCRAPE_S == 0:
            scrapes.append(pipeline.scrape())
    return Trial(scrapes, pipeline.outputs, len(old))


# --- Prometheus ----------------------------------------------------------------------------------


def firing(scrapes: list[Samples], folder: Path) -> dict[str, int]:
    """In how many of the trial's minutes each alert fires, as promtool says."""
    names = dict.fromkeys(name for scrape in scrapes for name in scrape)
    series = [
        {"series": _selector(*name), "values": _values([scrape.get(name) for scrape in scrapes])}
        for name in names
    ]
    series.append({"series": 'up{job="kefu-worker",instance="w"}', "values": f"1x{len(scrapes)}"})
    groups = [group["name"] for path in reversed(RULES) for group in load(path)["groups"]]
    asked = 'count by (alertname) (ALERTS{alertstate="firing",alertname!="Watchdog"})'
    document: dict[str, Any] = {
        "rule_files": [str(path) for path in RULES],
        "evaluation_interval": f"{SCRAPE_S}s",
        "group_eval_order": sorted(groups, key=lambda name: not name.startswith("kefu-t")),
        "tests": [
            {
                "interval": f"{SCRAPE_S}s",
                "input_series": series,
                "promql_expr_test": [
                    {"expr": asked, "eval_time": f"{minute}m"} for minute in range(1, MINUTES)
                ],
            }
        ],
    }
    path = folder / "trial.yml"
    path.write_text(yaml.safe_dump(document, width=10_000), encoding="utf-8")
    done = subprocess.run(
        ["promtool", "test", "rules", str(path)], capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert "parse error" not in said, said[:2_000]
    found: dict[str, int] = {}
    for got in re.findall(r"got:(.*)", said):
        for name in re.findall(r'alertname="(\w+)"', got):
            found[name] = found.get(name, 0) + 1
    return found


def _selector(name: str, labels: tuple[tuple[str, str], ...]) -> str:
    pairs = (*labels, ("job", "kefu-worker"), ("instance", "w"))
    inside = ",".join(f'{label}="{value}"' for label, value in pairs)
    return f"{name}{{{inside}}}"


def _values(values: list[float | None]) -> str:
    """As promtool writes them; runs of the same value as one."""
    parts: list[str] = []
    begin = 0
    for place in range(1, len(values) + 1):
        if place == len(values) or values[place] != values[begin]:
            value = values[begin]
            times = place - begin - 1
            parts.append(f"_x{times + 1}" if value is None else f"{value!r}x{times}")
            begin = place
    return " ".join(parts)
