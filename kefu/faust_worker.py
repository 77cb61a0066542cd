"""Faust's worker, with all that it and its parts say in the log (`kefu.logs`) and nowhere else."""

import faulthandler
import logging
import signal
import threading

import faust
from mode.threads import ServiceThread

from kefu import logs

log = logging.getLogger("kefu.worker")

STOP_LIMIT_S = 20.0
"""A worker that is told to stop and has not ended by then is ended: see `_schedule_shutdown`."""


class FaustWorker(faust.Worker):  # type: ignore[misc]
    """Leaves the log as it is configured, and does without signals for debugging."""

    def __init__(self, app: faust.App, stopping: threading.Event) -> None:
        """`stopping` is set as soon as the worker is told to end: Faust ends its own parts one
        after another, and each of them may wait some seconds for a Kafka that is gone.
        """
        super().__init__(app, override_logging=False, quiet=True)
        self._stopping = stopping
        self.spinner = None  # it writes codes for a terminal wherever its output goes
        self.loop.set_exception_handler(logs.on_loop_error)
        ServiceThread.on_crash = _on_crash  # its own prints the exception to standard error

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        """Begin to stop; where that hangs, the stacks go to standard error and the process ends.

        Kafka's client waits for its own thread without letting go of Python's lock (its issue
        1023). The one way in which that was seen to last for ever is shut
        (`agents.consumer_group`); should there be another, no line of Python would run any more.
        What was confirmed is in Kafka, the rest is read again.
        """
        faulthandler.dump_traceback_later(STOP_LIMIT_S, exit=True)
        self._stopping.set()
        super()._schedule_shutdown(signal)

    def _on_sigusr1(self) -> None:
        """Faust would print the local variables of all threads, and with them what people said."""
        log.warning("SIGUSR1 is ignored: `py-spy dump` shows the stacks")

    def _on_sigusr2(self) -> None:
        """Faust would stop everything for a debugger at the terminal."""
        log.warning("SIGUSR2 is ignored")


def _on_crash(_thread: ServiceThread, _message: str, label: str, error: BaseException) -> None:
    log.error("%s crashed: %s", label, error, exc_info=error)
