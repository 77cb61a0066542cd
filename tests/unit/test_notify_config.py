"""`notify.yaml`: one error that names file, line and key, and never shows a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.settings import default_config_dir
from kefu.notify.config import load_notify
from kefu.notify.routing import by_robot
from pipeline.yaml_reader import ConfigError
from tests.unit.notify_builders import alert_json, config, webhook

URL = "https://robot.example/send?key=T0PS3CRET"
ENV = {"URL": URL, "SECRET": "T0PS3CRET", "EMPTY": " ", "PLAIN": "http://robot.example/T0PS3CRET"}
ENV |= {"BAD": "https://[T0PS3CRET", "LINES": "https://a/T0PS3CRET\nb", "LONG": "T0PS3CRET" * 999}


def load(tmp_path: Path, text: str) -> str:
    """The error for that file, which is `notify.yaml` in the folder."""
    path = tmp_path / "notify.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_notify(path, ENV)
    said = str(caught.value)
    assert "T0PS3CRET" not in said
    assert "\n" not in said
    return said.removeprefix(f"{path}:")


def robot(line: str) -> str:
    return f"robots:\n  a: {{{line}}}\ndefault: [a]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (robot("kind: slack, url_env: URL"), "2: $.robots.a.kind: unknown kind; allowed: dingtalk"),
        (robot("kind: wecom"), "2: $.robots.a: `url_file` or `url_env` is needed"),
        (robot("kind: wecom, url_env: URL, url_file: x"), "2: $.robots.a: give only one of"),
        (robot(f'kind: wecom, url: "{URL}"'), "2: $.robots.a: unknown key `url`; allowed: kind"),
        (robot("kind: feishu, url_env: URL, secret: T0PS3CRET"), "unknown key `secret`"),
        (robot(f"kind: wecom, url_env: '{URL}'"), "url_env: that environment variable is not set"),
        (robot("kind: wecom, url_env: EMPTY"), "2: $.robots.a.url_env: it is empty"),
        (robot("kind: wecom, url_env: PLAIN"), "url_env: what it holds is not an https:// url"),
        (robot("kind: wecom, url_env: BAD"), "url_env: what it holds is not a url"),
        (robot("kind: wecom, url_env: LINES"), "expected one line of at most 4096 ASCII"),
        (robot("kind: wecom, url_env: LONG"), "expected one line of at most 4096 ASCII"),
        (robot("kind: wecom, url_file: none"), "url_file: cannot be read: No such file"),
        (robot("kind: wecom, url_file: ."), "url_file: cannot be read: Is a directory"),
        (robot("kind: wecom, url_file: notify.yaml"), "expected one line of at most"),
        (robot("kind: wecom, url_env: URL, secret_env: SECRET"), "wecom has no secret"),
        (robot("kind: feishu, url_env: URL, format: text"), "$.robots.a.format: allowed: markdown"),
        (robot("kind: wecom, url_env: URL, language: fr"), "2: $.robots.a.language: invalid enum"),
        (robot("kind: wecom, url_env: URL") + "timezone: Mars", "4: $.timezone: not a time zone"),
        (robot("kind: wecom, url_env: URL").replace("[a]", "[b]"), "3: $.default[0]: no robot has"),
        (robot("kind: wecom, url_env: URL").replace("[a]", "[]"), "3: $.default: expected"),
        ("robots: {}\ndefault: [a]", "1: $.robots: expected"),
        (
            robot("kind: wecom, url_env: URL") + "routes:\n  - {robots: [c], queue: vip}",
            "5: $.routes[0].robots[0]: no robot has that name; allowed: a",
        ),
        (
            robot("kind: wecom, url_env: URL") + "routes:\n  - {robots: [a]}",
            "5: $.routes[0]: one of `receiver`, `severity` and `queue` is needed",
        ),
        (
            robot("kind: wecom, url_env: URL") + "listen: {host: 0.0.0.0}",
            "4: $.listen.host: whoever reaches this address could write to the groups",
        ),
        (robot("kind: wecom, url_env: URL") + "delivery: {attempts: 0}", "4: $.delivery.attempts"),
    ],
)
def test_a_mistake_is_not_one_line_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in load(tmp_path, text)


def test_a_file_that_is_not_there_or_not_utf8_is_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read: No such file"):
        load_notify(tmp_path / "none.yaml", {})
    (tmp_path / "x.yaml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"x\.yaml: not UTF-8"):
        load_notify(tmp_path / "x.yaml", {})
    (tmp_path / "url").write_bytes(b"\xff\xfe")
    assert "that file is not a line of text" in load(tmp_path, robot("kind: wecom, url_file: url"))


def test_the_shipped_file_cannot_be_used_or_listens_to_the_world() -> None:
    loaded = load_notify(default_config_dir() / "notify.yaml", {"KEFU_WECOM_URL": URL})
    assert loaded.settings.listen.host == "127.0.0.1"
    assert list(loaded.endpoints) == ["supervisors"]


def test_a_printed_configuration_shows_a_secret(tmp_path: Path) -> None:
    path = tmp_path / "n.yaml"
    path.write_text(
        robot("kind: feishu, url_env: URL, secret_env: SECRET")
        + "listen: {host: 0.0.0.0, token_env: SECRET}",
        encoding="utf-8",
    )
    loaded = load_notify(path, ENV)
    assert loaded.token == loaded.endpoints["a"].secret == "T0PS3CRET"  # noqa: S105
    assert "T0PS3CRET" not in repr(loaded)


ROUTES = """
default: [feishu]
routes:
  - {receiver: [kefu-chat, other], severity: critical, robots: [wecom]}
  - {queue: vip, robots: [dingtalk, wecom]}
"""


def test_an_alert_goes_to_the_wrong_robots_or_to_one_twice(tmp_path: Path) -> None:
    urls = dict.fromkeys(("wecom", "dingtalk", "feishu"), URL)
    settings = config(tmp_path, urls, ROUTES).settings
    labels: tuple[dict[str, str], ...] = (
        {"severity": "critical", "queue": "vip"},
        {"severity": "critical"},
        {"severity": "warning", "queue": "sales"},
        {},
    )
    alerts = [alert_json(n, labels=one) for n, one in enumerate(labels)]
    found = by_robot(settings, webhook(*alerts))
    numbers = {name: [int(a.fingerprint, 16) for a in them] for name, them in found.items()}
    assert numbers == {"wecom": [0, 1], "dingtalk": [0], "feishu": [2, 3]}
    found = by_robot(settings, webhook(*alerts, receiver="third"))
    numbers = {name: [int(a.fingerprint, 16) for a in them] for name, them in found.items()}
    assert numbers == {"wecom": [0], "dingtalk": [0], "feishu": [1, 2, 3]}
