"""Reaching every field of a JSON document by its path."""

import copy
from collections.abc import Iterator
from typing import Any


def field_paths(part: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every field, those of the whole objects among them."""
    for name, value in part.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from field_paths(value, (*path, name))


def with_field(document: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The document with the value at that path; the original stays as it is."""
    if not path:
        return copy.deepcopy(value)
    changed = copy.deepcopy(document)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed
