"""Kubernetes quantities of bytes."""

from __future__ import annotations

import re
from decimal import Decimal

_FACTORS: dict[str, int] = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
}
_QUANTITY = re.compile(r"^(\d+(?:\.\d+)?)(|k|M|G|T|Ki|Mi|Gi|Ti)$")

BYTES_PER_GIB = 2**30


def gib(quantity: str) -> int:
    """A byte quantity in whole GiB, rounded up, as EBS sells it. Raises ValueError for anything else."""
    match = _QUANTITY.match(quantity)
    if match is None:
        raise ValueError(f"{quantity!r} is not a byte quantity")
    size = Decimal(match[1]) * _FACTORS[match[2]]
    return int(-(-size // BYTES_PER_GIB))
