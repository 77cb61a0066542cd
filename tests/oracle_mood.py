"""The mood of a customer by its definition (docs/mood.md), from the whole list each time, exactly.

A log is a list of (event id, value); a value of None is an answer of somebody else. Thresholds that
a value meets to within `NEAR` are reported: there, floats may fall to either side.
"""

from fractions import Fraction
from typing import NamedTuple

from pipeline.quality.mood import MoodFile

Entry = tuple[str, float | None]
NEAR = Fraction(1, 10**9)


class Truth(NamedTuple):
    """After the whole log; `told` is (index in the log, kind, event ids)."""

    value: Fraction | None
    told: list[tuple[int, str, tuple[str, ...]]]
    is_near_a_threshold: bool


def turns_of(log: list[Entry]) -> list[list[tuple[str, Fraction]]]:
    """The customer's messages, a list for each turn between answers."""
    turns: list[list[tuple[str, Fraction]]] = [[]]
    for event_id, value in log:
        if value is None:
            turns.append([])
        else:
            turns[-1].append((event_id, Fraction(value)))
    return [turn for turn in turns if turn]


def means_of(log: list[Entry]) -> list[Fraction]:
    """The value of each turn."""
    return [sum((v for _, v in turn), Fraction(0)) / len(turn) for turn in turns_of(log)]


def value_of(log: list[Entry]) -> Fraction | None:
    """The mean of all turns, the k-th back from the last weighing a half to the k."""
    means = means_of(log)[::-1]
    weights = [Fraction(1, 2**back) for back in range(len(means))]
    if not means:
        return None
    return sum((w * m for w, m in zip(weights, means, strict=True)), Fraction(0)) / sum(weights)


def truth(log: list[Entry], config: MoodFile) -> Truth:
    """All that is to be said of this log."""
    told: list[tuple[int, str, tuple[str, ...]]] = []
    near: list[Fraction] = []
    below, above = Fraction(config.turned_below), Fraction(config.recovered_above)
    heard = [index for index, (_, value) in enumerate(log) if value is not None]
    moods = {index: value_of(log[: index + 1]) or Fraction(0) for index in heard}
    begin, fallen_at, sustained_in = 0, None, None
    for index in heard:
        mood = moods[index]
        near += [mood - below, mood - above]
        if fallen_at is not None and mood > above:
            begin, fallen_at = index, None
        since = [i for i in heard if begin <= i <= index]
        best = max(since, key=lambda i: (moods[i], -i))
        near.append(moods[best] - mood - Fraction(config.turned_by))
        falls = mood < below and moods[best] - mood >= Fraction(config.turned_by)
        if fallen_at is None and falls:
            fallen_at = index
            told.append((index, "turned", (log[best][0], log[index][0])))
        means, turns = means_of(log[: index + 1]), turns_of(log[: index + 1])
        near.append(means[-1] - below)
        run = 0
        while run < len(means) and means[-1 - run] < below:
            run += 1
        # A run is known by the number of the last finished turn before it that was not negative.
        other = [number for number, mean in enumerate(means[:-1]) if mean >= below]
        this_run = other[-1] if other else -1
        if run >= config.sustained_turns and sustained_in != this_run:
            sustained_in = this_run
            last = turns[-config.sustained_turns :]
            told.append((index, "sustained_negative", tuple(turn[-1][0] for turn in last)))
    return Truth(value_of(log), told, any(abs(gap) < NEAR for gap in near))
