"""On the wallboard a dead worker does not look like a quiet hour: its panels' own queries, run by
Prometheus over what workers show.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import orjson
import pytest
import yaml

WALLBOARD = Path(__file__).resolve().parents[2] / "grafana/dashboards/en/kefu-wallboard.json"
STATE = 'topic="kefu.conversations.v1",partition="{}",instance="{}"'
GROUP = 'kind="conversation",channel="web",queue="q",priority="P2",partition="{}",instance="{}"'


def shown_by(worker: str, partition: int, customers: int, values: str) -> list[dict[str, str]]:
    """What a worker shows of one partition; `values` counts the seconds in steps of 15."""
    state, group = STATE.format(partition, worker), GROUP.format(partition, worker)
    waiting = re.sub(r"\d+\+15(x\d+)", rf"{customers}+0\1", values)
    return [
        {"series": f"kefu_state_shown_timestamp_seconds{{{state}}}", "values": values},
        {"series": f"kefu_waiting{{{group}}}", "values": waiting},
    ]


@pytest.mark.parametrize(
    ("what", "series", "age", "waiting"),
    [
        (
            "both workers live",
            [*shown_by("w1", 0, 3, "0+15x60"), *shown_by("w2", 1, 2, "0+15x60")],
            [0],
            [5],
        ),
        (
            "one is dead, nobody has taken over",
            [*shown_by("w1", 0, 3, "0+15x20 stale"), *shown_by("w2", 1, 2, "0+15x60")],
            [300],
            [2],
        ),
        (
            "one is dead, the other has taken over",
            [
                *shown_by("w1", 0, 3, "0+15x20 stale"),
                *shown_by("w2", 1, 2, "0+15x60"),
                *shown_by("w2", 0, 3, "_x25 390+15x34"),
            ],
            [0],
            [5],
        ),
        (
            "both show a partition in a hand-over",
            [*shown_by("w1", 0, 3, "0+15x60"), *shown_by("w2", 0, 3, "0+15x60")],
            [0],
            [3],
        ),
        ("all are dead", shown_by("w1", 0, 3, "0+15x20 stale"), [300], []),
        ("there was never one", [], [3600], []),
    ],
)
def test_a_dead_worker_turns_the_data_age_red_and_does_not_look_like_nobody_waiting(
    tmp_path: Path, what: str, series: list[dict[str, str]], age: list[int], waiting: list[int]
) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (apt-get install prometheus)")
    board = orjson.loads(WALLBOARD.read_bytes())
    shown = {panel["title"]: panel for panel in board["panels"]}
    expected = {"Data age": age, "Waiting now": waiting}
    # What the panels ask, with everything chosen above them.
    queries = {
        title: re.sub(r"\$(queue|channel)", ".*", shown[title]["targets"][0]["expr"])
        for title in expected
    }
    case = {
        "rule_files": [],
        "evaluation_interval": "15s",
        "tests": [
            {
                "name": what,
                "interval": "15s",
                "input_series": series,
                "promql_expr_test": [
                    {
                        "expr": query,
                        "eval_time": "10m",
                        "exp_samples": [{"labels": "{}", "value": v} for v in expected[title]],
                    }
                    for title, query in queries.items()
                ],
            }
        ],
    }
    file = tmp_path / "case.yml"
    file.write_text(yaml.safe_dump(case), encoding="utf-8")
    ran = subprocess.run(
        [promtool, "test", "rules", file], capture_output=True, text=True, check=False, timeout=30
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    steps = shown["Data age"]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    color = [
        step["color"] for step in steps if step.get("value") is None or step["value"] <= age[0]
    ]
    assert (color[-1] == "red") == (age[0] > 30)
