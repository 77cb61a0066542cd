"""Which licence each locked thing has, and whether kefu may use it."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from license_expression import ExpressionError, ExpressionParseError, get_spdx_licensing

from dependencies.locks import Package

FILE = Path(__file__).with_name("licences.toml")
_SPDX = get_spdx_licensing()


@dataclass(frozen=True)
class Licences:
    """SPDX expressions: of Python packages by name, of jars by Maven group."""

    allowed: frozenset[str]
    python: Mapping[str, str]
    maven: Mapping[str, str]


def read_licences(path: Path = FILE) -> Licences:
    """What the table says; its expressions are not checked here."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Licences(frozenset(table["allowed"]), table["python"], table["maven"])


def problems(
    licences: Licences,
    packages: Iterable[Package],
    groups: Iterable[str],
    stated: Mapping[tuple[str, str], str],
) -> list[str]:
    """One line for each licence that is missing, not allowed, contradicted, or of nothing locked.

    `stated`: what packages say of themselves, by name and version.
    """
    packages = tuple(packages)
    found = _uncovered("package", {p.name for p in packages}, licences.python)
    found += _uncovered("Maven group", set(groups), licences.maven)
    for name, expression in sorted({**licences.python, **licences.maven}.items()):
        if not is_allowed(expression, licences.allowed):
            found.append(f"{name}: `{expression}` is not SPDX, or not allowed")
    for package in packages:
        said = stated.get((package.name, package.version))
        ours = licences.python.get(package.name)
        if said is not None and ours is not None and not _SPDX.is_equivalent(said, ours):
            found.append(f"{package.name} {package.version} says `{said}`, the table `{ours}`")
    return found


def _uncovered(kind: str, wanted: set[str], table: Mapping[str, str]) -> list[str]:
    return [
        *(f"the {kind} {name} has no licence in {FILE.name}" for name in sorted(wanted - {*table})),
        *(f"{FILE.name}: no {kind} {name} is locked" for name in sorted({*table} - wanted)),
    ]


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Whether the expression holds with licences of that set alone; false if it is not SPDX."""
    parsed = _parsed(expression)
    return parsed is not None and _holds(parsed, allowed)


def _parsed(expression: str) -> Any:
    """The expression; None where it is not SPDX."""
    try:
        return _SPDX.parse(expression, validate=True, strict=True)
    except (ExpressionError, ExpressionParseError):
        return None


def _holds(part: Any, allowed: frozenset[str]) -> bool:
    if isinstance(part, _SPDX.AND):
        return all(_holds(each, allowed) for each in part.args)
    if isinstance(part, _SPDX.OR):
        return any(_holds(each, allowed) for each in part.args)
    return str(part) in allowed


def stated_by_installed() -> dict[tuple[str, str], str]:
    """What the packages installed here say in SPDX terms, by normalised name and version."""
    found = {}
    for package in metadata.distributions():
        fields = package.metadata.json
        text = str(fields.get("license_expression") or fields.get("license") or "")
        # The older field holds whatever its author liked: a whole licence, or "BSD".
        if text and "\n" not in text and _parsed(text) is not None:
            name = re.sub(r"[-_.]+", "-", package.name).lower()
            found[name, package.version] = text
    return found
