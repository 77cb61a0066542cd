"""A worker, and every command's client, on a broker that demands TLS and a password."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from agents.connection import KafkaConnection
from agents.topics import apply_topics, partition_counts
from kefu.local_kafka import LocalKafka
from kefu.log_writer import LogWriter
from schemas.codec import encode, from_ms
from schemas.events import ConversationMessage, MessageData
from schemas.topics import CONVERSATIONS, ENRICHED
from tests.broker.harness import read_all, running_worker, wait_until_drained

pytestmark = pytest.mark.broker

T0_MS = 1_772_413_200_000
SECRET = "s" * 24
CHATS = 30


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def certificates(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and it with its key as the broker wants them."""
    key, certificate, both = folder / "key.pem", folder / "ca.pem", folder / "broker.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-keyout", str(key), "-out", str(certificate), "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    both.write_text(key.read_text() + certificate.read_text())
    return certificate, both


def settings(port: int, keystore: Path) -> dict[str, str]:
    """A second listener that demands TLS and SCRAM."""
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    return {
        "listeners": f",SECURED://127.0.0.1:{port}",
        "advertised.listeners": f",SECURED://127.0.0.1:{port}",
        "listener.security.protocol.map": (
            "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURED:SASL_SSL"
        ),
        "inter.broker.listener.name": "PLAINTEXT",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.secured.scram-sha-512.sasl.jaas.config": scram,
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(keystore),
    }


def add_user(servers: str) -> None:
    wanted = UserScramCredentialUpsertion(
        "kefu", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), SECRET.encode()
    )
    admin = AdminClient({"bootstrap.servers": servers})
    for done in admin.alter_user_scram_credentials([wanted]).values():
        done.result(20)


def topics_list(connection: KafkaConnection) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kefu", "topics", "list"],
        env={**os.environ, **connection.to_environment()},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_everything_runs_over_tls_with_a_password_and_nothing_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here, to make a certificate: install openssl")
    ca, keystore = certificates(tmp_path)
    port = free_port()
    with LocalKafka(further=settings(port, keystore)) as kafka:
        add_user(kafka.bootstrap_servers)
        secured = KafkaConnection(
            f"127.0.0.1:{port}",
            security_protocol="SASL_SSL",
            sasl_username="kefu",
            sasl_password=SECRET,
            ssl_ca_file=str(ca),
        )
        assert apply_topics(secured)
        for name, value in secured.to_environment().items():
            monkeypatch.setenv(name, value)
        options = ("--clock", "source", "--no-sentiment")
        with running_worker(secured, "w1", tmp_path, *options) as worker:
            writer = LogWriter(secured, partition_counts(secured), "test")
            for number in range(CHATS):
                event = ConversationMessage(
                    id=f"m{number}", source="test", time=from_ms(T0_MS + number),
                    subject=f"c{number}", data=MessageData(role="customer", text="在吗"),
                )  # fmt: skip
                writer.write(CONVERSATIONS.name, f"c{number}".encode(), encode(event), T0_MS)
            writer.flush()
            wait_until_drained(secured, worker)
            until = time.monotonic() + 30
            while len(found := read_all(secured, ENRICHED.name)) < CHATS:
                assert time.monotonic() < until, worker.tail()
            assert worker.stop() == 0, worker.tail()
            assert SECRET not in worker.log.read_text()
        assert len(found) == CHATS
        right, wrong = topics_list(secured), topics_list(replace(secured, sasl_password="x" * 9))
        assert right.returncode == 0, right.stderr
        assert wrong.returncode == 3, wrong.stderr
        assert "Traceback" not in wrong.stderr
        bare = replace(secured, security_protocol="PLAINTEXT")
        assert topics_list(bare).returncode == 3
    print(
        f"{CHATS} events in and out over TLS with SCRAM-SHA-512; a wrong password, and none: exit 3"
    )
