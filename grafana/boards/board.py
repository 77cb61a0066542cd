"""A whole dashboard: its variables, links, annotations and rows."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from grafana.boards.label_names import FORMULAS
from grafana.boards.panels import SOURCE, Language, Row, Target, Text, render, text

NAMES: dict[str, Text] = {
    "kefu-wallboard": ("Wallboard", "实时看板"),
    "kefu-sla": ("SLA and breaches", "时效与超时"),
    "kefu-quality": ("Quality and sentiment", "质检与情绪"),
    "kefu-pipeline": ("Pipeline health", "管道健康"),
}
"""All dashboards by uid; the Chinese ones have the suffix `-zh`."""


class Board(NamedTuple):
    """One dashboard, in both languages. `drill_down` is the uid that a table's rows lead to, beside
    the dashboard itself, narrowed to the queue.
    """

    uid: str
    about: Text
    refresh: str
    since: str
    drill_down: str
    rows: Sequence[Row]
    has_formula: bool = False


def uid_in(uid: str, language: Language) -> str:
    """The uid of a dashboard in one language."""
    return uid if language is Language.EN else f"{uid}-zh"


def content(board: Board, language: Language) -> bytes:
    """The JSON that Grafana loads."""
    made = _head(board, language)
    for variable in _variables(board, language):
        made = made.with_variable(variable)
    for uid, name in NAMES.items():
        if uid != board.uid:
            made = made.link(_link(text(name, language), f"/d/{uid_in(uid, language)}"))
    lead_to = [
        Target(text(NAMES[uid], language), uid_in(uid, language))
        for uid in (board.drill_down, board.uid)
    ]
    for row in board.rows:
        made = made.with_row(dashboard.Row(text(row.title, language)))
        for panel in row.panels:
            made = made.with_panel(render(panel, language, lead_to))
    whole = made.build()
    marks = [marks.in_language(language) for marks in _MARKS]
    whole.annotations = models.AnnotationContainer(list_val=list(marks))
    for number, panel in enumerate(whole.panels or [], start=1):
        panel.id_val = number
    return JSONEncoder(sort_keys=True, indent=2).encode(whole).encode() + b"\n"


def _head(board: Board, language: Language) -> dashboard.Dashboard:
    title = text(NAMES[board.uid], language)
    return (
        dashboard.Dashboard(f"kefu · {title}")
        .uid(uid_in(board.uid, language))
        .description(text(board.about, language))
        .tags(["kefu", ("en", "zh")[language]])
        .refresh(board.refresh)
        .time(board.since, "now")
        .timezone("browser")
        .readonly()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
    )


def _variables(board: Board, language: Language) -> list[Any]:
    found: list[Any] = [
        dashboard.DatasourceVariable("datasource")
        .label(text(("Data source", "数据源"), language))
        .type("prometheus"),
        _of_label("queue", ("Queue", "队列"), language),
        _of_label("channel", ("Channel", "渠道"), language),
    ]
    if board.has_formula:
        found.append(
            dashboard.CustomVariable("formula")
            .label(text(("Service level formula", "服务水平公式"), language))
            .values(_choices(FORMULAS, language))
            .current(models.VariableOption(text=text(FORMULAS["1"], language), value="1"))
        )
    return found


def _choices(values: Mapping[str, Text], language: Language) -> str:
    """As Grafana reads the values of a custom variable: `text : value`, with commas between."""
    named = ((text(names, language).replace(",", "\\,"), value) for value, names in values.items())
    return ",".join(f"{name} : {value}" for name, value in named)


def _of_label(name: str, label: Text, language: Language) -> dashboard.QueryVariable:
    query = f"label_values(kefu_sla_total, {name})"
    return (
        dashboard.QueryVariable(name)
        .label(text(label, language))
        .datasource(SOURCE)
        .query({"query": query, "refId": name, "qryType": 1})
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(models.VariableOption(selected=True, text="All", value="$__all"))
    )


class _Marks(models.AnnotationQuery):
    """An annotation: what it is called, what it finds, and what a user reads at each mark.

    The text at a mark is `titleFormat` of the Prometheus data source, which the SDK does not know.
    """

    def __init__(
        self, name: Text, query: str, title: str, color: str, *, is_on: bool = True
    ) -> None:
        super().__init__(datasource=SOURCE, enable=is_on, icon_color=color, expr=query)
        self.names = name
        self.title = title

    def in_language(self, language: Language) -> "_Marks":
        """The same, named in one language."""
        named = copy(self)
        named.name = text(self.names, language)
        return named

    def to_json(self) -> dict[str, object]:
        """As Grafana loads it."""
        return {**super().to_json(), "titleFormat": self.title}


_MARKS = (
    _Marks(
        ("Deployments", "发布"),
        "count by (version, sla, qa) (kefu_build) unless "
        "count by (version, sla, qa) (kefu_build offset 1m)",
        "kefu {{version}} · sla {{sla}} · qa {{qa}}",
        "blue",
    ),
    _Marks(
        ("Pages", "呼叫值班的告警"),
        'count by (alertname) (ALERTS{alertstate="firing",severity="page"})',
        "{{alertname}}",
        "red",
    ),
    # Off until someone wants them: a busy hour would be marked from end to end.
    _Marks(
        ("Other alerts", "其他告警"),
        "count by (alertname, queue) "
        '(ALERTS{alertstate="firing",severity!="page",alertname!="Watchdog"})',
        "{{alertname}} {{queue}}",
        "orange",
        is_on=False,
    ),
)


def _link(title: str, url: str) -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink(title)
        .type(models.DashboardLinkType.LINK)
        .url(url)
        .keep_time(True)
        .include_vars(True)
    )
