"""One run of the trial: load, faults, and the judgement of the outputs."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import msgspec

from tests.faults.runtime_trial import topics
from tests.faults.runtime_trial.faults import Faults
from tests.faults.runtime_trial.load import Load
from tests.faults.runtime_trial.processes import Worker
from tests.faults.runtime_trial.reader import Reader
from tests.faults.runtime_trial.settings import Settings

PATIENCE_S = 20.0  # no new output for so long: what is missing is lost (sessions end after 6 s)
SUMMED = ("events", "duplicates", "holes", "holes_proven", "foreign", "checkpoints", "aborted")


def settings_for(
    shape: str, bootstrap: str, run: str, folder: Path, assignor: str, batch: int
) -> Settings:
    """Return the settings that the workers of one run share."""
    return Settings(
        shape=shape,
        bootstrap=bootstrap,
        run=run,
        worker="",
        folder=str(folder),
        assignor=assignor,
        batch=batch,
    )


def fault_run(shared: Settings, case: str, *, seed: int, count: int, rate: float) -> dict[str, Any]:
    """Do one run and return its figures; `void` tells that the fault missed the load."""
    topics.create(shared)
    load = Load(shared, count=count, rate=rate, seed=seed)
    reader = Reader(shared, shared.outputs)
    grouped = Reader(shared, shared.grouped_out)
    faults = Faults(lambda name: Worker(msgspec.structs.replace(shared, worker=name)), load, seed)
    try:
        reader.start()
        grouped.start()
        faults.run(case)
        load.join()
        _wait_for_outputs(reader, load, grouped if shared.shape.startswith("c-") else None)
    finally:
        faults.end()
    reader.finish()
    grouped.finish()
    assert load.ended_at is not None
    under_load = sum(moment < load.ended_at - 0.5 for moment in faults.moments)
    figures = {
        "shape": shared.shape,
        "assignor": shared.assignor,
        "batch": shared.batch,
        "case": case,
        "seed": seed,
        "inputs": count,
        "faults": len(faults.moments),
        "faults_under_load": under_load,
        "void": under_load < (1 if case.startswith("sigkill") else 2),
        "recovered_s": round(reader.longest_silence_s(min(faults.moments), load.ended_at), 2),
        "unclean_exits": faults.unclean,
        **_judge(reader, load),
        **_judge_grouped(grouped, load, shared),
        **_sum_stats(faults.gone),
    }
    topics.delete(shared)
    return figures


def _wait_for_outputs(reader: Reader, load: Load, grouped: Reader | None) -> None:
    wanted = len(load.expected) + (len(load.expected_grouped) if grouped else 0)
    deadline = time.time() + PATIENCE_S
    before = -1
    while before < wanted and time.time() < deadline:
        seen = len(reader.values) + (len(grouped.values) if grouped else 0)
        if seen != before:
            deadline, before = time.time() + PATIENCE_S, seen
        time.sleep(0.1)


def _judge(reader: Reader, load: Load) -> dict[str, int]:
    expected, seen = load.expected, reader.values
    shared = expected.keys() & seen.keys()
    return {
        "outputs": reader.records,
        "lost": len(expected.keys() - seen.keys()),
        "invented": len(seen.keys() - expected.keys()),
        "duplicates_out": reader.records - len(seen),
        "wrong": reader.wrong + sum(expected[name] != seen[name] for name in shared),
    }


def _judge_grouped(grouped: Reader, load: Load, shared: Settings) -> dict[str, int]:
    if not shared.shape.startswith("c-"):
        return {}
    return {
        "grouped": len(load.expected_grouped),
        "grouped_lost": len(load.expected_grouped - grouped.values.keys()),
        "grouped_duplicates": grouped.records - len(grouped.values),
    }


def _sum_stats(workers: list[Worker]) -> dict[str, Any]:
    last = [worker.last_stats() for worker in workers]
    sums: dict[str, Any] = {
        f"worker_{name}": sum(line.get(name, 0) for line in last) for name in SUMMED
    }
    sums["recovery_s_max"] = max(
        (s for line in last for s in line.get("recoveries_s", [])), default=0
    )
    return sums


def throughput_run(shared: Settings, *, count: int, seed: int) -> dict[str, Any]:
    """Measure one worker on a backlog, from 15 % to 95 % of it: events/s and CPU µs per event."""
    topics.create(shared)
    load = Load(shared, count=count, rate=None, seed=seed)
    load.run()
    worker = Worker(msgspec.structs.replace(shared, worker="w0"))
    deadline = time.time() + 240
    while time.time() < deadline and worker.is_alive:
        if worker.last_stats().get("events", 0) >= count:
            break
        time.sleep(0.5)
    lines = [line for line in worker.all_stats() if 0.15 * count <= line["events"]]
    lines = [line for line in lines if line["events"] <= 0.95 * count] or lines[:2]
    worker.signal(signal.SIGTERM)
    worker.wait_for_exit()
    topics.delete(shared)
    first, last = lines[0], lines[-1]
    events = last["events"] - first["events"]
    return {
        "shape": shared.shape,
        "assignor": shared.assignor,
        "case": "throughput",
        "inputs": count,
        "batch": shared.batch,
        "events_per_s": round(events / (last["t"] - first["t"])),
        "cpu_us_per_event": round((last["cpu"] - first["cpu"]) / events * 1e6, 1),
        "events_per_checkpoint": round(events / max(1, last["checkpoints"] - first["checkpoints"])),
        "window_s": round(last["t"] - first["t"], 1),
    }
