"""What CloudWatch Logs refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.providers.rules.refusal import Refusal, one_of

INVALID = "InvalidParameterException"
# The API reference's list for PutRetentionPolicy; 0 is the provider's word for "never expire".
RETENTION_DAYS = (
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
CLASSES = ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")


def log_group_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """Name, retention and class of a log group."""
    refusals = one_of("logGroupClass", inputs.get("logGroupClass"), CLASSES, INVALID)
    days, name = inputs.get("retentionInDays"), inputs.get("name")
    if isinstance(days, int) and days not in RETENTION_DAYS:
        longer = next((allowed for allowed in RETENTION_DAYS if allowed > days), RETENTION_DAYS[-1])
        allowed = ", ".join(map(str, RETENTION_DAYS))
        message = f"retentionInDays {days} is not one of {allowed}. The next longer one is {longer}."
        refusals.append(Refusal("retentionInDays", INVALID, message))
    if isinstance(name, str) and not re.fullmatch(r"[.\-_/#A-Za-z0-9]{1,512}", name):
        message = f"The log group name {name!r} may have letters, digits and . - _ / # only."
        refusals.append(Refusal("name", INVALID, message))
    return refusals
