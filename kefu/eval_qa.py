"""How well the quality score of a conversation agrees with what people say of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from kefu.errors import UserError
from kefu.eval_mood import Agreement, agreement
from kefu.rated_dialogues import RatedDialogue, read_rated
from kefu.replay import InProcess, replay
from kefu.sources import SourceOptions, read
from pipeline.config import EngineConfig
from pipeline.sentiment.scorer import Scorer
from schemas.codec import to_ms
from schemas.outputs import InteractionSummary, Output


class QaFigures(NamedTuple):
    """The quality score, and beside it the mood of the same conversations. `report` is the half of
    the dialogues on which nothing was chosen.
    """

    scored: int
    report: Agreement
    everything: Agreement
    mood_report: Agreement


def judge_rules(path: Path, config: EngineConfig, scorer: Scorer) -> QaFigures:
    """Run the engine over rated dialogues; raises `UserError` where none can be scored."""
    scores: dict[str, float] = {}
    moods: dict[str, float] = {}

    def take(output: Output) -> None:
        if isinstance(output, InteractionSummary):
            if output.data.score is not None:
                scores[output.subject] = output.data.score
            if output.data.mood is not None:
                moods[output.subject] = output.data.mood

    records = read(path, "stc3", SourceOptions())
    wall_ms = to_ms(datetime.now(UTC))
    replay(records, InProcess(config, scorer), config, wall_ms=wall_ms, emit=take)
    rated = [one for one in read_rated(path) if one.id in scores and one.id in moods]
    report = [one for one in rated if one.is_for_report]
    if len(report) < 2:
        raise UserError(f"{path}: {len(report)} rated dialogues have a score, expected at least 2")

    def agrees(values: dict[str, float], with_: Sequence[RatedDialogue]) -> Agreement:
        return agreement([values[one.id] for one in with_], [one.rating for one in with_])

    return QaFigures(
        len(rated), agrees(scores, report), agrees(scores, rated), agrees(moods, report)
    )
