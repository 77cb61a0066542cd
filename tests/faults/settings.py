"""How often each case is repeated: all of them by `make faults`, some by `make test`."""

import os

import pytest

SHORT = os.environ.get("FAULTS", "short") != "full"
SESSION_TIMEOUT_S = 3.0
"""Of workers here: a killed one is missed soon, and a busy machine misses no living one."""
BROKER = {"group.min.session.timeout.ms": "1000"}
WORKER = ("--clock", "source", "--no-sentiment", "--session-timeout", str(SESSION_TIMEOUT_S))
RATE = 150.0 if SHORT else 300.0
"""Events a second; a worker can do thirty times as many: recovery is not made of backlog."""


only_in_full = pytest.mark.skipif(SHORT, reason="in `make faults` only: takes minutes or cores")


def repeated(full: int) -> pytest.MarkDecorator:
    """The case once for each seed: one by `make test`, `full` by `make faults`."""
    return pytest.mark.parametrize("seed", range(1 if SHORT else full))
