"""Reads comma- or tab-separated rows so that one unclosed quote costs one row, not all the rest."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kefu.sources import SourceError, SourceRecord, problem_at
from kefu.sources.lines import whole_text
from schemas.codec import Reason

MAX_ROW_LINES = 200
"""A quoted cell that has not ended after so many lines was never meant to go on."""


class TableRow(NamedTuple):
    """The cells of one row by column (missing ones are absent), the line it begins at, its text."""

    line: int
    cells: dict[str, str]
    raw: str


def read_table(path: Path, separators: str) -> tuple[list[str], Iterator[TableRow | SourceRecord]]:
    """The column names, and every further row, or a problem for it; blank rows are passed over.

    Of two columns with one name the second is called `name.2`.

    The separator is the one of `separators` that the heading has most of. Raises `SourceError`.
    """
    lines = list(io.StringIO(whole_text(path), newline=""))
    start = next((number for number, line in enumerate(lines) if line.strip()), None)
    if start is None:
        raise SourceError(f"{path}:1: the file is empty; expected a heading with column names")
    separator = max(separators, key=lines[start].count)
    cells, used = _cells(lines, start, separator, 0)
    written = [cell.strip() for cell in cells or ()]
    before = [written[:place].count(name) for place, name in enumerate(written)]
    names = [
        f"{n}.{count + 1}" if n and count else n for n, count in zip(written, before, strict=True)
    ]
    if not any(names):
        raise SourceError(f"{path}:{start + 1}: expected a heading with column names")
    return names, _rows(lines, start + used, separator, names)


def _rows(
    lines: list[str], at: int, separator: str, names: list[str]
) -> Iterator[TableRow | SourceRecord]:
    while at < len(lines):
        cells, used = _cells(lines, at, separator, len(names))
        raw = "".join(lines[at : at + used]).rstrip("\r\n")
        line = at + 1
        at += used
        if cells is None:
            detail = "a cell is too long, or its quotes are not closed"
            yield problem_at(line, Reason.INVALID_VALUE, detail, raw)
        elif not any(cell.strip() for cell in cells):
            continue
        elif any(cell.strip() for cell in cells[len(names) :]):
            detail = f"{len(cells)} cells, expected {len(names)} as in the heading"
            yield problem_at(line, Reason.INVALID_VALUE, detail, raw)
        else:
            yield TableRow(line, dict(zip(names, cells, strict=False)), raw)


def _cells(
    lines: list[str], at: int, separator: str, expected: int
) -> tuple[list[str] | None, int]:
    """The cells of the row that begins at a line, and how many lines it has."""
    window = (lines[number] for number in range(at, min(at + MAX_ROW_LINES, len(lines))))
    reader = csv.reader(window, delimiter=separator, strict=True)
    try:
        return next(reader), reader.line_num
    except csv.Error:
        return _careless(lines[at], separator, expected), 1


def _careless(line: str, separator: str, expected: int) -> list[str] | None:
    """The cells of one line whose quotes were not written by the rules: taken as they stand."""
    try:
        cells = next(csv.reader([line], delimiter=separator, quoting=csv.QUOTE_NONE))
        if len(cells) == expected:
            return [_unquoted(cell) for cell in cells]
        cells = next(csv.reader([line], delimiter=separator))
    except csv.Error:
        return None
    return cells if len(cells) == expected else None


def _unquoted(cell: str) -> str:
    whole = len(cell) > 1 and cell.startswith('"') and cell.endswith('"')
    return cell[1:-1] if whole else cell
