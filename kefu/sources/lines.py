"""Reads text files line by line, with the faults that exports have: BOM, CRLF, bad bytes."""

from collections.abc import Iterator
from pathlib import Path

from kefu.sources import SourceError


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and lines without their ends; blank lines are passed over.

    Bytes that are not UTF-8 become U+FFFD, which the engine flags as mojibake; a file that is
    mostly such bytes is refused.
    """
    try:
        with path.open("rb") as file:
            first = file.read(65_536)
            _check_encoding(path, first)
            file.seek(0)
            for number, raw in enumerate(file, start=1):
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                if number == 1:
                    line = line.removeprefix("\ufeff")
                if line.strip():
                    yield number, line
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from None


def raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Line numbers from 1 and the bytes of each line, undecoded; empty lines are passed over."""
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                line = raw.rstrip(b"\r\n")
                if line:
                    yield number, line
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from None


def open_checked(path: Path) -> str:
    """The whole text of a file, for formats whose rows may span lines."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from None
    _check_encoding(path, raw[:65_536])
    return raw.decode("utf-8", "replace").removeprefix("\ufeff")


def _check_encoding(path: Path, head: bytes) -> None:
    if b"\x00" in head:
        raise SourceError(f"{path}:1: not a text file (it holds null bytes); expected UTF-8 text")
    text = head.decode("utf-8", "replace")
    if text.count("\ufffd") > max(2, len(text) // 20):
        raise SourceError(
            f"{path}:1: not UTF-8; convert it first, for example: "
            f"iconv -f GB18030 -t UTF-8 {path.name}"
        )
