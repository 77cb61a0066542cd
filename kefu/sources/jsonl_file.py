"""Any file with one JSON object a line; --map TARGET=KEY names keys that are not understood."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kefu.sources import SourceError, SourceOptions, SourceRecord, problem_at
from kefu.sources.columns import Row, check_mapping, read_rows
from kefu.sources.lines import json_lines
from schemas.codec import Reason


def read(path: Path, options: SourceOptions) -> Iterator[SourceRecord]:
    """Every line as an event or a problem; the keys of all lines are the columns."""
    rows = list(_rows(path))
    first = next((row for row in rows if isinstance(row, Row)), None)
    if first is None:
        raise SourceError(f"{path}:1: expected one JSON object a line")
    names = {n: None for r in rows if isinstance(r, Row) for n in (*r.values, *r.nested)}
    mapping = check_mapping(path, first.line, names, options)
    yield from read_rows(path, rows, mapping, options)


def _rows(path: Path) -> Iterator[Row | SourceRecord]:
    for line, text, document in json_lines(path):
        if document is None:
            yield problem_at(line, Reason.INVALID_JSON, "expected one JSON object", text)
            continue
        nested = frozenset(n for n, value in document.items() if isinstance(value, dict | list))
        values = {n: _text(value) for n, value in document.items() if n not in nested}
        yield Row(line, values, text, nested)


def _text(value: Any) -> str:
    """A value as a CSV would have it: whole numbers without a fraction, null as nothing."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
