"""What one robot still has to be told: grouped, limited, retried. Pure: time is an argument.

All times are milliseconds of one clock that never goes back. Nothing that was offered is lost: it
is accepted by the robot, or counted in a summary that the robot accepted, or reported as failed.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from kefu.notify.payload import Alert
from kefu.notify.robots.base import Verdict
from kefu.notify.tally import Tally

RATE_WINDOW_MS = 61_000
"""The vendors count messages a minute by their clock; a second is for the way there."""
BACKOFF_MS = 1_000
MAX_BACKOFF_MS = 60_000


class State(Enum):
    """Where a notice is."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    FAILED = "failed"


@dataclass(frozen=True)
class Notice:
    """The alerts of one group that are for this robot."""

    identity: str
    alerts: tuple[Alert, ...]
    hidden: int = 0
    """Alerts that Alertmanager has left out."""


@dataclass(frozen=True)
class Batch:
    """What one message says: some notices, or the tally of those that found the queue full."""

    identities: tuple[str, ...]
    notices: tuple[Notice, ...] = ()
    tally: Tally | None = None

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Of all notices."""
        return tuple(alert for notice in self.notices for alert in notice.alerts)

    @property
    def hidden(self) -> int:
        """Of all notices."""
        return sum(notice.hidden for notice in self.notices)


@dataclass(frozen=True)
class Limits:
    """How patient an outbox is."""

    per_minute: int
    limited_pause_ms: int
    attempts: int
    queue_limit: int
    window_ms: int
    """For so long a notice that the robot has accepted is not told again."""


class Outbox:
    """Decides what is posted next and when; whoever posts tells it what became of it."""

    def __init__(self, limits: Limits, fits: Callable[[Sequence[Alert], int], bool]) -> None:
        """`fits`: whether alerts, and a number of hidden ones, can be said in one message."""
        self._limits = limits
        self._fits = fits
        self._pending: deque[Notice] = deque()
        self._alone: set[str] = set()
        self._tally = Tally()
        self._tallied: list[str] = []
        self._waiting: set[str] = set()
        self._settled: dict[str, tuple[State, int]] = {}
        self._posted: deque[int] = deque()
        self._again: Batch | None = None
        self._attempts = 0
        self._not_before_ms = 0

    def __len__(self) -> int:
        """Notices that wait, with those that a summary will count."""
        return len(self._waiting)

    def offer(self, notice: Notice, now_ms: int) -> State:
        """Take a notice, unless it waits already or was accepted within the window.

        A notice that failed before is taken again: who sends it again wants another try.
        """
        self._forget(now_ms)
        if notice.identity in self._waiting:
            return State.WAITING
        if self.state(notice.identity) is State.ACCEPTED:
            return State.ACCEPTED
        self._waiting.add(notice.identity)
        if len(self._pending) < self._limits.queue_limit:
            self._pending.append(notice)
        else:
            self._tally.add(notice.alerts, notice.hidden)
            self._tallied.append(notice.identity)
        return State.WAITING

    def state(self, identity: str) -> State | None:
        """Where a notice is; None where it was never offered or is long settled."""
        if identity in self._waiting:
            return State.WAITING
        return self._settled.get(identity, (None, 0))[0]

    def remember(self, identity: str, now_ms: int) -> None:
        """Begin the window of an accepted notice anew: it will be sent again for others' sake."""
        if self.state(identity) is State.ACCEPTED:
            self._settled[identity] = (State.ACCEPTED, now_ms)

    def wait_ms(self, now_ms: int) -> int | None:
        """Milliseconds until `next_batch` has something; None while there is nothing to tell."""
        if not (self._again or self._pending or self._tallied):
            return None
        wait = self._not_before_ms - now_ms
        if len(self._posted) >= self._limits.per_minute:
            wait = max(wait, self._posted[-self._limits.per_minute] + RATE_WINDOW_MS - now_ms)
        return max(wait, 0)

    def next_batch(self, now_ms: int) -> Batch | None:
        """What to post now, if it is time. Must be settled before the next one is asked for."""
        if self.wait_ms(now_ms) != 0:
            return None
        self._posted.append(now_ms)
        while len(self._posted) > self._limits.per_minute:
            self._posted.popleft()
        batch, self._again = self._again or self._summary() or self._group(), None
        return batch

    def settle(self, batch: Batch, verdict: Verdict, now_ms: int) -> State:
        """What became of a batch: `WAITING` means that it, or its parts, will be tried again."""
        if verdict is Verdict.ACCEPTED:
            self._attempts = 0
            return self._end(batch, State.ACCEPTED, now_ms)
        if verdict is Verdict.REFUSED:
            self._attempts = 0
            if len(batch.notices) > 1:
                # One of them may be what is refused: it must not take the others along.
                self._alone.update(batch.identities)
                self._pending.extendleft(reversed(batch.notices))
                return State.WAITING
            return self._end(batch, State.FAILED, now_ms)
        pause = min(BACKOFF_MS * 2**self._attempts, MAX_BACKOFF_MS)
        if verdict is Verdict.LIMITED:
            pause = max(pause, self._limits.limited_pause_ms)
        self._not_before_ms = now_ms + pause
        self._attempts += 1
        if self._attempts < self._limits.attempts:
            self._again = batch
            return State.WAITING
        self._attempts = 0
        return self._end(batch, State.FAILED, now_ms)

    def _end(self, batch: Batch, state: State, now_ms: int) -> State:
        for identity in batch.identities:
            self._waiting.discard(identity)
            self._alone.discard(identity)
            self._settled[identity] = (state, now_ms)
        return state

    def _forget(self, now_ms: int) -> None:
        since = now_ms - self._limits.window_ms
        for identity in [i for i, (_, when) in self._settled.items() if when < since]:
            del self._settled[identity]

    def _summary(self) -> Batch | None:
        if not self._tallied:
            return None
        batch = Batch(tuple(self._tallied), tally=self._tally)
        self._tally, self._tallied = Tally(), []
        return batch

    def _group(self) -> Batch:
        """The first notice, and those after it that fit into the same message in full.

        Notices that must be alone stand first of all, so that none of them can follow here.
        """
        notices = [self._pending.popleft()]
        while self._pending and notices[0].identity not in self._alone:
            more = [*notices, self._pending[0]]
            alerts = [alert for notice in more for alert in notice.alerts]
            hidden = sum(notice.hidden for notice in more)
            if not self._fits(alerts, hidden):
                break
            notices.append(self._pending.popleft())
        return Batch(tuple(n.identity for n in notices), tuple(notices))
