"""Kafka's jars: pinned by version and SHA-256, fetched from Maven Central, kept in a cache.

`kafka_jars.lock` beside this file lists every jar of the broker, transitive ones included. To
move to another Kafka, change `KAFKA_VERSION` and write the lock anew, then read its diff:

    python -m kefu.kafka_jars lock

`python -m kefu.kafka_jars fetch` fills the cache ahead of time, for an image or a machine that
will be offline. `KEFU_MAVEN_URL` names another Maven repository to download from, a mirror near
the user for instance; the checksums make any mirror as safe as the origin.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kefu.kafka_unavailable import KafkaUnavailable

KAFKA_VERSION = "4.3.1"
LOCK_FILE = Path(__file__).with_name("kafka_jars.lock")

# What is asked for; all else in the lock is what these need. slf4j-simple is the logging binding
# with the least to load. Its version must be that of the slf4j-api which Kafka brings.
ROOTS = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    "org.slf4j:slf4j-simple:1.7.36",
)

Progress = Callable[[str, int, int], None]
"""Told (name of the jar, bytes so far, bytes in all) while jars are downloaded."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One pinned jar; `size` in bytes, `sha256` in lower-case hex."""

    group: str
    artifact: str
    version: str
    size: int
    sha256: str

    @property
    def filename(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    @property
    def coordinate(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"


def cache_folder() -> Path:
    """Return where the jars of this Kafka version are kept (it may not exist yet)."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "kefu" / "kafka" / KAFKA_VERSION


def read_lock(path: Path = LOCK_FILE) -> tuple[Jar, ...]:
    """Read a lock file: one `group:artifact:version size sha256` a line, `#` starts a comment.

    Raises KafkaUnavailable with file and line number for a line of another form.
    """
    jars = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        try:
            coordinate, size, sha256 = line.split()
            group, artifact, version = coordinate.split(":")
            jars.append(Jar(group, artifact, version, int(size), sha256))
        except ValueError:
            raise KafkaUnavailable(
                f"{path}:{number}: expected 'group:artifact:version size sha256'.",
                "Install kefu again, or write the lock anew: python -m kefu.kafka_jars lock.",
            ) from None
    return tuple(jars)


def fetch_jars(
    jars: Sequence[Jar] | None = None,
    *,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Return the paths of `jars` (default: the lock's) in `folder`, downloading what is missing.

    Every jar's SHA-256 is checked at every call; a damaged file is fetched again. Any number of
    processes may call this at once: one downloads, the others wait, and a file appears under its
    name only when complete and checked.

    Raises KafkaUnavailable when a jar cannot be downloaded or is not the one that was pinned.
    """
    jars = read_lock() if jars is None else jars
    folder = cache_folder() if folder is None else folder
    if any(not _is_intact(jar, folder) for jar in jars):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _one_process_at_a_time(folder):
                _download([jar for jar in jars if not _is_intact(jar, folder)], folder, progress)
        except OSError as error:
            raise KafkaUnavailable(
                f"Kafka's jars cannot be written to {folder}: {error.strerror or error}.",
                "Free some space there, or set XDG_CACHE_HOME to another folder.",
            ) from None
    return [folder / jar.filename for jar in jars]


def _is_intact(jar: Jar, folder: Path) -> bool:
    path = folder / jar.filename
    try:
        return path.stat().st_size == jar.size and sha256_of(path) == jar.sha256
    except OSError:
        return False


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _one_process_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released by the kernel, even after a SIGKILL
        yield


def _download(jars: Sequence[Jar], folder: Path, progress: Progress | None) -> None:
    from kefu.maven import Maven  # imported late: slow (requests), and rarely wanted

    total = sum(jar.size for jar in jars)
    done = 0
    # Inside `folder`, so that the last step is a rename and not a copy.
    with tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as staging:
        maven = Maven(Path(staging))
        for jar in jars:

            def tell(fetched: int, jar: Jar = jar, before: int = done) -> None:
                if progress is not None:
                    progress(jar.filename, before + fetched, total)

            staged = maven.fetch(jar.group, jar.artifact, jar.version, tell)
            actual = sha256_of(staged)
            if actual != jar.sha256:
                raise KafkaUnavailable(
                    f"{jar.coordinate} has the wrong checksum: SHA-256 {actual}, "
                    f"expected {jar.sha256}.",
                    "The download was thrown away. Try again; if it stays so, the network or "
                    "the mirror (KEFU_MAVEN_URL) changes files on the way.",
                )
            staged.replace(folder / jar.filename)
            done += jar.size
            tell(jar.size)


def resolve_lock() -> str:
    """Return a fresh lock file's text: resolve `ROOTS` and hash every jar. Needs the network."""
    from kefu.maven import resolve

    with tempfile.TemporaryDirectory() as scratch:
        lines = [
            f"{coordinate} {path.stat().st_size} {sha256_of(path)}"
            for coordinate, path in resolve(ROOTS, Path(scratch)).items()
        ]
    head = "# Written by `python -m kefu.kafka_jars lock`: group:artifact:version size sha256"
    return "\n".join([head, *sorted(lines)]) + "\n"


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Yield a `Progress` that draws a bar on standard error, only when something is fetched."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("Kafka {task.fields[jar]}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = None

        def show(jar: str, done: int, total: int) -> None:
            nonlocal task
            if task is None:
                task = bars.add_task("download", total=total, jar=jar)
            bars.update(task, completed=done, jar=jar)

        yield show


def main(arguments: Sequence[str]) -> int:
    """Run `lock` or `fetch` and return the exit status."""
    if list(arguments) == ["lock"]:
        LOCK_FILE.write_text(resolve_lock(), encoding="utf-8")
        print(f"{LOCK_FILE}: {len(read_lock())} jars")  # noqa: T201 - a command line tool
        return 0
    if list(arguments) == ["fetch"]:
        try:
            with progress_bar() as progress:
                fetch_jars(progress=progress)
        except KafkaUnavailable as error:
            print(error, file=sys.stderr)  # noqa: T201
            return 1
        return 0
    print("usage: python -m kefu.kafka_jars lock|fetch", file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
