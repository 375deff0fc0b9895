"""JSON of other programs, which has no types: tables and lists taken out of it safely."""

from typing import Any, cast


def table(value: Any) -> dict[str, Any]:
    """The value if it is a table, otherwise an empty one."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def rows(value: Any) -> list[Any]:
    """The value if it is a list, otherwise an empty one."""
    return cast(list[Any], value) if isinstance(value, list) else []
