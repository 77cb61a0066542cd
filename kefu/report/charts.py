"""Charts as inline SVG: no script, colours from the style sheet, a title for who cannot see them.

Lengths are in the units of the view box, which the page scales to its width.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kefu.report.markup import Markup, join, tag

WIDTH = 760
"""Of the trend."""
HISTOGRAM_WIDTH = 520
_LEFT, _RIGHT = 44, 12
BINS = 10
"""Of the histogram of scores: 0–9, 10–19 … 90–100."""


def share_bar(share: float, *, target: float | None = None, kind: str = "") -> Markup:
    """A bar of 0…1 of its width, with a mark at the target."""
    parts = [
        tag("rect", x=0, y=0, width=100, height=6, class_="track"),
        tag(
            "rect", x=0, y=0, width=round(100 * min(1.0, share), 2), height=6, class_=f"bar {kind}"
        ),
    ]
    if target is not None:
        parts.append(tag("rect", x=100 * target - 0.4, y=0, width=0.8, height=6, class_="mark"))
    return tag(
        "svg",
        *parts,
        class_="share",
        view_box="0 0 100 6",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def histogram(scores: Mapping[int, int], pass_score: int, *, title: str, line: str) -> Markup:
    """How many interactions have how many points (0…100), with the pass line."""
    counts = [0] * BINS
    for score, count in scores.items():
        counts[min(score * BINS // 100, BINS - 1)] += count
    height, base, top = 190, 162, 26
    most = max(counts) or 1
    step = (HISTOGRAM_WIDTH - 2 * _RIGHT) / BINS
    parts: list[Markup] = [tag("title", title)]
    for number, count in enumerate(counts):
        x, tall = _RIGHT + number * step, (base - top) * count / most
        kind = "bar" if (number + 1) * 100 // BINS > pass_score else "bar failed"
        parts.append(
            tag("rect", x=x + 2, y=base - tall, width=step - 4, height=tall, class_=kind, rx=2)
        )
        if count:
            parts.append(_label(x + step / 2, base - tall - 5, f"{count:,}", "figure"))
        first, last = number * 10, 100 if number == BINS - 1 else number * 10 + 9
        parts.append(_label(x + step / 2, base + 16, f"{first}–{last}"))
    at = _RIGHT + step * BINS * pass_score / 100
    parts += [
        tag("line", x1=_RIGHT, y1=base, x2=HISTOGRAM_WIDTH - _RIGHT, y2=base, class_="axis"),
        tag("line", x1=at, y1=8, x2=at, y2=base, class_="limit"),
        _label(at - 6, 16, line, "limit-text", anchor="end"),
    ]
    return tag(
        "svg",
        *parts,
        class_="histogram",
        view_box=f"0 0 {HISTOGRAM_WIDTH} {height}",
        role="img",
        aria_label=title,
    )


class Series(NamedTuple):
    """One figure over time; None where there is none. `shown` are the values as text, `ends` those
    of the scale from `bottom` to `top`; `limit` is a line to hold the figure against.
    """

    title: str
    values: Sequence[float | None]
    shown: Sequence[str]
    bottom: float
    top: float
    ends: tuple[str, str]
    is_bars: bool = False
    limit: float | None = None

    def part(self, value: float) -> float:
        """Where on the scale a value is, 0…1."""
        return min(1.0, max(0.0, (value - self.bottom) / (self.top - self.bottom)))


def trend(series: Sequence[Series], labels: Sequence[str], *, title: str) -> Markup:
    """Figures over the same time, one below the other, with one row of labels under all."""
    tall, gap, head = 70, 48, 36
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    middles = [_LEFT + step * (number + 0.5) for number in range(len(labels))]
    parts: list[Markup] = [tag("title", title)]
    y = head
    for one in series:
        parts.append(_row(one, middles, step, y, tall))
        y += tall + gap
    bottom = y - gap + 18
    every = max(1, -(-len(labels) // 10))
    parts += [
        _label(x, bottom, label)
        for number, (x, label) in enumerate(zip(middles, labels, strict=True))
        if number % every == 0
    ]
    return tag(
        "svg",
        *parts,
        class_="trend",
        view_box=f"0 0 {WIDTH} {bottom + 8}",
        role="img",
        aria_label=title,
    )


def _row(one: Series, middles: Sequence[float], step: float, y: float, tall: float) -> Markup:
    base = y + tall
    points = [
        (x, base - tall * one.part(value), shown)
        for x, value, shown in zip(middles, one.values, one.shown, strict=True)
        if value is not None
    ]
    parts = [
        _label(_LEFT, y - 20, one.title, "series", anchor="start"),
        tag("line", x1=_LEFT, y1=base, x2=WIDTH - _RIGHT, y2=base, class_="axis"),
        tag("line", x1=_LEFT, y1=y, x2=WIDTH - _RIGHT, y2=y, class_="grid"),
        _label(_LEFT - 6, base + 3, one.ends[0], anchor="end"),
        _label(_LEFT - 6, y + 4, one.ends[1], anchor="end"),
    ]
    if one.limit is not None:
        at = base - tall * one.part(one.limit)
        parts.append(tag("line", x1=_LEFT, y1=at, x2=WIDTH - _RIGHT, y2=at, class_="limit"))
    if one.is_bars:
        wide = min(step * 0.62, 46)
        parts += [
            tag("rect", x=x - wide / 2, y=at, width=wide, height=base - at, class_="bar", rx=1.5)
            for x, at, _ in points
        ]
    else:
        parts += [_line(run) for run in _runs(one.values, points)]
        radius = 3 if len(middles) <= 31 else 1.8
        parts += [tag("circle", cx=x, cy=at, r=radius, class_="dot") for x, at, _ in points]
    if len(middles) <= 14:
        parts += [_label(x, at - 6, shown, "figure") for x, at, shown in points]
    return join(parts)


def _runs(
    values: Sequence[float | None], points: Sequence[tuple[float, float, str]]
) -> list[list[tuple[float, float]]]:
    """The points that follow each other without a gap: a line never bridges what is not known."""
    runs: list[list[tuple[float, float]]] = [[]]
    following = iter(points)
    for value in values:
        if value is None:
            runs.append([])
        else:
            x, y, _ = next(following)
            runs[-1].append((x, y))
    return [run for run in runs if len(run) > 1]


def _line(run: Sequence[tuple[float, float]]) -> Markup:
    return tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in run), class_="curve")


def _label(x: float, y: float, said: str, kind: str = "label", *, anchor: str = "middle") -> Markup:
    return tag("text", said, x=round(x, 1), y=round(y, 1), class_=kind, text_anchor=anchor)
