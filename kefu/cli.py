"""The `kefu` command: finds its subcommands by name in `kefu.commands`."""

import importlib
import logging
import pkgutil
import sys

import click
from confluent_kafka import KafkaException

from kefu import commands, logs
from kefu.errors import NoKafkaError, UserError

EPILOG = """\b
Exit codes: 0 done; 1 it ran and found something wrong (a failed check, lost events);
2 it was asked for something that cannot be done (bad option, file or configuration);
3 Kafka cannot be reached or had; 130 stopped with Ctrl-C.

Every command that needs Kafka takes --bootstrap-servers or KEFU_BOOTSTRAP_SERVERS, with
KEFU_SECURITY_PROTOCOL, KEFU_SASL_MECHANISM, KEFU_SASL_USERNAME, KEFU_SASL_PASSWORD[_FILE] and
KEFU_SSL_CA_FILE.
"""


class Commands(click.Group):
    """Imports a subcommand only when it is asked for, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all subcommands: the modules of `kefu.commands`."""
        found = pkgutil.iter_modules(commands.__path__)
        return sorted(m.name.replace("_", "-") for m in found)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand of that name, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"kefu.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command


@click.command(
    cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="kefu")
def kefu() -> None:
    """Watch customer service (客服) while it happens.

    Begin with `kefu demo`, then try your own exported chats with `kefu replay`.
    """


def main() -> None:
    """Run the command; a user's mistake is one line, never a traceback."""
    try:
        kefu(standalone_mode=False)
    except UserError as error:
        logs.say(f"kefu: {error}", logging.CRITICAL)
        sys.exit(error.exit_code)
    except KafkaException as failure:
        logs.say(f"kefu: Kafka failed: {failure.args[0].str()}", logging.CRITICAL)
        sys.exit(NoKafkaError.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        logs.say("stopped", logging.INFO)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
