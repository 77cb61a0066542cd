"""Any CSV or TSV with a heading; --map TARGET=COLUMN names columns that are not understood.

The separator is a comma, semicolon or tab, whichever the heading has most of.
"""

from collections.abc import Iterator
from pathlib import Path

from kefu.sources import SourceOptions, SourceRecord
from kefu.sources.columns import Row, check_mapping, read_rows
from kefu.sources.table import TableRow, read_table


def read(path: Path, options: SourceOptions) -> Iterator[SourceRecord]:
    """Every row as an event or a problem."""
    names, rows = read_table(path, ",;\t")
    mapping = check_mapping(path, 1, names, options)
    readable = (Row(r.line, r.cells, r.raw) if isinstance(r, TableRow) else r for r in rows)
    yield from read_rows(path, readable, mapping, options)
