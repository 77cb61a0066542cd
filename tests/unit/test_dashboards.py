"""The dashboards: up to date, in both languages, and every query names what the contract has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import orjson
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from agents.metrics import CONTRACT
from grafana.boards.label_names import CHINESE
from grafana.build import BOARDS, files
from kefu.notify.metrics import NotifyMetrics
from schemas.events import Node
from schemas.outputs import Clock, SentimentLabel

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
OTHERS = {
    name: {"job", "instance"}
    for name in ("up", "process_resident_memory_bytes", "scrape_samples_scraped")
} | {"ALERTS": {"alertname", "alertstate", "severity", "queue"}}
"""What Prometheus has of itself and of every process; the last is of its alerts."""
METRIC = re.compile(r"\b(kefu_\w+|up(?={)|(?:process|scrape)_\w+|ALERTS)\b(?:\{([^}]*)\})?")
FILES = {f"{path.parent.name}/{path.stem}": made for path, made in files().items()}


def boards() -> dict[str, dict[str, Any]]:
    return {name: orjson.loads(made) for name, made in FILES.items()}


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        inner
        for panel in board["panels"]
        for inner in (panel, *panel.get("panels", []))
        if inner["type"] != "row"
    ]


def queries(board: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in panels(board) for target in panel["targets"]]


def known_labels() -> dict[str, set[str]]:
    """Every metric that can be asked for, by its exported name, and its labels."""
    known = {
        metric.name + suffix: {*metric.labels, "le", "instance"}
        for metric in CONTRACT
        for suffix in SUFFIXES[metric.type]
    }
    for family in NotifyMetrics(["robot"]).registry.collect():
        for sample in family.samples:
            known.setdefault(sample.name, set()).update(sample.labels, {"instance"})
    return known | OTHERS


def test_the_committed_dashboards_are_what_the_builder_writes() -> None:
    there = {path: path.read_bytes() for path in (ROOT / "grafana" / "dashboards").rglob("*.json")}
    assert there == files(), "run python -m grafana.build"


@pytest.mark.parametrize("name", FILES)
def test_every_metric_and_label_of_a_query_is_in_the_contract(name: str) -> None:
    labels = known_labels()
    board = boards()[name]
    asked = queries(board)
    assert len(asked) >= 20
    marks = [annotation["expr"] for annotation in board["annotations"]["list"]]
    assert len(marks) >= 2
    for query in (*asked, *marks):
        found = METRIC.findall(query)
        assert found, query
        for metric, selector in found:
            assert metric in labels, f"{metric} in {query}"
            for label in re.findall(r"(\w+)(?:=~|!=|=)", selector):
                assert label in labels[metric], f"{metric} has no {label}: {query}"
        everywhere = set().union(*(labels[metric] for metric, _ in found))
        for grouping in re.findall(r"by \(([\w, ]+)\)", query):
            for label in re.split(r", ?", grouping):
                assert label in everywhere, f"by ({label}): {query}"


@pytest.mark.parametrize("name", FILES)
def test_every_variable_offers_the_values_of_a_label_of_the_contract(name: str) -> None:
    labels = known_labels()
    variables = {one["name"]: one for one in boards()[name]["templating"]["list"]}
    assert {"datasource", "queue", "channel"} <= variables.keys()
    for variable in (variables["queue"], variables["channel"]):
        found = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"])
        assert found, variable["query"]
        assert found[2] == variable["name"]
        assert found[2] in labels[found[1]]
        assert variable["multi"]
        assert variable["includeAll"]
    used = {word for query in queries(boards()[name]) for word in re.findall(r"\$(\w+)", query)}
    assert used - {"__rate_interval"} <= variables.keys()


@pytest.mark.parametrize("name", FILES)
def test_every_description_names_all_metrics_of_its_panel(name: str) -> None:
    for panel in panels(boards()[name]):
        for target in panel["targets"]:
            for metric, _ in METRIC.findall(target["expr"]):
                told = re.sub(r"_(bucket|sum|count)$", "", metric)
                assert re.search(rf"\b{told}\b", panel["description"], re.ASCII), panel["title"]


@pytest.mark.parametrize("name", FILES)
def test_gauges_of_state_are_not_summed_over_the_workers_of_a_hand_over(name: str) -> None:
    by_partition = {metric.name for metric in CONTRACT if "partition" in metric.labels}
    checked = 0
    for query in queries(boards()[name]):
        for match in METRIC.finditer(query):
            if match[1] in by_partition:
                checked += 1
                before = query[: match.start()]
                assert not re.search(r"(sum|avg|count)( by \([^)]*\))? ?\(+$", before) or (
                    "count(count by (topic,partition)" in query
                ), query
    assert checked


@pytest.mark.parametrize("name", FILES)
def test_stats_stand_on_top_and_the_table_of_queues_last(name: str) -> None:
    shown = sorted(panels(boards()[name]), key=lambda one: (one["gridPos"]["y"], one["id"]))
    top = shown[0]["gridPos"]["y"]
    assert {one["type"] for one in shown if one["gridPos"]["y"] == top} == {"stat"}
    if not name.endswith("kefu-pipeline"):
        assert shown[-1]["type"] == "table"


@pytest.mark.parametrize("name", FILES)
def test_every_panel_says_what_it_shows_in_which_unit_from_the_chosen_source(name: str) -> None:
    board = boards()[name]
    assert board["editable"] is False
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    places = set()
    for panel in panels(board):
        assert panel["title"]
        assert len(panel["description"]) >= 10, panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert all(t["datasource"]["uid"] == "${datasource}" for t in panel["targets"])
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        places.add((place["x"], place["y"]))
    assert len(places) == len(panels(board)), "two panels lie on each other"


@pytest.mark.parametrize("name", FILES)
def test_counters_are_only_read_under_a_rate(name: str) -> None:
    for query in queries(boards()[name]):
        for match in re.finditer(r"kefu_\w+_(?:total|bucket)", query):
            assert re.search(r"(?:rate|increase)\($", query[: match.start()]), query


def test_both_languages_ask_the_same_and_say_it_in_their_own_words() -> None:
    for board in BOARDS:
        english, chinese = (boards()[f"{folder}/{board.uid}"] for folder in ("en", "zh"))
        assert queries(english) == queries(chinese)
        for one, other in zip(panels(english), panels(chinese), strict=True):
            assert not re.search(r"[\u4e00-\u9fff]", one["title"]), one["title"]
            assert re.search(r"[\u4e00-\u9fff]", other["title"]), other["title"]
            assert re.search(r"[\u4e00-\u9fff]", other["description"]), other["title"]


def test_every_clock_outcome_and_node_has_a_chinese_name() -> None:
    for closed in (Clock, SentimentLabel, Node):
        assert set(get_args(closed)) <= CHINESE.keys()
    decisions = next(p for p in panels(boards()["zh/kefu-sla"]) if p["title"] == "各时钟的判定")
    (mapped,) = (
        item["value"][0]["options"]
        for override in decisions["fieldConfig"]["overrides"]
        for item in override["properties"]
        if item["id"] == "mappings"
    )
    assert {clock: mapped[clock]["text"] for clock in get_args(Clock)} == {
        clock: CHINESE[clock] for clock in get_args(Clock)
    }


def test_the_formulas_of_the_service_level_are_chosen_and_listed_by_name() -> None:
    for folder, name in (
        ("en", "1 answered or left in time, of all"),
        ("zh", "1 及时接入或及时离开 ÷ 全部"),
    ):
        variables = boards()[f"{folder}/kefu-wallboard"]["templating"]["list"]
        (formula,) = (variable for variable in variables if variable["name"] == "formula")
        escaped = name.replace(",", "\\,")
        assert formula["query"].startswith(f"{escaped} : 1,2 ")
        assert formula["current"] == {"text": name, "value": "1"}
        table = next(p for p in panels(boards()[f"{folder}/kefu-sla"]) if "formula" in str(p))
        assert f"'1': {{'text': '{name}'}}" in str(table["fieldConfig"]["overrides"])


def test_the_line_of_a_target_share_is_inside_the_axis() -> None:
    for board in boards().values():
        for panel in panels(board):
            defaults = panel["fieldConfig"]["defaults"]
            steps = defaults["thresholds"]["steps"]
            if panel["type"] == "timeseries" and defaults["unit"] == "percentunit" and steps[1:]:
                assert defaults["custom"]["axisSoftMax"] > steps[-1]["value"], panel["title"]


def test_links_lead_to_dashboards_of_the_same_language_and_keep_time() -> None:
    uids = {board["uid"] for board in boards().values()}
    assert len(uids) == len(FILES)
    for name, board in boards().items():
        links = board["links"]
        assert len(links) == len(BOARDS) - 1
        for link in links:
            assert link["keepTime"]
            assert link["includeVars"]
            uid = link["url"].removeprefix("/d/")
            assert uid in uids
            assert uid.endswith("-zh") == name.startswith("zh/")
        for target, kept in re.findall(r"/d/([\w-]+)\?([^\"]*)", FILES[name].decode()):
            assert target in uids
            assert target.endswith("-zh") == name.startswith("zh/")
            for what in (
                "var-queue=${__value.raw}",
                "${channel:queryparam}",
                "${__url_time_range}",
            ):
                assert what in kept.split("&")


def test_a_row_of_a_queue_leads_on_and_narrows_its_own_dashboard() -> None:
    for name, board in boards().items():
        tables = [one for one in panels(board) if one["type"] == "table"]
        of_queues = [one for one in tables if "queue" in one["transformations"][1]["options"]
                     ["renameByName"]]  # fmt: skip
        assert bool(of_queues) == (not name.endswith("kefu-pipeline"))
        for table in of_queues:
            targets = re.findall(r"/d/([\w-]+)\?", str(table["fieldConfig"]["overrides"]))
            assert len(targets) == len(set(targets)) == 2
            assert board["uid"] in targets


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_lost_on_a_way_through_the_types_of_grafana(name: str) -> None:
    board = boards()[name]
    for annotation in board["annotations"]["list"]:
        # Of the Prometheus data source, not of the SDK's schema: what a user reads at a mark.
        assert re.search(r"{{\w+}}", annotation.pop("titleFormat"))
    again = JSONEncoder(sort_keys=True, indent=2).encode(Dashboard.from_json(board))
    assert orjson.loads(again) == board


def test_data_age_turns_red_on_the_boards_of_the_moment() -> None:
    for name in ("en/kefu-wallboard", "en/kefu-pipeline"):
        (age,) = (p for p in panels(boards()[name]) if p["title"] == "Data age")
        assert age["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["color"] == "red"


def test_grafana_finds_the_folders_and_the_data_source() -> None:
    folder = ROOT / "grafana" / "provisioning"
    providers = yaml.safe_load((folder / "dashboards" / "kefu.yml").read_text())["providers"]
    paths = {Path(one["options"]["path"]).name for one in providers}
    assert paths == {"en", "zh"}
    sources = yaml.safe_load((folder / "datasources" / "kefu.yml").read_text())["datasources"]
    assert {one["type"]: one["uid"] for one in sources} == {
        "prometheus": "kefu-prometheus",
        "alertmanager": "kefu-alertmanager",
    }
