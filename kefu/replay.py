"""Runs the engine in process over a file of conversations: no broker, the same outputs."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from agents.dead_letters import dead_letter
from kefu.sources import SourceRecord
from kefu.ticks import final_tick, is_ahead, tick_before
from pipeline.config import EngineConfig
from pipeline.engine import Engine
from pipeline.ids import output_id
from pipeline.scorecards import Scorecards
from pipeline.sentiment.scorer import Scorer
from schemas.codec import InvalidEvent, decode, encode, to_ms
from schemas.events import Event, Tick
from schemas.outputs import DeadLetter, Duplicate, Output, QaFacts
from schemas.topics import (
    DEAD_LETTERS,
    ENRICHED,
    INTERACTIONS,
    QA_ISSUES,
    SCORECARDS,
    SLA,
    TOPIC_OF_TYPE,
)

FILES = {
    ENRICHED.name: "enriched.jsonl",
    SLA.name: "sla.jsonl",
    QA_ISSUES.name: "qa_issues.jsonl",
    SCORECARDS.name: "scorecards.jsonl",
    INTERACTIONS.name: "interactions.jsonl",
    DEAD_LETTERS.name: "dead_letters.jsonl",
}
ORIGIN = "replay"


class InProcess:
    """The whole pipeline in one process: one engine, and the scorecards behind it."""

    def __init__(self, config: EngineConfig, scorer: Scorer | None) -> None:
        self.engine = Engine(config, origin=ORIGIN, scorer=scorer)
        self._scorecards = Scorecards(config, frozenset({ORIGIN}))

    def feed(self, event: Event) -> list[Output]:
        """Feed one event or tick; facts have become scorecards in what is returned."""
        return self._regroup(self.engine.feed(event))

    def advance(self, now_ms: int) -> list[Output]:
        """Tell the time."""
        return self._regroup(self.engine.advance(now_ms))

    def _regroup(self, outputs: Iterable[Output]) -> list[Output]:
        regrouped: list[Output] = []
        for output in outputs:
            if isinstance(output, QaFacts):
                regrouped.extend(self._scorecards.feed(output))
            else:
                regrouped.append(output)
        return regrouped


class OutputFiles:
    """The output files of a replay; written beside and renamed, so that none is ever half."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._open: dict[str, BinaryIO] = {}

    def __enter__(self) -> "OutputFiles":
        self._open = {
            topic: (self._folder / f"{name}.part").open("wb") for topic, name in FILES.items()
        }
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for topic, file in self._open.items():
            file.close()
            part = self._folder / f"{FILES[topic]}.part"
            if kind is None:
                part.replace(self._folder / FILES[topic])
            else:
                part.unlink(missing_ok=True)

    def write(self, output: Output) -> None:
        """Write one output as a line of its file."""
        if not isinstance(output, Duplicate):
            topic = TOPIC_OF_TYPE[str(output.__struct_config__.tag)].name
            self._open[topic].write(encode(output) + b"\n")


class Totals:
    """What a replay counts. `events_in` is every record of the source, broken ones included."""

    def __init__(self) -> None:
        self.events_in = 0
        self.duplicates = 0
        self.by_type: Counter[str] = Counter()

    def add(self, output: Output) -> None:
        """Count one output."""
        if isinstance(output, Duplicate):
            self.duplicates += 1
        else:
            self.by_type[str(output.__struct_config__.tag)] += 1

    def result(self) -> dict[str, int]:
        """The counts under the names of the command's JSON result."""
        return {
            "events_in": self.events_in,
            "enriched": self.by_type["kefu.message.enriched"],
            "breaches": self.by_type["kefu.sla.breached"],
            "corrections": self.by_type["kefu.sla.corrected"],
            "qa_issues": self.by_type["kefu.qa.issue"],
            "scorecards": self.by_type["kefu.qa.scorecard"],
            "interactions": self.by_type["kefu.interaction.summary"],
            "dead_letters": self.by_type["kefu.dead_letter"],
            "duplicates": self.duplicates,
        }


def replay(
    records: Iterable[SourceRecord],
    pipeline: InProcess,
    config: EngineConfig,
    *,
    wall_ms: int,
    emit: Callable[[Output], None],
) -> int:
    """Feed the records of a source, with ticks of their own time, and emit what follows.

    Returns how many records there were. `wall_ms` bounds what is believed of the data's times.
    """
    count = 0
    last_ms: int | None = None
    for record in records:
        count += 1
        try:
            event = _event(record)
            time_ms = to_ms(event.time)
            if not is_ahead(time_ms, wall_ms, config):
                for output in pipeline.advance(tick_before(time_ms)):
                    emit(output)
                if not isinstance(event, Tick):
                    last_ms = max(last_ms or 0, time_ms)
            for output in pipeline.feed(event):
                emit(output)
        except InvalidEvent as invalid:
            emit(_dead_letter(record, invalid))
    if last_ms is not None:
        for output in pipeline.advance(final_tick(last_ms, config)):
            emit(output)
    return count


def _event(record: SourceRecord) -> Event:
    if record.problem is not None:
        raise record.problem
    if record.event is not None:
        return record.event
    return decode(record.raw).event


def _dead_letter(record: SourceRecord, invalid: InvalidEvent) -> DeadLetter:
    """Coordinates of a file: its topic, partition 0, and the line as the offset."""
    value = record.raw
    if value is None and record.event is not None:
        value = encode(record.event)
    letter = dead_letter(
        invalid,
        topic=record.topic,
        partition=0,
        offset=record.line,
        key=record.key.encode("utf-8", "replace"),
        value=value,
        time_ms=0 if record.event is None else to_ms(record.event.time),
    )
    if record.event is not None:  # one line may hold several events
        letter.id = output_id("dead_letter", record.topic, str(record.line), record.event.id)
    return letter
