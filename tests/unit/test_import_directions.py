"""The import check finds what it is there for: violations planted in a copy of the packages."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "pipeline", "agents", "kefu")


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the import check on the packages in a folder."""
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imports")
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "generated", "*.yaml")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_packages_as_they_are_pass(copy: Path) -> None:
    done = check(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("pipeline/timers.py", "import time"),
        ("pipeline/ids.py", "from random import Random"),
        ("pipeline/quality/fold.py", "import logging"),
        ("schemas/topics.py", "import os"),
        ("pipeline/waiting.py", "from agents.task import Task"),
        ("schemas/envelope.py", "import pipeline.ids"),
        ("agents/clock.py", "from kefu.errors import UserError"),
        ("pipeline/texts.py", "import orjson"),
    ],
)
def test_a_planted_violation_is_found(copy: Path, module: str, line: str) -> None:
    file = copy / module
    before = file.read_text("utf-8")
    file.write_text(f"{before}\n{line}\n", "utf-8")
    try:
        done = check(copy)
    finally:
        file.write_text(before, "utf-8")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout
