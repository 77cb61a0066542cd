"""Faust's worker, with all that it and its parts say in the log (`kefu.logs`) and nowhere else."""

import logging

import faust
from mode.threads import ServiceThread

from kefu import logs

log = logging.getLogger("kefu.worker")


class FaustWorker(faust.Worker):  # type: ignore[misc]
    """Leaves the log as it is configured, and does without signals for debugging."""

    def __init__(self, app: faust.App) -> None:
        super().__init__(app, override_logging=False, quiet=True)
        self.spinner = None  # it writes codes for a terminal wherever its output goes
        self.loop.set_exception_handler(logs.on_loop_error)
        ServiceThread.on_crash = _on_crash  # its own prints the exception to standard error

    def _on_sigusr1(self) -> None:
        """Faust would print the local variables of all threads, and with them what people said."""
        log.warning("SIGUSR1 is ignored: `py-spy dump` shows the stacks")

    def _on_sigusr2(self) -> None:
        """Faust would stop everything for a debugger at the terminal."""
        log.warning("SIGUSR2 is ignored")


def _on_crash(_thread: ServiceThread, _message: str, label: str, error: BaseException) -> None:
    log.error("%s crashed: %s", label, error, exc_info=error)
