"""One worker process: `python -m tests.faults.runtime_trial.worker SETTINGS_AS_JSON`."""

from __future__ import annotations

import json
import os
import sys
import threading
import time

import faust
import msgspec

from tests.faults.runtime_trial.checkpoint import Stats
from tests.faults.runtime_trial.settings import Settings
from tests.faults.runtime_trial.shape_agents import agent_app
from tests.faults.runtime_trial.shape_service import service_app
from tests.faults.runtime_trial.shape_table import table_app

STATS_EVERY_S = 0.1


def write_stats(settings: Settings, stats: Stats) -> None:
    """Append one line of figures ten times a second, for as long as the process lives."""
    with settings.stats_path.open("a", encoding="utf-8") as file:
        while True:
            line = {"t": time.time(), "pid": os.getpid(), "cpu": time.process_time(), **vars(stats)}
            file.write(json.dumps(line) + "\n")
            file.flush()
            time.sleep(STATS_EVERY_S)


def main() -> None:
    """Run the Faust app of the asked shape until SIGTERM."""
    settings = msgspec.json.decode(sys.argv[1], type=Settings)
    stats = Stats()
    build = {"a": agent_app, "b": agent_app, "table": table_app}.get(settings.shape, service_app)
    app = build(settings, stats)
    threading.Thread(target=write_stats, args=(settings, stats), daemon=True).start()
    faust.Worker(app, loglevel="WARN", redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main()
