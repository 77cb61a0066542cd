"""Takes a webhook, hands it to the robots it is for, and waits until all have accepted."""

import threading
import time

from kefu.notify.config import NotifyConfig
from kefu.notify.delivery import Deliverer
from kefu.notify.metrics import NotifyMetrics
from kefu.notify.outbox import Notice, State
from kefu.notify.payload import Webhook, identity
from kefu.notify.routing import by_robot


class NotifyService:
    """All robots of a configuration."""

    def __init__(self, config: NotifyConfig) -> None:
        """Nothing is posted before `start`."""
        self._settings = config.settings
        self.metrics = NotifyMetrics(config.endpoints)
        self._changed = threading.Condition()
        self._stopping = False
        self._robots = {
            name: Deliverer(
                endpoint, config.settings.delivery, config.zone, self.metrics, self._on_change
            )
            for name, endpoint in config.endpoints.items()
        }

    def start(self) -> None:
        """Begin to deliver."""
        for robot in self._robots.values():
            robot.start()

    def stop(self) -> None:
        """Finish what is on its way; who still waits in `deliver` is told that it failed."""
        for robot in self._robots.values():
            robot.stop()
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        # Connecting, sending and reading each have the timeout for themselves.
        until = time.monotonic() + 3 * self._settings.delivery.timeout_seconds
        for robot in self._robots.values():
            robot.join(max(0.0, until - time.monotonic()))

    def dead(self) -> list[str]:
        """Robots whose thread has ended by a fault of ours: nothing reaches them any more."""
        return [name for name, robot in self._robots.items() if not robot.is_alive()]

    def deliver(self, webhook: Webhook) -> dict[str, State]:
        """The robots that have not accepted within `answer_within_seconds`; empty when all have.

        What still waits is delivered all the same. Alertmanager sends everything again, and who
        has accepted already is not told twice.
        """
        until = time.monotonic() + self._settings.delivery.answer_within_seconds
        offered: dict[str, str] = {}
        for name, alerts in by_robot(self._settings, webhook).items():
            notice = Notice(identity(webhook, alerts), tuple(alerts), webhook.truncated_alerts)
            self._robots[name].offer(notice)
            offered[name] = notice.identity
        with self._changed:
            while (
                State.WAITING in (states := self._states(offered)).values()
                and not self._stopping
                and (left := until - time.monotonic()) > 0
            ):
                self._changed.wait(left)
        missing: dict[str, State] = {n: s for n, s in states.items() if s is not State.ACCEPTED}
        if missing:
            for name in offered.keys() - missing.keys():
                self._robots[name].remember(offered[name])
        return missing

    def _states(self, offered: dict[str, str]) -> dict[str, State]:
        # Already forgotten, where the window is shorter than the wait: rather twice than never.
        return {
            name: self._robots[name].state(identity) or State.FAILED
            for name, identity in offered.items()
        }

    def _on_change(self) -> None:
        with self._changed:
            self._changed.notify_all()
