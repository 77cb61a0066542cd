"""What the engine's outputs say of quality in the end: issues that stand, and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from schemas.outputs import (
    MoodWithdrawn,
    Output,
    QaFacts,
    QaIssue,
    QaWithdrawn,
    SentimentTurned,
    SustainedNegative,
)

Standing = tuple[str, tuple[tuple[str, int, int], ...], str | None]
"""Rule or kind of mood, evidence, and the agent."""


class QualityTold:
    """Takes outputs; what was withdrawn does not stand, and nothing is withdrawn that was not."""

    def __init__(self) -> None:
        self.standing: dict[str, Standing] = {}
        self._subjects: dict[str, str] = {}
        self.counts: Counter[tuple[int, str, str, str]] = Counter()
        self.ids: list[str] = []

    def take(self, outputs: Iterable[Output]) -> None:
        """Take the outputs of one step."""
        for output in outputs:
            match output:
                case QaIssue(id=name, data=data):
                    spans = tuple((one.event_id, one.start, one.end) for one in data.evidence)
                    self._stand(name, (data.rule, spans, data.agent_id), output.subject)
                case SentimentTurned(id=name, data=data) | SustainedNegative(id=name, data=data):
                    kind = str(output.__struct_config__.tag)
                    turns = tuple((turn, 0, 0) for turn in data.turns)
                    self._stand(name, (kind, turns, data.agent_id), output.subject)
                case QaWithdrawn(id=name, data=data) | MoodWithdrawn(id=name, data=data):
                    self.ids.append(name)
                    del self.standing[data.corrects]
                case QaFacts(data=data) if data.window_start is not None:
                    at_ms = round(data.window_start.timestamp() * 1000)
                    for name, amount in data.counts.items():
                        self.counts[at_ms, data.group, data.name, name] += amount
                case _:
                    pass

    def of(self, subject: str) -> set[Standing]:
        """What stands of one interaction."""
        return {what for name, what in self.standing.items() if self._subjects[name] == subject}

    def _stand(self, name: str, what: Standing, subject: str) -> None:
        assert name not in self.standing, "said twice"
        self._subjects[name] = subject
        assert what not in self.of(subject), "said twice under two names"
        self.standing[name] = what
        self.ids.append(name)

    @property
    def truth(self) -> set[Standing]:
        """What stands."""
        return set(self.standing.values())
