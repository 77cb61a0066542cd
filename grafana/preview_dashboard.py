"""Dashboards as Grafana reads them: panels in their order, variables, and queries filled in."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from kefu.prometheus_query import PrometheusQuery, Series

FOLDER = Path(__file__).parent / "dashboards"
SCRAPE_S = 5.0
"""The scrape interval of prometheus.yml; Grafana is told it by its datasource."""
GRID_COLUMNS = 24
SCREEN_PX = 1600
"""Width of the browser: a panel of the whole width asks for so many points."""
_STEPS_S = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600)
_UNIT_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
# $name, ${name}, ${name:format}, [[name]], [[name:format]]
_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)(?::(\w+))?\}|\[\[(\w+)(?::(\w+))?\]\]")
_LABEL_VALUES = re.compile(r"label_values\((?:(.*),\s*)?(\w+)\s*\)\s*", re.DOTALL)
_QUERY_RESULT = re.compile(r"query_result\((.*)\)\s*", re.DOTALL)

Json = dict[str, Any]


class DashboardError(ValueError):
    """A dashboard asks for what neither Grafana nor this program understands."""


@dataclass(frozen=True)
class Dashboard:
    """One dashboard file."""

    file: Path
    document: Json

    @property
    def name(self) -> str:
        """Its folder and name, as in `en/kefu-wallboard`."""
        return str(self.file.relative_to(FOLDER).with_suffix(""))

    @property
    def uid(self) -> str:
        """What Grafana knows it by; it differs between languages."""
        return str(self.document["uid"])

    @property
    def range_s(self) -> float:
        """The length of its time range, in seconds."""
        begin = str(self.document["time"]["from"])
        if begin == "now/d":
            return _UNIT_S["d"]
        return duration_s(begin.removeprefix("now-").split("/")[0])

    def panels(self) -> list[Json]:
        """All panels with their place, those of collapsed rows too, rows themselves included."""
        found: list[Json] = []
        for panel in self.document["panels"]:
            found.append(panel)
            found.extend(panel.get("panels") or [])
        return found

    def variables(self) -> list[Json]:
        """What a user can choose from above the panels."""
        return list(self.document.get("templating", {}).get("list", []))

    def annotations(self) -> list[Json]:
        """The queries that mark instants in all panels; Grafana's own are left out."""
        every = self.document.get("annotations", {}).get("list", [])
        return [one for one in every if one.get("datasource", {}).get("type") == "prometheus"]


def dashboards() -> list[Dashboard]:
    """Every dashboard that is shipped, in the order of their files."""
    files = sorted(FOLDER.rglob("*.json"))
    return [Dashboard(file, orjson.loads(file.read_bytes())) for file in files]


def duration_s(text: str) -> float:
    """Seconds of a duration such as 90s or 1h; raises `DashboardError`."""
    found = re.fullmatch(r"(\d+)(ms|[smhdwy])", text)
    if found is None:
        raise DashboardError(f"{text!r} is no duration such as 30m")
    return int(found[1]) * _UNIT_S[found[2]]


def prometheus_duration(seconds: float) -> str:
    """As Grafana fills it in: whole seconds, or milliseconds below one."""
    return f"{seconds:.0f}s" if seconds >= 1 else f"{seconds * 1000:.0f}ms"


@dataclass(frozen=True)
class TimeRange:
    """What the user looks at, in unix seconds."""

    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """Its length."""
        return self.end_s - self.start_s

    def step_s(self, panel: Json) -> float:
        """`$__interval` of a panel: its range by its width in pixels, rounded up to a step.

        Grafana's rule: never below the panel's own minimum, else the datasource's scrape interval.
        """
        least = duration_s(panel["interval"]) if panel.get("interval") else SCRAPE_S
        width = panel.get("gridPos", {}).get("w", GRID_COLUMNS) / GRID_COLUMNS * SCREEN_PX
        points = panel.get("maxDataPoints") or width
        exact = self.length_s / points
        return max(least, next((s for s in _STEPS_S if s >= exact), 86400))


class Chosen:
    """The variables' values, as they are when a user opens the dashboard, filled into queries."""

    def __init__(self, board: Dashboard, prometheus: PrometheusQuery, range_: TimeRange) -> None:
        """Ask for what each variable can be; raises `QueryError`, `DashboardError`."""
        self.range = range_
        self.options: dict[str, list[str]] = {}
        self._values: dict[str, tuple[list[str], str | None]] = {}
        self._texts: dict[tuple[str, str], str] = {}
        self.queries: dict[str, str] = {}
        for variable in board.variables():
            self._choose(variable, prometheus)

    def _choose(self, variable: Json, prometheus: PrometheusQuery) -> None:
        name, kind = variable["name"], variable["type"]
        match kind:
            case "query":
                options = self._asked(variable, prometheus)
            case "custom" | "interval":
                # `value` or `text : value`, with commas between; a comma of a text is escaped.
                words = re.findall(r"(?:\\,|[^,])+", str(variable["query"]))
                options = [word.split(" : ")[-1].strip() for word in words]
            case "constant" | "textbox":
                options = [str(variable["query"])]
            case "datasource":
                options = ["Prometheus"]
            case _:
                raise DashboardError(f"variable {name}: unknown type {kind}")
        self.options[name] = options
        current = (variable.get("current") or {}).get("value")
        if isinstance(current, str):
            self._texts[name, current] = variable["current"].get("text", current)
        chosen = [current] if isinstance(current, str) else list(current or [])
        if chosen == ["$__all"] or (not chosen and variable.get("includeAll")):
            self._values[name] = (options, variable.get("allValue") or None)
        elif kind == "datasource":
            self._values[name] = (options, None)
        else:
            # A stored choice that is gone is replaced by the first one, as Grafana does.
            kept = [value for value in chosen if value in options] or options[:1]
            self._values[name] = (kept, None)

    def _asked(self, variable: Json, prometheus: PrometheusQuery) -> list[str]:
        query = variable["query"]
        text = query if isinstance(query, str) else query["query"]
        filled = self.filled(text, {})
        self.queries[variable["name"]] = filled
        values = run_variable(filled, prometheus)
        if pattern := (variable.get("regex") or "").strip("/"):
            found = [re.search(pattern, value) for value in values]
            values = [hit[1] if hit.re.groups else hit[0] for hit in found if hit]
        return sorted(set(values)) if variable.get("sort", 0) else list(dict.fromkeys(values))

    def filled(self, text: str, panel: Json) -> str:
        """A query or a title with all variables replaced; raises `DashboardError`."""
        step = self.range.step_s(panel)
        builtin = {
            "__interval": prometheus_duration(step),
            "__interval_ms": f"{step * 1000:.0f}",
            # Grafana: the larger of step + scrape interval, and four scrape intervals.
            "__rate_interval": prometheus_duration(max(step + SCRAPE_S, 4 * SCRAPE_S)),
            "__range": prometheus_duration(self.range.length_s),
            "__range_s": f"{self.range.length_s:.0f}",
            "__range_ms": f"{self.range.length_s * 1000:.0f}",
            "__from": f"{self.range.start_s * 1000:.0f}",
            "__to": f"{self.range.end_s * 1000:.0f}",
        }

        def value(found: re.Match[str]) -> str:
            name = found[1] or found[2] or found[4]
            if name in builtin:
                return builtin[name]
            if name not in self._values:
                raise DashboardError(f"{found[0]} is no variable: {text}")
            return self._formatted(name, found[3] or found[5])

        return _VARIABLE.sub(value, text)

    def shown(self, name: str) -> str:
        """What stands in the variable's box above the panels."""
        values, every = self._values[name]
        named = (self._texts.get((name, value), value) for value in values)
        return "All" if every is not None else " + ".join(named)

    def _formatted(self, name: str, form: str | None) -> str:
        values, every = self._values[name]
        if every is not None:
            return every
        match form:
            case None | "regex":
                escaped = [re.sub(r"([\\^$*+?.()|\[\]{}])", r"\\\\\1", v) for v in values]
                return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
            case "pipe":
                return "|".join(values)
            case "csv" | "raw" | "text":
                return ",".join(values)
            case _:
                raise DashboardError(f"${{{name}:{form}}}: unknown format")


def run_variable(query: str, prometheus: PrometheusQuery) -> list[str]:
    """The values that a variable's query gives; raises `QueryError`, `DashboardError`."""
    if found := _LABEL_VALUES.fullmatch(query):
        return prometheus.label_values(found[2], found[1])
    if found := _QUERY_RESULT.fullmatch(query):
        return [f"{one.labels} {one.last:g}" for one in prometheus.instant(found[1])]
    raise DashboardError(f"unknown query of a variable: {query}")


@dataclass(frozen=True)
class Answer:
    """What one query of a panel found."""

    ref: str
    query: str
    target: Json
    series: list[Series]


def targets(panel: Json) -> Iterator[Json]:
    """The queries of a panel that are not hidden."""
    for target in panel.get("targets") or []:
        if not target.get("hide"):
            yield target


def run_panel(panel: Json, chosen: Chosen, prometheus: PrometheusQuery) -> list[Answer]:
    """Run each query of a panel as Grafana would; raises `QueryError`, `DashboardError`."""
    answers = []
    time_range = chosen.range
    for target in targets(panel):
        query = chosen.filled(target["expr"], panel)
        if target.get("instant") and not target.get("range"):
            series = prometheus.instant(query, time_range.end_s)
        else:
            # Grafana puts the points on multiples of the step.
            step = time_range.step_s(panel)
            end = time_range.end_s // step * step
            series = prometheus.range(query, end - time_range.length_s // step * step, end, step)
        answers.append(Answer(target.get("refId", "A"), query, target, series))
    return answers


@dataclass(frozen=True)
class Mark:
    """An annotation: from when to when, in unix seconds, and in which of Grafana's colours."""

    start_s: float
    end_s: float
    color: str


def run_annotations(board: Dashboard, chosen: Chosen, prometheus: PrometheusQuery) -> list[Mark]:
    """The annotations of the time that is looked at; raises `QueryError`, `DashboardError`.

    As Grafana, neighbouring points of a series are one region.
    """
    marks = []
    for annotation in board.annotations():
        if not annotation.get("enable"):
            continue
        step = duration_s(annotation.get("step") or "60s")
        query = chosen.filled(annotation["expr"], {})
        seen = chosen.range
        for one in prometheus.range(query, seen.start_s // step * step, seen.end_s, step):
            begin = end = one.points[0][0]
            for at, _ in one.points[1:]:
                if at - end > step:
                    marks.append(Mark(begin, end, annotation["iconColor"]))
                    begin = at
                end = at
            marks.append(Mark(begin, end, annotation["iconColor"]))
    return marks


def display_name(panel: Json, target: Json, labels: Mapping[str, str]) -> str:
    """A series' name as an override of the panel shows it, else its legend."""
    name = legend(target, labels)
    for override in panel["fieldConfig"].get("overrides", []):
        if override["matcher"] == {"id": "byName", "options": name}:
            for item in override["properties"]:
                if item["id"] == "displayName":
                    return str(item["value"])
    return name


def legend(target: Json, labels: Mapping[str, str]) -> str:
    """A series' name: its legend filled in, else its labels as Prometheus writes them."""
    form = target.get("legendFormat") or "__auto"
    if form != "__auto":
        return re.sub(r"\{\{\s*([\w]+)\s*\}\}", lambda hit: labels.get(hit[1], hit[1]), form)
    rest = {name: value for name, value in labels.items() if name != "__name__"}
    if not rest:
        return str(labels.get("__name__", target.get("expr", "")))
    if len(rest) == 1:
        return next(iter(rest.values()))
    inner = ", ".join(f'{name}="{value}"' for name, value in sorted(rest.items()))
    return f"{labels.get('__name__', '')}{{{inner}}}"
