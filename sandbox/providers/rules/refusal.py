"""The one form in which a rule says no."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple


class Refusal(NamedTuple):
    """A value that AWS would refuse: the property, AWS's error code, and what to do instead."""

    property: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def nearest(value: str, choices: Iterable[str]) -> str:
    """' Did you mean X?' for a near miss, else an empty string."""
    close = difflib.get_close_matches(value, list(choices), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def one_of(property_path: str, value: object, choices: Iterable[str], code: str) -> list[Refusal]:
    """Refuse a known string that is not one of the choices."""
    allowed = tuple(choices)
    if not isinstance(value, str) or value in allowed:
        return []
    return [
        Refusal(property_path, code, f"{value!r} is not one of {', '.join(allowed)}.{nearest(value, allowed)}"),
    ]
