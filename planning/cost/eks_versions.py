"""When Amazon EKS ends standard support of a Kubernetes version; extended support costs six times as much.

Source: Amazon EKS User Guide, "Kubernetes version lifecycle" (2026-11).
"""

import re
from collections.abc import Mapping
from datetime import date

STANDARD_SUPPORT_ENDS: Mapping[int, date] = {
    30: date(2025, 7, 23),
    31: date(2025, 11, 26),
    32: date(2026, 3, 23),
    33: date(2026, 7, 29),
    34: date(2026, 12, 2),
    35: date(2027, 3, 27),
    36: date(2027, 8, 2),
}


def standard_support_ends(version: str) -> date | None:
    """The last day of standard support of a version such as 1.35; None where the date isn't known (newer versions)."""
    match = re.fullmatch(r"1\.(\d+)", version)
    if match is None:
        return None
    minor = int(match[1])
    if minor < min(STANDARD_SUPPORT_ENDS):
        return min(STANDARD_SUPPORT_ENDS.values())
    return STANDARD_SUPPORT_ENDS.get(minor)
