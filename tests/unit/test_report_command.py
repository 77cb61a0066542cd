"""`kefu report` and `kefu replay --report`: the same page by both ways, and what is refused."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from kefu.cli import kefu
from kefu.errors import UserError
from kefu.generator import Generator
from pipeline.windows import HOUR_MS
from schemas.codec import encode, to_ms
from tests.unit.report_builders import HOUR_0_MS, Parsed


def run(*arguments: str) -> Result:
    return CliRunner().invoke(kefu, arguments, catch_exceptions=False, standalone_mode=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A replay of an hour and a half: its outputs, and the page that it wrote itself."""
    folder = tmp_path_factory.mktemp("report")
    until_ms = HOUR_0_MS + HOUR_MS * 3 // 2
    events = Generator(7, start_ms=HOUR_0_MS, rate_per_minute=2)
    lines = [encode(event) for event in takewhile(lambda e: to_ms(e.time) < until_ms, events)]
    (folder / "events.jsonl").write_bytes(b"\n".join(lines))
    done = run(
        *("replay", str(folder / "events.jsonl"), "--format", "events", "--no-sentiment"),
        *("--out", str(folder / "out"), "--report", str(folder / "all.html"), "--language", "zh"),
    )
    assert done.exit_code == 0, done.output
    return folder


def test_a_replay_writes_a_page_over_all_its_hours(folder: Path) -> None:
    shown = Parsed((folder / "all.html").read_text("utf-8"))
    assert "共 2 个有进线的小时" in shown.text
    assert "数据已全部读完" in shown.text
    assert not list(folder.glob("*.part"))


def test_the_outputs_of_a_replay_give_the_numbers_of_its_own_page(folder: Path) -> None:
    page = folder / "again.html"
    done = run(
        *("report", "--from", str(folder / "out"), "--out", str(page), "--language", "zh", "--json")
    )
    result = orjson.loads(done.output.splitlines()[-1])
    own, again = (Parsed(path.read_text("utf-8")) for path in (folder / "all.html", page))
    assert (again.cards, again.cells) == (own.cards, own.cells)
    assert result["hours"] == 2
    assert result["scored"] > 50


def test_the_page_of_an_hour_is_made_of_named_files(folder: Path) -> None:
    page = folder / "hour.html"
    names = ("scorecards", "qa_issues", "interactions")
    files = [x for n in names for x in ("--from", str(folder / "out" / f"{n}.jsonl"))]
    run("report", *files, "--hour", "2026-09-22T08", "--out", str(page))
    shown = Parsed(page.read_text("utf-8"))
    assert "2026-09-22 08:00 – 09:00" in shown.text
    assert shown.cards["Mean score"] != "no data"


def test_an_hour_without_a_scorecard_is_one_line_with_the_hours_there_are(folder: Path) -> None:
    with pytest.raises(UserError, match="there are: 2026-09-22T08 … 2026-09-22T09"):
        run("report", "--from", str(folder / "out"), "--hour", "2026-09-23T08")


def test_a_line_that_is_no_output_is_named(tmp_path: Path) -> None:
    file = tmp_path / "outputs.jsonl"
    file.write_text('{"type": "kefu.tick"}\n')
    with pytest.raises(UserError, match=r"outputs\.jsonl:1: not an output of kefu"):
        run("report", "--from", str(file), "--out", str(tmp_path / "x.html"))


def test_a_folder_without_scorecards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no scorecards\.jsonl; expected a folder"):
        run("report", "--from", str(tmp_path), "--out", str(tmp_path / "x.html"))


def test_a_page_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    for command in (
        ("replay", "no such file", "--format", "events", "--report"),
        ("report", "--from", "no such file", "--out"),
    ):
        with pytest.raises(UserError, match=r"no folder .* to write the page into"):
            run(*command, str(tmp_path / "gone" / "x.html"))
        with pytest.raises(UserError, match="is a folder; name a file for the page"):
            run(*command, str(tmp_path))


def test_files_and_kafka_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--from or --bootstrap-servers, not both"):
        run("report", "--from", str(tmp_path), "--bootstrap-servers", "localhost:9092")
