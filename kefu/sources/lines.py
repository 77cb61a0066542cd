"""Reads text files line by line, with the faults that exports have: BOM, CRLF, bad bytes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from kefu.sources import SourceError

BOM = b"\xef\xbb\xbf"
HEAD_BYTES = 65_536
_STRING_OR_NAN = re.compile(r'"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b', re.DOTALL)


def raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Line numbers from 1 and the bytes of each line, undecoded; blank lines are passed over.

    Raises `SourceError` where there is no other line.
    """
    empty = True
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                line = raw.rstrip(b"\r\n")
                if number == 1:
                    line = line.removeprefix(BOM)
                if line.strip():
                    empty = False
                    yield number, line
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from None
    if empty:
        raise SourceError(f"{path}:1: the file is empty")


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and lines without their ends; blank lines are passed over.

    Bytes that are not UTF-8 become U+FFFD, which the engine flags as mojibake; a file whose
    beginning is mostly such bytes is refused.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from None
    _check_encoding(path, head)
    for number, raw in raw_lines(path):
        yield number, raw.decode("utf-8", "replace")


def json_lines(path: Path) -> Iterator[tuple[int, str, dict[str, Any] | None]]:
    """Line numbers, lines, and the JSON object of each; None where there is none.

    `NaN` and `Infinity`, which other writers put where a number is missing, are read as null.
    """
    for number, line in text_lines(path):
        document = _json(line)
        if document is None and ("NaN" in line or "Infinity" in line):
            document = _json(_STRING_OR_NAN.sub(_null, line))
        yield number, line, document if isinstance(document, dict) else None


def whole_text(path: Path) -> str:
    """The whole text of a file, for formats whose rows may span lines."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from None
    _check_encoding(path, raw[:HEAD_BYTES])
    return raw.removeprefix(BOM).decode("utf-8", "replace")


def _json(line: str) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _null(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith('"') else "null"


def _check_encoding(path: Path, head: bytes) -> None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head.count(0) > len(head) // 20:
        raise SourceError(f"{path}:1: UTF-16 or not text; expected UTF-8 text")
    text = head.decode("utf-8", "replace")
    # The cut may fall into a character, and a few bad bytes are a fault of rows, not of the file.
    if text.count("\ufffd") > max(2, len(text) // 20):
        raise SourceError(
            f"{path}:1: not UTF-8; convert it first, for example: "
            f"iconv -f GB18030 -t UTF-8 {path.name}"
        )
