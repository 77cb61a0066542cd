"""A worker that is told to stop ends, also where a library never lets go of Python's lock."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import ctypes, signal, threading, faust
from kefu import faust_worker

faust_worker.STOP_LIMIT_S = 0.5
worker = faust_worker.FaustWorker(faust.App("t", web_enabled=False), threading.Event())

async def told_to_stop():
    said = "我的电话13800138000"
    worker._schedule_shutdown(signal.SIGTERM)
    ctypes.PyDLL(None).sleep(600)  # keeps the lock, as Kafka's client does

worker.loop.run_until_complete(told_to_stop())
"""


def test_a_worker_hangs_for_ever_in_a_client_when_told_to_stop() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "Timeout (0:00:00.500000)!" in done.stderr
    assert "in told_to_stop" in done.stderr
    assert "13800138000" not in done.stderr
