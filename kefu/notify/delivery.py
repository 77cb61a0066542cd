"""One thread for each robot, which posts what its outbox says; the clocks are read here."""

import logging
import threading
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

from kefu.notify.config import Delivery, Endpoint
from kefu.notify.metrics import NotifyMetrics
from kefu.notify.outbox import Batch, Limits, Notice, Outbox, State
from kefu.notify.post import Poster
from kefu.notify.render import Renderer
from kefu.notify.robots.base import Message, Outcome

LOG = logging.getLogger("kefu.notify")


def monotonic_ms() -> int:
    """The clock of outboxes, in milliseconds."""
    return time.monotonic_ns() // 1_000_000


class Deliverer:
    """Delivers to one robot. Its methods may be called from any thread."""

    def __init__(
        self,
        endpoint: Endpoint,
        settings: Delivery,
        zone: ZoneInfo,
        metrics: NotifyMetrics,
        on_change: Callable[[], None],
    ) -> None:
        """`on_change` is called, without any lock held, whenever a notice is settled."""
        self.name = endpoint.name
        self._renderer = Renderer(endpoint.robot, endpoint.language, zone)
        self._poster = Poster(endpoint, settings.timeout_seconds)
        self._metrics = metrics
        self._on_change = on_change
        limits = Limits(
            per_minute=endpoint.robot.per_minute,
            limited_pause_ms=endpoint.robot.limited_pause_ms,
            attempts=settings.attempts,
            queue_limit=settings.queue_limit,
            window_ms=settings.repeat_window_seconds * 1000,
        )
        self._outbox = Outbox(limits, self._renderer.fits)
        self._wake = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"notify-{self.name}", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Begin nothing new. What waits was never confirmed, so Alertmanager sends it again."""
        with self._wake:
            self._stopping = True
            self._wake.notify()

    def join(self, timeout_s: float) -> None:
        """Wait for the post that is on its way, and tell how much is left."""
        self._thread.join(timeout_s)
        if len(self._outbox):
            LOG.warning(
                "robot %s: %d groups not delivered before the stop; Alertmanager has no "
                "confirmation and sends them again",
                self.name,
                len(self._outbox),
                extra={"robot": self.name},
            )

    def offer(self, notice: Notice) -> State:
        """Take a notice for delivery, once."""
        with self._wake:
            state = self._outbox.offer(notice, monotonic_ms())
            self._count()
            self._wake.notify()
        return state

    def state(self, identity: str) -> State | None:
        """Where a notice is."""
        with self._wake:
            return self._outbox.state(identity)

    def remember(self, identity: str) -> None:
        """The notice will be sent again, because another robot has not accepted it yet."""
        with self._wake:
            self._outbox.remember(identity, monotonic_ms())

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            outcome = self._poster.post(self._message(batch), time.time_ns() // 1_000_000)
            with self._wake:
                state = self._outbox.settle(batch, outcome.verdict, monotonic_ms())
                self._count()
            self._tell(batch, outcome, state)
            self._on_change()
        self._poster.close()

    def _next(self) -> Batch | None:
        """Wait for something to post; None once the robot is to stop."""
        with self._wake:
            while not self._stopping:
                now_ms = monotonic_ms()
                batch = self._outbox.next_batch(now_ms)
                if batch is not None:
                    return batch
                wait_ms = self._outbox.wait_ms(now_ms)
                self._wake.wait(None if wait_ms is None else wait_ms / 1000)
        return None

    def _message(self, batch: Batch) -> Message:
        if batch.tally is not None:
            return self._renderer.summary(batch.tally)
        return self._renderer.alerts(batch.alerts, batch.hidden)

    def _count(self) -> None:
        self._metrics.waiting.labels(self.name).set(len(self._outbox))

    def _tell(self, batch: Batch, outcome: Outcome, state: State) -> None:
        """Count and log: how many, and the vendor's code; no content."""
        self._metrics.posts.labels(self.name, outcome.verdict.value).inc()
        groups = len(batch.identities)
        fields = {"robot": self.name, "reason": outcome.verdict.value}
        if state is State.ACCEPTED and batch.tally is not None:
            self._metrics.notices.labels(self.name, "summarised").inc(groups)
            text = "robot %s: queue full, %d groups sent as a summary"
            LOG.warning(text, self.name, groups, extra={"robot": self.name})
        elif state is State.ACCEPTED:
            self._metrics.notices.labels(self.name, "accepted").inc(groups)
        elif state is State.FAILED:
            self._metrics.notices.labels(self.name, "failed").inc(groups)
            text = "robot %s: %d groups failed: %s"
            LOG.error(text, self.name, groups, outcome.reason, extra=fields)
        else:
            text = "robot %s: %d groups to try again: %s"
            LOG.warning(text, self.name, groups, outcome.reason, extra=fields)
