"""The events that an interaction remembers: to tell repeats, and to put late ones in their place.

Fixed-size records in one string of bytes, in the order of arrival; identifiers and dimensions stand
beside them. A million open interactions must fit into memory, so nothing here is an object per
event.
"""

from struct import Struct as ByteLayout

from msgspec import Struct, field

from pipeline.clocks.fold import NO_KEY, Move, Order
from pipeline.policies import PolicyKey
from pipeline.quality.notes import Note

_RECORD = ByteLayout(">8sqIBH")
"""Digest, time in ms, sequence, move, index of the dimensions."""
_DIGEST_BYTES = 8

KEPT_AT_LEAST = 64
KEPT_BEFORE_CUT = 2 * KEPT_AT_LEAST
KEPT_AT_MOST = 512
"""How many events are remembered: see "Memory" in `docs/clocks.md`."""


class History(Struct, array_like=True, gc=False):
    """`horizon` is the place of the newest event that has been cut off."""

    records: bytes = b""
    ids: list[str] = field(default_factory=list)
    keys: list[PolicyKey] = field(default_factory=list)
    notes: list[Note | None] = field(default_factory=list)
    horizon: Order | None = None

    def knows(self, digest: bytes) -> bool:
        """Tell whether the event of that digest (`event_digest`) is remembered."""
        at = self.records.find(digest)
        while at >= 0 and at % _RECORD.size:
            at = self.records.find(digest, at + 1)
        return at >= 0

    def is_too_late_to_tell(self, time_ms: int) -> bool:
        """Whether an event this old could be one of the forgotten ones.

        Not in their last second: a burst of hundreds within a second would be refused for it. A
        repeat from that second is processed again, with the same output ids.
        """
        return self.horizon is not None and time_ms // 1000 < self.horizon[0] // 1000

    def add(self, move: Move) -> None:
        """Remember an event."""
        if move.key == NO_KEY:
            index = 0
        else:
            try:
                index = self.keys.index(move.key) + 1
            except ValueError:
                self.keys.append(move.key)
                index = len(self.keys)
        self.records += _RECORD.pack(move.digest, move.time_ms, move.sequence, move.move, index)
        self.ids.append(move.event_id)
        self.notes.append(move.note)

    def in_order(self) -> list[Move]:
        """The remembered events, oldest first."""
        keys = (NO_KEY, *self.keys)
        moves = [
            Move(time_ms, sequence, move, digest, event_id, keys[index], note)
            for (digest, time_ms, sequence, move, index), event_id, note in zip(
                _RECORD.iter_unpack(self.records), self.ids, self.notes, strict=True
            )
        ]
        moves.sort(key=_order)
        return moves

    def __len__(self) -> int:
        return len(self.ids)

    def cut(self, lateness_ms: int) -> list[Move]:
        """Forget the older half where there are many; returns what was forgotten, oldest first.

        What lies within the allowed lateness of the newest stays, unless there are very many.
        """
        if len(self.ids) <= KEPT_BEFORE_CUT or (
            len(self.ids) % KEPT_AT_LEAST and len(self.ids) <= KEPT_AT_MOST
        ):
            return []  # looked at now and then only, because it costs a sort
        moves = self.in_order()
        most = len(moves) - KEPT_AT_LEAST
        if len(moves) <= KEPT_AT_MOST:
            settled_ms = moves[-1].time_ms - lateness_ms
            count = sum(move.time_ms < settled_ms for move in moves[:most])
        else:
            count = KEPT_AT_MOST // 2
        if not count:
            return []
        forgotten = moves[:count]
        self.records, self.ids, self.keys, self.notes = b"", [], [], []
        for move in moves[count:]:
            self.add(move)
        self.horizon = forgotten[-1].order
        return forgotten


def _order(move: Move) -> Order:
    return (move.time_ms, move.sequence, move.move >> 4, move.digest)
