"""The commands of the READMEs are commands: every option is there, every file of ours exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from kefu.cli import Commands

ROOT = Path(__file__).parents[2]
OURS = "README.md"
"""Stands for files that are the reader's own: those named without a folder."""
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


def commands(page: str) -> list[str]:
    """What stands in the page's shell blocks and begins with kefu, its lines joined."""
    blocks = _BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith(".venv/bin/kefu ")]


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_commands_of_a_readme_are_understood(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = commands(page)
    assert len(found) >= 5
    for line in found:
        _, *words = shlex.split(line, comments=True)
        words = [OURS if re.fullmatch(r"[^/]+\.(csv|yaml)", word) else word for word in words]
        command: click.Command = Commands("kefu")
        context = click.Context(command)
        while isinstance(command, click.Group):
            name = words.pop(0)
            found_command = command.get_command(context, name)
            assert found_command is not None, line
            command = found_command
        command.make_context(line, words)  # raises where click would refuse it
