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
from schemas.view import TopicView


@dataclass(frozen=True)
class Issue:
    """One hit of a rule that still stands, and the interaction it was seen in."""

    time_ms: int
    interaction_id: str
    data: QaIssueData


@dataclass(frozen=True)
class Ended:
    """The newest summary of one interaction that has ended. `ended_ms` is its first end, as in the
    scorecards. `score` is None where no human agent spoke.
    """

    interaction_id: str
    kind: InteractionKind
    ended_ms: int
    tenant: str
    channel: str | None
    agent_id: str | None
    score: int | None
    rules: frozenset[str]
    first_response_ms: int | None
    rating_permille: int | None


class Collector:
    """Add outputs in any order: `TopicView` keeps what stands of them."""

    def __init__(self) -> None:
        self._view = TopicView()
        self._ends: dict[tuple[str, str], tuple[int, int]] = {}
        self.newest_ms = 0
        """The latest time that a scorecard speaks of."""
        self.is_synthetic = False
        """Some times were made up by an importer."""

    def add(self, output: Output) -> None:
        """Take one output; kinds that no report needs are passed over."""
        match output:
            case ScorecardOutput(data=card):
                self.newest_ms = max(self.newest_ms, to_ms(card.window_end))
            case InteractionSummary():
                self._note_end(output)
            case QueueInterval(data=interval) if interval.length == HOUR:
                pass
            case QaIssue() | QaWithdrawn():
                pass
            case _:
                return
        self._view.take(output)

    def cards(self) -> list[ScorecardData]:
        """The last revision of every scorecard, by hour and group.

        Without those that were taken back: a message that comes before the event that names the
        tenant is counted for no tenant until then.
        """
        last = [one.data for one in self._view.truths() if isinstance(one, ScorecardOutput)]
        last.sort(key=lambda card: (card.window_start, card.tenant, card.group, card.name))
        return [card for card in last if not _is_taken_back(card)]

    def intervals(self) -> list[QueueIntervalData]:
        """The last revision of every queue's hour."""
        last = [one.data for one in self._view.truths() if isinstance(one, QueueInterval)]
        return sorted(last, key=lambda one: (one.window_start, one.tenant, one.queue))

    def issues(self) -> list[Issue]:
        """The issues that were not withdrawn, the newest first."""
        standing = [
            Issue(to_ms(one.time), one.subject, one.data)
            for one in self._view.truths()
            if isinstance(one, QaIssue)
        ]
        return sorted(standing, key=lambda i: (-i.time_ms, i.interaction_id, i.data.rule))

    def interactions(self) -> list[Ended]:
        """The newest summary of every interaction that has ended, by its id."""
        ended = [
            _ended(one, self._ends[one.data.kind, one.subject][1])
            for one in self._view.truths()
            if isinstance(one, InteractionSummary) and (one.data.kind, one.subject) in self._ends
        ]
        return sorted(ended, key=lambda one: (one.interaction_id, one.kind))

    def _note_end(self, output: InteractionSummary) -> None:
        data, key = output.data, (output.data.kind, output.subject)
        self.is_synthetic |= output.synthetictime is True
        if data.about is not None:  # it has ended at least once
            end_ms = to_ms(output.time if data.closed is None else data.closed)
            first = self._ends.get(key)
            if first is None or data.revision < first[0]:
                self._ends[key] = (data.revision, end_ms)


def _ended(newest: InteractionSummary, ended_ms: int) -> Ended:
    data = newest.data
    return Ended(
        interaction_id=newest.subject,
        kind=data.kind,
        ended_ms=ended_ms,
        tenant=data.tenant or "",
        channel=data.channel,
        agent_id=data.agent_id,
        score=data.score,
        rules=frozenset(data.issues),
        first_response_ms=data.first_response_ms,
        rating_permille=data.rating,
    )


def _is_taken_back(card: ScorecardData) -> bool:
    return card.revision > 1 and not card.nodes and Sums.of([card]) == Sums()
