"""HTML and SVG elements that escape what they are given: only `Markup` passes as it is."""

from collections.abc import Collection, Sequence
from html import escape

Attribute = str | float
Child = str


class Markup(str):
    """Text that is already markup."""

    __slots__ = ()


def element(name: str, *children: Child, **attributes: Attribute) -> Markup:
    """One element. In attributes' names `_` stands for `-`, and a last `_` only avoids Python's keywords."""
    given = "".join(f' {_name(key)}="{escape(_value(value))}"' for key, value in attributes.items())
    return Markup(f"<{name}{given}>{join(*children)}</{name}>")


def join(*children: Child, between: str = "") -> Markup:
    """Children one after the other; plain text among them is escaped."""
    return Markup(between.join(child if isinstance(child, Markup) else escape(child) for child in children))


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = (), marked: Collection[int] = ()
) -> Markup:
    """An HTML table; `right` are columns of numbers, `marked` rows that stand out."""

    def cells(tag: str, row: Sequence[str]) -> list[Markup]:
        return [element(tag, cell, class_="number" if place in right else "text") for place, cell in enumerate(row)]

    body = [
        element("tr", *cells("td", row), **({"class_": "marked"} if place in marked else {}))
        for place, row in enumerate(rows)
    ]
    return element(
        "div",
        element("table", element("thead", element("tr", *cells("th", header))), element("tbody", *body)),
        class_="scroll",
    )


def _name(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")


def _value(value: Attribute) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
