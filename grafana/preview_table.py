"""Tables as Grafana builds them: results merged on their labels, columns ordered and named."""

from dataclasses import dataclass
from typing import Any

from grafana.preview_dashboard import Answer

Json = dict[str, Any]
Cell = str | float | None


@dataclass(frozen=True)
class Column:
    """A column's name, how it is shown, and its cells."""

    name: str
    config: Json
    cells: list[Cell]

    def shown(self, value: str) -> str:
        """The name that the column gives a value, where it has one."""
        for mapping in self.config.get("mappings", []):
            value = mapping["options"].get(value, {}).get("text", value)
        return value


def columns(panel: Json, answers: list[Answer]) -> list[Column]:
    """The columns of a table panel after its transformations.

    Raises ValueError at a transformation that no dashboard had yet.
    """
    table = _frames(answers)
    for step in panel.get("transformations") or []:
        match step["id"]:
            case "merge":
                pass  # `_frames` has joined the results already, which changes nothing for one
            case "organize":
                table = _organized(table, step.get("options", {}))
            case other:
                raise ValueError(f"unknown transformation {other}: teach it to {__name__}")
    config = panel.get("fieldConfig", {})
    return [
        Column(name, _config_of(name, config), cells)
        for name, cells in table.items()
        if not _config_of(name, config).get("custom.hidden")
    ]


def _frames(answers: list[Answer]) -> dict[str, list[Cell]]:
    """One row for each set of labels, one column for each label and each query's value."""
    rows: dict[tuple[tuple[str, str], ...], dict[str, Cell]] = {}
    names: dict[str, None] = {"Time": None}
    single = len(answers) == 1
    for answer in answers:
        value = "Value" if single else f"Value #{answer.ref}"
        for one in answer.series:
            row = rows.setdefault(tuple(sorted(one.labels.items())), {"Time": one.points[-1][0]})
            row.update(one.labels)
            row[value] = one.last
            names.update(dict.fromkeys(one.labels))
        names[value] = None
    return {name: [row.get(name) for row in rows.values()] for name in names}


def _organized(table: dict[str, list[Cell]], options: Json) -> dict[str, list[Cell]]:
    left_out, renamed = options.get("excludeByName", {}), options.get("renameByName", {})
    order = options.get("indexByName", {})
    names = sorted(
        (n for n in table if not left_out.get(n)), key=lambda n: order.get(n, len(order))
    )
    return {renamed.get(name) or name: table[name] for name in names}


def _config_of(name: str, config: Json) -> Json:
    found: Json = dict(config.get("defaults", {}))
    for override in config.get("overrides", []):
        if override["matcher"] == {"id": "byName", "options": name}:
            found.update({item["id"]: item["value"] for item in override["properties"]})
    return found
