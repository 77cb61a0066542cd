"""`notify.yaml`: which alerts go to which robots; whatever is wrong is one error with its line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from kefu.notify.robots import kinds, robot_class
from kefu.notify.robots.base import Robot
from pipeline.yaml_reader import ConfigError, Document

Language = Literal["zh", "en", "both"]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
MAX_SECRET_CHARS = 4096
"""Longer than any url or secret of a robot: what is longer is the wrong file."""


class _Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything here refuses keys that it does not know."""


class RobotSettings(_Settings, frozen=True):
    """One robot: exactly one of the two ways to give its url, at most one for its secret."""

    kind: str
    url_file: str | None = None
    url_env: str | None = None
    secret_file: str | None = None
    secret_env: str | None = None
    language: Language | None = None
    format: str = "markdown"


class Route(_Settings, frozen=True):
    """Robots for the alerts that meet every condition given; a list means any of its values."""

    robots: Annotated[list[Name], msgspec.Meta(min_length=1)]
    receiver: str | list[str] | None = None
    severity: str | list[str] | None = None
    queue: str | list[str] | None = None


class Listen(_Settings, frozen=True):
    """Where Alertmanager posts to."""

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 9120
    token_file: str | None = None
    token_env: str | None = None


class Delivery(_Settings, frozen=True):
    """Patience. The defaults fit Alertmanager's `group_interval: 5m`; docs/notify.md says why."""

    answer_within_seconds: Annotated[float, msgspec.Meta(gt=0, le=300)] = 8.0
    timeout_seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 5.0
    attempts: Annotated[int, msgspec.Meta(ge=1, le=20)] = 6
    queue_limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100
    repeat_window_seconds: Annotated[int, msgspec.Meta(ge=1, le=86_400)] = 600


class NotifySettings(_Settings, frozen=True):
    """The whole file."""

    robots: Annotated[dict[Name, RobotSettings], msgspec.Meta(min_length=1)]
    default: Annotated[list[Name], msgspec.Meta(min_length=1)]
    routes: list[Route] = []
    language: Language = "zh"
    timezone: str = "Asia/Shanghai"
    listen: Listen = Listen()
    delivery: Delivery = Delivery()


@dataclass(frozen=True)
class Endpoint:
    """A robot with its secrets, which are never shown by `repr`."""

    name: str
    robot: Robot
    language: Language
    url: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True)
class NotifyConfig:
    """A checked file with its secrets."""

    settings: NotifySettings
    endpoints: dict[str, Endpoint]
    zone: ZoneInfo
    token: str = field(repr=False)


class _Secrets:
    """Reads what the file only names; relative paths are beside the file."""

    def __init__(self, document: Document, folder: Path, environ: Mapping[str, str]) -> None:
        self._document = document
        self._folder = folder
        self._environ = environ

    def read(self, path: str, name: str, of: msgspec.Struct, *, required: bool) -> str:
        """The value of `{name}_file` or `{name}_env`; empty where neither stands."""
        file: str | None = getattr(of, f"{name}_file")
        variable: str | None = getattr(of, f"{name}_env")
        if file is not None and variable is not None:
            raise self._document.error(
                path, f"give only one of `{name}_file` and `{name}_env`, not both"
            )
        if file is not None:
            return self._checked(f"{path}.{name}_file", self._from_file(path, name, file))
        if variable is not None:
            key = f"{path}.{name}_env"
            if variable not in self._environ:
                # Not named: who puts the secret itself here would find it in a log.
                raise self._document.error(key, "that environment variable is not set")
            return self._checked(key, self._environ[variable])
        if required:
            raise self._document.error(path, f"`{name}_file` or `{name}_env` is needed")
        return ""

    def _from_file(self, path: str, name: str, file: str) -> str:
        key = f"{path}.{name}_file"
        try:
            with (self._folder / file).open(encoding="utf-8") as opened:
                return opened.read(MAX_SECRET_CHARS + 1)
        except OSError as error:
            raise self._document.error(key, f"cannot be read: {error.strerror}") from None
        except ValueError:
            raise self._document.error(key, "that file is not a line of text") from None

    def _checked(self, key: str, value: str) -> str:
        value = value.strip()
        if not value:
            raise self._document.error(key, "it is empty")
        if len(value) > MAX_SECRET_CHARS or not value.isascii() or not value.isprintable():
            raise self._document.error(
                key, f"expected one line of at most {MAX_SECRET_CHARS} ASCII characters there"
            )
        return value


def load_notify(path: Path, environ: Mapping[str, str]) -> NotifyConfig:
    """Read and check the file and resolve its secrets; raises `ConfigError`, without a secret."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8") from None
    document = Document(text, str(path))
    settings = document.convert(NotifySettings)
    try:
        zone = ZoneInfo(settings.timezone)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        raise document.error(
            "$.timezone", "not a time zone; expected a name such as Asia/Shanghai"
        ) from None
    _check_names(document, settings)
    secrets = _Secrets(document, path.parent, environ)
    endpoints = {
        name: _endpoint(document, secrets, name, robot, settings.language)
        for name, robot in settings.robots.items()
    }
    token = secrets.read("$.listen", "token", settings.listen, required=False)
    if not token and not is_loopback(settings.listen.host):
        raise document.error(
            "$.listen.host",
            "whoever reaches this address could write to the groups: "
            "give `token_file` or `token_env`, or listen on 127.0.0.1",
        )
    return NotifyConfig(settings, endpoints, zone, token)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that host."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _check_names(document: Document, settings: NotifySettings) -> None:
    places = [(f"$.default[{n}]", name) for n, name in enumerate(settings.default)]
    for number, route in enumerate(settings.routes):
        places += [(f"$.routes[{number}].robots[{n}]", r) for n, r in enumerate(route.robots)]
        if route.receiver is route.severity is route.queue is None:
            raise document.error(
                f"$.routes[{number}]", "one of `receiver`, `severity` and `queue` is needed"
            )
    for path, name in places:
        if name not in settings.robots:
            allowed = ", ".join(settings.robots)
            raise document.error(path, f"no robot has that name; allowed: {allowed}")


def _endpoint(
    document: Document, secrets: _Secrets, name: str, given: RobotSettings, language: Language
) -> Endpoint:
    path = f"$.robots.{name}"
    if given.kind not in kinds():
        raise document.error(f"{path}.kind", f"unknown kind; allowed: {', '.join(kinds())}")
    kind = robot_class(given.kind)
    if given.format not in kind.formats:
        raise document.error(f"{path}.format", f"allowed: {', '.join(kind.formats)}")
    url = secrets.read(path, "url", given, required=True)
    if not kind.signed and (given.secret_file or given.secret_env) is not None:
        raise document.error(path, f"{given.kind} has no secret; the key in the url is all")
    secret = secrets.read(path, "secret", given, required=False)
    key = f"{path}.{'url_file' if given.url_file is not None else 'url_env'}"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port  # raises where it is not a number
    except ValueError:
        raise document.error(key, "what it holds is not a url") from None
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        raise document.error(key, "what it holds is not an https:// url")
    return Endpoint(name, kind(given.format), given.language or language, url, secret)
