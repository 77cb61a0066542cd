"""What the workers say of themselves, read from their metrics pages."""

import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

SCRAPE_LIMIT_S = 2.0


@dataclass
class Health:
    """The newest scrape of all workers together; `waiting` by queue as (count, oldest since s)."""

    workers_up: int = 0
    waiting: dict[str, tuple[int, float | None]] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    lag: int = 0
    clock_s: float = 0.0
    partitions: int = 0
    agents: dict[str, int] = field(default_factory=dict)


def scrape(ports: Iterable[int]) -> Health:
    """Ask every worker; one that does not answer counts as down."""
    health = Health()
    for port in ports:
        try:
            url = f"http://127.0.0.1:{port}/metrics"
            with urllib.request.urlopen(url, timeout=SCRAPE_LIMIT_S) as page:
                _add(health, page.read().decode())
        except (urllib.error.URLError, OSError):
            continue
        health.workers_up += 1
    return health


def _add(health: Health, page: str) -> None:
    for family in text_string_to_metric_families(page):
        if not family.name.startswith("kefu_"):
            continue
        for sample in family.samples:
            value, labels = sample.value, sample.labels
            match sample.name:
                case "kefu_waiting":
                    count, oldest = health.waiting.get(labels["queue"], (0, None))
                    health.waiting[labels["queue"]] = (count + int(value), oldest)
                case "kefu_oldest_waiting_since_timestamp_seconds":
                    count, oldest = health.waiting.get(labels["queue"], (0, None))
                    since = value if oldest is None else min(oldest, value)
                    health.waiting[labels["queue"]] = (count, since)
                case "kefu_events_total":
                    name = labels["outcome"]
                    health.events[name] = health.events.get(name, 0) + int(value)
                case "kefu_input_lag":
                    health.lag += int(value)
                case "kefu_clock_timestamp_seconds":
                    health.clock_s = max(health.clock_s, value)
                case "kefu_assigned_partitions":
                    health.partitions += int(value)
                case "kefu_agents":
                    state = labels["state"]
                    health.agents[state] = health.agents.get(state, 0) + int(value)
                case _:
                    pass
