"""The summary that a person reads after a run."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

LABELS = {
    "events_in": "events in",
    "enriched": "messages enriched",
    "breaches": "SLA breaches",
    "corrections": "SLA corrections",
    "qa_issues": "quality issues",
    "scorecards": "hourly scorecards",
    "interactions": "interaction summaries",
    "dead_letters": "dead letters",
    "alerts": "alerts that fired",
    "duplicates": "duplicates",
    "conversations": "conversations",
    "calls": "calls",
    "lost": "lost",
    "seconds": "seconds",
}


def print_summary(title: str, result: Mapping[str, float], out: Path | None = None) -> None:
    """Print counts as a table; `out` is the folder that holds the outputs."""
    table = Table(title=title, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, label in LABELS.items():
        if name in result:
            table.add_row(label, f"{result[name]:,}")
    console = Console()
    console.print(table)
    if out is not None:
        console.print(f"outputs are in {out}")
