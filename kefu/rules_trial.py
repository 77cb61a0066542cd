"""What a file of quality rules finds in real conversations, beside another one."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from kefu.replay import InProcess, replay
from kefu.sources import SourceRecord
from pipeline.config import EngineConfig
from pipeline.qa.language.rule_set import RuleSet
from pipeline.sentiment.scorer import Scorer
from schemas.outputs import InteractionSummary, Output, QaIssue, QaWithdrawn

MAX_EVIDENCE = 3
"""So many different texts are shown for each rule."""


@dataclass
class Trial:
    """What one file of rules said: hits and interactions with hits by rule, texts, scores."""

    hits: Counter[str] = field(default_factory=Counter)
    interactions: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    evidence: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    scores: dict[str, int] = field(default_factory=dict)

    @property
    def score_mean(self) -> float | None:
        """The mean score of the interactions that were scored."""
        return sum(self.scores.values()) / len(self.scores) if self.scores else None

    def take(self, output: Output) -> None:
        """Take one output of the engine."""
        match output:
            case QaIssue(data=data, subject=subject):
                self.hits[data.rule] += 1
                self.interactions[data.rule].add(subject)
                text = " … ".join(one.text for one in data.evidence if one.text)
                self.evidence[data.rule][text] += 1
            case QaWithdrawn(data=data):
                self.hits[data.rule] -= 1
            case InteractionSummary(data=data, subject=subject) if data.score is not None:
                self.scores[subject] = data.score
            case _:
                pass

    def top_evidence(self, rule: str) -> list[str]:
        """The texts that were found most often, masked."""
        return [text for text, _ in self.evidence[rule].most_common(MAX_EVIDENCE) if text]


def try_rules(
    records: Iterable[SourceRecord],
    config: EngineConfig,
    rules: RuleSet,
    scorer: Scorer | None,
    wall_ms: int,
) -> Trial:
    """Run the engine with these rules over the records of a source."""
    changed = replace(config, qa=rules)
    trial = Trial()
    replay(records, InProcess(changed, scorer), changed, wall_ms=wall_ms, emit=trial.take)
    return trial
