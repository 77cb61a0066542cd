"""Tables and sections that look the same everywhere on the page."""

from collections.abc import Container, Iterable, Sequence

from kefu.report.markup import Content, Markup, tag


def section(title: str, *content: Content, id_: str) -> Markup:
    """A section with its heading."""
    return tag("section", tag("h2", title), *content, id=id_)


def table(
    heads: Sequence[str], rows: Iterable[Sequence[Content]], *, numbers: Container[int]
) -> Markup:
    """A table; the columns of `numbers`, counted from 0, stand at the right."""

    def cells(name: str, row: Sequence[Content]) -> list[Markup]:
        return [
            tag(name, cell, class_="n" if number in numbers else None)
            for number, cell in enumerate(row)
        ]

    body = [tag("tr", *cells("td", row)) for row in rows]
    return tag(
        "div",
        tag(
            "table",
            tag("thead", tag("tr", *cells("th", heads))),
            tag("tbody", *body),
        ),
        class_="scroll",
    )


def note(said: str) -> Markup:
    """A remark under a heading."""
    return tag("p", said, class_="note")


def folded(title: str, *content: Content) -> Markup:
    """What is shown on request, and in print where the browser can."""
    return tag("details", tag("summary", title), *content)
