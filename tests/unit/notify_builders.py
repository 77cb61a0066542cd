"""Alerts and webhooks as Alertmanager 0.25 sends them, and a configuration for vendors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kefu.notify.config import NotifyConfig, load_notify
from kefu.notify.payload import Alert, Webhook, decode
from tests.unit.notify_vendors import SECRET

START = "2026-11-23T08:00:00.123456789Z"


def alert_json(number: int = 1, **changes: Any) -> dict[str, Any]:
    """One alert as JSON."""
    return {
        "status": "firing",
        "labels": {"alertname": "LongWait", "severity": "critical", "queue": f"queue-{number}"},
        "annotations": {
            "summary": f"{number} customers wait too long",
            "summary_zh": f"{number} 位客户等待过久",
            "description": "The oldest waits 15 minutes.",
            "runbook_url": "https://runbooks.example/long-wait",
            "dashboard_url": "https://grafana.example/d/kefu?var-queue=vip",
        },
        "startsAt": START,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": f"{number:016x}",
    } | changes


def body(*alerts: dict[str, Any], **changes: Any) -> bytes:
    """A webhook's body."""
    given = list(alerts) or [alert_json()]
    status = "firing" if any(a["status"] == "firing" for a in given) else "resolved"
    webhook = {
        "version": "4",
        "groupKey": '{}:{alertname="LongWait"}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "kefu-chat",
        "groupLabels": {"alertname": "LongWait"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
        "alerts": given,
    }
    return json.dumps(webhook | changes).encode()


def webhook(*alerts: dict[str, Any], **changes: Any) -> Webhook:
    """The same, decoded."""
    return decode(body(*alerts, **changes))


def alert(number: int = 1, **changes: Any) -> Alert:
    """One alert, decoded."""
    return webhook(alert_json(number, **changes)).alerts[0]


def config(folder: Path, urls: dict[str, str], more: str = "") -> NotifyConfig:
    """A checked configuration whose robots have the names of their kinds."""
    return load_notify(config_file(folder, urls, more), {"ROBOT_SECRET": SECRET})


def config_file(folder: Path, urls: dict[str, str], more: str = "") -> Path:
    """A file for these robots; `more`: further YAML, which may hold `delivery`, `routes`, ..."""
    lines = ["robots:"]
    for kind, url in urls.items():
        (folder / f"{kind}-url").write_text(f"{url}\n", encoding="utf-8")
        lines.append(f"  {kind}:\n    kind: {kind}\n    url_file: {kind}-url")
        if kind != "wecom":
            lines.append("    secret_env: ROBOT_SECRET")
    if "default:" not in more:
        lines.append(f"default: [{', '.join(urls)}]")
    if "listen:" not in more:
        lines.append("listen: {port: 0}")
    path = folder / "notify.yaml"
    path.write_text("\n".join([*lines, more]) + "\n", encoding="utf-8")
    return path
