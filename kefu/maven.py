"""Download single jars from Maven Central or a mirror of it, without checking them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from jgo.maven import Dependency, MavenContext, PythonResolver

from kefu.kafka_unavailable import KafkaUnavailable

HTTP_TIMEOUT_S = 30
MVN_TIMEOUT_S = 180  # the first call also downloads mvn's own plug-in


class Maven:
    """Fetches jars into `staging`: by jgo, or by `mvn` from the first one that jgo cannot get.

    The environment variable KEFU_MAVEN_URL names another repository than Maven Central. Without
    it `mvn`, where installed, is the second try: its settings know the proxies and mirrors of
    a company's network, which jgo does not read.
    """

    def __init__(self, staging: Path) -> None:
        self._staging = staging
        self._url = os.environ.get("KEFU_MAVEN_URL", "").rstrip("/")
        self._mvn = None if self._url else shutil.which("mvn")
        self._jgo_works = True

    def fetch(self, group: str, artifact: str, version: str, tell: Callable[[int], None]) -> Path:
        """Return the path of the downloaded jar; `tell` gets the bytes so far, now and then.

        Raises KafkaUnavailable when neither way has it.
        """
        trouble = []
        if self._jgo_works or self._mvn is None:
            try:
                return self._by_jgo(group, artifact, version, tell)
            # jgo raises RuntimeError for "not found", and lets those of requests and files pass.
            except (requests.RequestException, RuntimeError, OSError) as error:
                self._jgo_works = False
                trouble.append(f"jgo: {type(error).__name__}")
        if self._mvn is not None:
            try:
                return self._by_mvn(self._mvn, group, artifact, version)
            except subprocess.CalledProcessError as error:
                trouble.append(f"mvn: exit status {error.returncode}")
            except (OSError, subprocess.TimeoutExpired) as error:
                trouble.append(f"mvn: {type(error).__name__}")
        raise KafkaUnavailable(
            f"{group}:{artifact}:{version} cannot be downloaded from "
            f"{self._url or 'Maven Central'} ({', '.join(trouble)}).",
            "Check the network, or name a mirror that you can reach: KEFU_MAVEN_URL=https://…. "
            "A copy of the cache folder ~/.cache/kefu/kafka of another machine works too.",
        )

    def _by_jgo(self, group: str, artifact: str, version: str, tell: Callable[[int], None]) -> Path:
        @contextmanager
        def report(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
            fetched = 0

            def add(count: int) -> None:
                nonlocal fetched
                fetched += count
                tell(fetched)

            yield add

        context = MavenContext(
            resolver=PythonResolver(progress_callback=report),
            repo_cache=self._staging / "jgo",
            remote_repos={"kefu": self._url} if self._url else None,
            timeout=HTTP_TIMEOUT_S,
        )
        component = context.project(group, artifact).at_version(version)
        return Path(component.artifact().resolve())

    def _by_mvn(self, mvn: str, group: str, artifact: str, version: str) -> Path:
        target = self._staging / "mvn"
        subprocess.run(
            [
                mvn,
                "--batch-mode",
                "dependency:copy",
                f"-Dartifact={group}:{artifact}:{version}",
                f"-DoutputDirectory={target}",
            ],
            cwd=self._staging,  # not in a folder whose pom.xml would be read
            check=True,
            capture_output=True,
            timeout=MVN_TIMEOUT_S,
        )
        return target / f"{artifact}-{version}.jar"


def resolve(roots: tuple[str, ...], scratch: Path) -> dict[str, Path]:
    """Resolve `group:artifact:version` roots with all they need; returns coordinate -> jar.

    Downloads everything into the folder `scratch`. Errors are jgo's own: this serves the
    maintainer who writes the lock.
    """
    context = MavenContext(resolver=PythonResolver(), repo_cache=scratch)
    wanted = []
    for root in roots:
        group, artifact, version = root.split(":")
        component = context.project(group, artifact).at_version(version)
        wanted.append(Dependency(component.artifact()))
    inputs, needed = context.resolver.resolve(wanted)
    return {
        f"{found.groupId}:{found.artifactId}:{found.version}": Path(found.artifact.resolve())
        for found in (*inputs, *needed)
    }
