"""Asks the OSV database, with pip-audit, for known vulnerabilities of all locked Python packages.

    python -m dependencies.audit PIP_AUDIT

Needs the network. Where the database cannot be reached, one line says that nothing was audited and
the exit status is 0; it is 1 for a known vulnerability and for a failure of another kind. Not
asked about: Kafka's jars, and packages that only another Python or system would install.
"""

import json
import re
import subprocess
import sys
from typing import Any

import click

from dependencies.locks import ROOT

LOCKS = ("requirements.lock", "requirements-java.lock", "requirements-audit.lock")
LIMIT_S = 300

_NO_WAY_THERE = re.compile(r"(Connection|Proxy|SSL|Timeout)Error\b|(Connect|Read)Timeout\b")


def verdict(output: str, errors: str) -> tuple[int, str]:
    """Exit status and lines to show, of what pip-audit wrote on its two outputs.

    It calls a package that the database does not know "no vulnerability", so what counts as
    audited is counted here.
    """
    if not output.strip():
        last = errors.strip().rpartition("\n")[2]
        if _NO_WAY_THERE.search(last):
            return 0, "not audited: no vulnerability database can be reached from here"
        return 1, f"pip-audit failed: {last or 'it said nothing'}"
    packages = json.loads(output)["dependencies"]
    skipped = [package for package in packages if "skip_reason" in package]
    lines = [
        *(_line(package, each) for package in packages for each in package.get("vulns", ())),
        *(f"not audited: {package['skip_reason']}" for package in skipped),
    ]
    known = len(lines) - len(skipped)
    audited = len(packages) - len(skipped)
    lines.append(f"{audited} of {len(packages)} packages audited, {known} known vulnerabilities")
    return (1 if known else 0), "\n".join(lines)


def _line(package: dict[str, Any], vulnerability: dict[str, Any]) -> str:
    names = ", ".join([vulnerability["id"], *vulnerability["aliases"]])
    mended = ", ".join(vulnerability["fix_versions"]) or "no version yet"
    return f"{package['name']} {package['version']}: {names}; mended in {mended}"


def main(pip_audit: str) -> None:
    """Run that pip-audit and end with the verdict's exit status."""
    locks = [option for lock in LOCKS for option in ("--requirement", str(ROOT / lock))]
    try:
        done = subprocess.run(
            [
                *(pip_audit, "--vulnerability-service", "osv", "--disable-pip", "--require-hashes"),
                *("--format", "json", "--desc", "off", "--progress-spinner", "off", *locks),
            ],
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        click.echo(f"not audited: the vulnerability database did not answer within {LIMIT_S} s")
        return
    status, text = verdict(done.stdout, done.stderr)
    click.echo(text)
    sys.exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
