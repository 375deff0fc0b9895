"""Reading properties as numbers and texts; preview writes some numbers as text, and Kubernetes writes quantities."""

import re

from planning.registered import Property, number

GIB = 1024**3
# Kubernetes API conventions, "Quantity".
_SUFFIXES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([kMGT]?i?)")


def text(value: Property, default: str = "") -> str:
    """A text; the default for anything else."""
    return value if isinstance(value, str) else default


def quantity_gib(value: Property) -> float | None:
    """A Kubernetes quantity of storage in GiB; None for what is none."""
    if isinstance(value, str):
        match = _QUANTITY.fullmatch(value)
        if match is None or match[2] not in _SUFFIXES:
            return None
        value = float(match[1]) * _SUFFIXES[match[2]] / GIB
        return number(value)
    size = number(value)
    return None if size is None else size / GIB


def duration_days(value: Property) -> float | None:
    """A duration such as 336h, 14d, 2w or 1y in days; None for what is none, and for 0, which means for ever."""
    match = re.fullmatch(r"(\d+)([hdwy])", value) if isinstance(value, str) else None
    if match is None:
        return None
    days = int(match[1]) * {"h": 1 / 24, "d": 1, "w": 7, "y": 365}[match[2]]
    return days or None
