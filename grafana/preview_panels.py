"""Draws one panel of each kind."""

import math
from typing import Any, NamedTuple

from grafana.preview_canvas import DIM, GRID, TEXT, Canvas
from grafana.preview_dashboard import Answer, Mark, TimeRange, display_name
from grafana.preview_format import formatted, threshold_color
from grafana.preview_series import draw_series
from grafana.preview_table import columns

TITLE_PX = 34
NAME_PX = 12
BAR_ROW_PX = 40
"""From this height of a row on, Grafana writes a bar's name above it, else beside it."""
CELL_PX = 28

Json = dict[str, Any]


class Place(NamedTuple):
    """Where something is drawn, in pixels."""

    x: float
    y: float
    width: float
    height: float


class Value(NamedTuple):
    """The newest value of one series."""

    name: str
    value: float


def draw_panel(
    canvas: Canvas,
    place: Place,
    panel: Json,
    answers: list[Answer],
    seen: TimeRange,
    marks: list[Mark],
) -> None:
    """Draw a panel with its title, and the annotations where it has a time axis.

    Raises ValueError at a kind that no dashboard had yet.
    """
    canvas.frame(*place)
    x, y, width, height = place
    canvas.text(x + 12, y + 18, panel.get("title", ""), 13.5, bold=True, within=width - 20)
    inner = Place(x + 12, y + TITLE_PX, width - 24, height - TITLE_PX - 8)
    if not any(answer.series for answer in answers):
        nothing = panel.get("fieldConfig", {}).get("defaults", {}).get("noValue") or "No data"
        canvas.text(x + width / 2, y + height / 2 + 6, nothing, 18, DIM, align="center")
        return
    match panel["type"]:
        case "stat":
            _stat(canvas, inner, panel, answers)
        case "bargauge":
            _bars(canvas, inner, panel, answers)
        case "table":
            _table(canvas, inner, panel, answers)
        case "timeseries":
            draw_series(canvas, inner, panel, answers, seen, marks)
        case other:
            raise ValueError(f"unknown kind of panel {other}: teach it to {__name__}")


def _values(panel: Json, answers: list[Answer]) -> list[Value]:
    """The newest value of each series that is a number (`lastNotNull`)."""
    return [
        Value(display_name(panel, answer.target, one.labels), one.last)
        for answer in answers
        for one in answer.series
        if not math.isnan(one.last)
    ]


def _stat(canvas: Canvas, place: Place, panel: Json, answers: list[Answer]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    values = _values(panel, answers) or [Value("", math.nan)]
    x, y, width, height = place
    # Beside each other where the panel is wider than high, below each other where not.
    wide = width > height
    each = (width if wide else height) / len(values)
    for number, (name, value) in enumerate(values):
        text = formatted(value, defaults.get("unit", ""), defaults.get("decimals"))
        color = threshold_color(value, defaults.get("thresholds"))
        left, top = (x + number * each, y) if wide else (x, y + number * each)
        tile = Place(left, top, each, height) if wide else Place(left, top, width, each)
        has_name = len(values) > 1
        high = tile.height - (20 if has_name else 0)
        size = min(high * 0.55, 64.0)
        while canvas.text_width(text, size, bold=True) > tile.width * 0.92:
            size -= 1
        middle = tile.x + tile.width / 2
        canvas.text(middle, tile.y + high / 2, text, size, color, align="center", bold=True)
        if has_name:
            canvas.text(
                middle, tile.y + high + 6, name, NAME_PX, align="center", within=tile.width - 4
            )


def _bars(canvas: Canvas, place: Place, panel: Json, answers: list[Answer]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    unit, thresholds = defaults.get("unit", ""), defaults.get("thresholds")
    values = _values(panel, answers)
    if not values:
        return
    least = defaults.get("min") or 0.0
    most = defaults.get("max") or max(max(value for _, value in values), least) or 1.0
    x, y, width, height = place
    row = min(height / len(values), 60)
    is_above = row >= BAR_ROW_PX
    texts = [formatted(value, unit, defaults.get("decimals")) for _, value in values]
    size = max(10.0, min(row * (0.3 if is_above else 0.55), 16))
    right = max(canvas.text_width(text, size, bold=True) for text in texts) + 10
    names = 0.0
    if not is_above:
        widest = max(canvas.text_width(name, NAME_PX) for name, _ in values)
        names = min(widest + 8, width * 0.45)
    for number, ((name, value), text) in enumerate(zip(values, texts, strict=True)):
        top = y + number * row
        if is_above:
            canvas.text(x, top + 8, name, NAME_PX, within=width)
            bar = Place(x, top + 17, width - right, row - 23)
        else:
            canvas.text(x, top + row / 2, name, NAME_PX, within=names - 4)
            bar = Place(x + names, top + 2, width - names - right, row - 4)
        share = min(1.0, max(0.0, (value - least) / (most - least or 1)))
        color = threshold_color(value, thresholds)
        canvas.box(*bar, GRID)
        canvas.box(bar.x, bar.y, max(1.0, bar.width * share), bar.height, f"{color}66")
        canvas.box(bar.x + max(0.0, bar.width * share - 2), bar.y, 2, bar.height, color)
        canvas.text(
            x + width, bar.y + bar.height / 2, text, size, color, align="right", bold=True
        )  # fmt: skip


def _table(canvas: Canvas, place: Place, panel: Json, answers: list[Answer]) -> None:
    table = columns(panel, answers)
    x, y, width, height = place
    fixed = [column.config["custom.width"] for column in table if "custom.width" in column.config]
    shared = (width - sum(fixed)) / max(1, len(table) - len(fixed))
    rows = len(table[0].cells)
    fitting = int(height // CELL_PX) - 1
    left, each = x, 0.0
    for column in table:
        left, each = left + each, column.config.get("custom.width", shared)
        is_number = any(isinstance(cell, float) for cell in column.cells)
        edge, align = (left + each - 16, "right") if is_number else (left + 4, "left")
        canvas.text(
            edge, y + CELL_PX / 2, column.name, NAME_PX, "#6E9FFF",
            align=align, bold=True, within=each - 16,
        )  # fmt: skip
        for line, cell in enumerate(column.cells[:fitting]):
            middle = y + (line + 1.5) * CELL_PX
            color = "#6E9FFF" if column.config.get("links") else TEXT
            text = "" if cell is None else column.shown(str(cell))
            if isinstance(cell, float):
                text = formatted(cell, column.config.get("unit", ""), column.config.get("decimals"))
                if column.config.get("custom.cellOptions", {}).get("type") == "color-text":
                    color = threshold_color(cell, column.config.get("thresholds"))
            canvas.text(edge, middle, text, 12.5, color, align=align, within=each - 16)
    for line in range(min(rows, fitting) + 1):
        canvas.box(x, y + (line + 1) * CELL_PX, width, 1, GRID)
    if rows > fitting:
        canvas.text(x + width, y + height - 2, f"↓ {rows - fitting}", 11, DIM, align="right")
