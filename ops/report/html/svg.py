"""SVG elements that escape what they are given: only markup passes as it is."""

from markupsafe import Markup

Attribute = str | float


def element(name: str, *children: str, **attributes: Attribute) -> Markup:
    """One element. In attributes' names `_` stands for `-`, and a last `_` only avoids Python's keywords."""
    given = join(*(Markup(' {}="{}"').format(_name(key), _value(value)) for key, value in attributes.items()))
    return Markup("<{0}{1}>{2}</{0}>").format(name, given, join(*children))


def join(*children: str) -> Markup:
    """Children one after the other; plain text among them is escaped."""
    return Markup("").join(children)


def _name(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")


def _value(value: Attribute) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
