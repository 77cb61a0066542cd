"""A service's log, caught, and exceptions that hold what somebody said."""

from __future__ import annotations

import gc
import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import msgspec
import orjson
import pytest

from kefu import logs

MARK = "我的电话13800138000-marker"


class Log(io.StringIO):
    """What a service has logged."""

    def __init__(self, *, is_terminal: bool = False) -> None:
        super().__init__()
        self.isatty = lambda: is_terminal  # type: ignore[method-assign]

    def lines(self) -> list[dict[str, Any]]:
        """Each line, parsed; the marker must be in none, escaped or not."""
        gc.collect()
        text = self.getvalue()
        assert "marker" not in text
        assert "13800138000" not in text
        return [json.loads(line) for line in text.splitlines()]


@contextmanager
def caught_log() -> Iterator[Log]:
    """A service's log at the most talkative level; what `configure` changes is put back."""
    stream = Log()
    root = logging.getLogger()
    level = root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(root, "handlers", [])
        patch.setattr(sys, "excepthook", sys.excepthook)
        patch.setattr(sys, "unraisablehook", sys.unraisablehook)
        patch.setattr(threading, "excepthook", threading.excepthook)
        logs.configure("debug", "json", stream=stream, worker="w1")
        yield stream
        logging.captureWarnings(False)
        root.setLevel(level)


def raised(cause: Callable[[], object]) -> Exception:
    """What the call raises, with a note that quotes too."""
    try:
        cause()
    except Exception as error:
        error.add_note(MARK)
        return error
    raise AssertionError("it raised nothing")


def chained() -> None:
    try:
        int(MARK)
    except ValueError as error:
        raise RuntimeError(f"cannot do {MARK}") from error


HOSTILE: dict[str, Callable[[], object]] = {
    "orjson": lambda: orjson.loads(f'{{"text": "{MARK}'),
    "json": lambda: json.loads(f'{{"text": "{MARK}'),
    "msgspec": lambda: msgspec.convert(MARK, Literal["a", "b"]),
    "int": lambda: int(MARK),
    "key": lambda: {}[MARK],
    "utf-8": lambda: (MARK.encode() + b"\xff").decode(),
    "surrogate": lambda: (MARK + "\ud800").encode(),
    "file": lambda: open(f"/nonexistent/{MARK}"),  # noqa: PTH123, SIM115
    "assert": lambda: (_ for _ in ()).throw(AssertionError(MARK)),
    "chained": chained,
}
