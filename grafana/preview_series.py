"""Draws the series of a panel over time: lines or stacked areas, thresholds, and the legend."""

import math
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from grafana.preview_canvas import TEXT, Canvas
from grafana.preview_dashboard import Answer, Mark, TimeRange, display_name
from grafana.preview_format import CLASSIC, formatted, named_color

LEGEND_ROW_PX = 19
LEGEND_SHARE = 0.35
"""Grafana gives a legend at the bottom at most so much of the panel's height."""
AXIS_PX = 22
TICK_PX = 75
"""A time on the axis needs so much room."""
TICK_STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)

Json = dict[str, Any]


class Line(NamedTuple):
    """One series on the panel; NaN where there is a gap."""

    name: str
    color: str
    times: np.ndarray[Any, np.dtype[np.float64]]
    values: np.ndarray[Any, np.dtype[np.float64]]


def draw_series(
    canvas: Canvas,
    place: tuple[float, float, float, float],
    panel: Json,
    answers: list[Answer],
    seen: TimeRange,
    marks: list[Mark],
) -> None:
    """Draw the panel's inside."""
    defaults = panel["fieldConfig"]["defaults"]
    custom = defaults.get("custom", {})
    lines = _lines(panel, answers, custom.get("spanNulls"), seen)
    x, y, width, height = place
    rows = _legend_rows(canvas, [line.name for line in lines], width)
    shown = rows[: max(1, int(height * LEGEND_SHARE // LEGEND_ROW_PX))]
    below = len(shown) * LEGEND_ROW_PX + AXIS_PX
    unit = defaults.get("unit", "")
    top, is_stacked = _top(lines, custom), custom.get("stacking", {}).get("mode") == "normal"
    low, high = _limits(defaults, lines, top if is_stacked else None)
    ticks = list(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))
    labels = [formatted(float(tick), unit) for tick in ticks]
    left = max(canvas.text_width(label, 11) for label in labels) + 8
    axes = canvas.axes(x + left, y + 4, width - left - 16, height - below - 4)
    if is_stacked:
        _stack(axes, lines)
    else:
        for line in lines:
            axes.plot(line.times, line.values, color=line.color, linewidth=1.6)
            if custom.get("fillOpacity"):
                share = custom["fillOpacity"] / 100
                axes.fill_between(line.times, line.values, color=line.color, alpha=share, lw=0)
    if custom.get("thresholdsStyle", {}).get("mode") in ("line", "dashed", "line+area"):
        for step in defaults["thresholds"]["steps"]:
            if step["value"] is not None and low <= step["value"] <= high:
                axes.axhline(
                    step["value"], color=named_color(step["color"]), lw=1.2, ls=(0, (6, 4))
                )
    axes.set_xlim(seen.start_s, seen.end_s)
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: formatted(value, unit)))
    _time_axis(axes, seen, width - left)
    for mark in marks:
        _draw_mark(axes, mark)
    _draw_legend(canvas, shown, lines, (x, y + height - len(shown) * LEGEND_ROW_PX))
    hidden = len(lines) - sum(map(len, shown))
    if hidden:
        canvas.text(x + width, y + height - 8, f"↓ {hidden}", 11, TEXT, align="right")


def _lines(panel: Json, answers: list[Answer], span_nulls: Any, seen: TimeRange) -> list[Line]:
    found = []
    # Gaps are joined up to so many milliseconds; true joins all, false none but the next point.
    joined_s = {True: math.inf, False: 0.0, None: 0.0}.get(span_nulls)
    limit = span_nulls / 1000 if joined_s is None else joined_s
    every = [(answer, one) for answer in answers for one in answer.series]
    for number, (answer, one) in enumerate(every):
        points = [(t, v) for t, v in one.points if math.isfinite(v)]
        if not points:
            continue
        steps = [later[0] - sooner[0] for sooner, later in pairwise(one.points)]
        gap = max(limit, 1.5 * min(steps, default=seen.length_s))
        drawn = points[:1]
        for sooner, later in pairwise(points):
            if later[0] - sooner[0] > gap:
                drawn.append((sooner[0], math.nan))
            drawn.append(later)
        times, values = np.array(drawn).T
        color = CLASSIC[number % len(CLASSIC)]
        found.append(Line(display_name(panel, answer.target, one.labels), color, times, values))
    return found


def _limits(defaults: Json, lines: list[Line], top: float | None) -> tuple[float, float]:
    """The ends of the value axis: fixed ones, else the values' own and the soft ones."""
    custom = defaults.get("custom", {})
    values = np.concatenate([line.values for line in lines]) if lines else np.array([0.0])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if top is not None:
        low, high = 0.0, top
    if custom.get("axisSoftMin") is not None:
        low = min(low, custom["axisSoftMin"])
    if custom.get("axisSoftMax") is not None:
        high = max(high, custom["axisSoftMax"])
    if defaults.get("min") is not None:
        low = defaults["min"]
    if defaults.get("max") is not None:
        high = defaults["max"]
    else:
        high = high + 0.06 * (high - low) if high > low else low + 1
    return low, high


def _aligned(lines: list[Line]) -> tuple[Any, list[Any]]:
    """All series on the same instants, 0 where one has none, as stacks need it."""
    times = np.unique(np.concatenate([line.times for line in lines]))
    rows = []
    for line in lines:
        known = {t: v for t, v in zip(line.times, line.values, strict=True) if v == v}
        rows.append(np.array([known.get(t, 0.0) for t in times]))
    return times, rows


def _top(lines: list[Line], custom: Json) -> float:
    if not lines or custom.get("stacking", {}).get("mode") != "normal":
        return 0.0
    return float(np.sum(_aligned(lines)[1], axis=0).max())


def _stack(axes: Axes, lines: list[Line]) -> None:
    if not lines:
        return
    times, rows = _aligned(lines)
    below = np.zeros(len(times))
    for line, values in zip(lines, rows, strict=True):
        axes.fill_between(times, below, below + values, color=line.color, alpha=0.55, lw=0)
        below = below + values
        axes.plot(times, below, color=line.color, linewidth=1.2)


def _draw_mark(axes: Axes, mark: Mark) -> None:
    """As Grafana: a dashed line at each end, and the time between shaded."""
    for at in {mark.start_s, mark.end_s}:
        axes.axvline(at, color=mark.color, lw=1, ls=(0, (2, 3)))
    if mark.end_s > mark.start_s:
        axes.axvspan(mark.start_s, mark.end_s, color=mark.color, alpha=0.1, lw=0)


def _time_axis(axes: Axes, seen: TimeRange, width: float) -> None:
    most = max(2.0, width / TICK_PX)
    step = next((s for s in TICK_STEPS_S if seen.length_s / s <= most), 21600)
    first = math.ceil(seen.start_s / step) * step
    ticks = list(range(first, int(seen.end_s) + 1, step))
    form = "%H:%M:%S" if step < 60 else "%H:%M"
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda at, _: datetime.fromtimestamp(at, UTC).strftime(form))
    )


def _legend_rows(canvas: Canvas, names: list[str], width: float) -> list[list[tuple[int, float]]]:
    """The series of each row of the legend, as (number of the series, x from the left)."""
    rows: list[list[tuple[int, float]]] = [[]]
    x = 0.0
    for number, name in enumerate(names):
        wide = canvas.text_width(name, 12) + 34
        if rows[-1] and x + wide > width:
            rows.append([])
            x = 0.0
        rows[-1].append((number, x))
        x += wide
    return rows


def _draw_legend(
    canvas: Canvas,
    rows: list[list[tuple[int, float]]],
    lines: list[Line],
    corner: tuple[float, float],
) -> None:
    left, top = corner
    for row_number, row in enumerate(rows):
        middle = top + (row_number + 0.6) * LEGEND_ROW_PX
        for number, x in row:
            canvas.box(left + x, middle - 2, 14, 4, lines[number].color)
            canvas.text(left + x + 20, middle, lines[number].name, 12)
