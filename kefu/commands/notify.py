"""`kefu notify`: alerts from Alertmanager into the groups of WeCom, DingTalk and Feishu."""

import logging
import os
import signal
import threading
import time
from pathlib import Path
from types import FrameType

import click

from agents.settings import default_config_dir
from kefu import logs
from kefu.errors import FoundWrongError, UserError
from kefu.notify.config import NotifyConfig, load_notify
from kefu.notify.post import Poster
from kefu.notify.render import Renderer
from kefu.notify.robots.base import Verdict
from kefu.notify.server import PATH, NotifyServer
from kefu.notify.service import NotifyService
from kefu.options import log_options
from pipeline.yaml_reader import ConfigError


@click.command()
@click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Your notify.yaml; else the one of kefu, which takes the urls from the environment.",
)
@click.option("--check", is_flag=True, help="Check the file and that every secret is there; stop.")
@click.option("--test", "test_robot", metavar="ROBOT", help="Send ROBOT a test message; stop.")
@log_options("INFO")
def command(
    config_file: Path | None, check: bool, test_robot: str | None, log_level: str, log_format: str
) -> None:
    """Take webhooks from Alertmanager and post them to group robots, until told to stop."""
    # A check and a test are for whoever waits for the answer; their lines are plain.
    asked = check or test_robot is not None
    logs.configure(log_level, "text" if asked else log_format)
    path = config_file or default_config_dir() / "notify.yaml"
    try:
        config = load_notify(path, os.environ)
    except ConfigError as error:
        raise (FoundWrongError if check else UserError)(str(error)) from None
    if test_robot is not None:
        _send_test(config, test_robot)
    elif check:
        click.echo(f"{path}: in order (robots: {', '.join(config.endpoints)})")
    else:
        _serve(config)


def _send_test(config: NotifyConfig, name: str) -> None:
    endpoint = config.endpoints.get(name)
    if endpoint is None:
        raise UserError(f"--test {name}: no robot has that name: {', '.join(config.endpoints)}")
    poster = Poster(endpoint, config.settings.delivery.timeout_seconds)
    message = Renderer(endpoint.robot, endpoint.language, config.zone).test()
    outcome = poster.post(message, time.time_ns() // 1_000_000)
    poster.close()
    if outcome.verdict is not Verdict.ACCEPTED:
        raise FoundWrongError(f"robot {name}: {outcome.verdict.value}: {outcome.reason}")
    click.echo(f"robot {name}: accepted")


def _serve(config: NotifyConfig) -> None:
    """Serve until SIGTERM or Ctrl-C; what is on its way then is finished."""
    listen = config.settings.listen
    service = NotifyService(config)
    try:
        server = NotifyServer((listen.host, listen.port), service, config.token)
    except OSError as error:
        raise UserError(f"{listen.host}:{listen.port}: cannot listen: {error.strerror}") from None
    told = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        told.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    service.start()
    threading.Thread(target=server.serve_forever, args=(0.1,), name="http", daemon=True).start()
    host = f"[{listen.host}]" if ":" in listen.host else listen.host
    logs.say(f"listening on http://{host}:{server.server_port}{PATH}", logging.INFO)
    told.wait()
    server.stop(timeout_s=5.0)
    logs.say("stopped", logging.INFO)
