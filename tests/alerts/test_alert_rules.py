"""Alert rules ask for what is there, say what to do in both languages, and each is tested."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agents.settings import load_config
from pipeline.policies import PolicyKey
from tests.alerts.rule_files import (
    ALERTMANAGER,
    PROMETHEUS,
    ROOT,
    RULES,
    RUNBOOKS,
    SCRAPE,
    TESTS,
    alerts,
    expectations,
    label_names,
    load,
    rules,
    selectors,
    unknown,
)

ALERTS = sorted(alerts())
DASHBOARDS = {"kefu-wallboard", "kefu-sla", "kefu-quality", "kefu-pipeline"}
TEXTS = ("summary", "summary_zh", "description", "description_zh")
LINKS = ("runbook_url", "dashboard_url")
LABELS = {
    "severity": {"page", "ticket", "info"},
    "team": {"oncall", "supervisors", "digest", "watchdog"},
    "layer": {"state", "interval", "pipeline"},
}


def run(tool: str, *arguments: str | Path) -> str:
    """What a tool of Prometheus says; skips where it is not installed."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not here: apt-get install prometheus prometheus-alertmanager")
    done = subprocess.run(
        [tool, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# --- what the rules ask for ----------------------------------------------------------------------


@pytest.mark.parametrize("rule", rules(), ids=lambda r: r.get("alert") or r["record"])
def test_a_rule_asks_only_for_metrics_labels_and_values_that_are_shown(
    rule: dict[str, Any],
) -> None:
    assert unknown(rule["expr"]) == []


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("sum(kefu_waitings)", ["kefu_waitings"]),
        ("kefu:nobody_records:this > 1", ["kefu:nobody_records:this"]),
        ('rate(kefu_sla_total{agent="a"}[5m])', ["kefu_sla_total: agent"]),
        ('kefu_sla_total{outcome=~"met|missed"}', ['kefu_sla_total: outcome="missed"']),
        (
            'kefu_event_delay_seconds_bucket{le="120"}',
            ['kefu_event_delay_seconds_bucket: le="120"'],
        ),
        ('up{job="kefu"}', ['up: job="kefu"']),
    ],
)
def test_a_misspelt_metric_label_or_value_is_found(expression: str, wrong: list[str]) -> None:
    assert unknown(expression) == wrong


def test_promtool_tests_feed_series_with_exactly_the_labels_of_the_contract() -> None:
    count = 0
    for path in TESTS:
        for test in load(path)["tests"]:
            for series in test["input_series"]:
                ((name, matchers),) = selectors(series["series"])
                labels = {label for label, _, _ in matchers}
                assert labels - SCRAPE == label_names()[name], f"{path.name}: {series['series']}"
                count += 1
    assert count > 100


def test_the_targets_of_who_waits_are_those_of_the_policies_that_ship() -> None:
    policies = load_config().sla.policies
    shown = {
        (rule["labels"]["kind"], rule["labels"]["priority"]): rule["expr"]
        for rule in rules()
        if rule.get("record") == "kefu:wait_target:seconds"
    }
    expected = {}
    for kind, channel, clocks in (
        ("conversation", "web", ("first_response", "next_response")),
        ("call", "phone", ("answer",)),
    ):
        for priority in ("P1", "P2", "P3", "P4", "none", "other"):
            known = priority if priority.startswith("P") else None
            targets = policies.judge(PolicyKey(None, channel, None, known, None))
            longest_ms = max(targets[clock].target_ms for clock in clocks)
            expected[kind, priority] = f"vector({longest_ms // 1000})"
    assert shown == expected


# --- what alerts say -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_is_wrong_in_both_languages_and_links_to_what_helps(name: str) -> None:
    alert = alerts()[name]
    said = alert["annotations"]
    assert set(said) == {*TEXTS, *LINKS}
    for key in TEXTS:
        assert len(said[key]) > 5
        assert bool(re.search(r"[一-鿿]", said[key])) is key.endswith("_zh"), key
    page = re.fullmatch(r"{{ \$externalLabels\.runbooks }}/([a-z-]+\.md)", said["runbook_url"])
    assert page is not None
    text = (RUNBOOKS / page[1]).read_text(encoding="utf-8")
    assert name in text
    assert f"({page[1]})" in (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    board = re.match(r"{{ \$externalLabels\.grafana }}/d/([\w-]+)", said["dashboard_url"])
    assert board is not None
    assert board[1] in DASHBOARDS
    for label, values in LABELS.items():
        assert alert["labels"][label] in values
    if alert["labels"].get("blind") == "yes":
        assert alert["labels"]["layer"] == "pipeline"


@pytest.mark.parametrize("name", sorted(page.name for page in RUNBOOKS.glob("*.md")))
def test_a_runbook_tells_meaning_first_look_causes_and_what_to_do(name: str) -> None:
    text = (RUNBOOKS / name).read_text(encoding="utf-8")
    assert "中文" in text
    if name != "README.md":
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Meaning", "First look", "Likely causes", "What to do"]
        assert name in {Path(a["annotations"]["runbook_url"]).name for a in alerts().values()}
        for query in re.findall(r"```promql\n(.*?)```", text, re.DOTALL):
            assert unknown(query) == []


# --- that alerts are tested ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ALERTS)
def test_promtool_tests_show_an_alert_quiet_then_firing_then_resolved(name: str) -> None:
    histories = [[line.firing > 0 for line in test] for test in expectations(name)]
    if name == "Watchdog":
        assert histories == [[True]]
    else:
        assert any(
            False in history[: history.index(True)] and False in history[history.index(True) :]
            for history in histories
            if True in history
        )


@pytest.mark.parametrize("name", ALERTS)
def test_the_texts_of_an_alert_name_only_labels_that_it_carries(name: str) -> None:
    carried = {label for test in expectations(name) for line in test for label in line.labels}
    carried |= set(alerts()[name]["labels"])
    for text in alerts()[name]["annotations"].values():
        assert set(re.findall(r"\$labels\.(\w+)", text)) <= carried


def test_promtool_accepts_the_rules_and_the_configuration() -> None:
    assert run("promtool", "check", "rules", *RULES).count("SUCCESS") == len(RULES)
    run("promtool", "check", "config", PROMETHEUS)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_every_alert_fires_when_it_should_and_is_quiet_otherwise(path: Path) -> None:
    run("promtool", "test", "rules", path)


# --- who is told ---------------------------------------------------------------------------------


def receivers(alert: dict[str, Any]) -> str:
    """Whom an alert is for, as the routes are meant."""
    name, team = alert["alert"], alert["labels"]["team"]
    if team == "oncall":
        who = "kefu-oncall-page" if alert["labels"]["severity"] == "page" else "kefu-oncall"
        return f"kefu-outside,{who}" if name.startswith("KefuChat") else who
    return f"kefu-{team}"


def test_amtool_accepts_the_configuration() -> None:
    run("amtool", "check-config", ALERTMANAGER)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_goes_to_its_team(name: str) -> None:
    alert = alerts()[name]
    labels = [f"{key}={value}" for key, value in alert["labels"].items()]
    run(
        *("amtool", "config", "routes", "test", "--config.file", ALERTMANAGER),
        *(f"--verify.receivers={receivers(alert)}", f"alertname={name}", *labels),
    )


def test_every_route_has_an_alert_and_an_unknown_one_goes_to_those_on_call() -> None:
    reached = {who for alert in alerts().values() for who in receivers(alert).split(",")}
    assert reached == {receiver["name"] for receiver in load(ALERTMANAGER)["receivers"]}
    run(
        *("amtool", "config", "routes", "test", "--config.file", ALERTMANAGER),
        *("--verify.receivers=kefu-oncall", "alertname=SomebodyElses"),
    )


def test_alerts_about_customers_and_no_others_are_held_back_while_the_pipeline_is_blind() -> None:
    (rule, _) = load(ALERTMANAGER)["inhibit_rules"]
    assert rule == {
        "source_matchers": ['blind = "yes"'],
        "target_matchers": ['layer =~ "state|interval"'],
    }
    blind = {name for name, alert in alerts().items() if alert["labels"].get("blind") == "yes"}
    assert blind >= {"KefuPipelineBlind", "KefuEventTimeLag", "KefuDataStale"}


# --- Grafana's copies ----------------------------------------------------------------------------


def managed() -> Any:
    spec = importlib.util.spec_from_file_location(
        "managed_alerts", ROOT / "grafana" / "managed_alerts.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_grafanas_copies_are_up_to_date_paused_and_of_every_alert() -> None:
    module = managed()
    assert module.FILE.read_bytes() == module.content(), "run python grafana/managed_alerts.py"
    copies = [rule for group in module.document()["groups"] for rule in group["rules"]]
    assert sorted(copy["title"] for copy in copies) == ALERTS
    assert all(copy["isPaused"] is True for copy in copies)
    assert len({copy["uid"] for copy in copies}) == len(copies)
    assert all(len(copy["uid"]) <= 40 for copy in copies)
    for copy in copies:
        # Provisioning reads `$name` as an environment variable.
        assert not any("$" in text for text in copy["annotations"].values())


def test_grafanas_groups_have_an_interval_that_grafana_accepts() -> None:
    for group in managed().document()["groups"]:
        assert int(group["interval"].removesuffix("s")) % 10 == 0
