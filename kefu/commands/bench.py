"""`kefu bench`: measurements, in one run, on this machine."""

import importlib
import pkgutil

import click
from rich.console import Console
from rich.table import Table

from kefu import bench
from kefu.errors import UserError
from kefu.options import json_option, print_json

NOT_BENCHES = frozenset({"loops", "quix_loop"})


def names() -> list[str]:
    """Every benchmark by name."""
    return sorted(m.name for m in pkgutil.iter_modules(bench.__path__) if m.name not in NOT_BENCHES)


@click.command()
@click.argument("name", required=False)
@click.option("--list", "only_list", is_flag=True, help="Name the benchmarks.")
@json_option
def command(name: str | None, only_list: bool, as_json: bool) -> None:
    """Measure NAME and print the figures; ratios within one run are what counts."""
    if only_list or name is None:
        click.echo("\n".join(names()))
        return
    if name not in names():
        raise UserError(f"no benchmark `{name}`; there are: {', '.join(names())}")
    result = importlib.import_module(f"kefu.bench.{name}").run()
    if as_json:
        print_json(result)
    else:
        table = Table(title=f"kefu bench {name}", show_header=False)
        for label, value in result.items():
            shown = "–" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
            table.add_row(label, shown)
        Console().print(table)
