"""What Amazon Data Lifecycle Manager refuses; source: its API Reference, CreateLifecyclePolicy (2026)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.providers.narrow import as_list, as_object
from sandbox.providers.rules.refusal import Refusal, one_of

INVALID = "InvalidRequestException"
STATES = ("ENABLED", "DISABLED")
HOURS = (1, 2, 3, 4, 6, 8, 12, 24)
MAX_SCHEDULES = 4
MAX_COUNT = 1000
ROLE = re.compile(r"arn:aws(-[a-z]{1,3}){0,2}:iam::\d{12}:role/.*")


def policy_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """A policy as the provider names things."""
    refusals = one_of("state", inputs.get("state"), STATES, INVALID)
    description = inputs.get("description")
    if isinstance(description, str) and not re.fullmatch(r"[0-9A-Za-z _-]{1,500}", description):
        message = f"{description!r} may have letters, digits, spaces, _ and - only, at most 500."
        refusals.append(Refusal("description", INVALID, message))
    details = as_object(inputs.get("policyDetails"))
    schedules = as_list(details.get("schedules"))
    if "schedules" in details and not 1 <= len(schedules) <= MAX_SCHEDULES:
        message = f"a policy has 1 to {MAX_SCHEDULES} schedules, not {len(schedules)}."
        refusals.append(Refusal("policyDetails.schedules", INVALID, message))
    for index, schedule in enumerate(schedules):
        refusals += _schedule(f"policyDetails.schedules[{index}]", as_object(schedule))
    return refusals


def _schedule(path: str, schedule: Mapping[str, Any]) -> list[Refusal]:
    refusals: list[Refusal] = []
    interval = as_object(schedule.get("createRule")).get("interval")
    if isinstance(interval, int) and interval not in HOURS:
        message = f"{interval} hours; accepted: {', '.join(map(str, HOURS))}."
        refusals.append(Refusal(f"{path}.createRule.interval", INVALID, message))
    retain = as_object(schedule.get("retainRule"))
    if "count" in retain and "interval" in retain:
        refusals.append(Refusal(f"{path}.retainRule", INVALID, "either count or interval, not both."))
    count = retain.get("count")
    if isinstance(count, int) and not 1 <= count <= MAX_COUNT:
        refusals.append(Refusal(f"{path}.retainRule.count", INVALID, f"{count}; accepted: 1 to {MAX_COUNT}."))
    return refusals


def request_refusal(request: Mapping[str, Any]) -> str:
    """Why the service refuses a request, in its own names; empty when it doesn't."""
    for name in ("ExecutionRoleArn", "Description", "State", "PolicyDetails"):
        if not request.get(name):
            return f"The request is missing the required parameter {name}."
    if not ROLE.fullmatch(str(request["ExecutionRoleArn"])):
        return f"The role {request['ExecutionRoleArn']} is invalid."
    details = as_object(request["PolicyDetails"])
    if not details.get("TargetTags"):
        return "The parameter TargetTags is required."
    if details.get("ResourceTypes") not in (["VOLUME"], ["INSTANCE"]):
        return "The parameter ResourceTypes must be VOLUME or INSTANCE."
    return ""
