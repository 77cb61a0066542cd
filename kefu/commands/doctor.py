"""`kefu doctor`: what is installed and reachable, and what to do about what is not."""

import importlib.metadata
import platform
import shutil
import sys
from typing import NamedTuple

import click
from confluent_kafka.admin import AdminClient
from rich.console import Console
from rich.table import Table

from agents.connection import KafkaConnection
from agents.scorer import load_scorer
from agents.settings import load_config, load_labels
from kefu.errors import FoundWrongError
from kefu.java import find_java, java_version
from kefu.kafka_choice import local_data_dir, running_local_broker
from kefu.kafka_jars import cache_folder, read_lock
from kefu.kafka_unavailable import KafkaUnavailable
from kefu.options import bootstrap_option, json_option, named_connection, print_json
from pipeline.sentiment.snownlp_model import ModelFileError
from pipeline.yaml_reader import ConfigError

REACH_LIMIT_S = 5.0
PACKAGES = ("faust-streaming", "confluent-kafka", "kafka-python", "prometheus-client", "snownlp")


class Finding(NamedTuple):
    """One thing that was looked at; `advice` says what to do where it is not right."""

    name: str
    ok: bool
    found: str
    advice: str = ""


@click.command()
@bootstrap_option
@json_option
def command(bootstrap_servers: str | None, as_json: bool) -> None:
    """Look at this machine: Python, packages, Java, Kafka, configuration, model files."""
    findings = [
        _python(),
        *(_package(name) for name in PACKAGES),
        _java(),
        _jars(),
        _kafka(named_connection(bootstrap_servers)),
        _configuration(),
        _model(),
        *(_optional(name) for name in ("prometheus", "prometheus-alertmanager", "docker")),
    ]
    bad = [finding for finding in findings if not finding.ok]
    if as_json:
        print_json({"ok": not bad, "findings": [finding._asdict() for finding in findings]})
    else:
        table = Table("", "what", "found", "what to do")
        for finding in findings:
            mark = "[green]ok[/]" if finding.ok else "[red]no[/]"
            table.add_row(mark, finding.name, finding.found, finding.advice)
        Console().print(table)
    if bad:
        raise FoundWrongError(f"{len(bad)} things are not in order")


def _python() -> Finding:
    ok = (3, 11) <= sys.version_info[:2] < (3, 14)
    return Finding("Python", ok, platform.python_version(), "" if ok else "use 3.11, 3.12 or 3.13")


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, False, "not installed", "install kefu again: make setup")


def _java() -> Finding:
    try:
        java = find_java()
    except KafkaUnavailable as error:
        return Finding("Java (for the local Kafka)", False, error.reason, error.advice)
    return Finding("Java (for the local Kafka)", True, f"{java_version(java)} at {java}")


def _jars() -> Finding:
    wanted = len(read_lock())
    present = sum(1 for _ in cache_folder().glob("*.jar")) if cache_folder().is_dir() else 0
    found = f"{present} of {wanted} jars cached"
    return Finding("Kafka's jars", True, found, "" if present else "fetched at the first start")


def _kafka(connection: KafkaConnection | None) -> Finding:
    name = "Kafka"
    if connection is None:
        address = running_local_broker(local_data_dir())
        if address is None:
            return Finding(name, True, "none named: a local one is started when needed")
        connection = KafkaConnection(address)
    try:
        brokers = AdminClient(connection.confluent()).list_topics(timeout=REACH_LIMIT_S).brokers
    except Exception as error:  # any failure to reach it is the finding
        return Finding(
            name,
            False,
            f"{connection.bootstrap_servers}: {type(error).__name__}",
            "check the address, the network and KEFU_SECURITY_PROTOCOL",
        )
    return Finding(name, True, f"{connection.bootstrap_servers}: {len(brokers)} brokers")


def _configuration() -> Finding:
    try:
        config = load_config()
        load_labels()
    except ConfigError as error:
        return Finding("configuration", False, str(error), "mend the file; see `kefu check`")
    return Finding("configuration", True, f"SLA {config.sla.version}, rules {config.qa.version}")


def _model() -> Finding:
    try:
        load_scorer()
    except ModelFileError as error:
        return Finding("sentiment model", False, str(error), "pip install snownlp==0.12.3")
    return Finding("sentiment model", True, "snownlp 0.12.3, loads")


def _optional(name: str) -> Finding:
    path = shutil.which(name)
    return Finding(f"{name} (optional)", True, path or "not here")
