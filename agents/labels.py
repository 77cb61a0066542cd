"""Which values a metrics label may show, so that an open set of names cannot flood Prometheus."""

from collections.abc import Callable, Iterable
from typing import Annotated

from msgspec import Meta, Struct

OTHER = "other"
NONE = "none"
"""Shown where an event names no channel or queue."""

Name = Annotated[str, Meta(min_length=1, max_length=64)]


class LabelConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """`config/metrics.yaml`; the comments in that file say what each key means."""

    channels: tuple[Name, ...] = ()
    call_channels: tuple[Name, ...] = ()
    queues: tuple[Name, ...] = ()
    admit_unlisted: Annotated[int, Meta(ge=0, le=1_000)] = 20
    max_series: Annotated[int, Meta(ge=1_000, le=1_000_000)] = 20_000
    max_waiting_groups: Annotated[int, Meta(ge=100, le=100_000)] = 1_600
    risks: dict[Name, tuple[Name, ...]] = {}


class LabelSet:
    """Values that one label may show; the rest is `other`, and counted."""

    def __init__(self, listed: Iterable[str], admit: int, refused: Callable[[], None]) -> None:
        """`refused` is called for every value that is shown as `other`."""
        self._shown = {*listed, OTHER, NONE}
        self._room = admit
        self._refused = refused

    def show(self, value: str | None) -> str:
        """The label value to show for a value of the data."""
        if not value:
            return NONE
        if value in self._shown:
            return value
        # A lone surrogate in one label would break the whole page.
        if self._room and value.isprintable():
            self._room -= 1
            self._shown.add(value)
            return value
        self._refused()
        return OTHER
