"""Any CSV or TSV with a heading; --map TARGET=COLUMN names columns that are not understood."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from kefu.sources import SourceError, SourceOptions, SourceRecord, problem_at
from kefu.sources.columns import Row, check_mapping, read_rows
from kefu.sources.lines import open_checked
from schemas.codec import Reason


def read(path: Path, options: SourceOptions) -> Iterator[SourceRecord]:
    """Every row as an event or a problem. The separator is a comma, semicolon or tab."""
    text = open_checked(path)
    heading = text.partition("\n")[0]
    separator = max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    names = next(reader, None)
    if not names or not any(name.strip() for name in names):
        raise SourceError(f"{path}:1: the file is empty; expected a heading with column names")
    mapping = check_mapping(path, 1, names, options)
    yield from read_rows(path, _rows(reader, names), mapping, options)


def _rows(reader: Iterator[list[str]], names: list[str]) -> Iterator[Row | SourceRecord]:
    line = 1
    while True:
        before = getattr(reader, "line_num", line)
        line = before + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield problem_at(line, Reason.INVALID_VALUE, f"not a CSV row: {error}", "")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        raw = ",".join(cells)
        if len(cells) > len(names) or len(cells) < 2:
            detail = f"{len(cells)} cells, expected {len(names)} as in the heading"
            yield problem_at(line, Reason.INVALID_VALUE, detail, raw)
            continue
        yield Row(line, dict(zip(names, cells, strict=False)), raw)
