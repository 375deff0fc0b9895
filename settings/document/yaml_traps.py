"""What YAML and habit turn a value into, and how to write the one that was meant."""

import re

from planning.json_value import Json
from settings.document.schema_tree import Node
from settings.document.units import meant

TRUE_WORDS, FALSE_WORDS = ("on", "yes", "true", "y"), ("off", "no", "false", "n")


def type_trap(key: str, node: Node, value: Json) -> str:
    """Why a value of a key is of the wrong type for its node, and how to write it."""
    wanted = node.get("type")
    if wanted == "string":
        return _not_text(value)
    if wanted in ("integer", "number"):
        return _not_a_number(key, value, whole=wanted == "integer")
    if wanted == "boolean":
        return _not_a_truth(value)
    return _instead(value, "a list" if wanted == "array" else "a table")


def _not_text(value: Json) -> str:
    if isinstance(value, bool):
        return "true or false, not text: write it in quotes"
    if isinstance(value, float):
        return "a number, not text: write it in quotes (without them YAML reads 1.40 as 1.4)"
    if isinstance(value, int):
        return "a number, not text: write it in quotes"
    return _instead(value, "text")


def _not_a_number(key: str, value: Json, *, whole: bool) -> str:
    if isinstance(value, str):
        if re.fullmatch(r"\s*[+-]?\d+(\.\d+)?\s*", value):
            return f"text, not a number: write {value.strip()} without quotes"
        instead = _without_commas(value) or meant(key, value, whole=whole)
        return f"text, not a number: {instead}" if instead else "text, not a number"
    if isinstance(value, float) and whole:
        return "not a whole number"
    return _instead(value, "a number")


def _without_commas(text: str) -> str:
    """`500,00` has a comma for a point, `1,500,000` for thousands; `1,500` may be either."""
    plain = text.strip()
    if re.fullmatch(r"\d+,\d{1,2}", plain):
        return f"write {float(plain.replace(',', '.')):g}, with a point before decimals"
    if re.fullmatch(r"\d{1,3}(,\d{3})+", plain):
        return f"write {plain.replace(',', '')} for thousands, or a point before decimals"
    return ""


def _not_a_truth(value: Json) -> str:
    if isinstance(value, str) and value.lower() in TRUE_WORDS:
        return "text, not a truth value: write true without quotes"
    if isinstance(value, str) and value.lower() in FALSE_WORDS:
        return "text, not a truth value: write false without quotes"
    if isinstance(value, int) and value in (0, 1):
        return f"a number, not a truth value: write {'true' if value else 'false'}"
    return _instead(value, "a truth value")


def _instead(value: Json, wanted: str) -> str:
    """`text, not a list`."""
    if value is None:
        return f"not {wanted}"
    kinds = ((bool, "true or false"), (int, "a number"), (float, "a number"), (str, "text"), (list, "a list"))
    return f"{next((name for kind, name in kinds if isinstance(value, kind)), 'a table')}, not {wanted}"
