"""What a dashboard is made of: panels with a text in each language, rendered by Grafana's own SDK.

A text is a pair, English and Chinese, so that no translation can be missing. Panels flow from left
to right in the grid of 24 columns; a row begins a new line.
"""

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, table
from grafana_foundation_sdk.builders import timeseries as series
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.boards.label_names import CHINESE, CLOSED, FORMULAS, LABELS

Text = tuple[str, str]
"""English, Chinese."""
Steps = tuple[tuple[float | None, str], ...]
"""Thresholds: from which value on, and in which colour; the first from None on."""

GREEN, AMBER, RED, BLUE = "green", "orange", "red", "blue"
PLAIN: Steps = ((None, BLUE),)
_METRIC = re.compile(r"\b(?:kefu_|process_|scrape_)\w+|\bup\b(?={)")
SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
COUNT = "locale"
"""Unit of whole numbers, to the last digit: Grafana's "short" would make "2 K" of 2,345."""
FORMULA_PX = 320
"""Width of the column with the formulas' names: the longest in English."""
BY_PARTITION = "kind,channel,queue,priority,partition"


class Language(IntEnum):
    """Which of the two texts is shown."""

    EN = 0
    ZH = 1


class Panel(NamedTuple):
    """One panel. `queries` by legend; `size` is (width, height) in cells of the grid.

    `about` says what it means and how far it can be trusted; the metrics that it is from are added.
    A table has one column for each query, named by its legend, with a unit and thresholds of its
    own in `columns`; its rows are the values of the label `rows_by`.
    """

    kind: Literal["stat", "timeseries", "bargauge", "table"]
    title: Text
    about: Text
    unit: str
    queries: dict[Text | str, str]
    size: tuple[int, int]
    steps: Steps = PLAIN
    stacked: bool = False
    columns: Mapping[Text, tuple[str, Steps]] = MappingProxyType({})
    rows_by: str = "queue"
    highest: float | None = None
    """Where the axis ends; None: where the values do."""


class Target(NamedTuple):
    """A dashboard of the same language that rows of a table lead to."""

    title: str
    uid: str


class Row(NamedTuple):
    """A line of panels under a heading."""

    title: Text
    panels: Sequence[Panel]


def text(of: Text | str, language: Language) -> str:
    """The text in one language; a legend made of labels is the same in both."""
    return of if isinstance(of, str) else of[language]


def description(panel: Panel, language: Language) -> str:
    """What the panel says of itself, and the metrics of its queries, by their contract's names."""
    named = (name for query in panel.queries.values() for name in _METRIC.findall(query))
    sources = dict.fromkeys(re.sub(r"_(bucket|sum|count)$", "", name) for name in named)
    about = text(panel.about, language)
    if language is Language.ZH:
        return f"{about}来自 {'、'.join(sources)}。"
    return f"{about} From {', '.join(sources)}."


def render(panel: Panel, language: Language, lead_to: Sequence[Target]) -> Any:
    """The panel as a builder of the SDK; `lead_to` is where a queue's row of a table leads."""
    made = _KINDS[panel.kind](panel)
    width, height = panel.size
    made = (
        made.title(text(panel.title, language))
        .description(description(panel, language))
        .unit(panel.unit)
        .datasource(SOURCE)
        .span(width)
        .height(height)
        .thresholds(_thresholds(panel.steps))
    )
    if panel.unit == COUNT:
        made = made.decimals(0)  # `increase()` extrapolates, and makes fractions of counts
    if panel.highest is not None:
        made = made.min(0).max(panel.highest)
    for number, (legend, query) in enumerate(panel.queries.items()):
        made = made.with_target(
            _target(panel.kind, chr(65 + number), text(legend, language), query)
        )
    if language is Language.ZH:
        made = _translated(made, panel)
    if panel.kind == "table":
        made = _columns(made, panel, language, lead_to)
    return made


def _translated(made: Any, panel: Panel) -> Any:
    """Legends of closed sets by their Chinese names."""
    shown = {
        label
        for legend in panel.queries
        if isinstance(legend, str)
        for label in re.findall(r"{{(\w+)}}", legend)
    }
    if not shown & CLOSED:
        return made
    for value, name in CHINESE.items():
        made = made.override_by_name(value, [models.DynamicConfigValue("displayName", name)])
    return made


def _target(kind: str, ref: str, legend: str, query: str) -> prometheus.Dataquery:
    target = prometheus.Dataquery().datasource(SOURCE).ref_id(ref).expr(query).legend_format(legend)
    if kind == "timeseries":
        return target.range()
    target = target.instant()
    return target.format(PromQueryFormat.TABLE) if kind == "table" else target


def _thresholds(steps: Steps) -> dashboard.ThresholdsConfig:
    return (
        dashboard.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps([models.Threshold(value=value, color=color) for value, color in steps])
    )


def _by_thresholds() -> dashboard.FieldColor:
    return dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS)


def _stat(panel: Panel) -> stat.Panel:
    return (
        stat.Panel()
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .color_scheme(_by_thresholds())
        .color_mode(kinds.BigValueColorMode.VALUE)
        .graph_mode(kinds.BigValueGraphMode.NONE)
        .no_value("–")
    )


def _bargauge(panel: Panel) -> bargauge.Panel:
    return (
        bargauge.Panel()
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .color_scheme(_by_thresholds())
        .orientation(kinds.VizOrientation.HORIZONTAL)
        .display_mode(kinds.BarGaugeDisplayMode.BASIC)
        .min(0)
    )


def _series(panel: Panel) -> series.Panel:
    made = (
        series.Panel()
        .color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.PALETTE_CLASSIC))
        .line_width(2)
        .fill_opacity(60 if panel.stacked else 0)
        .span_nulls(60_000)
        .axis_soft_min(0)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(kinds.LegendDisplayMode.LIST)
            .placement(kinds.LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI))
    )
    if panel.stacked:
        made = made.stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL))
    if len(panel.steps) > 1:
        made = made.thresholds_style(
            common.GraphThresholdsStyleConfig().mode(kinds.GraphThresholdsStyleMode.LINE)
        )
        if panel.unit == "percentunit":
            # The line is the target: it is seen also where the share is far below.
            made = made.axis_soft_max(round(1.1 * max(at for at, _ in panel.steps if at), 2))
    return made


def _table(panel: Panel) -> table.Panel:
    return table.Panel().show_header(True).filterable(False)


def _columns(made: Any, panel: Panel, language: Language, lead_to: Sequence[Target]) -> Any:
    """One row a value of the label: the results are joined on it and named; queues lead on."""
    names = {
        f"Value #{chr(65 + number)}": text(legend, language)
        for number, legend in enumerate(panel.queries)
    }
    first = text(LABELS[panel.rows_by], language)
    made = made.with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
    made = made.with_transformation(
        models.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {"Time": True},
                "indexByName": {panel.rows_by: 0, **{name: n for n, name in enumerate(names, 1)}},
                "renameByName": {panel.rows_by: first, **names},
            },
        )
    )
    if panel.rows_by == "queue":
        links = [{"title": target.title, "url": _url(target)} for target in lead_to]
        made = made.override_by_name(first, [models.DynamicConfigValue("links", links)])
    elif panel.rows_by == "formula":
        named = {value: text(names, language) for value, names in FORMULAS.items()}
        wide = models.DynamicConfigValue("custom.width", FORMULA_PX)
        made = made.override_by_name(first, [_mappings(named), wide])
    elif language is Language.ZH and panel.rows_by in CLOSED:
        made = made.override_by_name(first, [_mappings(CHINESE)])
    for legend, (unit, steps) in panel.columns.items():
        shown: list[models.DynamicConfigValue] = [models.DynamicConfigValue("unit", unit)]
        if unit == COUNT:
            shown.append(models.DynamicConfigValue("decimals", 0))
        if len(steps) > 1:
            shown += [
                models.DynamicConfigValue("thresholds", _thresholds(steps).build()),
                models.DynamicConfigValue("color", {"mode": "thresholds"}),
                models.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
            ]
        made = made.override_by_name(text(legend, language), shown)
    return made


def _mappings(names: Mapping[str, str]) -> models.DynamicConfigValue:
    """Values that are shown by a name of theirs."""
    shown = {value: models.ValueMappingResult(text=name) for value, name in names.items()}
    return models.DynamicConfigValue("mappings", [models.ValueMap(shown)])


def _url(target: Target) -> str:
    """The queue of the row, and all else that is chosen: data source, channel, time."""
    return (
        f"/d/{target.uid}?var-queue=${{__value.raw}}&${{datasource:queryparam}}"
        "&${channel:queryparam}&${__url_time_range}"
    )


_KINDS: dict[str, Any] = {
    "stat": _stat,
    "timeseries": _series,
    "bargauge": _bargauge,
    "table": _table,
}
