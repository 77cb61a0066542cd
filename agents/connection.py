"""How to reach Kafka: one description, for every client library that kefu uses."""

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_LOOPBACK = ("127.", "localhost", "[::1]")


class ConnectionSettingsError(ValueError):
    """Settings that cannot be used, and what is expected instead."""


@dataclass(frozen=True)
class KafkaConnection:
    """Where Kafka is and how to log in. The password is never shown."""

    bootstrap_servers: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = "SCRAM-SHA-512"
    sasl_username: str = ""
    sasl_password: str = field(default="", repr=False)
    ssl_ca_file: str = ""

    def __post_init__(self) -> None:
        if not self.bootstrap_servers:
            raise ConnectionSettingsError("no bootstrap servers: expected HOST:PORT[,HOST:PORT…]")
        for server in self.bootstrap_servers.split(","):
            port = server.rpartition(":")[2]
            if not port.isdigit() or not 0 < int(port) < 65536:
                raise ConnectionSettingsError(f"bootstrap server `{server}`: expected HOST:PORT")
        if self.security_protocol not in PROTOCOLS:
            raise ConnectionSettingsError(
                f"KEFU_SECURITY_PROTOCOL: expected one of {', '.join(PROTOCOLS)}"
            )
        if self.sasl_mechanism not in MECHANISMS:
            raise ConnectionSettingsError(
                f"KEFU_SASL_MECHANISM: expected one of {', '.join(MECHANISMS)}"
            )
        if self.uses_sasl and not (self.sasl_username and self.sasl_password):
            raise ConnectionSettingsError(
                "SASL needs KEFU_SASL_USERNAME and KEFU_SASL_PASSWORD or KEFU_SASL_PASSWORD_FILE"
            )
        if self.security_protocol == "SASL_PLAINTEXT" and not all(
            server.startswith(_LOOPBACK) for server in self.bootstrap_servers.split(",")
        ):
            raise ConnectionSettingsError(
                "SASL_PLAINTEXT would send the password unencrypted: use SASL_SSL"
            )
        if self.ssl_ca_file and not Path(self.ssl_ca_file).is_file():
            raise ConnectionSettingsError(f"KEFU_SSL_CA_FILE: no such file: {self.ssl_ca_file}")

    @property
    def uses_sasl(self) -> bool:
        """Whether the client logs in."""
        return self.security_protocol.startswith("SASL")

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], bootstrap_servers: str | None = None
    ) -> "KafkaConnection | None":
        """Read `KEFU_BOOTSTRAP_SERVERS` and the security settings; None where no broker is named.

        Secrets may stand in files: `KEFU_SASL_PASSWORD_FILE` wins over `KEFU_SASL_PASSWORD`.
        """
        servers = bootstrap_servers or environment.get("KEFU_BOOTSTRAP_SERVERS", "")
        if not servers:
            return None
        password = environment.get("KEFU_SASL_PASSWORD", "")
        password_file = environment.get("KEFU_SASL_PASSWORD_FILE", "")
        if password_file:
            try:
                password = Path(password_file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                raise ConnectionSettingsError(
                    f"KEFU_SASL_PASSWORD_FILE: cannot read {password_file}"
                ) from None
        return cls(
            bootstrap_servers=servers,
            security_protocol=environment.get("KEFU_SECURITY_PROTOCOL", "PLAINTEXT").upper(),
            sasl_mechanism=environment.get("KEFU_SASL_MECHANISM", "SCRAM-SHA-512").upper(),
            sasl_username=environment.get("KEFU_SASL_USERNAME", ""),
            sasl_password=password,
            ssl_ca_file=environment.get("KEFU_SSL_CA_FILE", ""),
        )

    def to_environment(self) -> dict[str, str]:
        """The variables from which a child process reads the same connection."""
        return {
            "KEFU_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "KEFU_SECURITY_PROTOCOL": self.security_protocol,
            "KEFU_SASL_MECHANISM": self.sasl_mechanism,
            "KEFU_SASL_USERNAME": self.sasl_username,
            "KEFU_SASL_PASSWORD": self.sasl_password,
            "KEFU_SSL_CA_FILE": self.ssl_ca_file,
        }

    def confluent(self) -> dict[str, Any]:
        """Settings for confluent-kafka clients; their own log is left to errors."""
        settings: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": self.security_protocol,
            "log_level": 2,
            "logger": logging.getLogger("librdkafka"),  # else it writes to standard error itself
        }
        if self.uses_sasl:
            settings["sasl.mechanism"] = self.sasl_mechanism
            settings["sasl.username"] = self.sasl_username
            settings["sasl.password"] = self.sasl_password
        if self.ssl_ca_file:
            settings["ssl.ca.location"] = self.ssl_ca_file
        return settings

    def kafka_python(self) -> dict[str, Any]:
        """Settings for kafka-python clients."""
        settings: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers.split(","),
            "security_protocol": self.security_protocol,
        }
        if self.uses_sasl:
            settings["sasl_mechanism"] = self.sasl_mechanism
            settings["sasl_plain_username"] = self.sasl_username
            settings["sasl_plain_password"] = self.sasl_password
        if self.ssl_ca_file:
            settings["ssl_cafile"] = self.ssl_ca_file
        return settings

    def faust(self) -> dict[str, Any]:
        """Settings for `faust.App`.

        Faust takes SASL credentials without an SSL context to mean no encryption, so the context
        is always given where TLS is asked for.
        """
        from faust.auth import SASLCredentials, SSLCredentials
        from faust.types.auth import SASLMechanism

        servers = self.bootstrap_servers.split(",")
        settings: dict[str, Any] = {"broker": [f"kafka://{server}" for server in servers]}
        context = None
        if self.security_protocol.endswith("SSL"):
            context = ssl.create_default_context(cafile=self.ssl_ca_file or None)
        if self.uses_sasl:
            settings["broker_credentials"] = SASLCredentials(
                username=self.sasl_username,
                password=self.sasl_password,
                mechanism=SASLMechanism(self.sasl_mechanism),
                ssl_context=context,
            )
        elif context is not None:
            settings["broker_credentials"] = SSLCredentials(context)
        return settings
