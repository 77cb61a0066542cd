"""`kefu check` warns of what is not wrong but surprising, and fails on what is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from agents.settings import default_config_dir
from kefu.commands.check import command
from kefu.errors import FoundWrongError

OVERLAP = """
  - name: web-sales
    when: {channel: web}
    clocks:
      hold: {target_seconds: 60}
  - name: sales
    when: {queue: sales}
    clocks:
      hold: {target_seconds: 90}
"""


def folder(tmp_path: Path, old: str, new: str) -> Path:
    """The shipped configuration with one change of `sla.yaml`."""
    copy = tmp_path / "config"
    shutil.copytree(default_config_dir(), copy)
    text = (copy / "sla.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    (copy / "sla.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return copy


def run(config: Path, *options: str) -> str:
    result = CliRunner().invoke(
        command, ["--config", str(config), *options], catch_exceptions=False
    )
    assert result.exit_code == 0
    return result.output


def test_overlapping_policies_are_a_warning_and_no_failure(tmp_path: Path) -> None:
    config = folder(tmp_path, "\n  - name: complaints\n", f"{OVERLAP}\n  - name: complaints\n")
    said = run(config)
    assert "warning: policies `sales` (queue=sales) and `web-sales` (channel=web)" in said
    assert "in order (SLA sla-2" in said
    found = orjson.loads(run(config, "--json"))
    assert found["ok"]
    assert any("`sales` wins" in warning for warning in found["warnings"])


def test_a_misspelt_key_is_one_line_and_exit_1(tmp_path: Path) -> None:
    config = folder(tmp_path, "when: {segment: under25}", "when: {segmnt: under25}")
    with pytest.raises(FoundWrongError, match=r"sla\.yaml:\d+: .*unknown key `segmnt`"):
        run(config)
