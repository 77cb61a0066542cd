"""Writes `state_v1.jsonl`: a checkpoint as a worker of this version leaves it, the events that come
after it, and what an engine that went on from it said. `python -m tests.golden.make_state_v1`

Once a version is released its file never changes: it stands for what lies in users' changelogs.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from itertools import islice
from pathlib import Path

import orjson

from agents.settings import load_config
from kefu.generator import Generator
from kefu.ticks import final_tick, tick_before
from pipeline.config import EngineConfig
from pipeline.engine import Engine
from pipeline.qa.language.rule_set import load_rules
from pipeline.sla_file import parse_sla
from schemas.codec import decode, encode, to_ms
from schemas.events import AgentPresence, Event
from schemas.outputs import Duplicate, Output, QaFacts
from tests.unit.builders import SIMPLE_SLA

TARGET = Path(__file__).with_name("state_v1.jsonl")
START_MS = 1_772_413_200_000
BEFORE, AFTER = 400, 200
RULES = """\
version: pinned-1
pass_score: 60
rules:
  - id: cold
    name: Cold answer
    name_zh: 生硬回答
    severity: major
    points: 10
    speaks_of: agent
    when: {keywords: {any: [没办法, 不知道, 稍等]}, who: agent}
    examples:
      hit: [["agent: 没办法"], ["agent: 不知道"], ["agent: 请稍等"]]
      miss: [["agent: 您好"], ["agent: 好的"], ["customer: 没办法"]]
"""


def config() -> EngineConfig:
    """Policies and rules that no later edit of the shipped ones changes."""
    return replace(
        load_config(),
        sla=parse_sla(SIMPLE_SLA, "simple.yaml"),
        qa=load_rules(RULES, "pinned.yaml"),
    )


def said(engine: Engine, events: list[Event]) -> list[str]:
    """What the engine says of the events; facts carry counts of word lists, which may be edited."""
    out: list[Output] = []
    for event in events:
        out += engine.advance(tick_before(to_ms(event.time)))
        out += engine.feed(event)
    out += engine.advance(final_tick(to_ms(events[-1].time), config()))
    return [encode(o).decode() for o in out if not isinstance(o, QaFacts | Duplicate)]


def restored(lines: list[bytes]) -> tuple[Engine, list[Event], list[str]]:
    """The engine of a stored checkpoint, the events after it, and what was said of them."""
    stored = [orjson.loads(line) for line in lines]
    engine = Engine(config(), origin="stored")
    records = {s["key"]: base64.b64decode(s["record"]) for s in stored if "key" in s}
    (partition,) = (base64.b64decode(s["partition"]) for s in stored if "partition" in s)
    engine.restore(partition, records)
    events = [decode(s["event"].encode()).event for s in stored if "event" in s]
    return engine, events, [s["said"] for s in stored if "said" in s]


def main() -> None:
    """Write the file."""
    stream = Generator(3, start_ms=START_MS, rate_per_minute=20.0)
    events = list(islice((e for e in stream if not isinstance(e, AgentPresence)), BEFORE + AFTER))
    engine = Engine(config(), origin="stored")
    for event in events[:BEFORE]:
        engine.advance(tick_before(to_ms(event.time)))
        engine.feed(event)
    lines: list[dict[str, str]] = [
        {"key": key, "record": base64.b64encode(record).decode()}
        for key, record in sorted(engine.take_changes())
        if record is not None
    ]
    lines.append({"partition": base64.b64encode(engine.encode_partition()).decode()})
    lines += [{"event": encode(event).decode()} for event in events[BEFORE:]]
    again, after, _ = restored([orjson.dumps(line) for line in lines])
    lines += [{"said": line} for line in said(again, after)]
    TARGET.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))


if __name__ == "__main__":
    main()
