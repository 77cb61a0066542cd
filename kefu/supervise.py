"""Run one command that may not outlive the process that wanted it.

    python supervise.py PARENT_PID FOLDER COMMAND...

Run by path, in a session of its own, with a pipe from the parent as standard input. The parent
is gone when that pipe closes, however it died, or when this process has another parent (a fork
of the parent may still hold the pipe). Then the command gets SIGTERM and, after `GRACE_S`
seconds, SIGKILL, and FOLDER is removed unless it is "-". If this process itself is killed,
Linux kills the command (PR_SET_PDEATHSIG); that signal alone would not do from the parent,
because it comes when the *thread* that started the child ends, and not at all on macOS.

The exit status is the command's, 128 + N where signal N ended it.
"""

import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable

GRACE_S = 5.0
POLL_S = 0.25
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


def main(parent: int, folder: str, command: list[str]) -> int:
    """Run `command` until it ends or the process `parent` does."""
    # Handlers and not SIG_IGN, which the command would inherit: SIGTERM to the group is for it.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)  # so that its end is seen at once
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, close_fds=False, preexec_fn=_die_with_me()
    )
    orphaned = False
    while child.poll() is None:
        if _parent_is_gone(parent, woken):
            orphaned = True
            _end(child)
    if folder != "-" and (orphaned or _parent_is_gone(parent, woken)):
        shutil.rmtree(folder, ignore_errors=True)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _die_with_me() -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork: the child should do little
    me = os.getpid()

    def arm() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != me:  # killed between the fork and the line above
            os._exit(1)

    return arm


def _parent_is_gone(parent: int, woken: int) -> bool:
    readable, _, _ = select.select([0, woken], [], [], POLL_S)
    if woken in readable:
        os.read(woken, 64)
    return os.getppid() != parent or (0 in readable and not os.read(0, 1))


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    deadline = time.monotonic() + GRACE_S
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(POLL_S)
    child.kill()
    child.wait()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
