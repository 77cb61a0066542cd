"""Asks a Prometheus server over its HTTP interface (version 1, the same in Prometheus 2 and 3)."""

import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

import orjson

from kefu.errors import UserError

LIMIT_S = 30.0

# Whatever proxy the environment names, a server on the loopback is not behind it.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class QueryError(UserError):
    """Prometheus could not be asked, or refused a query; the message is its own."""


@dataclass(frozen=True)
class Series:
    """One series of a result; points as (unix seconds, value), oldest first."""

    labels: dict[str, str]
    points: list[tuple[float, float]]

    @property
    def last(self) -> float:
        """The newest value."""
        return self.points[-1][1]


class PrometheusQuery:
    """The queries that Grafana sends."""

    def __init__(self, url: str) -> None:
        """`url` without a slash at its end, such as http://127.0.0.1:9090."""
        self.url = url

    def instant(self, query: str, at_s: float | None = None) -> list[Series]:
        """The value at one instant, by default now; raises `QueryError`."""
        at = {} if at_s is None else {"time": f"{at_s:.3f}"}
        return _series(self._get("query", {"query": query, **at}))

    def range(self, query: str, start_s: float, end_s: float, step_s: float) -> list[Series]:
        """The values from `start_s` to `end_s`, one each `step_s`; raises `QueryError`."""
        times = {"start": f"{start_s:.3f}", "end": f"{end_s:.3f}", "step": f"{step_s:.3f}"}
        return _series(self._get("query_range", {"query": query, **times}))

    def label_values(self, label: str, selector: str | None = None) -> list[str]:
        """The values of a label, of all series or of the selected; raises `QueryError`."""
        match = {} if selector is None else {"match[]": selector}
        return list(self._get(f"label/{label}/values", match))

    def series(self, selector: str) -> list[dict[str, str]]:
        """The label sets that a selector finds, with `__name__`; raises `QueryError`."""
        return list(self._get("series", {"match[]": selector}))

    def targets_up(self) -> dict[str, bool]:
        """Whether each scrape target answered last, by its URL; raises `QueryError`."""
        found = self._get("targets", {"state": "active"})["activeTargets"]
        return {target["scrapeUrl"]: target["health"] == "up" for target in found}

    def _get(self, path: str, parameters: dict[str, str]) -> Any:
        # Always a GET, as a POST to `series` or `targets` is refused by some versions.
        answer = get_json(f"{self.url}/api/v1/{path}", parameters)
        if answer.get("status") != "success":
            raise QueryError(f"{answer.get('error', answer)}: {parameters.get('query', path)}")
        return answer["data"]


def get_json(url: str, parameters: dict[str, str]) -> Any:
    """The JSON that a server of this machine answers, also with a status of 4xx or 5xx.

    Raises `QueryError` where there is no such answer.
    """
    address = f"{url}?{urllib.parse.urlencode(parameters)}"
    try:
        with _OPENER.open(address, timeout=LIMIT_S) as answer:
            body = answer.read()
    except urllib.error.HTTPError as refused:
        body = refused.read()
    except OSError as error:
        raise QueryError(f"{url} does not answer: {error}") from None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise QueryError(f"{url} answered no JSON: {body[:200]!r}") from None


def _series(data: dict[str, Any]) -> list[Series]:
    kind, result = data["resultType"], data["result"]
    if kind == "scalar":
        return [Series({}, [_point(result)])]
    if kind == "vector":
        return [Series(one["metric"], [_point(one["value"])]) for one in result]
    return [Series(one["metric"], [_point(p) for p in one["values"]]) for one in result]


def _point(pair: list[Any]) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])
