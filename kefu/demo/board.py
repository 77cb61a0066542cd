"""What the demo shows and sums up, gathered from the outputs as any reader would see them."""

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime

from schemas.outputs import (
    DeadLetter,
    InteractionSummary,
    MessageEnriched,
    Output,
    QaIssue,
    Scorecard,
    SlaBreached,
    SlaCorrected,
    SlaData,
    SlaMet,
    SlaWarned,
)

BREACHES_SHOWN = 20


@dataclass(frozen=True)
class Breach:
    """One line of the feed of breaches."""

    at: datetime
    queue: str
    channel: str
    clock: str
    target_s: float
    interaction: str


@dataclass
class Queue:
    """What is known of one queue since the demo began."""

    met: int = 0
    breached: int = 0
    mood: Counter[str] = field(default_factory=Counter)
    score: float | None = None

    def count(self, outcome: str, change: int) -> None:
        """One more or one less decision: met or breached."""
        if outcome == "met":
            self.met += change
        else:
            self.breached += change

    @property
    def service_level(self) -> float | None:
        """Share of decided waits that were answered in time, 0…1."""
        decided = self.met + self.breached
        return self.met / decided if decided else None


class Board:
    """Takes every output once: repeats after a crash or a rebalance are dropped by their id."""

    def __init__(self) -> None:
        self.queues: dict[str, Queue] = {}
        self.breaches: deque[Breach] = deque(maxlen=BREACHES_SHOWN)
        self.issues: Counter[str] = Counter()
        self.totals: Counter[str] = Counter()
        self.enriched_events: set[str] = set()
        self.interactions: dict[str, set[str]] = {"conversation": set(), "call": set()}
        self.dead_reasons: Counter[str] = Counter()
        self.repeats = 0
        self._seen: set[str] = set()
        self._decided: dict[str, tuple[Queue, str]] = {}

    def add(self, output: Output) -> None:
        """Take one output."""
        identity = getattr(output, "id", "")
        if identity in self._seen:
            self.repeats += 1
            return
        self._seen.add(identity)
        match output:
            case MessageEnriched(data=data):
                self.totals["enriched"] += 1
                self.enriched_events.add(data.event_id)
                if data.sentiment is not None:
                    self._queue(data.queue).mood[data.sentiment.label] += 1
            case SlaMet(data=data):
                self.totals["met"] += 1
                self._decide(data)
            case SlaBreached(data=data):
                self.totals["breaches"] += 1
                self._decide(data)
                self.breaches.appendleft(
                    Breach(
                        output.time,
                        data.queue or "–",
                        data.channel or "–",
                        data.clock,
                        data.target_ms / 1000,
                        output.subject,
                    )
                )
            case SlaCorrected(data=data):
                self.totals["corrections"] += 1
                self._decide(data)
            case SlaWarned():
                self.totals["warned"] += 1
            case QaIssue(data=data):
                self.totals["qa_issues"] += 1
                self.issues[f"{data.rule_name_zh} {data.rule_name}"] += 1
            case Scorecard(data=data):
                self.totals["scorecards"] += 1
                if data.group == "queue":
                    self._queue(data.name).score = data.score.mean
            case InteractionSummary(data=data):
                self.interactions[data.kind].add(output.subject)
            case DeadLetter(data=data):
                self.totals["dead_letters"] += 1
                self.dead_reasons[data.reason] += 1
            case _:
                pass

    def _decide(self, data: SlaData) -> None:
        """Count the newest statement about a wait, and no longer the one before it."""
        before = self._decided.pop(data.clock_id, None)
        if before is not None:
            before[0].count(before[1], -1)
        if data.outcome in ("met", "breached"):
            queue = self._queue(data.queue)
            queue.count(data.outcome, 1)
            self._decided[data.clock_id] = queue, data.outcome

    def _queue(self, name: str | None) -> Queue:
        return self.queues.setdefault(name or "–", Queue())
