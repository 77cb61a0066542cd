"""The engine's configuration: typed, checked once, trusted afterwards.

`parse_sla` and `parse_qa` take the text of `config/sla.yaml` and `config/qa_rules.yaml`. What is
wrong is one `ConfigError` that names file, line, key and what is allowed.
"""

import re
from typing import Annotated, Any, TypeVar

import msgspec
import yaml
from msgspec import Meta, Struct

from schemas.envelope import Label
from schemas.events import HangupCause
from schemas.outputs import Severity

MAX_CONFIG_CHARS = 4_000_000
"""A configuration file larger than this is a mistake (or an attack), not a policy."""
MAX_DEPTH = 50
"""Deepest nesting of a configuration file; ours has four levels."""

PositiveSeconds = Annotated[float, Meta(gt=0, le=31_536_000)]
PositiveHours = Annotated[float, Meta(gt=0, le=8_760)]
Word = Annotated[str, Meta(min_length=1, max_length=200)]
Words = Annotated[tuple[Word, ...], Meta(min_length=1, max_length=2_000)]
Points = Annotated[int, Meta(ge=0, le=100)]
Turns = Annotated[int, Meta(ge=1, le=100)]


class ConfigError(ValueError):
    """A configuration file that cannot be used: file, line, key and what was expected."""


class ClockPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """The target of one clock in seconds, and at which share of it a warning is given."""

    target_seconds: PositiveSeconds
    warn_share: Annotated[float, Meta(gt=0, le=1)] = 0.8

    @property
    def target_ms(self) -> int:
        """The target in milliseconds."""
        return round(self.target_seconds * 1000)

    @property
    def warn_ms(self) -> int:
        """How long a wait lasts before the warning, in milliseconds."""
        return round(self.target_seconds * self.warn_share * 1000)


class Clocks(Struct, frozen=True, forbid_unknown_fields=True):
    """One policy for each clock."""

    first_response: ClockPolicy
    next_response: ClockPolicy
    answer: ClockPolicy


class SlaPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`config/sla.yaml`; the comments in that file say what each key means."""

    version: Label
    clocks: Clocks
    closing_pleasantries: frozenset[Word] = frozenset()
    reopen_window_hours: PositiveHours = 24.0
    idle_expiry_hours: PositiveHours = 72.0
    future_tolerance_seconds: PositiveSeconds = 300.0
    allowed_lateness_seconds: PositiveSeconds = 120.0


class Rule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every quality rule says of itself."""

    name: Label
    name_zh: Label
    severity: Severity
    points: Points


class WithinTurns(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of the words must be said within so many agent messages."""

    any_of: Words
    within_turns: Turns


class NeverSaid(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """None of the words may be said."""

    any_of: Words


class WithinSeconds(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """After one of the words an answer must come within so many seconds."""

    any_of: Words
    within_seconds: PositiveSeconds


class HangUp(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The causes that make a hang-up abnormal."""

    causes: Annotated[frozenset[HangupCause], Meta(min_length=1)]


class QaRules(Struct, frozen=True, forbid_unknown_fields=True):
    """`config/qa_rules.yaml`; the comments in that file say what each key means."""

    version: Label
    greeting: WithinTurns
    forbidden_words: NeverSaid
    no_apology: WithinTurns
    asked_for_human: WithinSeconds
    abnormal_hang_up: HangUp
    pass_score: Annotated[int, Meta(ge=0, le=100)] = 60


class EngineConfig(Struct, frozen=True):
    """Everything an engine is configured with."""

    sla: SlaPolicy
    qa: QaRules


def parse_sla(text: str, filename: str) -> SlaPolicy:
    """Parse `config/sla.yaml`; raises `ConfigError`."""
    return parse_yaml(text, filename, SlaPolicy)


def parse_qa(text: str, filename: str) -> QaRules:
    """Parse `config/qa_rules.yaml`; raises `ConfigError`."""
    return parse_yaml(text, filename, QaRules)


T = TypeVar("T")


class _Reader:
    """Turns YAML nodes into plain values and remembers the line of each path.

    Works on the node tree, so that duplicate keys are refused before any value is built. Anchors
    that multiply (a "billion laughs") and depth are refused before there is a tree.
    """

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.lines: dict[str, int] = {"$": 1}

    def refuse(self, node: yaml.Node, what: str) -> ConfigError:
        """An error that points at the node."""
        return ConfigError(f"{self.filename}:{node.start_mark.line + 1}: {what}")

    def value(self, node: yaml.Node, path: str = "$") -> Any:
        """The plain value of a node."""
        self.lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, f"{path}[{index}]") for index, item in enumerate(node.value)]
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind == "timestamp":
            return node.value
        if kind not in ("str", "int", "float", "bool", "null"):
            raise self.refuse(
                node, "only text, numbers, true and false, lists and maps are allowed"
            )
        try:
            return _SCALARS.construct_object(node)
        except (yaml.YAMLError, ValueError):
            raise self.refuse(node, f"not a valid {kind}") from None

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or not isinstance(key_node.value, str):
                raise self.refuse(key_node, "a key must be a plain word")
            key = key_node.value
            if key in result:
                raise self.refuse(key_node, f"the key `{key}` stands twice")
            result[key] = self.value(value_node, f"{path}.{key}")
            self.lines[f"{path}.{key}"] = key_node.start_mark.line + 1
        return result


_SCALARS = yaml.SafeLoader("")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*?)`")


def parse_yaml(text: str, filename: str, cls: type[T]) -> T:
    """Turn YAML text into a checked struct; raises `ConfigError` with file, line and key."""
    if len(text) > MAX_CONFIG_CHARS:
        raise ConfigError(f"{filename}: {len(text)} characters, at most {MAX_CONFIG_CHARS}")
    try:
        _check_shape(text, filename)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "unreadable character"
        raise ConfigError(f"{filename}{line}: not YAML: {problem}") from None
    if node is None:
        raise ConfigError(f"{filename}: the file is empty")
    reader = _Reader(filename)
    value = reader.value(node)
    try:
        return msgspec.convert(value, cls)
    except msgspec.ValidationError as error:
        raise _explain(str(error), reader, cls) from None


def _check_shape(text: str, filename: str) -> None:
    """Refuse aliases and depth at the first one: what comes after may take minutes to parse."""
    depth = 0
    for event in yaml.parse(text):
        mark = event.start_mark
        where = f"{filename}:{mark.line + 1}" if mark else filename
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError(f"{where}: aliases (*name) are not allowed")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise ConfigError(f"{where}: nested deeper than {MAX_DEPTH}")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _explain(message: str, reader: _Reader, cls: type[Any]) -> ConfigError:
    what, _, where = message.partition(" - at `")
    path = where.rstrip("`") or "$"
    unknown = _UNKNOWN.match(what)
    if unknown:
        line = reader.lines.get(f"{path}.{unknown.group(1)}", reader.lines.get(path, 1))
        what = f"unknown key `{unknown.group(1)}`; allowed: {', '.join(_fields_at(cls, path))}"
    else:
        known = path
        while known not in reader.lines and known != "$":
            known = re.sub(r"(\.[^.\[]*|\[[^\]]*\])$", "", known) or "$"
        line = reader.lines.get(known, 1)
        what = what[0].lower() + what[1:]
    return ConfigError(f"{reader.filename}:{line}: {path}: {what}")


def _fields_at(cls: type[Any], path: str) -> tuple[str, ...]:
    current: Any = cls
    for part in re.findall(r"\.([^.\[]+)", path):
        current = current.__annotations__.get(part, current)
    fields: tuple[str, ...] = getattr(current, "__struct_fields__", ())
    return fields
