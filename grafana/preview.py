"""Stills of the dashboards: `python -m grafana.preview` draws their JSON with real query results.

It starts Kafka, two workers, the made-up load and Prometheus, asks every panel's query as Grafana
would, and draws what Grafana would show: layout, titles, values, units, thresholds, series. Fonts,
colours and spacing are near to Grafana's, not the same.
"""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from grafana.preview_canvas import DIM, TEXT, Canvas, use_chinese_font
from grafana.preview_dashboard import (
    GRID_COLUMNS,
    SCREEN_PX,
    Chosen,
    Dashboard,
    TimeRange,
    dashboards,
    run_annotations,
    run_panel,
)
from grafana.preview_format import named_color
from grafana.preview_load import watched_load
from grafana.preview_panels import Place, draw_panel
from kefu.errors import UserError
from kefu.kafka_unavailable import KafkaUnavailable
from kefu.prometheus_query import PrometheusQuery

OUT = Path(__file__).parent / "previews"
CELL_PX = 38
"""Grafana: 30 pixels a row of the grid, and 8 between."""
HEAD_PX = 92
MARGIN_PX = 8
LABELS = (
    "preview, rendered without Grafana",
    "预览图：未经 Grafana 渲染 (preview, rendered without Grafana)",
)
LOADS = ("made-up conversations at {:g}× real time", "模拟会话，{:g} 倍速")


def draw(
    board: Dashboard,
    prometheus: PrometheusQuery,
    seen: TimeRange,
    file: Path,
    *,
    speed: float,
    annotated: bool = True,
) -> None:
    """Draw one dashboard into a PNG file; raises `QueryError`, `DashboardError`.

    `speed`: by how much the load is faster than real time, as the picture says. `annotated`: how
    the switches of the annotations above the panels stand.
    """
    chosen = Chosen(board, prometheus, seen)
    panels = board.panels()
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    canvas = Canvas(SCREEN_PX, round(HEAD_PX + rows * CELL_PX + MARGIN_PX))
    _head(canvas, board, chosen, speed, annotated)
    marks = [
        replace(mark, color=named_color(mark.color))
        for mark in (run_annotations(board, chosen, prometheus) if annotated else [])
    ]
    cell = (SCREEN_PX - 2 * MARGIN_PX) / GRID_COLUMNS
    for panel in panels:
        grid = panel["gridPos"]
        place = Place(
            MARGIN_PX + grid["x"] * cell,
            HEAD_PX + grid["y"] * CELL_PX,
            grid["w"] * cell,
            grid["h"] * CELL_PX,
        )
        if panel["type"] == "row":
            canvas.text(place.x + 8, place.y + place.height / 2, "∨", 13, DIM)
            canvas.text(place.x + 26, place.y + place.height / 2, panel["title"], 15, bold=True)
        else:
            answers = run_panel(panel, chosen, prometheus)
            draw_panel(canvas, place, panel, answers, seen, marks)
    canvas.save(file)


def _head(canvas: Canvas, board: Dashboard, chosen: Chosen, speed: float, annotated: bool) -> None:
    """Title, what is chosen above the panels, the time, and that this is not Grafana."""
    is_chinese = board.uid.endswith("-zh")
    canvas.text(20, 28, board.document["title"], 20, bold=True)
    right = SCREEN_PX - 20
    canvas.text(right, 28, LABELS[is_chinese], 15, "#FF9830", align="right", bold=True)
    x = 20.0
    for variable in board.variables():
        label = variable.get("label") or variable["name"]
        value = chosen.shown(variable["name"])
        x += canvas.text(x, 66, label, 13, DIM) + 8
        x += canvas.text(x, 66, value, 13, TEXT, bold=True) + 28
    for annotation in board.annotations():
        x += canvas.text(x, 66, annotation["name"], 13, DIM) + 8
        x += canvas.text(x, 66, "on" if annotated else "off", 13, TEXT, bold=True) + 28
    seen = chosen.range
    times = [datetime.fromtimestamp(at, UTC) for at in (seen.start_s, seen.end_s)]
    shown = f"{times[0]:%Y-%m-%d %H:%M:%S} – {times[1]:%H:%M:%S} UTC"
    shown = f"{LOADS[is_chinese].format(speed)}   {shown}"
    canvas.text(right, 66, shown, 13, DIM, align="right")


@click.command()
@click.option("--seconds", default=180.0, show_default=True, help="How long the load lasts.")
@click.option("--speed", default=60.0, show_default=True, help="How much faster than real time.")
@click.option("--rate", default=12.0, show_default=True, help="New interactions a minute of it.")
@click.option(
    "--annotations/--no-annotations",
    "annotated",
    default=True,
    show_default=True,
    help="The switches of the annotations above the panels.",
)
@click.option(
    "--out",
    default=OUT,
    show_default="grafana/previews",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the pictures go.",
)
def command(seconds: float, speed: float, rate: float, annotated: bool, out: Path) -> None:
    """Draw stills of the dashboards, of real results of a real load, without Grafana."""
    try:
        use_chinese_font()
        with watched_load(seconds=seconds, speed=speed, per_minute=rate) as (prometheus, seen):
            for board in dashboards():
                file = out / f"{board.uid}.png"
                draw(board, prometheus, seen, file, speed=speed, annotated=annotated)
                click.echo(f"{file}: {file.stat().st_size / 1000:.0f} kB")
    except (UserError, KafkaUnavailable) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(getattr(error, "exit_code", 3))


if __name__ == "__main__":
    command()
