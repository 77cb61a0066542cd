"""The options that the commands with a page share, and how the page is written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from kefu.errors import UserError
from kefu.report.model import Report
from kefu.report.page import page
from kefu.report.words import Language

F = TypeVar("F", bound=Callable[..., Any])


def page_options(function: F) -> F:
    """`--language` and `--tenant`."""
    for option in (
        click.option("--tenant", help="Of the page; needed where there are several."),
        click.option(
            "--language",
            type=click.Choice(["en", "zh"]),
            default="en",
            show_default=True,
            help="Of the page: English or Chinese.",
        ),
    ):
        function = option(function)
    return function


def check_writable(path: Path) -> None:
    """Raises `UserError` where no page can be written, before long work is done for it."""
    if path.is_dir():
        raise UserError(f"{path} is a folder; name a file for the page")
    if not path.absolute().parent.is_dir():
        raise UserError(f"{path}: no folder {path.parent} to write the page into")


def write_page(report: Report, language: Language, path: Path) -> None:
    """Write the page beside its place and rename it, never half a page; raises `UserError`."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(page(report, language), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from None
