"""Every metric of `kefu notify`; labels never carry text, only names from the configuration."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

OUTCOMES = ("accepted", "limited", "busy", "refused")
FATES = ("accepted", "summarised", "failed")
ANSWERS = ("200", "400", "401", "404", "405", "411", "413", "503")


class NotifyMetrics:
    """The counters, with every label set there from the start, so that `increase()` sees all."""

    def __init__(self, robots: Iterable[str]) -> None:
        """`robots`: their names in the configuration."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "kefu_notify_requests",
            "Requests by the status that they were answered with",
            ["status"],
            registry=self.registry,
        )
        self.posts = Counter(
            "kefu_notify_posts",
            "Messages posted to a robot, by what it said; what is not accepted is tried again "
            "unless it is refused",
            ["robot", "outcome"],
            registry=self.registry,
        )
        self.notices = Counter(
            "kefu_notify_notices",
            "Groups of alerts by what became of them: accepted by the robot, only counted in a "
            "summary as the queue was full, or failed (Alertmanager sends these again)",
            ["robot", "fate"],
            registry=self.registry,
        )
        self.waiting = Gauge(
            "kefu_notify_waiting", "Groups that wait for a robot", ["robot"], registry=self.registry
        )
        for status in ANSWERS:
            self.requests.labels(status)
        for robot in robots:
            self.waiting.labels(robot)
            for outcome in OUTCOMES:
                self.posts.labels(robot, outcome)
            for fate in FATES:
                self.notices.labels(robot, fate)

    def exposition(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self.registry)
