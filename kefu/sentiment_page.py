"""The HTML page of `kefu eval sentiment`: the figures of each model, and every mistake."""

from collections.abc import Sequence
from html import escape

from kefu.sentiment_eval import Judged, Mistake
from pipeline.sentiment.service_model import CLASSES

_HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>kefu eval sentiment</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #bbb;padding:.25rem .6rem;
text-align:left;vertical-align:top}td.n{text-align:right}small{color:#555}</style>
"""


def page(source: str, judged: Sequence[Judged], mistakes: Sequence[Mistake]) -> str:
    """A page that needs nothing else; all text of the file is escaped."""
    parts = [_HEAD, f"<h1>Sentiment on {escape(source)}</h1>", _figures(judged)]
    parts += [_confusion(one) for one in judged]
    parts.append(f"<h2>{len(mistakes)} mistakes of {escape(judged[-1].model)}</h2>")
    parts.append(
        "<p>The surest first. Evidence is in normalised spelling, numbers as 0.</p><table>"
        "<tr><th>text<th>role<th>label<th>said<th>evidence"
    )
    parts += [_mistake(mistake) for mistake in mistakes]
    return "\n".join([*parts, "</table></html>\n"])


def _figures(judged: Sequence[Judged]) -> str:
    rows = [
        "<table><tr><th>model<th>n<th>accuracy<th>macro-F1 (95 %)"
        + "".join(f"<th>recall {name}" for name in CLASSES)
        + "<th>calibration error<th>texts/s"
    ]
    for one in judged:
        low, high = one.interval
        cells = [
            str(one.figures.n),
            f"{one.figures.accuracy:.3f}",
            f"{one.figures.macro_f1:.3f} ({low:.3f}–{high:.3f})",
            *(shown(recall) for recall in one.figures.recalls),
            shown(one.calibration_error),
            f"{one.texts_s:,.0f}",
        ]
        rows.append(f"<tr><td>{escape(one.model)}" + "".join(f"<td class=n>{c}" for c in cells))
    return "\n".join([*rows, "</table>"])


def shown(value: float | None) -> str:
    """A share with three digits, or a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def _confusion(one: Judged) -> str:
    head = "".join(f"<th>said {name}" for name in CLASSES)
    rows = [f"<h2>{escape(one.model)}</h2><table><tr><th>label{head}"]
    for name, counts in zip(CLASSES, one.figures.confusion, strict=True):
        rows.append(f"<tr><th>{name}" + "".join(f"<td class=n>{count}" for count in counts))
    return "\n".join([*rows, "</table>"])


def _mistake(mistake: Mistake) -> str:
    why = "; ".join(f"{part.text} ({part.reason} {part.share:.0%})" for part in mistake.evidence)
    return (
        f"<tr><td>{escape(mistake.text)}<td>{mistake.role}<td>{mistake.label}"
        f"<td>{mistake.said} <small>{mistake.probability:.2f}</small><td>{escape(why)}"
    )
