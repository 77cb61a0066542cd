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
    if command == "topics":
        assert arguments == ["apply"]
    elif command == "notify":
        assert arguments == ["--config", "/etc/kefu/notify.yaml"]
        assert (ROOT / "grafana" / "notify.yaml").is_file()
    else:
        found.make_context(command, arguments)


def test_grafana_has_no_default_password_and_no_anonymous_visitor() -> None:
    environment = SERVICES["grafana"]["environment"]
    assert environment["GF_SECURITY_ADMIN_PASSWORD__FILE"].startswith("/run/secrets/")
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "false"


def test_prometheus_and_alertmanager_find_the_hosts_that_the_services_have() -> None:
    folder = ROOT / "grafana"
    prometheus = yaml.safe_load((folder / "prometheus" / "prometheus.yml").read_text())
    targets = [
        target
        for job in (*prometheus["scrape_configs"], *prometheus["alerting"]["alertmanagers"])
        for group in job["static_configs"]
        for target in group["targets"]
    ]
    assert {target.partition(":")[0] for target in targets} <= SERVICES.keys()
    assert "resend-delay=15s" in " ".join(SERVICES["prometheus"]["command"])
    told = (folder / "alertmanager" / "alertmanager.yml").read_text()
    assert "http://notify:9120/alertmanager" in told
    for name, file in {"notify_token": "alertmanager", "robot_url": "notify"}.items():
        assert name in SERVICES[file]["secrets"]


def test_the_chat_adapter_of_compose_demands_its_token() -> None:
    config = yaml.safe_load((ROOT / "grafana" / "notify.yaml").read_text())
    assert Path(config["listen"]["token_file"]).name in SERVICES["notify"]["secrets"]
    assert all("url" not in robot for robot in config["robots"].values())


def test_every_secret_and_volume_of_a_service_is_declared() -> None:
    for service in SERVICES.values():
        assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
            else:
                assert source in COMPOSE["volumes"], source


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
