"""Options that several commands share, and what they turn into."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

from agents.connection import ConnectionSettingsError, KafkaConnection
from kefu.errors import UserError

F = TypeVar("F", bound=Callable[..., Any])


def bootstrap_option(function: F) -> F:
    """`--bootstrap-servers`."""
    return click.option(
        "--bootstrap-servers",
        metavar="HOST:PORT",
        help="Your Kafka; else KEFU_BOOTSTRAP_SERVERS, else a local broker.",
    )(function)


def json_option(function: F) -> F:
    """`--json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print the result as one JSON object, last line."
    )(function)


def config_option(function: F) -> F:
    """`--config`."""
    return click.option(
        "--config",
        "config_dir",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder with sla.yaml, qa_rules.yaml and metrics.yaml; else those of kefu.",
    )(function)


def log_options(level: str) -> Callable[[F], F]:
    """`--log-level`, by default that one, and `--log-format`."""

    def decorate(function: F) -> F:
        leveled = click.option(
            "--log-level",
            default=level,
            show_default=True,
            type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"], case_sensitive=False),
        )(function)
        return click.option(
            "--log-format",
            default="auto",
            show_default=True,
            type=click.Choice(["auto", "text", "json"]),
            help="auto: text on a terminal, else a JSON object a line.",
        )(leveled)

    return decorate


def named_connection(bootstrap_servers: str | None) -> KafkaConnection | None:
    """The connection that options and environment name, or None where they name no broker."""
    try:
        return KafkaConnection.from_environment(os.environ, bootstrap_servers)
    except ConnectionSettingsError as error:
        raise UserError(str(error)) from None


def _named(value: Any) -> dict[str, Any]:
    """A named tuple by its names, at any depth."""
    fields: dict[str, Any] = value._asdict()
    return fields


def print_json(result: dict[str, Any]) -> None:
    """Print a result as one line of JSON."""
    sys.stdout.write(orjson.dumps(result, default=_named).decode() + "\n")
    sys.stdout.flush()
