"""Counts what a robot cannot be told one by one."""

from collections import Counter
from collections.abc import Iterable

from kefu.notify.payload import Alert

MAX_NAMES = 200
"""Different names kept; what comes after counts as `OTHERS`."""
OTHERS = "…"


class Tally:
    """How many groups and alerts found the queue full, and under which names."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.groups = 0
        self.firing = 0
        self.resolved = 0
        self.names: Counter[str] = Counter()

    def add(self, alerts: Iterable[Alert], hidden: int) -> None:
        """One more group; `hidden`: alerts that Alertmanager left out, which count as firing."""
        self.groups += 1
        self.firing += hidden
        for alert in alerts:
            self.resolved += alert.resolved
            self.firing += not alert.resolved
            parts = (alert.labels.get("alertname", "?"), alert.labels.get("queue", ""))
            name = " ".join(part for part in parts if part)
            known = name in self.names or len(self.names) < MAX_NAMES
            self.names[name if known else OTHERS] += 1
