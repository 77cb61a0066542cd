"""`kefu worker`: one worker; start as many as there are cores to use."""

import gc
import os
import tempfile
import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from socket import gethostname

import click

from agents.app import build_app
from agents.settings import WorkerSettings
from agents.topics import TopicsError
from kefu import logs
from kefu.errors import NoKafkaError, UserError
from kefu.faust_worker import FaustWorker
from kefu.kafka_choice import chosen_kafka
from kefu.options import bootstrap_option, config_option, log_options
from pipeline.yaml_reader import ConfigError


@click.command()
@bootstrap_option
@config_option
@click.option("--app-id", default="kefu", show_default=True, help="Names the consumer groups.")
@click.option("--worker-id", help="Must differ between workers; else host and process id.")
@click.option(
    "--clock",
    type=click.Choice(["wall", "source"]),
    default="wall",
    show_default=True,
    help="Who writes the ticks: this worker, or the producer of events with times of their own.",
)
@click.option("--sentiment/--no-sentiment", default=True, help="Score customer messages.")
@click.option("--metrics-host", default="127.0.0.1", show_default=True)
@click.option("--metrics-port", default=9108, show_default=True, help="0: none is served.")
@click.option(
    "--metrics-token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Readers of the metrics must show the token in this file (KEFU_METRICS_TOKEN_FILE).",
    envvar="KEFU_METRICS_TOKEN_FILE",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Scratch folder of the runtime; the state itself is in Kafka.",
)
@click.option(
    "--session-timeout", default=10.0, show_default=True, help="Seconds to miss a worker."
)
@log_options("WARNING")
def command(
    bootstrap_servers: str | None,
    config_dir: Path | None,
    app_id: str,
    worker_id: str | None,
    clock: str,
    sentiment: bool,
    metrics_host: str,
    metrics_port: int,
    metrics_token_file: Path | None,
    data_dir: Path | None,
    session_timeout: float,
    log_level: str,
    log_format: str,
) -> None:
    """Run one worker until it is told to stop (Ctrl-C, SIGTERM)."""
    worker_id = worker_id or f"{gethostname()}-{os.getpid()}"
    logs.configure(log_level, log_format, worker=worker_id)
    with chosen_kafka(bootstrap_servers) as connection, _scratch(data_dir) as scratch:
        settings = WorkerSettings(
            connection=connection,
            worker_id=worker_id,
            data_dir=Path(scratch),
            app_id=app_id,
            config_dir=config_dir,
            metrics_host=metrics_host,
            metrics_port=metrics_port,
            metrics_token=None if metrics_token_file is None else _token(metrics_token_file),
            clock=clock,
            sentiment=sentiment,
            session_timeout_ms=round(session_timeout * 1000),
        )
        run_worker(settings)


def _scratch(data_dir: Path | None) -> AbstractContextManager[Path | str]:
    """The folder that was given, or one for the time of the process."""
    if data_dir is not None:
        return nullcontext(data_dir)
    # Where no folder is named Python first tries to write a file, and a full disk must not keep a
    # worker from its work: nothing is ever written there.
    return tempfile.TemporaryDirectory(prefix="kefu-", dir=os.environ.get("TMPDIR") or "/tmp")  # noqa: S108


def _token(path: Path) -> str:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: the token cannot be read: {error}") from None
    if not token:
        raise UserError(f"{path}: the file is empty, expected a token")
    return token


def run_worker(settings: WorkerSettings) -> None:
    """Build the app and run it in this process; ends with the process's exit code."""
    stopping = threading.Event()
    try:
        app = build_app(settings, stopping)
    except ConfigError as error:
        raise UserError(str(error)) from None
    except TopicsError as error:
        raise NoKafkaError(str(error)) from None
    except OSError as error:
        raise UserError(f"metrics port {settings.metrics_port}: {error.strerror}") from None
    _collect_less()
    FaustWorker(app, stopping).execute_from_commandline()


def _collect_less() -> None:
    """Look for reference cycles rarely, and never in what start-up has loaded.

    The state is a million small records without cycles; going through them again and again costs
    a tenth of the worker's time (57.9 and 54.6 µs an event before, 49.8 after, on one machine).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
