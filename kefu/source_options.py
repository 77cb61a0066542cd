"""The options that say how a file of conversations is to be read."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from kefu.errors import UserError
from kefu.sources import SEED, SourceOptions, SourceRecord, formats, read

F = TypeVar("F", bound=Callable[..., Any])


def source_options(function: F) -> F:
    """`--format`, `--map`, `--seed` and `--tz`."""
    for option in (
        click.option(
            "--tz",
            "zone",
            default="Asia/Shanghai",
            show_default=True,
            help="Zone of times that name none (csv, jsonl).",
        ),
        click.option("--seed", default=SEED, show_default=True, help="For times that are made up."),
        click.option(
            "--map",
            "mapping",
            multiple=True,
            metavar="TARGET=COLUMN,…",
            help="Which column holds what (csv, jsonl): text=content,role=sender,time=created_at …",
        ),
        click.option(
            "--format",
            "source_format",
            metavar="|".join(formats()),
            required=True,
            help="What the file is.",
        ),
    ):
        function = option(function)
    return function


def open_source(
    path: Path, source_format: str, mapping: tuple[str, ...], seed: int, zone: str
) -> Iterator[SourceRecord]:
    """The records of the file; raises `SourceError` for what cannot be read."""
    return read(path, source_format, SourceOptions(parse_mapping(mapping), seed, zone))


def parse_mapping(mapping: tuple[str, ...]) -> dict[str, str]:
    """`text=content,role=sender` as a dictionary."""
    parsed: dict[str, str] = {}
    for pair in ",".join(mapping).split(","):
        if not pair.strip():
            continue
        target, separator, column = pair.partition("=")
        if not separator or not target.strip() or not column.strip():
            raise UserError(f"--map {pair}: expected TARGET=COLUMN, for example text=content")
        parsed[target.strip()] = column.strip()
    return parsed
