"""`kefu check`: is the configuration right?"""

from pathlib import Path

import click

from agents.settings import default_config_dir, load_config, load_labels
from kefu.errors import FoundWrongError
from kefu.options import config_option, json_option, print_json
from pipeline.config import ConfigError


@click.command()
@config_option
@json_option
def command(config_dir: Path | None, as_json: bool) -> None:
    """Check sla.yaml, qa_rules.yaml and metrics.yaml; one line for what is wrong."""
    folder = config_dir or default_config_dir()
    try:
        config = load_config(folder)
        load_labels(folder)
    except ConfigError as error:
        if as_json:
            print_json({"ok": False, "error": str(error)})
        raise FoundWrongError(str(error)) from None
    result = {"ok": True, "folder": str(folder), "sla": config.sla.version, "qa": config.qa.version}
    if as_json:
        print_json(result)
    else:
        click.echo(f"{folder}: in order (SLA {config.sla.version}, rules {config.qa.version})")
