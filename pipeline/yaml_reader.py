"""Reads YAML that a person wrote: what is wrong is one error with file, line and key."""

import re
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
import yaml

MAX_CONFIG_CHARS = 4_000_000
"""A configuration file larger than this is a mistake (or an attack), not a policy."""
MAX_DEPTH = 50
"""Deepest nesting of a configuration file; ours has four levels."""


class ConfigError(ValueError):
    """A configuration file that cannot be used: file, line, key and what was expected."""


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
_TOKEN = re.compile(r"\.[^.\[\]]+|\[[0-9]+\]|\[\.\.\.\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*?)`")


class Document:
    """A YAML file as plain values, with the line of every key."""

    def __init__(self, text: str, filename: str) -> None:
        """Raises `ConfigError` where the text is not YAML or not of our kind."""
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
        self._reader = _Reader(filename)
        self._value = self._reader.value(node)

    def convert(self, cls: type[T]) -> T:
        """The values as a checked struct; raises `ConfigError`."""
        try:
            return msgspec.convert(self._value, cls)
        except msgspec.ValidationError as error:
            raise _explain(str(error), self._reader, cls, self._value) from None

    def error(self, path: str, what: str) -> ConfigError:
        """An error at a key such as `$.policies[2].when`, or at the nearest one that is there."""
        return ConfigError(f"{self._reader.filename}:{_line(path, self._reader)}: {path}: {what}")


def parse_yaml(text: str, filename: str, cls: type[T]) -> T:
    """Turn YAML text into a checked struct; raises `ConfigError` with file, line and key."""
    return Document(text, filename).convert(cls)


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


def _explain(message: str, reader: _Reader, kind: Any, value: Any, path: str = "$") -> ConfigError:
    """An error of msgspec about a value of that type at that path, with its line."""
    what, _, where = message.partition(" - at `")
    for part in _TOKEN.findall(where.rstrip("`")):
        kind = _inner(kind, part)
        if part == "[...]":
            break  # msgspec does not say which entry of a map
        path += part
        value = value[int(part[1:-1]) if part[0] == "[" else part[1:]]
    if "[...]" in where:
        for key, item in value.items() if isinstance(value, dict) else ():
            try:
                msgspec.convert(item, kind)
            except msgspec.ValidationError as error:
                return _explain(str(error), reader, kind, item, f"{path}.{key}")
    unknown = _UNKNOWN.match(what)
    if unknown:
        key = unknown.group(1)
        what = f"unknown key `{key}`; allowed: {', '.join(_fields(kind))}"
        line = _line(f"{path}.{key}", reader)
    else:
        line = _line(path, reader)
        what = what[0].lower() + what[1:]
        if what.startswith("invalid enum value"):
            what += f"; allowed: {', '.join(_choices(kind))}"
    return ConfigError(f"{reader.filename}:{line}: {path}: {what}")


def _alternatives(kind: Any) -> list[Any]:
    """The types that a type stands for, without annotations."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _alternatives(get_args(kind)[0])
    if origin in (Union, UnionType):
        return [one for part in get_args(kind) for one in _alternatives(part)]
    return [kind]


def _inner(kind: Any, part: str) -> Any:
    """The type of `.key`, of an item `[0]`, or of the values of a map `[...]`."""
    for one in _alternatives(kind):
        args = get_args(one)
        if part[0] == "." and _fields(one):
            return get_type_hints(one, include_extras=True)[part[1:]]
        if part[0] == "[" and args:
            return args[-1] if get_origin(one) is dict else args[0]
    return Any


def _fields(kind: Any) -> tuple[str, ...]:
    found = (getattr(one, "__struct_fields__", ()) for one in _alternatives(kind))
    return next((fields for fields in found if fields), ())


def _choices(kind: Any) -> list[str]:
    literals = (one for one in _alternatives(kind) if get_origin(one) is Literal)
    return [str(choice) for one in literals for choice in get_args(one)]


def _line(path: str, reader: _Reader) -> int:
    while path not in reader.lines and path != "$":
        path = re.sub(r"(\.[^.\[]*|\[[^\]]*\])$", "", path) or "$"
    return reader.lines.get(path, 1)
