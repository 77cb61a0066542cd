"""Through Kafka and workers, and in process: the same data gives the same set of output ids."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.broker.harness import (
    Difference,
    Expected,
    fresh_broker,
    ids,
    outputs_when_complete,
    running_worker,
    wait_until_drained,
)

pytestmark = [pytest.mark.broker, pytest.mark.data]

FILES = [
    pytest.param("jddc", "jddc_sessions.tsv", None, id="jddc"),
    # Of five years of dialogues, which bring millions of ticks, the newest; all in `make soak`.
    pytest.param("stc3", "stc3_helpdesk.jsonl", 400, id="stc3-newest"),
    pytest.param("stc3", "stc3_helpdesk.jsonl", None, id="stc3", marks=pytest.mark.slow),
    pytest.param("twcs", "twcs_sample.csv", None, id="twcs"),
]


def newest(path: Path, count: int | None, folder: Path) -> Path:
    """A file with the `count` dialogues that began last; the file itself without a count."""
    if count is None:
        return path
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    part = folder / path.name
    starts = {line: orjson.loads(line)["start"] for line in lines}
    ordered = sorted((line for line in lines if starts[line]), key=starts.__getitem__)
    part.write_text("".join(ordered[-count:]), encoding="utf-8")
    return part


def run_kefu(*arguments: str) -> dict[str, int]:
    """Run a command with --json and return the object on its last line."""
    done = subprocess.run(
        [sys.executable, "-m", "kefu", *arguments, "--json"],
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()
    result: dict[str, int] = orjson.loads(done.stdout.splitlines()[-1])
    return result


def replayed(path: Path, source_format: str, out: Path) -> tuple[dict[str, int], dict[str, bytes]]:
    """Replay a file; the result and the bytes of each output file."""
    result = run_kefu("replay", str(path), "--format", source_format, "--out", str(out))
    return result, {file.name: file.read_bytes() for file in sorted(out.iterdir())}


@pytest.mark.parametrize(("source_format", "name", "count"), FILES)
def test_kafka_and_replay_give_the_same_output_ids(
    source_format: str, name: str, count: int | None, shared_data: Path, tmp_path: Path
) -> None:
    path = newest(shared_data / name, count, tmp_path)
    result, files = replayed(path, source_format, tmp_path / "one")
    _, again = replayed(path, source_format, tmp_path / "two")
    assert files == again, "a second replay wrote other bytes"
    said = sum(1 for line in files["enriched.jsonl"].splitlines() if line)
    assert result["enriched"] == said
    expected = Expected(
        orjson.loads(line) for content in files.values() for line in content.splitlines()
    )
    with fresh_broker() as connection:
        servers = connection.bootstrap_servers
        run_kefu("produce", str(path), "--format", source_format, "--bootstrap-servers", servers)
        with running_worker(connection, "w1", tmp_path, "--clock", "source") as worker:
            wait_until_drained(connection, worker)
            documents = outputs_when_complete(connection, expected)
            assert worker.stop() == 0, worker.tail()
    difference = expected.difference(documents)
    through_kafka = ids(documents)
    print(
        f"{name}: inputs {result['events_in']}, outputs {len(expected.outputs)} and "
        f"{len(expected.windows)} windows in process, {len(through_kafka)} through Kafka, "
        f"lost {len(difference.lost)}, invented {len(difference.invented)}, "
        f"wrong values {len(difference.wrong)}, "
        f"repeated {len(through_kafka) - len(set(through_kafka))}"
    )
    assert difference == Difference(set(), set(), set())
    assert len(through_kafka) == len(set(through_kafka))
