"""`kefu check`: is the configuration right?"""

import time
from pathlib import Path

import click

from agents.settings import default_config_dir, load_config, load_labels
from kefu.errors import FoundWrongError
from kefu.options import config_option, json_option, print_json
from pipeline.yaml_reader import ConfigError

OUTLOOK_DAYS = 31
"""Holidays that are not known are told so many days before they matter."""


@click.command()
@config_option
@json_option
def command(config_dir: Path | None, as_json: bool) -> None:
    """Check sla.yaml, qa_rules.yaml and metrics.yaml; one line for what is wrong.

    Warns, without failing, of policies that overlap and of holidays that are not known.
    """
    folder = config_dir or default_config_dir()
    try:
        config = load_config(folder)
        load_labels(folder)
    except ConfigError as error:
        if as_json:
            print_json({"ok": False, "error": str(error)})
        raise FoundWrongError(str(error)) from None
    warnings = config.sla.warnings(round((time.time() + OUTLOOK_DAYS * 86_400) * 1000))
    if as_json:
        versions = {"sla": config.sla.version, "qa": config.qa.version}
        print_json({"ok": True, "folder": str(folder), **versions, "warnings": warnings})
    else:
        for warning in warnings:
            click.echo(f"warning: {warning}")
        click.echo(f"{folder}: in order (SLA {config.sla.version}, rules {config.qa.version})")
