"""The converted sentiment model: kept once, shared by all, replaced when damaged, never needed."""

from __future__ import annotations

import logging
import marshal
import os
import re
import resource
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from agents import sentiment_model
from agents.sentiment_model import FILE_NAME, cache_folder, default_scorer, load_model
from pipeline.sentiment.snownlp_exact import ExactSnowNLP
from pipeline.sentiment.snownlp_model import ModelFileError, SnowNLPData, read_model
from pipeline.sentiment.snownlp_packed import SHA256, pack, unpack

ROOT = Path(__file__).resolve().parents[2]
NO_PACKAGE = Path("no such folder")
TEXT, SCORE = "服务态度太差了", 0.05407135461898027
LOAD = (
    "from agents.sentiment_model import default_scorer\n"
    f"print(repr(default_scorer().score({TEXT!r})))\n"
)


@pytest.fixture(scope="module")
def converted() -> SnowNLPData:
    return read_model()


@pytest.fixture(scope="module")
def block(converted: SnowNLPData) -> bytes:
    return pack(converted)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, converted: SnowNLPData) -> None:
    """What the package holds is read once for all tests, as it takes seconds."""
    monkeypatch.setattr(sentiment_model, "read_model", lambda package: converted)


def everything(data: SnowNLPData) -> list[Any]:
    """All that a model holds, with lists in place of views."""
    counts, sentiment = data.segmentation, data.sentiment
    tables = [list(map(list, tables)) for tables in (counts.bi, counts.tri, sentiment.counts)]
    rest = [counts.ids, list(counts.uni), counts.uni_total, counts.weights, sentiment[:5]]
    return [*tables, *rest, data.stop_words]


def score(data: SnowNLPData) -> float:
    return ExactSnowNLP.of(data).score(TEXT)


def files(folder: Path) -> dict[str, str]:
    """The hash of each file, by name."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def started(cache: Path, program: str = LOAD, **more: Any) -> subprocess.Popen[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, "-c", program]
    out = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=out, stderr=out, text=True, **more
    )


def test_the_package_converts_to_the_one_block_whose_hash_is_known(block: bytes) -> None:
    assert sha256(block).hexdigest() == SHA256


def test_the_block_holds_all_that_was_read_from_the_package(
    converted: SnowNLPData, block: bytes
) -> None:
    assert everything(unpack(block)) == everything(converted)


def test_a_block_with_one_changed_bit_is_refused_by_its_hash(block: bytes) -> None:
    for place in (0, 100, len(block) // 2, len(block) - 1):
        changed = bytearray(block)
        changed[place] ^= 1
        with pytest.raises(ValueError, match=SHA256):
            unpack(bytes(changed))


@pytest.mark.usefixtures("quick")
def test_the_second_load_needs_neither_the_package_nor_marshal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_model(tmp_path / "a" / "b")
    monkeypatch.undo()

    def forbidden(content: bytes) -> None:
        raise AssertionError("unmarshalled")

    monkeypatch.setattr(marshal, "loads", forbidden)
    second = load_model(tmp_path / "a" / "b", NO_PACKAGE)
    assert score(second) == score(first) == SCORE
    assert files(tmp_path / "a" / "b") == {FILE_NAME: SHA256}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("damage", ["empty", "cut", "one bit", "longer", "foreign", "unreadable"])
def test_a_damaged_file_is_replaced_and_said(
    tmp_path: Path, block: bytes, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / FILE_NAME
    bit = bytearray(block)
    bit[5_000_000] ^= 1
    contents = {"empty": b"", "cut": block[:-1], "one bit": bytes(bit), "longer": block + b"\0"}
    path.write_bytes(contents.get(damage, marshal.dumps({"total": 1})))
    if damage == "unreadable":
        path.unlink()
        path.symlink_to(path.name)  # a loop, which stops even a superuser
    assert score(load_model(tmp_path)) == SCORE
    assert files(tmp_path) == {FILE_NAME: SHA256}
    assert "converted anew" in caplog.text
    caplog.clear()
    assert score(load_model(tmp_path, NO_PACKAGE)) == SCORE
    assert caplog.text == ""


@pytest.mark.usefixtures("quick")
def test_the_file_of_another_version_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "snownlp-0.12.3-0123456789ab.bin"
    other.write_bytes(b"of another version")
    assert score(load_model(tmp_path)) == SCORE
    assert other.read_bytes() == b"of another version"
    assert files(tmp_path)[FILE_NAME] == SHA256


def test_a_package_that_is_not_the_known_one_is_never_converted(tmp_path: Path) -> None:
    package, cache = tmp_path / "package", tmp_path / "cache"
    for name in ("seg/seg.marshal.3", "sentiment/sentiment.marshal.3", "normal/stopwords.txt"):
        (package / name).parent.mkdir(parents=True)
        (package / name).write_bytes(b"changed")
    with pytest.raises(ModelFileError, match="expected") as caught:
        load_model(cache, package)
    assert caught.value.reason == "file_changed"
    assert not cache.exists()


def test_processes_that_convert_at_the_same_time_all_load_and_leave_one_whole_file(
    tmp_path: Path,
) -> None:
    processes = [started(tmp_path) for _ in range(2)]
    for process in processes:
        out, errors = process.communicate(timeout=60)
        assert (process.returncode, float(out), errors) == (0, SCORE, "")
    assert files(tmp_path / "kefu/sentiment") == {FILE_NAME: SHA256}


def test_a_disk_that_fills_up_costs_time_but_no_score_and_leaves_no_part_behind(
    tmp_path: Path,
) -> None:
    def at_most_a_megabyte() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    process = started(tmp_path, preexec_fn=at_most_a_megabyte)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, float(out)) == (0, SCORE)
    assert "cannot be kept" in errors
    assert files(tmp_path / "kefu/sentiment") == {}


@pytest.mark.usefixtures("quick")
def test_where_nothing_can_be_written_each_load_converts_in_memory_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    read_only = tmp_path / "read only"
    read_only.mkdir()
    read_only.chmod(0o555)
    if os.access(read_only, os.W_OK):  # a superuser writes anyway: a file cannot be a folder
        read_only.rmdir()
        read_only.write_text("")
    for _ in range(2):
        caplog.clear()
        assert score(load_model(read_only / "kefu" / "sentiment")) == SCORE
        [record] = caplog.records
        assert record.levelno == logging.WARNING
        assert "XDG_CACHE_HOME" in record.getMessage()


@pytest.mark.usefixtures("quick")
def test_a_user_without_a_home_gets_the_same_scores(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    assert cache_folder() is None
    assert default_scorer().score(TEXT) == SCORE
    assert "no home folder" in caplog.text


def test_the_cache_lies_where_the_user_keeps_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/kept")
    assert cache_folder() == Path("/kept/kefu/sentiment")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache_folder() == Path("/home/someone/.cache/kefu/sentiment")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_cold_process_loads_within_a_second_and_shares_the_tables_with_others(
    tmp_path: Path, block: bytes
) -> None:
    folder = tmp_path / "kefu/sentiment"
    folder.mkdir(parents=True)
    (folder / FILE_NAME).write_bytes(block)
    program = (
        "import re, time\n"
        "from pathlib import Path\n"
        "def anonymous():\n"
        "    status = Path('/proc/self/status').read_text()\n"
        "    return int(re.search(r'RssAnon:\\s+(\\d+)', status)[1])\n"
        "start = time.perf_counter()\n"
        "from agents.sentiment_model import default_scorer\n"
        "before = anonymous()\n"
        "scorer = default_scorer()\n"
        "print(time.perf_counter() - start, anonymous() - before)\n"
        "print(Path('/proc/self/smaps').read_text())\n"
    )
    out, errors = started(tmp_path, program).communicate(timeout=60)
    assert errors == ""
    figures, smaps = out.split("\n", 1)
    seconds, own_kib = map(float, figures.split())
    assert seconds < 1
    assert own_kib < 30 * 1024
    # The tables are pages of the file, none of them copied: every process sees the same memory.
    mapped = re.search(re.escape(FILE_NAME) + r"\n(?:.+\n)*?VmFlags", smaps)
    assert mapped is not None
    kib = {key: int(size) for key, size in re.findall(r"(\w+): +(\d+) kB", mapped[0])}
    assert kib["Rss"] > 10_000
    assert kib["Anonymous"] == 0
