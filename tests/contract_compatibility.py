"""Compares a promised JSON Schema with today's: what would break those who rely on the first?

Knows the subset of JSON Schema that `schemas.export` writes. The rule is in docs/contract.md.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

UPPER_LIMITS = ("maxLength", "maximum", "maxItems")
LOWER_LIMITS = ("minLength", "minimum", "minItems")
COMPARED = {
    *UPPER_LIMITS,
    *LOWER_LIMITS,
    *("type", "format", "const", "enum", "anyOf", "$ref", "default"),
    *("properties", "required", "items", "additionalProperties"),
}
SAYS_NOTHING = {"$schema", "$id", "$defs", "title", "description"}


def broken_promises(old: Schema, new: Schema | None, *, written_by_us: bool) -> list[str]:
    """One line per promise of `old` that `new` breaks; `new` is None where the type is gone.

    `written_by_us` marks outputs, whose readers rely on more: what was always there stays there,
    and no value appears that was not named. For inputs both would only allow writers more.
    """
    if new is None:
        return ["$: the type is gone"]
    return list(_compare("$", old, new, old, new, written_by_us))


def _compare(
    path: str, old: Schema, new: Schema, old_root: Schema, new_root: Schema, ours: bool
) -> Iterator[str]:
    olds, news = _alternatives(old, old_root), _alternatives(new, new_root)
    if olds.keys() != news.keys():
        yield f"{path}: was {_names(olds)}, is {_names(news)}"
        return
    if "default" in old and old["default"] != new.get("default"):
        # What is left out means something else.
        yield f"{path}: default was {old['default']}, is {new.get('default')}"
    for word in sorted({*new}.union(*news.values()) - COMPARED - SAYS_NOTHING):
        yield f"{path}: `{word}` may forbid what was allowed: teach the comparer about it"
    for kind, before in olds.items():
        after = news[kind]
        yield from _closed(path, before, after)
        yield from _values(path, before, after, ours)
        yield from _limits(path, before, after)
        yield from _required(path, before, after, ours)
        for inner, was, now in _children(before, after):
            if now is None:
                yield f"{path}.{inner}: removed"
            else:
                yield from _compare(f"{path}.{inner}", was, now, old_root, new_root, ours)


def _alternatives(schema: Schema, root: Schema) -> dict[str, Schema]:
    """What a value may be: a schema by the name of its JSON type."""
    found = {}
    for part in schema.get("anyOf", [schema]):
        if "$ref" in part:
            part = root["$defs"][part["$ref"].removeprefix("#/$defs/")]
        found[_kind(part)] = part
    return found


def _kind(part: Schema) -> str:
    # Values are named without a type, and all of ours are strings.
    kind = part.get("type", "string" if _named_values(part) is not None else "any")
    return f"{kind} ({part['format']})" if "format" in part else str(kind)


def _named_values(part: Schema) -> set[Any] | None:
    if "const" in part:
        return {part["const"]}
    return set(part["enum"]) if "enum" in part else None


def _names(alternatives: Schema) -> str:
    return " or ".join(sorted(alternatives))


def _closed(path: str, before: Schema, after: Schema) -> Iterator[str]:
    was, now = (schema.get("additionalProperties", True) for schema in (before, after))
    if was is True and now is not True:
        yield f"{path}: unknown fields are no longer all allowed"


def _values(path: str, before: Schema, after: Schema, ours: bool) -> Iterator[str]:
    was, now = _named_values(before), _named_values(after)
    if now is not None and (was is None or was - now):
        yield f"{path}: values removed: {sorted((was or {'any'}) - now)}"
    if ours and was is not None and (now is None or now - was):
        yield f"{path}: values added: {sorted((now or {'any'}) - was)}"


def _limits(path: str, before: Schema, after: Schema) -> Iterator[str]:
    for limit in UPPER_LIMITS:
        if limit in after and after[limit] < before.get(limit, float("inf")):
            yield f"{path}: {limit} tightened to {after[limit]}"
    for limit in LOWER_LIMITS:
        if limit in after and after[limit] > before.get(limit, float("-inf")):
            yield f"{path}: {limit} tightened to {after[limit]}"


def _required(path: str, before: Schema, after: Schema, ours: bool) -> Iterator[str]:
    was, now = set(before.get("required", ())), set(after.get("required", ()))
    for name in sorted(now - was):
        yield f"{path}.{name}: newly required"
    for name in sorted(was - now) if ours else ():
        yield f"{path}.{name}: no longer always there"


def _children(before: Schema, after: Schema) -> Iterator[tuple[str, Schema, Schema | None]]:
    """Parts of a value that both schemas, or only the first, speak of."""
    for name, was in before.get("properties", {}).items():
        yield name, was, after.get("properties", {}).get(name)
    for inside in ("items", "additionalProperties"):
        if isinstance(before.get(inside), dict):
            now = after.get(inside)
            yield f"<{inside}>", before[inside], now if isinstance(now, dict) else None
