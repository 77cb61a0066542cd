"""Values and colours as Grafana shows them: units, automatic decimals, thresholds, its palettes."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

# Grafana's dark theme (`createVisualizationColors.ts` in its source).
COLORS = {
    "green": "#73BF69", "dark-green": "#37872D", "semi-dark-green": "#56A64B",
    "red": "#F2495C", "dark-red": "#C4162A", "semi-dark-red": "#E02F44",
    "orange": "#FF9830", "dark-orange": "#FA6400", "semi-dark-orange": "#FF780A",
    "yellow": "#FADE2A", "dark-yellow": "#E0B400", "semi-dark-yellow": "#F2CC0C",
    "blue": "#5794F2", "dark-blue": "#1F60C4", "semi-dark-blue": "#3274D9",
    "purple": "#B877D9", "text": "#CCCCDC", "transparent": "#00000000",
}  # fmt: skip
CLASSIC = (
    "#73BF69", "#F2CC0C", "#8AB8FF", "#FF780A", "#F2495C", "#5794F2", "#B877D9", "#705DA0",
    "#37872D", "#FADE2A", "#447EBC", "#C15C17", "#890F02", "#0A437C", "#6D1F62", "#584477",
)  # fmt: skip
"""`palette-classic`: the colours of series in their order."""
_SECONDS = ((60, 1, "s", "s"), (3600, 60, "min", "mins"), (86400, 3600, "hour", "hours"),
            (604800, 86400, "day", "days"), (math.inf, 604800, "week", "weeks"))  # fmt: skip
_BELOW_A_SECOND = ((1e-3, 1e-6, "µs"), (1, 1e-3, "ms"))
_PER_SECOND = {"cps": "c/s", "ops": "ops/s", "reqps": "req/s", "eps": "evt/s", "mps": "msg/s"}

Json = dict[str, Any]


def formatted(value: float, unit: str, decimals: int | None = None) -> str:
    """The value as text; raises ValueError at a unit that no dashboard had yet."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    match unit:
        case "percentunit":
            return f"{_digits(value * 100, decimals)}%"
        case "percent":
            return f"{_digits(value, decimals)}%"
        case "s":
            return _seconds(value, decimals)
        case "locale":
            return _digits(value, decimals, grouping=",")
        case "none" | "":
            return _digits(value, decimals)
        case "bytes":
            return _scaled(value, decimals, 1024, (" B", " KiB", " MiB", " GiB"))
        case "dateTimeAsIso" | "dateTimeAsLocal":
            return f"{datetime.fromtimestamp(value / 1000, UTC):%Y-%m-%d %H:%M:%S}"
        case _ if unit in _PER_SECOND:
            return f"{_scaled(value, decimals, 1000, ('', 'K', 'M', 'B'))} {_PER_SECOND[unit]}"
        case _:
            raise ValueError(f"unknown unit {unit}: teach it to grafana/preview_format.py")


def _seconds(value: float, decimals: int | None) -> str:
    size = abs(value)
    if 0 < size < 1:
        for limit, factor, name in _BELOW_A_SECOND:
            if size < limit:
                return f"{_digits(value / factor, decimals)} {name}"
    for limit, factor, one, many in _SECONDS:
        if size < limit:
            text = _digits(value / factor, decimals)
            return f"{text} {one if text == '1' else many}"
    raise AssertionError("the last limit is infinite")


def _scaled(value: float, decimals: int | None, base: int, names: Sequence[str]) -> str:
    number = 0
    while abs(value) >= base and number < len(names) - 1:
        value, number = value / base, number + 1
    return f"{_digits(value, decimals)}{names[number]}"


def _digits(value: float, decimals: int | None, grouping: str = "") -> str:
    shown = automatic_decimals(value) if decimals is None else decimals
    return f"{value:{grouping}.{shown}f}"


def automatic_decimals(value: float) -> int:
    """Grafana's `getDecimalsForValue`: about three significant digits, none for whole numbers."""
    if value == 0 or value % 1 == 0:
        return 0
    exact = -math.floor(math.log10(abs(value))) + 1
    # One more where a single step of the last digit would be a large part of the value.
    return max(0, exact + 1 if value / 10**-exact > 2.25 else exact)


def threshold_color(value: float, thresholds: Json | None) -> str:
    """The colour of the highest step that the value has reached."""
    color = COLORS["text"]
    for step in (thresholds or {}).get("steps", []):
        if step["value"] is None or value >= step["value"]:
            color = named_color(step["color"])
    return color


def named_color(name: str) -> str:
    """One of Grafana's names, or a colour in hexadecimal as it is."""
    return name if name.startswith("#") else COLORS[name]
