"""What a PromQL expression measures, derived from the names of its metrics, and Grafana's units.

Dimensional analysis: names say seconds, instants, ratios, points or bytes (Prometheus' conventions,
which the contract follows); all else counts things. A rate divides by seconds, a quotient of two
counts is a ratio, the difference of two instants is seconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import promql_parser as promql

SAME = frozenset({"scalar", "abs", "ceil", "floor", "round", "sort", "sort_desc", "clamp",
                  "clamp_min", "clamp_max", "label_replace", "label_join", "increase", "delta",
                  "idelta", "avg_over_time", "max_over_time", "min_over_time", "sum_over_time",
                  "last_over_time", "quantile_over_time", "stddev_over_time"})  # fmt: skip
PER_SECOND = frozenset({"rate", "irate", "deriv"})
COUNTS = frozenset({"count", "group", "count_values"})
COUNTING = frozenset({"absent", "count_over_time", "present_over_time", "absent_over_time",
                      "changes", "resets"})  # fmt: skip
COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})


class MixedUnits(ValueError):  # noqa: N818 - says what is found
    """An expression adds or compares what has different units."""


@dataclass(frozen=True)
class Measure:
    """Exponents of each base; `scale` is by how much constants have multiplied it."""

    things: int = 0
    seconds: int = 0
    points: int = 0
    octets: int = 0
    is_instant: bool = False
    is_number: bool = False
    scale: float = 1.0

    def times(self, other: Measure, sign: int) -> Measure:
        """The product (1) or the quotient (-1)."""
        return Measure(
            self.things + sign * other.things,
            self.seconds + sign * other.seconds,
            self.points + sign * other.points,
            self.octets + sign * other.octets,
            self.is_instant or other.is_instant,
            self.is_number and other.is_number,
            self.scale * other.scale**sign,
        )

    def kind(self) -> str:
        """In words, for a failure's message and the table of units."""
        if self.is_number:
            return "a number"
        bases = (self.things, self.seconds, self.points, self.octets)
        if self.is_instant:
            kind = {1.0: "instant in s", 1000.0: "instant in ms"}
            return kind.get(self.scale, "scaled instant")
        match bases, self.scale:
            case ((-1 | 0 | 1), 1, 0, 0), 1.0:
                return "seconds"
            case ((-1 | 0 | 1), 1, 0, 0), 1000.0:
                return "milliseconds"
            case (0, 0, 0, 0), 1.0:
                return "ratio"
            case (0, 0, 0, 0), 100.0:
                return "percent"
            case (1, 0, 0, 0), 1.0:
                return "count"
            case (1, -1, 0, 0), 1.0:
                return "count per second"
            case (1, -1, 0, 0), 60.0:
                return "count per minute"
            case (0, 0, 1, 0), 1.0:
                return "points"
            case (0, 0, 0, 1), 1.0:
                return "bytes"
            case _:
                return f"{self}"


GRAFANA_UNITS = {
    "seconds": {"s", "dtdurations", "dthms", "clocks"},
    "milliseconds": {"ms", "dtdurationms", "clockms"},
    "ratio": {"percentunit"},
    "percent": {"percent"},
    "count": {"short", "none", "locale"},
    "count per second": {"cps", "ops", "reqps", "rps", "eps", "mps"},
    "count per minute": {"cpm", "opm", "rpm"},
    "points": {"short", "none"},
    "bytes": {"bytes", "decbytes"},
    # Grafana takes milliseconds: seconds would be shown as a day of January 1970.
    "instant in ms": {"dateTimeAsIso", "dateTimeAsLocal", "dateTimeFromNow"},
}


def of_name(name: str, recorded: Mapping[str, str]) -> Measure:
    """What a metric measures; `recorded` are the expressions of recording rules by name."""
    if name in recorded:
        return measure(recorded[name], recorded)
    base = name.removesuffix("_total")
    if name.endswith(("_bucket", "_count")):
        return Measure(things=1)
    if name.endswith("_sum"):
        return of_name(name.removesuffix("_sum"), recorded).times(Measure(things=1), 1)
    if base.endswith("_timestamp_seconds") or base == "process_start_time_seconds":
        return Measure(is_instant=True)
    if base.endswith("_seconds"):
        return Measure(seconds=1)
    if base.endswith("_ratio_sum"):
        return Measure(things=1)
    if base.endswith("_ratio"):
        return Measure()
    if base.endswith(("_points", "_score")):
        return Measure(points=1)
    if base.endswith("_bytes"):
        return Measure(octets=1)
    return Measure(things=1)


def selectors(query: str) -> list[str]:
    """Every selector in the query, without its range and offset."""
    found: dict[str, None] = {}

    def visit(node: Any) -> None:
        if isinstance(node, promql.MatrixSelector):
            node = node.vector_selector
        if isinstance(node, promql.VectorSelector):
            found[re.sub(r" (offset|@) .*", "", str(node))] = None

    promql.walk(promql.parse(query), visit)
    return list(found)


def measure(query: str, recorded: Mapping[str, str]) -> Measure:
    """What the query measures; raises `MixedUnits`, and ValueError where it cannot be parsed."""
    return _of(promql.parse(query), recorded)


def _of(node: Any, recorded: Mapping[str, str]) -> Measure:
    match node:
        case promql.NumberLiteral():
            return Measure(is_number=True, scale=node.val)
        case promql.VectorSelector():
            return of_name(str(node.name), recorded)
        case promql.MatrixSelector():
            return _of(node.vector_selector, recorded)
        case promql.SubqueryExpr() | promql.ParenExpr() | promql.UnaryExpr():
            return _of(node.expr, recorded)
        case promql.AggregateExpr():
            counts = str(node.op) in COUNTS
            return Measure(things=1) if counts else _of(node.expr, recorded)
        case promql.BinaryExpr():
            return _of_two(node, recorded)
        case promql.Call():
            return _of_call(node, recorded)
        case _:
            raise ValueError(f"unknown part of a query: {node}")


def _of_call(node: Any, recorded: Mapping[str, str]) -> Measure:
    name, arguments = node.func.name, list(node.args)
    if name in ("time", "timestamp"):
        return Measure(is_instant=True)
    if name == "vector":
        return replace(_of(arguments[0], recorded), scale=1.0)
    if name in COUNTING:
        return Measure(things=1)
    if name == "histogram_quantile":
        found = re.search(r"([\w:]+)_bucket\b", str(arguments[1]))
        assert found, f"no histogram in {arguments[1]}"
        return of_name(found[1], recorded)
    inner = _of(arguments[1 if name == "quantile_over_time" else 0], recorded)
    if name in PER_SECOND:
        return inner.times(Measure(seconds=1), -1)
    if name in SAME:
        return inner
    raise ValueError(f"unknown function {name}")


def _of_two(node: Any, recorded: Mapping[str, str]) -> Measure:
    left, right, operator = _of(node.lhs, recorded), _of(node.rhs, recorded), str(node.op)
    if operator in ("and", "unless"):
        return left
    if operator in ("*", "/"):
        return left.times(right, 1 if operator == "*" else -1)
    if operator == "-" and left.is_instant and right.is_instant:
        return Measure(seconds=1)
    if operator in ("+", "-") and left.is_instant and right.kind() in ("seconds", "a number"):
        return left
    # A constant takes the unit of its neighbour: `x > 0`, `1 - x`, `x or vector(0)`.
    if not (left.is_number or right.is_number) and left.kind() != right.kind():
        raise MixedUnits(f"{left.kind()} {operator} {right.kind()}: {node}")
    return right if left.is_number and operator not in COMPARISONS else left
