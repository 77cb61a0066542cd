"""Where a condition looks: its check range, and the windows of turns that it means.

- `whole`: all turns.
- `first: N` / `last: N`: up to the N-th, or from the N-th last, turn of the role looked at.
  `last` is known when the interaction has ended.
- `before` / `after` / `around` a hit of the condition with that label: the N turns of the role
  looked at on that side, or the turns at most S seconds away. The turn of the hit itself belongs
  only to `around`.
"""

from bisect import bisect_left
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from pipeline.qa.language.limits import MAX_COUNT, MAX_SECONDS
from pipeline.qa.language.state import Anchors, Seen
from pipeline.qa.language.values import Facts, Hit, Who

Count = Annotated[int, Meta(ge=1, le=MAX_COUNT)]
Seconds = Annotated[float, Meta(ge=0, le=MAX_SECONDS)]

FOREVER = 1 << 60
"""The index after every turn: what is settled up to here is settled for good."""


class Whole(Struct, frozen=True, tag="whole"):
    """The whole interaction."""


class First(Struct, frozen=True):
    """Up to the N-th turn of the role looked at."""

    turns: Count


class Last(Struct, frozen=True):
    """From the N-th last turn of the role looked at."""

    turns: Count


class Near(Struct, frozen=True):
    """Beside each hit of another condition of the rule; one of `turns` and `seconds`."""

    side: Literal["before", "after", "around"]
    hit_of: str
    turns: Count | None = None
    seconds: Seconds | None = None


Range = Whole | First | Last | Near


class Window(NamedTuple):
    """Turns `lo` to before `hi`; `closed` when no turn can come in any more.

    `anchor` is the hit that the window lies beside.
    """

    lo: int
    hi: int
    closed: bool
    anchor: Hit | None = None


class View:
    """An interaction up to some moment: what all conditions are evaluated on.

    `is_spoken`: some turns are utterances of a call. `due_ms` is when an answer about time next
    changes, if nothing happens until then; None where none does.
    """

    __slots__ = ("due_ms", "ended", "facts", "is_spoken", "now_ms", "turns")

    def __init__(self, turns: list[Seen], facts: Facts, now_ms: int | None, ended: bool) -> None:
        self.turns = turns
        self.facts = facts
        self.now_ms = now_ms
        self.ended = ended
        self.due_ms: int | None = None
        self.is_spoken = any(turn.start_ms is not None for turn in turns)

    def is_past(self, time_ms: int) -> bool:
        """Whether no turn of `time_ms` or before can come any more."""
        return self.ended or self._is_behind(time_ms)

    def has_passed(self, time_ms: int) -> bool:
        """Whether the interaction is known to have lasted beyond `time_ms`."""
        end = self.facts.end
        return (end is not None and end.time_ms > time_ms) or self._is_behind(time_ms)

    def _is_behind(self, time_ms: int) -> bool:
        if self.turns and self.turns[-1].time_ms > time_ms:
            return True
        now_ms, end = self.now_ms, self.facts.end
        if now_ms is not None and self.ended and end is not None:
            now_ms = min(now_ms, end.time_ms)  # an interaction that has ended lasts no longer
        if now_ms is not None and now_ms > time_ms:
            return True
        if self.due_ms is None or time_ms < self.due_ms:
            self.due_ms = time_ms + 1
        return False

    def index_at(self, time_ms: int) -> int:
        """How many turns there are up to and including `time_ms`."""
        return bisect_left(self.turns, time_ms + 1, key=_time)


def is_seen_by(who: Who, turn: Seen) -> bool:
    """Whether a condition that looks at `who` looks at this turn."""
    return who == "any" or turn.who == who


def windows(where: Range, who: Who, view: View, anchors: Anchors | None) -> list[Window]:
    """The windows that are known so far; those of `Near` in the order of the anchors' hits."""
    n = len(view.turns)
    match where:
        case Whole():
            return [Window(0, n, view.ended)]
        case First(turns=count):
            hi = _forwards(view.turns, 0, who, count)
            return [Window(0, n if hi is None else hi, hi is not None or view.ended)]
        case Last(turns=count):
            return [Window(_backwards(view.turns, n, who, count), n, True)] if view.ended else []
        case Near():
            hits = anchors.hits if anchors is not None else []
            return [_near(where, who, view, hit) for hit in hits]


def _near(where: Near, who: Who, view: View, hit: Hit) -> Window:
    n = len(view.turns)
    after = hit.at + 1 if hit.is_turn else hit.at
    lo, hi, closed = after, after, True
    if where.side == "around":
        lo = hit.at
    if where.turns is not None:
        if where.side != "after":
            lo = _backwards(view.turns, hit.at, who, where.turns)
        if where.side != "before":
            end = _forwards(view.turns, after, who, where.turns)
            hi, closed = (n, view.ended) if end is None else (end, True)
    else:
        far_ms = round((where.seconds or 0.0) * 1000)
        if where.side != "after":
            lo = bisect_left(view.turns, hit.time_ms - far_ms, 0, hit.at, key=_time)
        if where.side != "before":
            limit_ms = hit.time_ms + far_ms
            hi = bisect_left(view.turns, limit_ms + 1, after, n, key=_time)
            closed = hi < n or view.is_past(limit_ms)
    if where.side == "before":
        hi = hit.at
    return Window(lo, hi, closed, hit)


def _time(turn: Seen) -> int:
    return turn.time_ms


def _forwards(turns: list[Seen], start: int, who: Who, count: int) -> int | None:
    """The index after the `count`-th turn of `who` from `start`; None where there are fewer."""
    for index in range(start, len(turns)):
        if is_seen_by(who, turns[index]):
            count -= 1
            if count == 0:
                return index + 1
    return None


def _backwards(turns: list[Seen], stop: int, who: Who, count: int) -> int:
    """The index of the `count`-th last turn of `who` before `stop`; 0 where there are fewer."""
    for index in range(stop - 1, -1, -1):
        if is_seen_by(who, turns[index]):
            count -= 1
            if count == 0:
                return index
    return 0
