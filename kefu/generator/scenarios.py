"""Reads the scenario files: who says what, in which order, and what happens in between."""

from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from pipeline.config import ConfigError, Word, parse_yaml
from schemas.envelope import Priority

FOLDER = Path(__file__).parent / "scenarios"
ROLES: dict[str, Literal["customer", "agent", "bot"]] = {
    "c": "customer",
    "a": "agent",
    "b": "bot",
}
ACTIONS = {
    "picture": 0,
    "resolve": 0,
    "reopen": 0,
    "abandon": 0,
    "rate": 1,
    "hold": 1,
    "pause": 1,
    "resume": 1,
    "node": 1,
    "transfer": 1,
    "hangup": 2,
}
"""What may stand behind `!`, and how many words it needs."""


class ScenarioFile(Struct, frozen=True, forbid_unknown_fields=True):
    """One file of scenarios."""

    scenarios: Annotated[tuple["WrittenScenario", ...], Meta(min_length=1)]


class WrittenScenario(Struct, frozen=True, forbid_unknown_fields=True):
    """A scenario as it stands in a file."""

    id: Word
    queue: Word
    lines: Annotated[tuple[Word, ...], Meta(min_length=1)]
    kind: Literal["chat", "call"] = "chat"
    priority: Priority | None = None


class Line(NamedTuple):
    """Something said: one of the phrasings."""

    role: Literal["customer", "agent", "bot"]
    phrasings: tuple[str, ...]


class Action(NamedTuple):
    """Something that happens."""

    name: str
    words: tuple[str, ...]


class Scenario(NamedTuple):
    """A checked scenario."""

    id: str
    queue: str
    is_call: bool
    priority: Priority | None
    steps: tuple[Line | Action, ...]


def load_scenarios(folder: Path = FOLDER) -> tuple[Scenario, ...]:
    """Every scenario of every file, in order; raises `ConfigError` that names file and scenario."""
    found: dict[str, Scenario] = {}
    for path in sorted(folder.glob("*.yaml")):
        for written in parse_yaml(path.read_text("utf-8"), path.name, ScenarioFile).scenarios:
            if written.id in found:
                raise ConfigError(f"{path.name}: the scenario `{written.id}` stands twice")
            steps = tuple(_step(line, f"{path.name}: {written.id}") for line in written.lines)
            found[written.id] = Scenario(
                written.id, written.queue, written.kind == "call", written.priority, steps
            )
    if not found:
        raise ConfigError(f"{folder}: no scenarios")
    return tuple(found.values())


def _step(line: str, where: str) -> Line | Action:
    if line.startswith("!"):
        name, *words = line[1:].split()
        if len(words) < ACTIONS.get(name, 99):
            raise ConfigError(f"{where}: `{line}`: expected one of {', '.join(ACTIONS)}")
        return Action(name, tuple(words))
    mark, separator, text = line.partition(": ")
    if not separator or mark not in ROLES:
        raise ConfigError(f"{where}: `{line}`: expected `c: …`, `a: …`, `b: …` or `!action`")
    return Line(ROLES[mark], tuple(part.strip() for part in text.split(" | ")))
