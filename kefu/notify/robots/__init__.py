"""One module for each vendor's group robot, found by its name in the configuration."""

import importlib
import pkgutil

from kefu.notify.robots.base import Robot


def kinds() -> tuple[str, ...]:
    """The names that `kind` may have: the modules of this package."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name != "base"))


def robot_class(kind: str) -> type[Robot]:
    """The class of one of `kinds()`."""
    found: type[Robot] = importlib.import_module(f"{__name__}.{kind}").ROBOT
    return found
