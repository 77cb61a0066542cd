"""The demo's load on real workers, watched by a real Prometheus: what previews and tests look at.

The made-up conversations are a few hours long and end now, so that ages and lags are true. They
always happen in the middle of a service day: the workers' calendars are in a zone where it is.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from agents.connection import KafkaConnection
from agents.settings import default_config_dir, load_config
from agents.topics import apply_topics, partition_counts
from grafana.preview_dashboard import TimeRange
from kefu.demo.feed import Feed
from kefu.demo.health import scrape
from kefu.demo.workers import Workers
from kefu.errors import FoundWrongError
from kefu.generator.faults import Faults
from kefu.generator.generator import DAY_CURVE, ZONE
from kefu.local_kafka import LocalKafka
from kefu.ports import free_port
from kefu.prometheus import Prometheus
from kefu.prometheus_query import PrometheusQuery
from schemas.topics import INPUTS

RULES = Path(__file__).parent / "prometheus" / "rules"
SCRAPE_S = 1.0
READY_S = 60.0
ADAPTER_STOP_S = 10.0
LOCAL_HOUR = 11
"""The hour of the service day: all that has opening hours is open for hours before and after."""
FAULTS = Faults(late=0.02, duplicated=0.02, corrupt=0.005)
"""Some of each kind, so that lateness, duplicates and dead letters have something to show."""
SEED = 7


@contextmanager
def watched_load(
    *, seconds: float, speed: float, per_minute: float
) -> Iterator[tuple[PrometheusQuery, TimeRange]]:
    """Kafka, two workers, the chat adapter and Prometheus; yields when the load has lasted.

    `seconds` of wall time at `speed` times real time, with `per_minute` new interactions a minute
    of event time. The range that is yielded is what Prometheus has seen of it; the load goes on.
    Raises `NotInstalledError`, `StartError`, `KafkaUnavailable`, `FoundWrongError`.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kefu-preview-")))
        config = _config_at_noon(folder / "config")
        broker = stack.enter_context(LocalKafka())
        connection = KafkaConnection(broker.bootstrap_servers)
        apply_topics(connection)
        counts = partition_counts(connection)
        workers = Workers(connection, folder, config_dir=config)
        stack.callback(workers.stop)
        adapter = stack.enter_context(_adapter(folder))
        prometheus = stack.enter_context(
            Prometheus(
                {
                    "kefu-worker": [f"127.0.0.1:{port}" for port in workers.ports],
                    "kefu-notify": [adapter],
                },
                rules=sorted(RULES.glob("*.yml")),
                scrape_s=SCRAPE_S,
            )
        )
        _wait_for(workers, prometheus, sum(counts[topic.name] for topic in INPUTS))
        begin_s = time.time()
        event_begin_s = begin_s + seconds - seconds * speed
        hour = datetime.fromtimestamp(event_begin_s, ZONE).hour
        feed = Feed(
            SEED, speed, per_minute / DAY_CURVE[hour], FAULTS, begin_ms=round(event_begin_s * 1000)
        )
        feed.to_kafka(connection, counts, load_config(config))
        stack.callback(feed.stop)
        time.sleep(seconds)
        if feed.failure is not None:
            raise feed.failure
        yield prometheus.query, TimeRange(begin_s, begin_s + seconds)


def _config_at_noon(folder: Path) -> Path:
    """The configuration that ships, in a zone where it is now `LOCAL_HOUR` o'clock."""
    shutil.copytree(default_config_dir(), folder)
    file = folder / "sla.yaml"
    text = file.read_text(encoding="utf-8")
    east = (LOCAL_HOUR - datetime.now(UTC).hour + 12) % 24 - 12
    # The signs of these names are those of POSIX: west is positive.
    zone = f"Etc/GMT{-east:+d}"
    changed = text.replace(f"\ntimezone: {ZONE.key}\n", f"\ntimezone: {zone}\n")
    if changed == text:
        raise FoundWrongError(f"{file}: expected a line `timezone: {ZONE.key}`")
    file.write_text(changed, encoding="utf-8")
    return folder


@contextmanager
def _adapter(folder: Path) -> Iterator[str]:
    """The chat adapter, for its metrics; its robot is a closed port. Yields HOST:PORT."""
    port = free_port()
    config = folder / "notify.yaml"
    config.write_text(
        "robots: {nobody: {kind: wecom, url_env: KEFU_PREVIEW_URL}}\n"
        f"default: [nobody]\nlisten: {{host: 127.0.0.1, port: {port}}}\n",
        encoding="utf-8",
    )
    with (folder / "notify.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "kefu", "notify", "--config", str(config)],
            env={**os.environ, "KEFU_PREVIEW_URL": f"http://127.0.0.1:{free_port()}/?key=none"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(ADAPTER_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(workers: Workers, prometheus: Prometheus, partitions: int) -> None:
    """Return when all partitions have a worker and Prometheus has seen every target's zeros."""
    deadline = time.monotonic() + READY_S
    while True:
        shown = scrape(workers.ports).partitions
        up = prometheus.query.targets_up()
        if shown >= partitions and all(up.values()):
            time.sleep(2 * SCRAPE_S)
            return
        if workers.ended() or time.monotonic() > deadline:
            tail = workers.logs[0].read_text(errors="replace")[-800:]
            raise FoundWrongError(f"{shown} of {partitions} partitions, targets up {up}: {tail}")
        time.sleep(0.3)
