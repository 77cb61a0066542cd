"""`kefu metrics`: the contract of metrics as a table, and the page of the documentation."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

import kefu
from agents.metrics import CONTRACT, SUBJECTS
from kefu.errors import FoundWrongError, UserError
from kefu.metrics_page import exported_name, page
from kefu.options import json_option, print_json


@click.command()
@click.option("--write", is_flag=True, help="Write the page of the documentation.")
@click.option("--check", is_flag=True, help="Exit 1 where that page is not what would be written.")
@click.option(
    "--page",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The page; else docs/metrics.md beside kefu's own code.",
)
@json_option
def command(write: bool, check: bool, path: Path | None, as_json: bool) -> None:
    """Show every metric that a worker exports: name, type, labels, meaning and where it is from."""
    path = path or Path(kefu.__file__).parents[1] / "docs" / "metrics.md"
    try:
        drifted = check and (not path.exists() or path.read_text(encoding="utf-8") != page())
        if write:
            path.write_text(page(), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    if as_json:
        print_json({"metrics": [{**m._asdict(), "name": exported_name(m)} for m in CONTRACT]})
    elif write or check:
        click.echo(f"{path}: {len(CONTRACT)} metrics, {'written' if write else 'compared'}")
    else:
        _print_table()
    if drifted:
        raise FoundWrongError(
            f"{path}: not what agents/metrics.py says; run `kefu metrics --write`"
        )


def _print_table() -> None:
    console = Console()
    for subject, metrics in SUBJECTS.items():
        table = Table("metric", "type", "labels", "meaning", "from", title=subject)
        for metric in metrics:
            table.add_row(
                exported_name(metric),
                metric.type,
                ", ".join(metric.labels),
                metric.help,
                metric.source,
            )
        console.print(table)
