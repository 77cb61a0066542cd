"""`kefu replay`: the engine over a file, in process."""

import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import click

from agents.scorer import load_scorer
from agents.settings import load_config
from kefu.errors import UserError
from kefu.figures import Figures, print_figures
from kefu.options import config_option, json_option, print_json
from kefu.progress import counting
from kefu.replay import InProcess, OutputFiles, Totals, replay
from kefu.report.build import build
from kefu.report.collect import Collector
from kefu.report.command_options import check_writable, page_options, write_page
from kefu.report.words import Language
from kefu.source_options import open_source, source_options
from kefu.summary import print_summary
from pipeline.config import EngineConfig
from pipeline.yaml_reader import ConfigError
from schemas.codec import to_ms
from schemas.outputs import Output


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@source_options
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for outputs.")
@click.option(
    "--report",
    "report_path",
    type=click.Path(path_type=Path),
    help="An HTML page for team leaders over the whole replay.",
)
@page_options
@click.option("--sentiment/--no-sentiment", default=True, help="Score customer messages.")
@config_option
@json_option
def command(
    path: Path,
    source_format: str,
    mapping: tuple[str, ...],
    seed: int,
    zone: str,
    out: Path | None,
    report_path: Path | None,
    language: Language,
    tenant: str | None,
    sentiment: bool,
    config_dir: Path | None,
    as_json: bool,
) -> None:
    """Run the quality monitor over exported chats, without Kafka.

    \b
    Writes enriched.jsonl, sla.jsonl, qa_issues.jsonl, scorecards.jsonl, interactions.jsonl and
    dead_letters.jsonl into the folder of --out, and prints a summary. For example:
      kefu replay chats.csv --format csv --map text=content,role=sender --out result
    """
    if report_path is not None:
        check_writable(report_path)
    config = checked_config(config_dir)
    scorer = load_scorer() if sentiment else None
    totals = Totals()
    figures = Figures(config.sla)
    collected = None if report_path is None else Collector()
    started = time.monotonic()
    with counting(open_source(path, source_format, mapping, seed, zone), path.name) as records:
        wall_ms = to_ms(datetime.now(UTC))
        pipeline = InProcess(config, scorer)
        with OutputFiles(out) if out is not None else nullcontext() as files:

            def emit(output: Output) -> None:
                totals.add(output)
                figures.add(output)
                if collected is not None:
                    collected.add(output)
                if files is not None:
                    files.write(output)

            totals.events_in = replay(records, pipeline, config, wall_ms=wall_ms, emit=emit)
    if collected is not None and report_path is not None:
        page = build(collected, config, tenant=tenant, is_complete=True)
        write_page(page, language, report_path)
    result = {**totals.result(), "seconds": round(time.monotonic() - started, 3)}
    if as_json:
        print_json({**result, "channels": figures.by_channel()})
    else:
        print_summary(f"{path.name}", result, out)
        print_figures(figures.by_channel(), config.sla)
        if report_path is not None:
            click.echo(f"the page for team leaders is {report_path}")


def checked_config(config_dir: Path | None) -> EngineConfig:
    """The configuration, or one line that says what is wrong with it."""
    try:
        return load_config(config_dir)
    except ConfigError as error:
        raise UserError(str(error)) from None
