"""`kefu eval mood` and `kefu eval qa` print one JSON object whose figures can be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kefu.cli import kefu

SAID = (
    ("垃圾服务，气死我了，我要投诉", 1.0), ("等了三天了还没到", 2.0), ("好的", 3.0),
    ("谢谢，非常满意", 5.0), ("很好，辛苦了，太感谢了", 4.5), ("怎么回事，骗子", 1.5),
)  # fmt: skip


@pytest.fixture
def rated(tmp_path: Path) -> Path:
    path = tmp_path / "rated.jsonl"
    lines = [
        {
            "id": f"{part}-{number}",
            "turns": [
                {"sender": "customer", "utterances": ["你好"]},
                {"sender": "helpdesk", "utterances": ["您好，请说"]},
                {"sender": "customer", "utterances": [text]},
            ],
            "satisfaction": rating,
        }
        for part in range(8)
        for number, (text, rating) in enumerate(SAID)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("what", ["mood", "qa"])
def test_the_figures_are_one_json_object_with_n_and_interval(what: str, rated: Path) -> None:
    done = CliRunner().invoke(kefu, ["eval", what, "--data", str(rated), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.splitlines()[-1])
    judged = list(found.values())[-1] if what == "mood" else found
    assert judged["everything"]["n"] == 8 * len(SAID)
    low, high = judged["everything"]["interval"]
    assert low <= judged["everything"]["spearman"] <= high
