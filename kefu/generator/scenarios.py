"""Reads the scenario files: who says what, in which order, and what happens in between.

Everything that can be wrong in a file is told when it is read, with file, scenario and line, so
that no fault waits in a stream that has run for an hour.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, get_args

from msgspec import Meta, Struct

from kefu.generator.slots import FILLERS, slots_of
from kefu.generator.staff import QUEUES
from pipeline.sla_file import Word
from pipeline.yaml_reader import ConfigError, parse_yaml
from schemas.envelope import Priority
from schemas.events import HangupCause, Node, Party, PauseReason

FOLDER = Path(__file__).parent / "scenarios"
Speaker = Literal["customer", "agent", "bot", "auto", "note"]
"""`auto` is an automatic reply in an agent's name, `note` a note that only agents see."""
SPEAKERS: Mapping[str, Speaker] = {
    "c": "customer",
    "a": "agent",
    "b": "bot",
    "r": "auto",
    "n": "note",
}
CALL_SPEAKERS = ("customer", "agent", "bot")

Kind = Literal["chat", "call"]
SECONDS = tuple(str(number) for number in range(1, 601))
_REASONS, _CAUSES, _PARTIES = get_args(PauseReason), get_args(HangupCause), get_args(Party)
ACTIONS: Mapping[Kind, Mapping[str, tuple[Iterable[str], ...]]] = {
    "chat": {
        "picture": (),
        "resolve": (),
        "reopen": (),
        "close": (),
        "rate": (("1", "2", "3", "4", "5"),),
        "pause": (_REASONS,),
        "resume": (_REASONS,),
        "node": (get_args(Node),),
        "transfer": (("warm", "blind"),),
        "requeue": (QUEUES,),
    },
    "call": {
        "abandon": (),
        "hold": (SECONDS,),
        "transfer": (("warm", "blind"),),
        "hangup": (_CAUSES, _PARTIES),
    },
}
"""What may stand behind `!` in chats and in calls, and which words each place allows."""


class ScenarioFile(Struct, frozen=True, forbid_unknown_fields=True):
    """One file of scenarios."""

    scenarios: Annotated[tuple["WrittenScenario", ...], Meta(min_length=1)]


class WrittenScenario(Struct, frozen=True, forbid_unknown_fields=True):
    """A scenario as it stands in a file."""

    id: Word
    queue: Word
    lines: Annotated[tuple[Word, ...], Meta(min_length=1)]
    kind: Kind = "chat"
    priority: Priority | None = None
    at_night: bool = False


class Line(NamedTuple):
    """Something said: one of the phrasings."""

    speaker: Speaker
    phrasings: tuple[str, ...]


class Action(NamedTuple):
    """Something that happens."""

    name: str
    words: tuple[str, ...]


ABANDON = Action("abandon", ())
CLOSE = Action("close", ())


class Scenario(NamedTuple):
    """A checked scenario; `at_night`: it happens only outside the hours of service."""

    id: str
    queue: str
    is_call: bool
    priority: Priority | None
    at_night: bool
    steps: tuple[Line | Action, ...]


def load_scenarios(folder: Path = FOLDER) -> tuple[Scenario, ...]:
    """Every scenario of every file, in order; raises `ConfigError` that names file and scenario."""
    found: dict[str, Scenario] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"{path.name}: cannot be read as UTF-8 text") from None
        for written in parse_yaml(text, path.name, ScenarioFile).scenarios:
            if written.id in found:
                raise ConfigError(f"{path.name}: the scenario `{written.id}` stands twice")
            found[written.id] = _scenario(written, f"{path.name}: {written.id}")
    if not found:
        raise ConfigError(f"{folder}: no scenarios")
    return tuple(found.values())


def _scenario(written: WrittenScenario, where: str) -> Scenario:
    if written.queue not in QUEUES:
        raise ConfigError(f"{where}: queue `{written.queue}`: expected one of {', '.join(QUEUES)}")
    steps = tuple(_step(line, written.kind, where) for line in written.lines)
    if ABANDON in steps and len(steps) > 1:
        raise ConfigError(f"{where}: `!abandon`: expected no other line, for nobody answers")
    is_call = written.kind == "call"
    return Scenario(written.id, written.queue, is_call, written.priority, written.at_night, steps)


def _step(line: str, kind: Kind, where: str) -> Line | Action:
    if line.startswith("!"):
        return _action(line, kind, where)
    mark, separator, text = line.partition(": ")
    speaker = SPEAKERS.get(mark)
    if not separator or speaker is None or (kind == "call" and speaker not in CALL_SPEAKERS):
        marks = [m for m, s in SPEAKERS.items() if kind == "chat" or s in CALL_SPEAKERS]
        expected = ", ".join(f"`{m}: …`" for m in marks)
        raise ConfigError(f"{where}: `{line}`: expected {expected} or `!action`")
    phrasings = tuple(part.strip() for part in text.split("|"))
    if not all(phrasings):
        raise ConfigError(f"{where}: `{line}`: a phrasing is empty")
    unknown = sorted({slot for p in phrasings for slot in slots_of(p)} - FILLERS.keys())
    if unknown:
        raise ConfigError(
            f"{where}: `{line}`: unknown slot {', '.join(unknown)}; known: {', '.join(FILLERS)}"
        )
    return Line(speaker, phrasings)


def _action(line: str, kind: Kind, where: str) -> Action:
    name, *words = line[1:].split() or [""]
    allowed = ACTIONS[kind].get(name)
    if allowed is None:
        raise ConfigError(
            f"{where}: `{line}`: expected one of {', '.join(ACTIONS[kind])} in a {kind}"
        )
    if len(words) != len(allowed):
        raise ConfigError(f"{where}: `{line}`: expected {len(allowed)} words after `!{name}`")
    for word, choices in zip(words, allowed, strict=True):
        if word not in choices:
            shown = "1 to 600 seconds" if choices is SECONDS else ", ".join(choices)
            raise ConfigError(f"{where}: `{line}`: `{word}`: expected {shown}")
    return Action(name, tuple(words))
