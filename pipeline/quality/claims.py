"""What quality checking says of an interaction: each claim is said once, and may be withdrawn."""

from typing import NamedTuple

from pipeline.qa.language.values import RuleHit
from pipeline.quality.counts import Place
from pipeline.quality.mood import MoodKind


class Issue(NamedTuple):
    """One hit of one rule. `at_ms` and `place` are those of the newest turn in its evidence."""

    hit: RuleHit
    at_ms: int
    place: Place


class MoodClaim(NamedTuple):
    """The mood turned, or has been negative for a while: the turns that show it, and the value."""

    kind: MoodKind
    event_ids: tuple[str, ...]
    at_ms: int
    place: Place
    mood: float


Claim = Issue | MoodClaim
