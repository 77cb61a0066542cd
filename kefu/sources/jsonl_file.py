"""Any file with one JSON object a line; --map TARGET=KEY names keys that are not understood."""

from collections.abc import Iterator
from pathlib import Path

import orjson

from kefu.sources import SourceError, SourceOptions, SourceRecord, problem_at
from kefu.sources.columns import Row, check_mapping, read_rows
from kefu.sources.lines import raw_lines
from schemas.codec import Reason


def read(path: Path, options: SourceOptions) -> Iterator[SourceRecord]:
    """Every line as an event or a problem; the first line's keys are the columns."""
    rows = list(_rows(path))
    first = next((row for row in rows if isinstance(row, Row)), None)
    if first is None:
        raise SourceError(f"{path}:1: expected one JSON object a line")
    names = list(dict.fromkeys(name for r in rows if isinstance(r, Row) for name in r.values))
    mapping = check_mapping(path, first.line, names, options)
    yield from read_rows(path, rows, mapping, options)


def _rows(path: Path) -> Iterator[Row | SourceRecord]:
    for line, raw in raw_lines(path):
        text = raw.decode("utf-8", "replace").removeprefix("\ufeff")
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError:
            document = None
        if not isinstance(document, dict):
            yield problem_at(line, Reason.INVALID_JSON, "expected one JSON object", text)
            continue
        values = {
            name: value if isinstance(value, str) else "" if value is None else str(value)
            for name, value in document.items()
        }
        yield Row(line, values, text)
