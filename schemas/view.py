"""What stands of all that kefu has said: repeats, revisions, corrections, withdrawals sorted out.

For whoever reads the topics of outputs. Needs msgspec and orjson, no Kafka: give it what
`schemas.codec.decode_output` returns, of one topic or of all.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple, assert_never

from msgspec import Struct

from schemas.codec import to_ms
from schemas.outputs import (
    DeadLetter,
    InteractionSummary,
    MessageEnriched,
    MoodWithdrawn,
    PublishedOutput,
    QaFacts,
    QaIssue,
    QaWithdrawn,
    QueueInterval,
    Scorecard,
    SentimentTurned,
    SlaBreached,
    SlaCorrected,
    SlaMet,
    SlaWarned,
    SustainedNegative,
)

SlaStatement = SlaWarned | SlaBreached | SlaMet | SlaCorrected
Withdrawal = QaWithdrawn | MoodWithdrawn
Revisable = (
    Scorecard
    | QueueInterval
    | InteractionSummary
    | SlaStatement
    | QaIssue
    | SentimentTurned
    | SustainedNegative
)
"""What may be said otherwise, or taken back, later. All else is said once."""


class Verdict(StrEnum):
    """What an output means to a reader who has taken those before it."""

    NEW = "new"
    """The first word on what it speaks of; also a withdrawal of something that has not come."""
    REVISION = "revision"
    """What stands has changed, and `truth_of` says to what: in the order of the log to this output,
    or to nothing where it withdraws."""
    REPEATED = "repeated"
    """It was taken before."""
    OUTDATED = "outdated"
    """Something newer was taken already; perhaps it was itself taken before that."""


class _Newest(NamedTuple):
    """The newest word on something whose words have numbers; `until_ms` is the latest time that any
    of them spoke of.
    """

    number: int
    output: Revisable | Withdrawal
    until_ms: int


class _Wait(Struct):
    """All that was said of one wait.

    `ends` are the judgements that no known one corrects, in the order in which they came: one, but
    for as long as a correction between two of them is missing. Tuples, as most waits have one
    statement and an empty set is four times as large.
    """

    warning: SlaWarned | None = None
    is_warned_again: bool = False
    ends: tuple[SlaBreached | SlaMet | SlaCorrected, ...] = ()
    heard: tuple[str, ...] = ()
    corrected: tuple[str, ...] = ()
    until_ms: int = 0

    @property
    def truth(self) -> SlaStatement:
        if self.warning is not None and (not self.ends or self.is_warned_again):
            return self.warning
        return self.ends[-1]

    def take(self, said: SlaStatement) -> None:
        self.heard += (said.id,)
        self.until_ms = max(self.until_ms, to_ms(said.time))
        if isinstance(said, SlaWarned):
            self._take_warning(said)
            return
        before = self.ends[-1:]
        if said.data.corrects is not None:
            self.corrected += (said.data.corrects,)
        self.ends = tuple(one for one in (*self.ends, said) if one.id not in self.corrected)
        # The first judgement corrects nothing: it is older than every correction.
        corrections = tuple(one for one in self.ends if one.data.corrects is not None)
        self.ends = corrections or self.ends
        if self.ends[-1:] != before:
            self.is_warned_again = False

    def _take_warning(self, said: SlaWarned) -> None:
        # A later warning of a wait is of a longer time.
        if self.warning is None or said.data.elapsed_ms > self.warning.data.elapsed_ms:
            self.warning = said
            self.is_warned_again = self.ends[-1:] != () and self.ends[-1].data.outcome == "running"


class TopicView:
    """Takes outputs and holds what stands.

    What stands does not depend on the order in which outputs come, nor on repeats, as far as the
    contract numbers or links them: scorecards, queue intervals and summaries have a `revision`,
    withdrawals name what they withdraw, corrections of a wait name what they correct. Two things
    only the order of the log tells, which is kept within a partition. Whoever mixes up one
    interaction's statements gets of those the one that came last:

    * a warning, and a correction that lets the same wait go on (`running`);
    * two corrections of a wait, while one between them has not come.

    Memory is for each thing spoken of, not for each output: about 2 KB where it can be revised,
    150 bytes where it is said once. `forget` bounds it.
    """

    def __init__(self) -> None:
        self._newest: dict[tuple[str, ...], _Newest] = {}
        self._waits: dict[str, _Wait] = {}
        self._once: dict[str, int] = {}

    def take(self, output: PublishedOutput) -> Verdict:
        """Take one output, and say what it means after those before it."""
        match output:
            case Scorecard() | QueueInterval() | InteractionSummary():
                return self._take_numbered(_key(output), output.data.revision, output)
            case QaIssue() | SentimentTurned() | SustainedNegative():
                return self._take_numbered(_key(output), 0, output)
            case QaWithdrawn() | MoodWithdrawn():
                return self._take_numbered((output.data.corrects,), 1, output)
            case SlaWarned() | SlaBreached() | SlaMet() | SlaCorrected():
                return self._take_statement(output)
            case MessageEnriched() | DeadLetter() | QaFacts():
                is_new = output.id not in self._once
                self._once.setdefault(output.id, to_ms(output.time))
                return Verdict.NEW if is_new else Verdict.REPEATED
            case _:
                assert_never(output)

    def truth_of(self, output: Revisable) -> Revisable | None:
        """What now stands of what the output speaks of; None where that is withdrawn or unknown."""
        if isinstance(output, SlaStatement):
            wait = self._waits.get(output.data.clock_id)
            return None if wait is None else wait.truth
        newest = self._newest.get(_key(output))
        return None if newest is None or isinstance(newest.output, Withdrawal) else newest.output

    def truths(self) -> Iterator[Revisable]:
        """All that stands: the newest revisions, the last word on each wait, issues and moods that
        were not withdrawn. Not what is said once, such as messages, of which only ids are kept.
        """
        for newest in self._newest.values():
            if not isinstance(newest.output, Withdrawal):
                yield newest.output
        for wait in self._waits.values():
            yield wait.truth

    def forget(self, before_ms: int) -> int:
        """Drop all of which nothing was said of that time (ms since 1970) or later; returns how
        many things. An output of that time or later, once taken, is never `NEW` again.

        The price: of what was dropped, a repeat, an outdated word or a late revision is `NEW`.
        Nothing is paid by who keeps more than a reader can meet again: Kafka keeps most topics for
        a week, and windows are revised for eight days.
        """
        known = len(self._newest) + len(self._waits) + len(self._once)
        self._newest = {k: one for k, one in self._newest.items() if one.until_ms >= before_ms}
        self._waits = {k: one for k, one in self._waits.items() if one.until_ms >= before_ms}
        self._once = {k: at_ms for k, at_ms in self._once.items() if at_ms >= before_ms}
        return known - len(self._newest) - len(self._waits) - len(self._once)

    def _take_numbered(
        self, key: tuple[str, ...], number: int, output: Revisable | Withdrawal
    ) -> Verdict:
        known, until_ms = self._newest.get(key), to_ms(output.time)
        if known is None:
            self._newest[key] = _Newest(number, output, until_ms)
            return Verdict.NEW
        until_ms = max(until_ms, known.until_ms)
        if known.number < number:
            self._newest[key] = _Newest(number, output, until_ms)
            return Verdict.REVISION
        self._newest[key] = known._replace(until_ms=until_ms)
        return Verdict.REPEATED if known.number == number else Verdict.OUTDATED

    def _take_statement(self, said: SlaStatement) -> Verdict:
        wait = self._waits.get(said.data.clock_id)
        if wait is None:
            wait = self._waits[said.data.clock_id] = _Wait()
            wait.take(said)
            return Verdict.NEW
        if said.id in wait.heard:
            return Verdict.REPEATED
        before = wait.truth
        wait.take(said)
        return Verdict.OUTDATED if wait.truth is before else Verdict.REVISION


def _key(
    output: Scorecard
    | QueueInterval
    | InteractionSummary
    | QaIssue
    | SentimentTurned
    | SustainedNegative,
) -> tuple[str, ...]:
    """What all words on one thing share."""
    match output:
        case Scorecard() | QueueInterval():
            return type(output).__name__, output.subject
        case InteractionSummary():
            return output.data.kind, output.subject
        case QaIssue() | SentimentTurned() | SustainedNegative():
            return (output.id,)
        case _:
            assert_never(output)
