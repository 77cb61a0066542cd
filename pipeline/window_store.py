"""The counts of windows: kept while they can change, and found again when something is due."""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Literal

import msgspec
from msgspec import Struct

from pipeline.tallies import add_named, add_tally
from pipeline.windows import HOUR_MS
from schemas.outputs import Tally
from schemas.quality import GroupKind

SCORECARD = "scorecard"
"""The `length` of the hours that become scorecards; all others become queue intervals."""

WindowKey = tuple[int, str, str, GroupKind, str]
"""Start in milliseconds, length, tenant, group and name."""

_encode = msgspec.msgpack.Encoder().encode


class CountedWindow(Struct, array_like=True):
    """The counts of one window of one group, and what has been published of it: `tally` of the
    intervals of queues, `counts` of scorecards.

    `matured`: what was published last said that the response rate is final.
    """

    window_ms: int
    tenant: str
    name: str
    tally: Tally
    revision: int = 0
    published_id: str = ""
    changed: bool = True
    length: str = SCORECARD
    length_ms: int = HOUR_MS
    matured: bool = False
    group: GroupKind = "queue"
    counts: dict[str, int] = {}

    @property
    def key(self) -> WindowKey:
        """What tells it from all others."""
        return self.window_ms, self.length, self.tenant, self.group, self.name

    @property
    def end_ms(self) -> int:
        """Its end, in milliseconds; it is half-open."""
        return self.window_ms + self.length_ms


class Terms(Struct, frozen=True):
    """When a window is due, in milliseconds after its end.

    `mature_ms` is None for windows that are not published once more when they mature. Nothing may
    be due after a window has left.
    """

    publish_ms: int
    mature_ms: int | None
    leave_ms: int


_Due = Literal["publish", "mature", "leave"]


class WindowStore:
    """The windows of one facts partition, by key, with a heap of what is due when.

    The heap follows from the windows: what stands in it may be outdated and is then passed over.
    """

    def __init__(self) -> None:
        self._windows: dict[WindowKey, CountedWindow] = {}
        self._due: list[tuple[int, WindowKey, _Due]] = []
        self._touched: set[WindowKey] = set()

    def add(self, key: WindowKey, end_ms: int, more: Tally | dict[str, int], terms: Terms) -> None:
        """Add to a window, which begins with it where it is new."""
        window = self._windows.get(key)
        if window is None:
            start_ms, length, tenant, group, name = key
            window = CountedWindow(
                window_ms=start_ms,
                tenant=tenant,
                name=name,
                tally=Tally(),
                changed=False,
                length=length,
                length_ms=end_ms - start_ms,
                group=group,
            )
            self._keep(window, terms)
        if isinstance(more, Tally):
            add_tally(window.tally, more)
        else:
            add_named(window.counts, more)
        if not window.changed:
            window.changed = True
            self._push(window, terms.publish_ms, "publish")
        self._touched.add(key)

    def restore(self, value: bytes, terms_of: Callable[[str], Terms]) -> None:
        """Take a window back from what `take_changes` gave; `terms_of` a length."""
        window = msgspec.msgpack.decode(value, type=CountedWindow)
        terms = terms_of(window.length)
        self._keep(window, terms)
        if window.changed:
            self._push(window, terms.publish_ms, "publish")

    def take_due(self, watermark_ms: int) -> list[CountedWindow]:
        """Windows to be published, in the order of their keys; the caller notes in them what was.

        Those that can change no more leave.
        """
        publish: set[WindowKey] = set()
        leave: set[WindowKey] = set()
        while self._due and self._due[0][0] <= watermark_ms:
            _, key, what = heappop(self._due)
            window = self._windows.get(key)
            if window is None:
                continue
            if what == "leave":
                leave.add(key)
            elif window.changed if what == "publish" else not window.matured:
                publish.add(key)
        self._touched.update(publish, leave)
        due = [self._windows[key] for key in sorted(publish)]
        for key in leave:
            del self._windows[key]
        return due

    def take_changes(self) -> list[tuple[str, bytes | None]]:
        """Windows that changed since the last call, as bytes; None for those that have left."""
        changes: list[tuple[str, bytes | None]] = [
            (_name(key), None if (window := self._windows.get(key)) is None else _encode(window))
            for key in self._touched
        ]
        self._touched.clear()
        return changes

    def _keep(self, window: CountedWindow, terms: Terms) -> None:
        self._windows[window.key] = window
        if terms.mature_ms is not None and not window.matured:
            self._push(window, terms.mature_ms, "mature")
        self._push(window, terms.leave_ms, "leave")

    def _push(self, window: CountedWindow, after_ms: int, what: _Due) -> None:
        heappush(self._due, (window.end_ms + after_ms, window.key, what))


def _name(key: WindowKey) -> str:
    """The changelog key of a window."""
    start_ms, length, tenant, group, name = key
    kind = f"h:{group}/" if length == SCORECARD else f"w:{length}/"
    return f"{kind}{start_ms}/{tenant}/{name}"
