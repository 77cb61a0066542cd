"""`kefu report`: the hourly check as one HTML page, from outputs in files or on Kafka."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kefu.commands.replay import checked_config
from kefu.errors import UserError
from kefu.kafka_choice import chosen_kafka
from kefu.options import bootstrap_option, config_option, json_option, print_json
from kefu.progress import counting
from kefu.report.build import build
from kefu.report.collect import Collector
from kefu.report.command_options import check_writable, page_options, write_page
from kefu.report.readers import from_files, from_kafka
from kefu.report.words import Language
from schemas.outputs import PublishedOutput


@click.command()
@click.option(
    "--hour",
    metavar="2026-11-23T09",
    help="In the time zone of sla.yaml; else all hours that there are.",
)
@click.option(
    "--from",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Outputs: a folder of `kefu replay --out`, or .jsonl files; else the topics of Kafka.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The page.",
)
@page_options
@bootstrap_option
@config_option
@json_option
def command(
    hour: str | None,
    paths: tuple[Path, ...],
    out: Path,
    language: Language,
    tenant: str | None,
    bootstrap_servers: str | None,
    config_dir: Path | None,
    as_json: bool,
) -> None:
    """Write the check of one hour as a page that a team leader reads.

    \b
    Takes the last revision of each scorecard, and no issue that was withdrawn. For example:
      kefu report --hour 2026-11-23T09 --from result --language zh --out report.html
    """
    if paths and bootstrap_servers is not None:
        raise UserError("give --from or --bootstrap-servers, not both")
    check_writable(out)
    config = checked_config(config_dir)
    collected = Collector()
    with (
        _outputs(paths, bootstrap_servers) as outputs,
        counting(outputs, "outputs") as shown,
    ):
        for output in shown:
            collected.add(output)
    report = build(collected, config, hour=hour, tenant=tenant)
    write_page(report, language, out)
    if as_json:
        result = {"hours": report.span.hours, "closed": report.sums.closed}
        print_json({**result, "scored": report.sums.scored, "page": str(out)})
    else:
        click.echo(f"{report.sums.scored:,} of {report.sums.closed:,} interactions scored: {out}")


@contextmanager
def _outputs(
    paths: tuple[Path, ...], bootstrap_servers: str | None
) -> Iterator[Iterator[PublishedOutput]]:
    if paths:
        yield from_files(paths)
        return
    with chosen_kafka(bootstrap_servers) as connection:
        yield from_kafka(connection)
