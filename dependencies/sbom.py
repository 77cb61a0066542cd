"""Writes the bill of materials, `sbom.cdx.json` (CycloneDX 1.6), from the locks and the licences;
`python -m dependencies.sbom --check` tells whether it is up to date and every licence is allowed.

The same locks give the same bytes on every machine: nothing of the installation, no time and no
chance is in it.
"""

import json
import sys
import tomllib
from itertools import chain

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from dependencies.licences import Licences, problems, read_licences, stated_by_installed
from dependencies.locks import ROOT, LockError, Package, read_lock, shipped_names
from kefu.kafka_jars import Jar
from kefu.kafka_jars import read_lock as read_jars

FILE = ROOT / "sbom.cdx.json"


def component(
    package: Package | Jar, scope: ComponentScope, licence: str, *hashes: str
) -> Component:
    """One package or jar; `hashes`: SHA-256 of each file that may be installed."""
    if isinstance(package, Jar):
        group, name, kind = package.group, package.artifact, "maven"
    else:
        group, name, kind = None, package.name, "pypi"
    purl = PackageURL(kind, group, name, package.version)
    return Component(
        type=ComponentType.LIBRARY,
        group=group,
        name=name,
        version=package.version,
        scope=scope,
        purl=purl,
        bom_ref=purl.to_string(),
        licenses=[LicenseExpression(licence)],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=content) for content in hashes],
    )


def bill(
    packages: tuple[Package, ...],
    java: tuple[Package, ...],
    jars: tuple[Jar, ...],
    licences: Licences,
) -> str:
    """The document. Raises `KeyError` where a licence is missing.

    Scopes: `required` is what an installed kefu needs; `excluded` are tools of its development;
    `optional` is what a Kafka of one's own needs (`kefu demo`, tests): its jars and a Java.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    root = Component(
        type=ComponentType.APPLICATION,
        name=project["name"],
        version=project["version"],
        licenses=[LicenseExpression(project["license"])],
        bom_ref=project["name"],
    )
    shipped = shipped_names(packages)
    made: dict[str, list[Component]] = {}
    for package in (*packages, *java):
        scope = ComponentScope.REQUIRED if package.name in shipped else ComponentScope.EXCLUDED
        made.setdefault(package.name, []).append(
            component(
                package,
                ComponentScope.OPTIONAL if package in java else scope,
                licences.python[package.name],
                *package.sha256,
            )
        )
    of_kafka = [
        component(jar, ComponentScope.OPTIONAL, licences.maven[jar.group], jar.sha256)
        for jar in jars
    ]
    bom = Bom(components=[*chain.from_iterable(made.values()), *of_kafka])
    bom.metadata.component = root
    needs = {root.name: {package.name for package in java}}
    for package in packages:
        for wanting in package.wanted_by:
            needs.setdefault(wanting.split(" ")[0], set()).add(package.name)
    made[root.name] = [root]
    for name, versions in made.items():
        wanted = [*chain.from_iterable(made[need] for need in needs.get(name, ()))]
        if name == root.name:
            wanted += of_kafka
        for one in versions:
            bom.dependencies.add(Dependency(one.bom_ref, [Dependency(w.bom_ref) for w in wanted]))
    return _without_chance(bom)


def _without_chance(bom: Bom) -> str:
    """As text, without the time and the random number that the library always adds."""
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["serialNumber"], document["metadata"]["timestamp"]
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def main(arguments: list[str]) -> None:
    """Write, or compare. The exit status is 1 where something is wrong."""
    try:
        packages = read_lock(ROOT / "requirements.lock")
        java = read_lock(ROOT / "requirements-java.lock")
    except LockError as error:
        sys.exit(str(error))
    jars = read_jars()
    licences = read_licences()
    groups = {jar.group for jar in jars}
    if wrong := problems(licences, (*packages, *java), groups, stated_by_installed()):
        sys.exit("\n".join(wrong))
    made = bill(packages, java, jars, licences)
    if "--check" in arguments:
        there = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
        sys.exit(
            0 if there == made else f"run python -m dependencies.sbom: {FILE.name} has drifted"
        )
    FILE.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
