"""Reads a user's own labelled texts: CSV, TSV or JSON lines, with columns named by `--map`."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from kefu.errors import UserError
from pipeline.sentiment.service_model import CLASSES

DEFAULT_MAP = "text=text,label=label,role=role"
_KNOWN = {name: name for name in CLASSES} | {
    "0": "negative", "1": "positive", "neg": "negative", "pos": "positive", "neu": "neutral",
    "-1": "negative", "消极": "negative", "负面": "negative", "中性": "neutral", "积极": "positive",
    "正面": "positive",
}  # fmt: skip
"""Labels that need no mapping."""


class LabelledText(NamedTuple):
    """One line of a user's file."""

    text: str
    label: str
    role: str


class Mapping(NamedTuple):
    """Which columns to read, and what the labels in them mean."""

    text: str
    label: str
    role: str
    labels: dict[str, str]


def parse_map(option: str) -> Mapping:
    """Columns and labels, as in `text=review,label=stars,5=positive,1=negative`."""
    columns = dict(pair.split("=") for pair in DEFAULT_MAP.split(","))
    labels = dict(_KNOWN)
    for pair in filter(None, option.split(",")):
        key, equals, value = pair.partition("=")
        if not equals or not value:
            raise UserError(f"--map {pair!r}: expected NAME=VALUE, for example {DEFAULT_MAP}")
        if key in columns:
            columns[key] = value
        elif value in CLASSES:
            labels[key] = value
        else:
            raise UserError(
                f"--map {pair!r}: expected text=, label= or role= with a column, "
                f"or a label of the file with one of {', '.join(CLASSES)}"
            )
    return Mapping(columns["text"], columns["label"], columns["role"], labels)


def read_labelled(path: Path, option: str) -> list[LabelledText]:
    """All labelled texts of a file; raises `UserError` naming file, line and column.

    A file named .jsonl has one object a line; else the first line names the columns, separated by
    tabs or commas. A role column may be absent:
    then all is the customer's.
    """
    mapping = parse_map(option)
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 at byte {error.start}") from None
    rows = _json_lines(path, content) if path.suffix == ".jsonl" else _table(path, content)
    found = [_labelled(path, line, row, mapping) for line, row in rows]
    if not found:
        raise UserError(f"{path}: no labelled text in it")
    return found


def _table(path: Path, content: str) -> Iterator[tuple[int, dict[str, object]]]:
    if "\t" not in content.partition("\n")[0]:
        reader = csv.DictReader(io.StringIO(content, newline=""))
    else:
        reader = csv.DictReader(
            io.StringIO(content, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE
        )
    for row in reader:
        yield reader.line_num, {str(key): value for key, value in row.items()}


def _json_lines(path: Path, content: str) -> Iterator[tuple[int, dict[str, object]]]:
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise UserError(f"{path}:{number}: not JSON; expected one object a line") from None
        if not isinstance(row, dict):
            raise UserError(f"{path}:{number}: expected one object a line")
        yield number, row


def _labelled(path: Path, line: int, row: dict[str, object], mapping: Mapping) -> LabelledText:
    text, label = row.get(mapping.text), row.get(mapping.label)
    for name, value in ((mapping.text, text), (mapping.label, label)):
        if value is None:
            raise UserError(
                f"{path}:{line}: no column {name!r}; there are: {', '.join(row)} (see --map)"
            )
    known = mapping.labels.get(str(label).strip())
    if known is None:
        raise UserError(
            f"{path}:{line}: the label {str(label)[:20]!r} is not one of {', '.join(CLASSES)}; "
            f"say what it means with --map …,{str(label)[:20]}=negative"
        )
    role = str(row.get(mapping.role) or "customer")
    return LabelledText(str(text), known, "agent" if role in ("agent", "bot") else "customer")
