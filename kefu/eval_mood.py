"""How well the mood of a conversation agrees with what people say of the customer's satisfaction.

The mood is that of `pipeline.quality.mood`, which the engine exports: the same code computes it
here. The decay is not fitted to what is reported: choices belong to the half of the dialogues that
`RatedDialogue.is_for_report` leaves out.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from random import Random
from typing import NamedTuple

from kefu.errors import UserError
from kefu.rated_dialogues import RatedDialogue
from pipeline.masking import mask
from pipeline.quality.mood import DECAY, Mood, MoodFile
from pipeline.sentiment import cues
from pipeline.sentiment.service_scorer import ServiceScorer
from pipeline.sentiment.snownlp_exact import ExactSnowNLP
from schemas.envelope import Role

BOOTSTRAP_ROUNDS = 500
SEED = 7
DECAYS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""From the last turn alone to the plain mean of all turns."""
UNHEARD = 0.5
"""The mood of a dialogue in which no text of the customer was scored: nothing is known."""

TextValue = Callable[[str, Role], float]
"""The mood of one text, 0 (negative) … 1 (positive)."""


class Agreement(NamedTuple):
    """Spearman's correlation with the ratings, and the middle 95 % of it over bootstrap samples."""

    n: int
    spearman: float
    interval: tuple[float, float]


class MoodFigures(NamedTuple):
    """One scorer. `by_decay` gives (decay, correlation on the half for choices, on the other)."""

    scorer: str
    tune: Agreement
    report: Agreement
    everything: Agreement
    by_decay: list[tuple[float, float, float]]


def service_value(scorer: ServiceScorer) -> TextValue:
    """What the engine exports as the mood of a message: of the masked text, in thousandths."""

    def value(text: str, role: Role) -> float:
        reading = scorer.read(mask(text).text, role)
        return round(reading.positive + reading.neutral / 2, 3)

    return value


def snownlp_value(base: ExactSnowNLP) -> TextValue:
    """The SnowNLP score as it is."""
    return lambda text, _: base.score(text)


def cues_value(base: ExactSnowNLP) -> TextValue:
    """The class that cue words in front of SnowNLP give: 0, 0.5 or 1."""
    values = {"negative": 0.0, "neutral": 0.5, "positive": 1.0}
    return lambda text, _: values[cues.read(text, base.score(text)).label]


def customer_turns(dialogue: RatedDialogue, value: TextValue) -> list[list[float]]:
    """The moods of the customer's texts, a list for each turn between two answers.

    Texts of nothing but blanks are pictures and are not scored.
    """
    by_turn: Iterator[list[str]] = (
        [text for _, texts in turns for text in texts if text.strip()]
        for role, turns in groupby(dialogue.turns, key=lambda turn: turn[0])
        if role == "customer"
    )
    return [[value(text, "customer") for text in texts] for texts in by_turn if texts]


def exported_mood(turns: Sequence[Sequence[float]]) -> float:
    """What the engine says after the last of these turns."""
    mood, config = Mood(), MoodFile(version="eval")
    for number, values in enumerate(turns):
        if number:
            mood.end_turn(config)
        for index, value in enumerate(values):
            mood.hear(f"{number}.{index}", value, config)
    return UNHEARD if mood.value is None else mood.value


def decayed_mood(turns: Sequence[Sequence[float]], decay: float) -> float:
    """The mean of the turns, the k-th back from the last weighing `decay`^k."""
    weights = [decay**back for back in range(len(turns))]
    means = [sum(values) / len(values) for values in reversed(turns)]
    weighed = sum(weight * mean for weight, mean in zip(weights, means, strict=True))
    return weighed / sum(weights) if turns else UNHEARD


def judge_scorer(name: str, value: TextValue, dialogues: Sequence[RatedDialogue]) -> MoodFigures:
    """All figures of one scorer; raises `UserError` where a half has fewer than two dialogues."""
    turns = {index: customer_turns(one, value) for index, one in enumerate(dialogues)}
    tune = [i for i, one in enumerate(dialogues) if not one.is_for_report]
    report = [i for i, one in enumerate(dialogues) if one.is_for_report]
    if min(len(tune), len(report)) < 2:
        raise UserError(
            f"{len(tune)} and {len(report)}: expected at least 2 rated dialogues in each half"
        )
    everything = [*tune, *report]

    def ratings(part: Sequence[int]) -> list[float]:
        return [dialogues[i].rating for i in part]

    def at(decay: float, part: Sequence[int]) -> float:
        return spearman([decayed_mood(turns[i], decay) for i in part], ratings(part))

    def exported(part: Sequence[int]) -> Agreement:
        return agreement([exported_mood(turns[i]) for i in part], ratings(part))

    decays = sorted({*DECAYS, DECAY})
    by_decay = [(decay, at(decay, tune), at(decay, report)) for decay in decays]
    return MoodFigures(name, exported(tune), exported(report), exported(everything), by_decay)


def agreement(values: Sequence[float], ratings: Sequence[float]) -> Agreement:
    """The correlation with its interval, from `BOOTSTRAP_ROUNDS` samples of a fixed seed."""
    chance = Random(SEED)  # noqa: S311 - no secret
    pairs = list(zip(values, ratings, strict=True))
    samples = (chance.choices(pairs, k=len(pairs)) for _ in range(BOOTSTRAP_ROUNDS))
    found = sorted(spearman(*zip(*sample, strict=True)) for sample in samples)
    low, high = found[int(0.025 * BOOTSTRAP_ROUNDS)], found[int(0.975 * BOOTSTRAP_ROUNDS)]
    return Agreement(len(pairs), spearman(values, ratings), (low, high))


def spearman(left: Sequence[float], right: Sequence[float]) -> float:
    """Spearman's rank correlation; equal values share the mean of their ranks.

    Zero where one side is all equal.
    """
    one, two = _ranks(left), _ranks(right)
    middle = (len(one) - 1) / 2
    spread = sum((a - middle) ** 2 for a in one) * sum((b - middle) ** 2 for b in two)
    shared = sum((a - middle) * (b - middle) for a, b in zip(one, two, strict=True))
    return float(shared / spread**0.5) if spread else 0.0


def _ranks(values: Sequence[float]) -> list[float]:
    ranks = [0.0] * len(values)
    begin = 0
    for _, group in groupby(sorted(range(len(values)), key=values.__getitem__), values.__getitem__):
        equal = list(group)
        for index in equal:
            ranks[index] = begin + (len(equal) - 1) / 2
        begin += len(equal)
    return ranks
