"""Progress bars on standard error, only where a person is watching."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")


@contextmanager
def counting(items: Iterator[T], name: str, total: int | None = None) -> Iterator[Iterator[T]]:
    """Pass items through, showing how many have come, at most ten times a second."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not sys.stderr.isatty(),
        transient=True,
    ) as progress:
        task = progress.add_task(name, total=total)

        def passed() -> Iterator[T]:
            for item in items:
                yield item
                progress.advance(task)

        yield passed()
