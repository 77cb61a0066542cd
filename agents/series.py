"""The series of the contract: kept as plain numbers, written out as Prometheus text.

Counting and writing with prometheus-client's own instruments costs about 1 µs an increment and 9 µs
a series; here both are a dictionary access, which is what lets a page of 20,000 series stay below
100 ms. The registry sees the same numbers through `collect`.
"""

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from agents.labels import OTHER
from agents.metrics import CONTRACT, Metric

FOLDED = frozenset({"channel", "queue", "priority"})
"""The labels that become `other` where there is no room for a further label set."""
REFUSED = "kefu_series_refused"

Labels = tuple[str, ...]
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class _Rows:
    """All label sets of one metric. A row is its value; of a histogram, the count in each bucket,
    the last one unbounded, and then the sum.
    """

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        bounds = [str(float(bound)) for bound in metric.buckets]  # `60.0`, as Prometheus 3 has it
        self.les = [*bounds, "+Inf"] if bounds else []
        self.width = len(self.les) + 1 if bounds else 1
        self.cost = len(self.les) + 2 if bounds else 1
        self.sample = f"{metric.name}_total" if metric.type == "counter" else metric.name
        self.rows: dict[Labels, list[float]] = {}
        self._heads: dict[Labels, tuple[str, ...]] = {}
        """How the lines of each row begin: most of the cost of a page, so made only once."""

    def samples(self) -> Iterator[tuple[str, dict[str, str], float]]:
        """Name, labels and value of everything. Safe beside a writer: each row is copied at once,
        so that the counts of a histogram agree among themselves; its sum may miss the observation
        that is just being made.
        """
        name = self.metric.name
        for values, row in list(self.rows.items()):
            labels = dict(zip(self.metric.labels, values, strict=True))
            if not self.les:
                yield self.sample, labels, row[0]
                continue
            *counts, total = row.copy()
            seen = 0.0
            for le, count in zip(self.les, counts, strict=True):
                seen += count
                yield f"{name}_bucket", {**labels, "le": le}, seen
            yield f"{name}_count", labels, seen
            yield f"{name}_sum", labels, total

    def write(self, lines: list[str]) -> None:
        """The lines of the page."""
        lines.append(f"# HELP {self.sample} {self.metric.help}")
        lines.append(f"# TYPE {self.sample} {self.metric.type}")
        heads = self._heads
        for values, row in list(self.rows.items()):
            head = heads.get(values)
            if head is None:
                continue  # it has just left
            if not self.les:
                lines.append(f"{head[0]} {row[0]}")
                continue
            *counts, total = row.copy()
            seen = 0.0
            for place, count in enumerate(counts):
                seen += count
                lines.append(f"{head[place]} {seen}")
            lines.append(f"{head[-2]} {seen}")
            lines.append(f"{head[-1]} {total}")

    def new(self, values: Labels) -> list[float]:
        """A new row, of zeros; its head first, for whoever reads meanwhile."""
        self._heads[values] = self._head(values)
        row = self.rows[values] = [0] * self.width
        return row

    def forget(self, values: Labels) -> bool:
        """Take one label set off; False where there is none."""
        known = self.rows.pop(values, None) is not None
        self._heads.pop(values, None)
        return known

    def _head(self, values: Labels) -> tuple[str, ...]:
        pairs = [
            f'{name}="{value.translate(_ESCAPES)}"'
            for name, value in zip(self.metric.labels, values, strict=True)
        ]
        inside = ",".join(pairs)
        braces = f"{{{inside}}}" if inside else ""
        made: tuple[str, ...] = (f"{self.sample}{braces}",)
        if self.les:
            name = self.metric.name
            made = (
                *(_bucket(name, pairs, le) for le in self.les),
                f"{name}_count{braces}",
                f"{name}_sum{braces}",
            )
        return made


class Metrics(Collector):
    """The metrics of the contract. Writers hold a lock of their own; readers need none.

    `limit` bounds the number of series. Beyond it a counter or histogram shows `FOLDED` labels as
    `other`, and a gauge, of which two cannot be added up, is not shown; both are counted.
    """

    def __init__(self, registry: CollectorRegistry, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._by_name = {metric.name: _Rows(metric) for metric in CONTRACT}
        registry.register(self)

    @property
    def size(self) -> int:
        """How many series there are."""
        return self._size

    def create(self, name: str, *labels: str) -> None:
        """Show a counter or histogram at 0, so that its first increment is seen."""
        self._row(name, labels)

    def add(self, name: str, labels: Labels, amount: float = 1) -> None:
        """Add to a counter; `amount` is not negative."""
        row = self._by_name[name].rows.get(labels) or self._row(name, labels)
        if row is not None:
            row[0] += amount

    def set(self, name: str, labels: Labels, value: float) -> None:
        """Set a gauge."""
        row = self._by_name[name].rows.get(labels) or self._row(name, labels)
        if row is not None:
            row[0] = value

    def observe(self, name: str, labels: Labels, value: float, count: int = 1) -> None:
        """Add `count` observations of the same value to a histogram."""
        rows = self._by_name[name]
        row = rows.rows.get(labels) or self._row(name, labels)
        if row is not None:
            row[bisect_left(rows.metric.buckets, value)] += count
            row[-1] += value * count

    def remove(self, name: str, labels: Labels) -> None:
        """Take one label set off the page; nothing happens where it is not there."""
        rows = self._by_name[name]
        if rows.forget(labels):
            self._size -= rows.cost

    def _row(self, name: str, labels: Labels) -> list[float] | None:
        rows = self._by_name[name]
        row = rows.rows.get(labels)
        if row is not None:
            return row
        if self._size + rows.cost > self._limit and name != REFUSED:
            return self._refuse(rows, labels)
        return self._new(rows, labels)

    def _refuse(self, rows: _Rows, labels: Labels) -> list[float] | None:
        names = rows.metric.labels
        folded = tuple(
            OTHER if name in FOLDED else value for name, value in zip(names, labels, strict=True)
        )
        if folded != labels:
            self.add(REFUSED, (rows.metric.name,))
            if rows.metric.type == "gauge":
                return None
        # What has nothing to fold is bounded by itself, and so is `other`.
        return rows.rows.get(folded) or self._new(rows, folded)

    def _new(self, rows: _Rows, labels: Labels) -> list[float]:
        self._size += rows.cost
        return rows.new(labels)

    def collect(self) -> Iterator[Family]:
        """The same for a registry of prometheus-client."""
        for rows in self._by_name.values():
            family = Family(rows.metric.name, rows.metric.help, rows.metric.type)
            for name, labels, value in rows.samples():
                family.add_sample(name, labels, value)
            yield family

    def page(self) -> bytes:
        """Prometheus text, version 0.0.4."""
        lines: list[str] = []
        for rows in self._by_name.values():
            rows.write(lines)
        lines.append("")
        return "\n".join(lines).encode()


def _bucket(name: str, pairs: list[str], le: str) -> str:
    inside = ",".join([*pairs, f'le="{le}"'])
    return f"{name}_bucket{{{inside}}}"
