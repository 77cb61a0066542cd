"""The log of a service: a JSON object a line where logs are collected, plain lines on a terminal.

Nothing that somebody said gets into it, whoever writes the line. Exceptions may hold what they
failed on (a JSON decoder keeps the whole document, a validator quotes the value), so of an
exception only its type and the places in the code are written, and its text only where it is one
of kefu's own, which never quote. Of the other arguments of a log call only texts and numbers are.
"""

import json
import logging
import math
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from traceback import walk_tb
from types import TracebackType
from typing import Any, TextIO

import click
from confluent_kafka import KafkaError, KafkaException

FIELDS = ("topic", "partition", "offset", "reason", "robot")
"""What a log call may give as `extra`; each becomes a field of the line."""
MAX_FOREIGN_CHARS = 500
"""Of a line that another library writes; its first line alone is kept."""
MAX_CAUSES = 5
REPEAT_S = 10.0
"""A line that another library repeats is written once in this time: while Kafka is away its clients
say so forty times a second.
"""
MAX_KNOWN = 1_000

_OURS = frozenset({"kefu", "agents", "pipeline", "schemas"})
log = logging.getLogger("kefu")


class _Bare(str):
    """A text that `%r` shows without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


class _Named(dict[str, object]):
    """Arguments by name; as a whole, which `%s` would show, they are not shown."""

    def __repr__(self) -> str:
        return "<dict>"


def configure(level: str, form: str, *, stream: TextIO | None = None, **constants: str) -> None:
    """Send everything that this process logs, warns of or dies of to `stream` (standard error).

    `form`: "json", "text", or "auto", which is text on a terminal. `constants` are fields of every
    JSON line.
    """
    stream = sys.stderr if stream is None else stream
    plain = form == "text" or (form == "auto" and stream.isatty())
    handler = _Handler(stream)
    handler.setFormatter(TextFormatter() if plain else JsonFormatter(**constants))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def say(text: str, level: int) -> None:
    """A line for whoever has started this process: in the log where that is JSON, else as it is."""
    if any(isinstance(each.formatter, JsonFormatter) for each in logging.getLogger().handlers):
        log.log(level, "%s", text)
    else:
        click.echo(text, err=True)


def on_loop_error(_loop: object, context: Mapping[str, Any]) -> None:
    """For `loop.set_exception_handler`: asyncio's own writes what callbacks were called with."""
    log.error("an exception that nothing awaited", exc_info=context.get("exception"))


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON, in ASCII whatever the stream's encoding."""

    def __init__(self, **constants: str) -> None:
        super().__init__()
        self._constants = constants

    def format(self, record: logging.LogRecord) -> str:
        """`time` (RFC 3339, UTC), `level`, `logger`, `message`, fields, `left_out`, `exception`."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
            **self._constants,
        }
        for name in FIELDS:
            if name in record.__dict__:
                line[name] = _shown(record.__dict__[name])
        if "left_out" in record.__dict__:
            line["left_out"] = record.__dict__["left_out"]
        if error := _error_of(record):
            line["exception"] = described(error)
        return json.dumps(line)


class TextFormatter(logging.Formatter):
    """A record for a person: the same content, with the exception in lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Local time, level, logger and message."""
        text = f"{self.formatTime(record)} {record.levelname} {record.name} {message_of(record)}"
        if "left_out" in record.__dict__:
            text += f" ({record.__dict__['left_out']} more like it before)"
        told = described(error) if (error := _error_of(record)) else None
        while told is not None:
            text += f"\n  {told['type']}" + (f": {told['text']}" if "text" in told else "")
            text += "".join(f"\n    at {place}" for place in reversed(told["frames"]))
            told = told.get("cause")
        return text


class _Repeats:
    """Lines of other libraries that were written not long ago."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[float, int]] = {}

    def leaves_out(self, record: logging.LogRecord) -> bool:
        """Whether the line is one too many; else its record is told how many were left out."""
        if _is_ours(record) or record.exc_info:
            return False
        line, now = (record.name, message_of(record)), record.created
        since, left_out = self._known.get(line, (-math.inf, 0))
        if 0 <= now - since < REPEAT_S:
            self._known[line] = (since, left_out + 1)
            return True
        if left_out:
            record.__dict__["left_out"] = left_out
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[line] = (now, 0)
        return False


class _Handler(logging.StreamHandler[TextIO]):
    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._repeats = _Repeats()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, unless it is a repeated one."""
        if not self._repeats.leaves_out(record):
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Nothing: the stream is gone, and the standard's own shows the arguments."""


def message_of(record: logging.LogRecord) -> str:
    """The message with what may be shown of its arguments."""
    template = record.msg if isinstance(record.msg, str) else str(_shown(record.msg))
    given: Any = record.args
    if isinstance(given, Mapping):
        given = _Named({name: _shown(value) for name, value in given.items()})
    elif given:
        given = tuple(_shown(value) for value in given)
    try:
        text = template % given if given else template
    except (TypeError, ValueError, KeyError):
        text = template  # a mistake in the call is no reason to lose the line
    if _is_ours(record):
        return text
    return text.partition("\n")[0][:MAX_FOREIGN_CHARS]


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in _OURS


def described(error: BaseException, depth: int = 0) -> dict[str, Any]:
    """Type, frames (outermost first) and causes of an exception; its text if it is one of ours."""
    told: dict[str, Any] = {"type": _type_of(error)}
    if text := _text_of(error):
        told["text"] = text
    told["frames"] = [
        f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_qualname}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth < MAX_CAUSES:
        told["cause"] = described(cause, depth + 1)
    return told


def _shown(value: object) -> object:
    """The value if it is a plain one, else what kind it is."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, BaseException):
        text = _text_of(value)
        return _Bare(_type_of(value) + (f": {text}" if text else ""))
    return _Bare(f"<{type(value).__name__}>")


def _type_of(error: BaseException) -> str:
    kind = type(error)
    builtin = kind.__module__ == "builtins"
    return kind.__qualname__ if builtin else f"{kind.__module__}.{kind.__qualname__}"


def _text_of(error: BaseException) -> str:
    """What the exception says, if that is known to be free of what it failed on."""
    if type(error).__module__.partition(".")[0] in _OURS:
        return str(error)
    if isinstance(error, KafkaException) and error.args and isinstance(error.args[0], KafkaError):
        return f"{error.args[0].name()}: {error.args[0].str()}"
    if isinstance(error, OSError):
        return error.strerror or ""
    return ""


def _error_of(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if isinstance(record.exc_info, tuple) else None


def _uncaught(
    _kind: type[BaseException], error: BaseException, _traceback: TracebackType | None
) -> None:
    log.critical("an exception that nothing caught", exc_info=error)


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    log.critical("an exception that nothing caught in a thread", exc_info=given.exc_value)


def _unraisable(given: "sys.UnraisableHookArgs") -> None:
    log.error("an exception that could not be raised", exc_info=given.exc_value)
