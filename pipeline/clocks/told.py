"""What has been said and counted of each instance, so that a changed truth can be corrected."""

from typing import Literal

from msgspec import Struct

from pipeline.clocks.instance import End
from pipeline.policies import PolicyKey

Status = Literal["", "met", "breached", "cancelled", "running"]
"""The newest statement's outcome; empty before the first. Warnings are counted apart."""


class Told(Struct, array_like=True, gc=False):
    """Of one instance. `corrections` numbers the statements beyond the first; `end` … `key` are
    what the tallies hold of it.
    """

    status: Status = ""
    elapsed_ms: int = 0
    corrections: int = 0
    warnings: int = 0
    is_counted: bool = False
    counted_as: Status = ""
    end: End = ""
    counted_ms: int = 0
    start_ms: int = 0
    end_ms: int | None = None
    deadline_ms: int | None = None
    key: PolicyKey | None = None


class HandledCall(Struct, array_like=True, gc=False):
    """What the tallies hold of an answered call that has ended, in milliseconds."""

    at_ms: int
    tenant: str | None
    queue: str | None
    transferred: bool
    held: bool
    talk_ms: int
    hold_ms: int
    wrap_up_ms: int
