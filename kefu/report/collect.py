"""Takes the outputs of the engine and keeps what a report needs: the last word on everything."""

from dataclasses import dataclass

from kefu.report.figures import Sums
from pipeline.windows import HOUR
from schemas.codec import to_ms
from schemas.envelope import InteractionKind
from schemas.outputs import InteractionSummary, Output, QaIssue, QaWithdrawn, QueueInterval
from schemas.outputs import Scorecard as ScorecardOutput
from schemas.quality import QaIssueData, ScorecardData
from schemas.queue_intervals import QueueIntervalData


@dataclass(frozen=True)
class Issue:
    """One hit of a rule that still stands, and the interaction it was seen in."""

    time_ms: int
    interaction_id: str
    data: QaIssueData


@dataclass
class Ended:
    """The newest summary of one interaction. `ended_ms` is its first end, as in the scorecards;
    None while it goes on. `score` is None where no human agent spoke.
    """

    interaction_id: str
    kind: InteractionKind
    revision: int
    ended_ms: int | None
    tenant: str
    channel: str | None
    agent_id: str | None
    score: int | None
    rules: frozenset[str]
    first_response_ms: int | None
    rating_permille: int | None


class Collector:
    """Add outputs in any order: the highest revision wins, withdrawn issues are taken out, a
    repeated output counts once.
    """

    def __init__(self) -> None:
        self._cards: dict[tuple[int, str, str, str], ScorecardData] = {}
        self._intervals: dict[tuple[int, str, str], QueueIntervalData] = {}
        self._issues: dict[str, Issue] = {}
        self._withdrawn: set[str] = set()
        self._interactions: dict[tuple[str, str], Ended] = {}
        self._ends: dict[tuple[str, str], tuple[int, int]] = {}
        self.newest_ms = 0
        """The latest time that a scorecard speaks of."""
        self.is_synthetic = False
        """Some times were made up by an importer."""

    def add(self, output: Output) -> None:
        """Take one output; kinds that no report needs are passed over."""
        match output:
            case ScorecardOutput(data=card):
                key = (to_ms(card.window_start), card.tenant, card.group, card.name)
                old = self._cards.get(key)
                if old is None or old.revision < card.revision:
                    self._cards[key] = card
                self.newest_ms = max(self.newest_ms, to_ms(card.window_end))
            case QueueInterval(data=interval) if interval.length == HOUR:
                place = (to_ms(interval.window_start), interval.tenant, interval.queue)
                known = self._intervals.get(place)
                if known is None or known.revision < interval.revision:
                    self._intervals[place] = interval
            case QaIssue(id=name, data=data):
                self._issues[name] = Issue(to_ms(output.time), output.subject, data)
            case QaWithdrawn(data=withdrawn):
                self._withdrawn.add(withdrawn.corrects)
            case InteractionSummary():
                self._add_summary(output)
            case _:
                pass

    def cards(self) -> list[ScorecardData]:
        """The last revision of every scorecard, by hour and group.

        Without those that were taken back: a message that comes before the event that names the
        tenant is counted for no tenant until then.
        """
        last = (self._cards[key] for key in sorted(self._cards))
        return [card for card in last if not _is_taken_back(card)]

    def intervals(self) -> list[QueueIntervalData]:
        """The last revision of every queue's hour."""
        return [self._intervals[key] for key in sorted(self._intervals)]

    def issues(self) -> list[Issue]:
        """The issues that were not withdrawn, the newest first."""
        standing = [i for name, i in self._issues.items() if name not in self._withdrawn]
        return sorted(standing, key=lambda i: (-i.time_ms, i.interaction_id, i.data.rule))

    def interactions(self) -> list[Ended]:
        """The newest summary of every interaction that has ended, by its id."""
        ended = [one for one in self._interactions.values() if one.ended_ms is not None]
        return sorted(ended, key=lambda one: (one.interaction_id, one.kind))

    def _add_summary(self, output: InteractionSummary) -> None:
        data, key = output.data, (output.data.kind, output.subject)
        self.is_synthetic |= output.synthetictime is True
        if data.about is not None:  # it has ended at least once
            end_ms = to_ms(output.time if data.closed is None else data.closed)
            first = self._ends.get(key)
            if first is None or data.revision < first[0]:
                self._ends[key] = (data.revision, end_ms)
        old = self._interactions.get(key)
        if old is None or old.revision < data.revision:
            old = self._interactions[key] = Ended(
                interaction_id=output.subject,
                kind=data.kind,
                revision=data.revision,
                ended_ms=None,
                tenant=data.tenant or "",
                channel=data.channel,
                agent_id=data.agent_id,
                score=data.score,
                rules=frozenset(data.issues),
                first_response_ms=data.first_response_ms,
                rating_permille=data.rating,
            )
        old.ended_ms = self._ends[key][1] if key in self._ends else None


def _is_taken_back(card: ScorecardData) -> bool:
    return card.revision > 1 and not card.nodes and Sums.of([card]) == Sums()
