"""What is remembered of one interaction between two evaluations: small, bounded, serialisable."""

from msgspec import Struct

from pipeline.qa.language.limits import MAX_TURNS
from pipeline.qa.language.values import Hit, Who
from schemas.outputs import SentimentLabel

Identity = tuple[tuple[str, int, int], ...]
"""An evidence by its events and places."""


class Seen(Struct, array_like=True, gc=False):
    """What the rules remember of one turn. `quote` is the start of its masked text."""

    event_id: str
    time_ms: int
    who: Who
    start_ms: int | None
    end_ms: int | None
    score: float | None
    label: SentimentLabel | None
    quote: str


class Mark(Struct, array_like=True, gc=False):
    """Something that a condition found in one turn, when the turn was read.

    `turn` and `others` are indices of turns; `slot` tells the parts of one operator apart (an
    exception from the thing itself), `word` the words of one slot.
    """

    turn: int
    slot: int
    word: int
    start: int
    end: int
    text: str
    others: tuple[int, ...] = ()


class QaState(Struct, array_like=True, gc=False):
    """The memory of one interaction.

    Bounded: at most `MAX_TURNS` turns, for each at most one mark a word or part of a condition, at
    most `MAX_HITS_PER_RULE` hits a rule. Turns beyond are counted in `unread_turns` and not judged;
    `cut` are the rules that had more hits than that and fell silent. `recent` are the short texts,
    with the indices of their turns, in which repeats are looked for. `done` are rules with nothing
    left to say, `said` the hits that were given; for rules that are one look at a turn only their
    number, `spots`. `due_ms` is when time alone may next make something certain. `counts` are the
    turns of each role, `awake` the rules to look at on each step. `marks` are keyed by the number
    of the condition in its rule set, so a state belongs to one file: `rules`, its fingerprint.
    """

    rules: str
    turns: list[Seen] = []
    marks: dict[int, list[Mark]] = {}
    counts: dict[Who, int] = {}
    recent: list[tuple[int, str]] = []
    said: dict[int, set[Identity]] = {}
    spots: dict[int, int] = {}
    awake: set[int] = set()
    done: set[int] = set()
    now_ms: int | None = None
    due_ms: int | None = None
    ended: bool = False
    unread_turns: int = 0
    cut: set[int] = set()

    @property
    def is_full(self) -> bool:
        """Whether further turns are counted only."""
        return len(self.turns) >= MAX_TURNS


class Anchors(Struct):
    """What another condition found so far: its hits, whether more may come, and from which turn."""

    hits: list[Hit]
    closed: bool
    settled: int
