"""What EventBridge Scheduler refuses; source: its API Reference, CreateSchedule, and its User Guide (2026)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from sandbox.providers.narrow import as_object, is_object
from sandbox.providers.rules.refusal import Refusal, one_of

INVALID = "ValidationException"
EXPRESSION = re.compile(r"cron\(\S+ \S+ \S+ \S+ \S+ \S+\)|rate\(\d+ \w+\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")
UNIVERSAL = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:(?P<service>[a-z0-9]+):(?P<action>[a-zA-Z]+)")
# Members of a universal target's input that the service refuses to be without, under the SDK's names.
REQUIRED = {("eks", "updateNodegroupConfig"): ("ClusterName", "NodegroupName")}


def schedule_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """A schedule as the provider names things."""
    refusals = one_of("state", inputs.get("state"), ("ENABLED", "DISABLED"), INVALID)
    expression, zone = inputs.get("scheduleExpression"), inputs.get("scheduleExpressionTimezone")
    if isinstance(expression, str) and not EXPRESSION.fullmatch(expression):
        refusals.append(Refusal("scheduleExpression", INVALID, f"Invalid Schedule Expression {expression}."))
    if isinstance(zone, str) and zone not in available_timezones():
        refusals.append(Refusal("scheduleExpressionTimezone", INVALID, f"Invalid time zone {zone}."))
    return [*refusals, *_target(as_object(inputs.get("target")))]


def _target(target: Mapping[str, Any]) -> list[Refusal]:
    arn, given = target.get("arn"), target.get("input")
    match = UNIVERSAL.fullmatch(arn) if isinstance(arn, str) else None
    if match is None or not isinstance(given, str):
        return []
    try:
        asked: Any = json.loads(given)
    except ValueError:
        return [Refusal("target.input", INVALID, "Invalid Json.")]
    needed = REQUIRED.get((match["service"], match["action"]), ())
    missing = [name for name in needed if not is_object(asked) or name not in asked]
    return [Refusal("target.input", INVALID, f"missing field {', '.join(missing)}")] if missing else []
