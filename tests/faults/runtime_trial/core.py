"""The stand-in for kefu's engine: one small deterministic state per partition, with a ledger.

Every shape of the trial runs exactly this code, so that they differ only in how events reach it
and how its outputs and checkpoints leave.
"""

from __future__ import annotations

import enum
import zlib
from typing import Any

import orjson

FILLER = "x" * 300  # bytes; a live interaction's record is a few hundred bytes
CHAIN = (1 << 61) - 1  # modulus of the order-sensitive checksum, a Mersenne prime
GROUPED_EVERY = 250  # one low-rate record per so many events of a partition
LEDGER_KEY = b"\x00ledger"  # sorts before and collides with no input key
BATCH_KEY = b"\x00batch"


class Admission(enum.Enum):
    """What to do with the event at an offset, judged by the ledger alone."""

    NEXT = "next"
    DUPLICATE = "duplicate"
    HOLE = "hole"


class HoleInChangelogError(Exception):
    """A checkpoint builds on a ledger that no earlier checkpoint reached."""


def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a key; the load and the check both use this."""
    return zlib.crc32(key.encode()) % partitions


def chain(value: int, seq: int) -> int:
    """Fold one event into a checksum that also changes when two events change places."""
    return (value * 31 + seq + 1) % CHAIN


def output_of(key: str, count: int, value: int) -> dict[str, Any]:
    """Return the output of the `count`-th event of a key."""
    return {"id": f"{key}:{count}", "key": key, "n": count, "value": value}


class Engine:
    """State of one input partition: per key a count and a checksum; `ledger` is the last offset
    that is in the state, -1 for none; `total` counts the events in the state.
    """

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.ledger = -1
        self.total = 0
        self.states: dict[str, tuple[int, int, str]] = {}
        self.changed: set[str] = set()
        self.checkpointed = -1  # the ledger of the last checkpoint
        self.changelog_next = 0  # where the changelog is read on, when the partition comes back

    def admit(self, offset: int) -> Admission:
        """Judge an offset: above the ledger by one is next, further is a hole."""
        if offset == self.ledger + 1:
            return Admission.NEXT
        return Admission.DUPLICATE if offset <= self.ledger else Admission.HOLE

    def feed(self, offset: int, payload: bytes) -> tuple[bytes, bytes | None]:
        """Take one admitted event; return its output and, each 250 events, a grouped record."""
        event = orjson.loads(payload)
        key = event["key"]
        count, value, _ = self.states.get(key, (0, 0, FILLER))
        count, value = count + 1, chain(value, event["seq"])
        self.states[key] = (count, value, FILLER)
        self.changed.add(key)
        self.ledger = offset
        self.total += 1
        grouped = None
        if self.total % GROUPED_EVERY == 0:
            grouped = orjson.dumps({"id": f"{self.partition}:{self.total}"})
        return orjson.dumps(output_of(key, count, value)), grouped

    def batch_record(self) -> tuple[bytes, bytes]:
        """Return everything that changed since the last checkpoint as one atomic record."""
        states = {key: self.states[key] for key in self.changed}
        body = {
            "from": self.checkpointed,
            "to": self.ledger,
            "total": self.total,
            "states": states,
        }
        return BATCH_KEY, orjson.dumps(body)

    def key_records(self) -> list[tuple[bytes, bytes]]:
        """Return what changed as one record per key, and the ledger; for a transaction."""
        records = [(key.encode(), orjson.dumps(self.states[key])) for key in self.changed]
        records.append((LEDGER_KEY, orjson.dumps({"to": self.ledger, "total": self.total})))
        return records

    def checkpoint_done(self) -> None:
        """Note that what changed until now is confirmed."""
        self.changed.clear()
        self.checkpointed = self.ledger

    def restore(self, key: bytes, value: bytes) -> None:
        """Take one changelog record, in the order of the changelog.

        A batch record holds the absolute values at `to` of every key that changed after `from`.
        So it may be applied to any state between the two, and one that ends at or below the
        ledger (a zombie's, or our own) says nothing new. This needs a deterministic engine.
        """
        body = orjson.loads(value)
        if key == LEDGER_KEY:
            self.ledger, self.total = body["to"], body["total"]
        elif key == BATCH_KEY:
            if body["to"] <= self.ledger:
                return
            if body["from"] > self.ledger:
                raise HoleInChangelogError(
                    f"partition {self.partition}: checkpoint from {body['from']}, "
                    f"expected at most {self.ledger}"
                )
            for name, state in body["states"].items():
                self.states[name] = (state[0], state[1], state[2])
            self.ledger, self.total = body["to"], body["total"]
        else:
            self.states[key.decode()] = (body[0], body[1], body[2])
        self.checkpointed = self.ledger
