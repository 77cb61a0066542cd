"""Which values a metrics label may show, so that an open set of names cannot flood Prometheus."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, Struct
from prometheus_client import Counter

OTHER = "other"
NONE = "none"
"""Shown where an event names no channel or queue."""


class LabelConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """`config/metrics.yaml`; the comments in that file say what each key means."""

    channels: tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...] = ()
    queues: tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...] = ()
    admit_unlisted: Annotated[int, Meta(ge=0, le=1_000)] = 20


class LabelSet:
    """Values that one label may show; the rest is `other`, and counted."""

    def __init__(self, listed: Iterable[str], admit: int, refused: Counter) -> None:
        self._shown = {*listed, OTHER, NONE}
        self._room = admit
        self._refused = refused

    def show(self, value: str | None) -> str:
        """The label value to show for a value of the data."""
        if not value:
            return NONE
        if value in self._shown:
            return value
        if self._room:
            self._room -= 1
            self._shown.add(value)
            return value
        self._refused.inc()
        return OTHER
