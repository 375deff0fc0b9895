"""Numbers that people write with a unit: what they mean in the unit that a key's name says."""

import re
from collections.abc import Mapping

# By the end of a key's name: its unit, and what others are in it. A month and a bare m say nothing certain.
_SIZES_DECIMAL = {"mb": 1e6, "gb": 1e9, "tb": 1e12, "mib": 2**20, "gib": 2**30, "tib": 2**40, "mi": 2**20, "gi": 2**30}
_SECONDS: Mapping[str, float] = {
    "ms": 0.001, "s": 1, "sec": 1, "second": 1, "seconds": 1, "min": 60, "minute": 60, "minutes": 60, "h": 3600,
    "hour": 3600, "hours": 3600, "d": 86_400, "day": 86_400, "days": 86_400, "w": 604_800, "week": 604_800,
    "weeks": 604_800, "y": 31_536_000, "year": 31_536_000, "years": 31_536_000,
}  # fmt: skip
_KINDS: Mapping[str, tuple[Mapping[str, float], float]] = {
    "_days": (_SECONDS, 86_400),
    "_minutes": (_SECONDS, 60),
    "_seconds": (_SECONDS, 1),
    "_ms": (_SECONDS, 0.001),
    "_mb": (_SIZES_DECIMAL, 1e6),
    "_gb": (_SIZES_DECIMAL, 1e9),
    "_mib": (_SIZES_DECIMAL, 2**20),
    "_gib": (_SIZES_DECIMAL, 2**30),
    "_percent": ({"%": 1, "percent": 1}, 1),
    "usd_per_month": ({"$": 1, "usd": 1}, 1),
    "_millicores": ({"m": 1, "c": 1000, "core": 1000, "cores": 1000}, 1),
}
_WITH_UNIT = re.compile(r"\s*(\$?)\s*(\d+(?:\.\d+)?)\s*([A-Za-z%$]*)\s*")


def meant(key: str, text: str, *, whole: bool) -> str:
    """What to write instead of a text that is a number with a unit; empty for what isn't one."""
    match = _WITH_UNIT.fullmatch(text)
    unit = match and (match[1] + match[3]).lower()
    if not match or not unit:
        return ""
    kind = next((kind for ending, kind in _KINDS.items() if key.endswith(ending)), None)
    if kind is None or unit not in kind[0]:
        return "write the number alone, in the unit that the key's name says"
    number = float(match[2]) * kind[0][unit] / kind[1]
    if whole and number != int(number):
        return "write the number alone, in the unit that the key's name says"
    return f"write {number:g}, the key's name says the unit"
