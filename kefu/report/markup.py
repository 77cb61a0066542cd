"""HTML that cannot be broken by what stands in it: only `Markup` passes unescaped."""

import re
from collections.abc import Iterable
from html import escape

_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What HTML does not allow: control characters, and halves of surrogate pairs."""


class Markup(str):
    """Text that is markup already. Made by `tag` and `join`; a plain string is never trusted."""

    __slots__ = ()


Content = str | Markup
VOID = frozenset({"meta", "br", "rect", "line", "path", "circle", "polyline"})


def text(value: str) -> Markup:
    """A string as text: escaped, without the characters that HTML does not allow."""
    if isinstance(value, Markup):
        return value
    return Markup(escape(_UNSAFE.sub("\ufffd", value)))


def tag(name: str, *content: Content, **attributes: str | float | None) -> Markup:
    """An element. `class_` is the attribute `class`, `view_box` is `viewBox`, `x_y` is `x-y`;
    attributes that are None are left out.
    """
    given = "".join(
        f' {_attribute(key)}="{text(_value(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{given}>" if name in ("meta", "br") else f"<{name}{given}/>")
    return Markup(f"<{name}{given}>{join(content)}</{name}>")


def join(parts: Iterable[Content], between: str = "") -> Markup:
    """Parts one after the other; plain strings among them are escaped."""
    return Markup(text(between).join(text(part) for part in parts))


def _attribute(key: str) -> str:
    return "viewBox" if key == "view_box" else key.rstrip("_").replace("_", "-")


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
