"""The packages of a lock file as `uv pip compile --generate-hashes` writes it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHIPPED = "kefu (pyproject.toml)"
"""How a lock names kefu itself; with `:dev` inside the brackets, its development."""

_PIN = re.compile(r"^([a-z0-9][a-z0-9-]*)==([^ ;\\]+)(?: ; (.+?))? \\$")
_HASH = re.compile(r"^ {4}--hash=sha256:([0-9a-f]{64})(?: \\)?$")
_VIA = re.compile(r"^ {4}#(?: via|  ) *(.*)$")


class LockError(ValueError):
    """A lock that is not what was expected: file, line, and what stands there instead."""


@dataclass(frozen=True)
class Package:
    """One locked package. `sha256` of every file that may be installed, in lower-case hex."""

    name: str
    version: str
    marker: str
    sha256: tuple[str, ...]
    wanted_by: tuple[str, ...]
    """Names of packages, and of kefu itself; empty where the lock was made of one name."""


def read_lock(path: Path) -> tuple[Package, ...]:
    """The packages in the order of the file; raises `LockError`, also for one without a hash."""
    found: list[tuple[re.Match[str], list[str], list[str]]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if pin := _PIN.match(line):
            found.append((pin, [], []))
        elif found and (given := _HASH.match(line)):
            found[-1][1].append(given.group(1))
        elif found and (via := _VIA.match(line)):
            found[-1][2].extend([via.group(1)] if via.group(1) else [])
        else:
            raise LockError(f"{path.name}:{number}: expected a pinned package, a hash or its cause")
    packages = tuple(
        Package(pin.group(1), pin.group(2), pin.group(3) or "", tuple(sorted(sha256)), tuple(via))
        for pin, sha256, via in found
    )
    for package in packages:
        if not package.sha256:
            raise LockError(f"{path.name}: {package.name} has no hash")
    return packages


def shipped_names(packages: Iterable[Package]) -> frozenset[str]:
    """Names of those that an installed kefu needs; the others are for its development."""
    packages = tuple(packages)
    names: set[str] = set()
    new = {package.name for package in packages if SHIPPED in package.wanted_by}
    while new:
        names |= new
        new = {p.name for p in packages if names.intersection(p.wanted_by)} - names
    return frozenset(names)
