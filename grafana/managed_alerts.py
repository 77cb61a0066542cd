"""Writes the alert rules in Grafana's own form; `--check` tells whether the file is up to date.

The rules for Prometheus (`grafana/prometheus/rules`) are the tested truth; who prefers Grafana's
alerting unpauses these copies. They read Prometheus' recorded series, so only alerts are copied.
The shape follows what Grafana's own import of Prometheus rules makes: an instant query, a number
for whatever it returns (a rule fires for a 0 too), and whether there is one.
"""

import re
import sys
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
PROMETHEUS = HERE / "prometheus" / "prometheus.yml"
RULES = HERE / "prometheus" / "rules"
FILE = HERE / "provisioning" / "alerting" / "kefu-rules.yml"
DATASOURCE = "kefu-prometheus"
"""As in provisioning/datasources/kefu.yml."""
STEP_S = 10
"""Grafana refuses an interval that is not a multiple of it."""
UNITS_S = {"s": 1, "m": 60, "h": 3600}
HEADER = """\
# Written by grafana/managed_alerts.py from grafana/prometheus/rules; do not edit.
# All of them are paused, as Prometheus and Alertmanager notify, and only one of the two may:
# docs/alerts.md says how to let Grafana do it.
"""

Document = dict[str, Any]


def seconds(duration: str) -> int:
    """The seconds of a duration of one number and unit, as the rules write them: 5s, 1m, 2h."""
    return int(duration[:-1]) * UNITS_S[duration[-1]]


def template(text: str, external: dict[str, str]) -> str:
    """An annotation of Prometheus as one of Grafana.

    Fields are written without `$`, which the provisioning reads as an environment variable.
    """
    text = re.sub(r"{{ \$externalLabels\.(\w+) }}", lambda found: external[found[1]], text)
    return text.replace("$labels.", ".Labels.").replace("$value", ".Values.query.Value")


def expression(ref: str, kind: str, **model: Any) -> Document:
    """One of Grafana's own expressions, over another query or expression."""
    source = {"type": "__expr__", "uid": "__expr__"}
    return {
        "refId": ref,
        "datasourceUid": "__expr__",
        "model": {"refId": ref, "type": kind, "datasource": source, **model},
    }


def rule(alert: Document, external: dict[str, str]) -> Document:
    """One alert."""
    name = alert["alert"]
    query = {
        "refId": "query",
        "datasourceUid": DATASOURCE,
        "relativeTimeRange": {"from": 600, "to": 0},
        "model": {
            "refId": "query",
            "datasource": {"type": "prometheus", "uid": DATASOURCE},
            "expr": alert["expr"].strip(),
            "instant": True,
            "range": False,
        },
    }
    anything = "is_number($query) || is_nan($query) || is_inf($query)"
    above_zero = [{"evaluator": {"type": "gt", "params": [0]}}]
    made: Document = {
        "uid": re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower(),
        "title": name,
        "condition": "threshold",
        "data": [
            query,
            expression("anything", "math", expression=anything),
            expression("threshold", "threshold", expression="anything", conditions=above_zero),
        ],
        "noDataState": "OK",
        "execErrState": "Error",
        "for": alert.get("for", "0s"),
        "labels": alert["labels"],
        "annotations": {
            key: template(text, external) for key, text in alert["annotations"].items()
        },
        "isPaused": True,
    }
    if "keep_firing_for" in alert:
        made["keepFiringFor"] = alert["keep_firing_for"]
    return made


def document() -> Document:
    """The whole file; groups without alerts are left out."""
    prometheus = yaml.safe_load(PROMETHEUS.read_text(encoding="utf-8"))["global"]
    groups = []
    for file in sorted(RULES.glob("*.yml")):
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            every_s = seconds(group.get("interval", prometheus["evaluation_interval"]))
            alerts = [
                rule(entry, prometheus["external_labels"])
                for entry in group["rules"]
                if "alert" in entry
            ]
            if alerts:
                interval = f"{-(-every_s // STEP_S) * STEP_S}s"
                made = {"orgId": 1, "name": group["name"], "folder": "kefu", "interval": interval}
                groups.append({**made, "rules": alerts})
    return {"apiVersion": 1, "groups": groups}


def content() -> bytes:
    """The file as it is committed."""
    text = yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=1000)
    return (HEADER + text).encode()


def main(arguments: list[str]) -> int:
    """`--check`: exit with 1 where the file differs."""
    if arguments == ["--check"]:
        if FILE.exists() and FILE.read_bytes() == content():
            return 0
        sys.stderr.write(f"{FILE}: not up to date; run `python grafana/managed_alerts.py`\n")
        return 1
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_bytes(content())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
