"""docker-compose.yml: nothing open to the network, nothing unpinned, commands that exist."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from kefu.cli import kefu

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_limited_and_without_privileges(name: str) -> None:
    service = SERVICES[name]
    tag = service["image"].rpartition(":")[2]
    assert tag[0].isdigit() or tag[0] == "v"
    assert service["mem_limit"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", [n for n, s in SERVICES.items() if s["image"].startswith("kefu")])
def test_a_kefu_service_starts_with_a_command_that_exists(name: str) -> None:
    command, *arguments = [str(word) for word in SERVICES[name]["command"]]
    context = kefu.make_context("kefu", [command, *arguments], resilient_parsing=True)
    found = kefu.get_command(context, command)
    assert found is not None
    if command == "worker":
        found.make_context(command, arguments)
    else:
        assert arguments == ["apply"]


def test_grafana_has_no_default_password_and_no_anonymous_visitor() -> None:
    environment = SERVICES["grafana"]["environment"]
    assert environment["GF_SECURITY_ADMIN_PASSWORD__FILE"].startswith("/run/secrets/")
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "false"


def test_docker_compose_accepts_the_file() -> None:
    if shutil.which("docker") is None:
        pytest.skip("docker compose is not here")
    asked = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if asked.returncode:
        pytest.skip("docker compose is not here")
    done = subprocess.run(
        ["docker", "compose", "-f", str(ROOT / "docker-compose.yml"), "config", "-q"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
