"""Writes the dashboard; `python grafana/build.py --check` tells whether it is up to date.

Panels are laid out in a grid of 24 columns. Every query names its metrics as `agents/metrics.py`
does; a test compares them.
"""

import sys
from pathlib import Path
from typing import Any

import orjson

FILE = Path(__file__).parent / "dashboards" / "kefu-live.json"
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
FILTER = 'queue=~"$queue",channel=~"$channel"'
WAITING = f"max by (kind,channel,queue,priority,partition) (kefu_waiting{{{FILTER}}})"
SINCE = f"kefu_oldest_waiting_since_timestamp_seconds{{{FILTER}}}"
CLOCK = "max(kefu_clock_timestamp_seconds)"
MET = f'kefu_sla_total{{outcome="met",{FILTER}}}'
BREACHED = f'kefu_sla_total{{outcome="breached",{FILTER}}}'
GREEN, AMBER, RED = "green", "orange", "red"

Panel = dict[str, Any]


def panel(
    kind: str,
    title: str,
    description: str,
    unit: str,
    queries: dict[str, str],
    place: tuple[int, int, int, int],
    steps: tuple[tuple[float | None, str], ...] = ((None, GREEN),),
) -> Panel:
    """One panel: its queries by legend, its place as (x, y, width, height), its thresholds."""
    x, y, width, height = place
    instant = kind in ("stat", "table")
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "gridPos": {"x": x, "y": y, "w": width, "h": height},
        "fieldConfig": {
            "defaults": {
                "unit": unit,
                "thresholds": {
                    "mode": "absolute",
                    "steps": [{"value": value, "color": color} for value, color in steps],
                },
                "custom": {"thresholdsStyle": {"mode": "line"}} if len(steps) > 1 else {},
            },
            "overrides": [],
        },
        "options": {"reduceOptions": {"calcs": ["lastNotNull"]}} if kind == "stat" else {},
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": DATASOURCE,
                "expr": query,
                "legendFormat": legend,
                "instant": instant,
                "range": not instant,
                "format": "table" if kind == "table" else "time_series",
            }
            for number, (legend, query) in enumerate(queries.items())
        ],
    }


def panels() -> list[Panel]:
    """Stats on top, series below, the table last."""
    in_time = (
        f"sum(increase({MET}[1h])) / (sum(increase({MET}[1h])) + sum(increase({BREACHED}[1h])))"
    )
    return [
        panel(
            "stat",
            "Waiting now 等待人数",
            "Customers who wait for a human now. The largest value of each partition counts, so "
            "that a hand-over between workers is not counted twice.",
            "short",
            {"waiting": f"sum({WAITING})"},
            (0, 0, 4, 4),
        ),
        panel(
            "stat",
            "Longest wait 最长等待",
            "Event time of the newest tick less the beginning of the longest present wait.",
            "s",
            {"longest": f"{CLOCK} - min({SINCE})"},
            (4, 0, 4, 4),
            ((None, GREEN), (150, AMBER), (210, RED)),
        ),
        panel(
            "stat",
            "Answered in time, 1 h 达标率",
            "Met / (met + breached) of all response clocks in the last hour; empty without any.",
            "percentunit",
            {"in time": in_time},
            (8, 0, 4, 4),
            ((None, RED), (0.8, AMBER), (0.95, GREEN)),
        ),
        panel(
            "stat",
            "Breaches, 1 h 超时",
            "Waits that passed their target in the last hour, corrections not taken off.",
            "short",
            {"breaches": f"sum(increase({BREACHED}[1h]))"},
            (12, 0, 4, 4),
            ((None, GREEN), (1, AMBER)),
        ),
        panel(
            "stat",
            "Data age 数据延迟",
            "Wall time less the newest tick that was read. Red: do not trust the board.",
            "s",
            {"age": f"time() - {CLOCK}"},
            (16, 0, 4, 4),
            ((None, GREEN), (15, AMBER), (60, RED)),
        ),
        panel(
            "stat",
            "Dead letters, 1 h 死信",
            "Events that could not be processed in the last hour, of all reasons.",
            "short",
            {"dead letters": "sum(increase(kefu_dead_letters_total[1h]))"},
            (20, 0, 4, 4),
            ((None, GREEN), (1, RED)),
        ),
        panel(
            "timeseries",
            "Waiting by queue 各队列等待",
            "Customers who wait for a human, by queue.",
            "short",
            {"{{queue}}": f"sum by (queue) ({WAITING})"},
            (0, 4, 12, 8),
        ),
        panel(
            "timeseries",
            "Response time 响应时长",
            "Half and nine tenths of the answers came within this. The line is the 210 s target.",
            "s",
            {
                f"p{share} {{{{clock}}}}": f"histogram_quantile(0.{share}, sum by (le, clock) "
                f'(rate(kefu_response_seconds_bucket{{queue=~"$queue"}}[$__rate_interval])))'
                for share in ("50", "90")
            },
            (12, 4, 12, 8),
            ((None, GREEN), (210, RED)),
        ),
        panel(
            "timeseries",
            "Customer mood 客户情绪",
            "Share of customer messages by class.",
            "percentunit",
            {
                "{{label}}": "sum by (label) "
                f"(rate(kefu_customer_messages_total{{{FILTER}}}[$__rate_interval])) / on() "
                "group_left() sum"
                f"(rate(kefu_customer_messages_total{{{FILTER}}}[$__rate_interval]))"
            },
            (0, 12, 12, 8),
        ),
        panel(
            "timeseries",
            "Quality issues 质检问题",
            "Hits of quality rules an hour.",
            "short",
            {"{{rule}}": 'sum by (rule) (increase(kefu_qa_issues_total{queue=~"$queue"}[1h]))'},
            (12, 12, 12, 8),
        ),
        panel(
            "timeseries",
            "Events 事件",
            "Input events a second by what became of them; `replayed` were read twice.",
            "cps",
            {"{{outcome}}": "sum by (outcome) (rate(kefu_events_total[$__rate_interval]))"},
            (0, 20, 8, 7),
        ),
        panel(
            "timeseries",
            "Input lag 积压",
            "Records between the workers and the end of the input.",
            "short",
            {"lag": "sum(max by (topic, partition) (kefu_input_lag))"},
            (8, 20, 8, 7),
        ),
        panel(
            "timeseries",
            "Batch time 批处理时长",
            "Nine tenths of the batches were read, judged and confirmed within this.",
            "s",
            {
                "p90": "histogram_quantile(0.9, sum by (le) "
                "(rate(kefu_batch_seconds_bucket[$__rate_interval])))"
            },
            (16, 20, 8, 7),
        ),
        panel(
            "table",
            "Queues 队列",
            "Score of the last published hour by queue.",
            "short",
            {"score": 'max by (queue) (kefu_qa_score_points{queue=~"$queue"})'},
            (0, 27, 24, 7),
        ),
    ]


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana reads it."""
    numbered = [{"id": number, **one} for number, one in enumerate(panels(), start=1)]
    return {
        "uid": "kefu-live",
        "title": "kefu live 客服实时质检",
        "tags": ["kefu"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "5s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "templating": {
            "list": [
                {"name": "datasource", "type": "datasource", "query": "prometheus"},
                *(_variable(name) for name in ("queue", "channel")),
            ]
        },
        "panels": numbered,
    }


def _variable(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": f"label_values(kefu_sla_total, {name})", "refId": name},
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
        "refresh": 2,
    }


def content() -> bytes:
    """The bytes of the file."""
    return orjson.dumps(dashboard(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(0 if FILE.read_bytes() == content() else f"{FILE} has drifted: run {__file__}")
    FILE.write_bytes(content())
