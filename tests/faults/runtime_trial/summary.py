"""The table of a results file: `python -m tests.faults.runtime_trial.summary RESULTS.jsonl`."""

from __future__ import annotations

import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

SUMS = ("lost", "invented", "wrong", "duplicates_out", "worker_duplicates", "worker_holes")
MORE = ("worker_aborted", "grouped_lost", "grouped_duplicates", "unclean_exits")
HEAD = ("shape", "case", "runs", *SUMS, *MORE, "recovered_s median / max")

Row = dict[str, Any]


def table(rows: list[Row]) -> str:
    """Return a Markdown table of the fault runs, then one of the throughput runs.

    Void runs are left out; of two runs of one seed the later counts.
    """
    groups: dict[tuple[str, str], dict[int, Row]] = defaultdict(dict)
    speeds = []
    for row in rows:
        if row["case"] == "throughput":
            speeds.append(row)
        elif not row["void"]:
            name = row["case"] + (f" ({row['assignor']})" if row["assignor"] != "range" else "")
            groups[row["shape"], name][row["seed"]] = row
    lines = [_line(HEAD), _line(["---"] * len(HEAD))]
    for (shape, case), by_seed in sorted(groups.items()):
        runs = list(by_seed.values())
        silences = [row["recovered_s"] for row in runs]
        figures = [sum(row.get(name, 0) for row in runs) for name in (*SUMS, *MORE)]
        spread = f"{statistics.median(silences):.1f} / {max(silences):.1f}"
        lines.append(_line([shape, case, len(runs), *figures, spread]))
    lines += ["", _line(["shape", "events", "events/s", "CPU µs/event", "events/checkpoint"])]
    lines.append(_line(["---"] * 5))
    names = ("shape", "inputs", "events_per_s", "cpu_us_per_event", "events_per_checkpoint")
    lines += [_line([row[name] for name in names]) for row in speeds]
    return "\n".join(lines)


def _line(cells: Any) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    print(table([json.loads(line) for line in text.splitlines()]))
