"""The trial's command: `python -m tests.faults.runtime_trial --help`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from kefu.local_kafka import LocalKafka
from tests.faults.runtime_trial.faults import CASES
from tests.faults.runtime_trial.settings import BATCH, SHAPES
from tests.faults.runtime_trial.trial import fault_run, settings_for, throughput_run

RERUNS = 2  # of a run whose fault missed the load


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults.runtime_trial",
        description="Try the shapes of kefu's worker on a real Kafka, under faults and for speed.",
    )
    parser.add_argument("--shape", choices=SHAPES, required=True)
    parser.add_argument("--case", choices=(*CASES, "throughput"), required=True)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="of the first run; then counted up")
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=1_500.0, help="events a second")
    parser.add_argument("--batch", type=int, default=BATCH, help="events per checkpoint at most")
    parser.add_argument("--assignor", default="range", help="of the confluent-kafka consumer")
    parser.add_argument("--results", type=Path, default=Path(".kefu/runtime_trial.jsonl"))
    parser.add_argument("--keep", type=Path, help="folder for the workers' logs; else temporary")
    return parser.parse_args()


def _one(args: argparse.Namespace, bootstrap: str, number: int, folder: Path) -> dict[str, Any]:
    seed = args.seed + number - 1
    for attempt in range(1 + RERUNS):
        run = f"trial-{args.shape}-{args.case}-{seed}-{attempt}"
        place = folder / run
        place.mkdir(parents=True, exist_ok=True)
        shared = settings_for(args.shape, bootstrap, run, place, args.assignor, args.batch)
        if args.case == "throughput":
            return throughput_run(shared, count=args.events, seed=seed)
        figures = fault_run(shared, args.case, seed=seed, count=args.events, rate=args.rate)
        if not figures["void"]:
            break
    return figures


def main() -> None:
    """Start a broker, do the runs, print one line of figures each and append them as JSON."""
    args = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that workers and broker end too
    args.results.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, LocalKafka() as kafka:
        folder = args.keep or Path(temporary)
        for number in range(1, args.runs + 1):
            started = time.time()
            figures = _one(args, kafka.bootstrap_servers, number, folder)
            figures = {**figures, "run": number, "took_s": round(time.time() - started, 1)}
            print(" ".join(f"{name}={value}" for name, value in figures.items()), flush=True)
            with args.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
