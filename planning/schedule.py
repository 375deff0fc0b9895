"""Hours of the week in which a stack works, and the schedules that size its node groups by them.

Source: Amazon EventBridge Scheduler User Guide, "Schedule types" (cron fields) and "Using universal targets" (2026): a
schedule calls one AWS action, whose request stands in its input under the SDK's names, capitals first.
"""

import json
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

MINUTES_PER_DAY = 24 * 60
MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY
UPDATE_NODE_GROUP = "aws-sdk:eks:updateNodegroupConfig"
_CRON = re.compile(r"cron\((?P<minute>\d{1,2}) (?P<hour>\d{1,2}) \? \* (?P<days>[A-Z]{3}(?:,[A-Z]{3})*) \*\)")


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def number(self) -> int:
        """0 for Monday."""
        return list(Weekday).index(self)

    @property
    def cron(self) -> str:
        """The scheduler's name of the day."""
        return self.value[:3].upper()


_NUMBERS = {day.cron: day.number for day in Weekday}


def minutes_of(time_of_day: str) -> int:
    """Minutes since midnight of a time such as 07:30."""
    hours, minutes = time_of_day.split(":")
    return int(hours) * 60 + int(minutes)


def cron_expression(days: Sequence[Weekday], time_of_day: str) -> str:
    """A moment on some days of every week, in the scheduler's words."""
    hours, minutes = divmod(minutes_of(time_of_day), 60)
    return f"cron({minutes} {hours} ? * {','.join(day.cron for day in sorted(days, key=lambda one: one.number))} *)"


def cron_minutes(expression: str) -> list[int] | None:
    """Minutes of the week, from Monday's midnight, of a weekly expression; None for any other."""
    match = _CRON.fullmatch(expression)
    if match is None or not all(day in _NUMBERS for day in match["days"].split(",")):
        return None
    minute = int(match["hour"]) * 60 + int(match["minute"])
    return [_NUMBERS[day] * MINUTES_PER_DAY + minute for day in match["days"].split(",")]


def node_group_request(cluster: str, group: str, nodes: int, min_nodes: int) -> str:
    """The input of a schedule that sizes a node group; its largest size stays."""
    return json.dumps(
        {
            "ClusterName": cluster,
            "NodegroupName": group,
            "ScalingConfig": {"MinSize": min_nodes, "DesiredSize": nodes},
        }
    )


class NodesFrom(NamedTuple):
    """A group's size from a minute of the week on."""

    minute: int
    nodes: float


def sized_group(request: str) -> tuple[str, float] | None:
    """The node group that a schedule's input sizes, and its nodes; None where it isn't such an input."""
    try:
        asked: Any = json.loads(request)
        name, scaling = asked["NodegroupName"], asked["ScalingConfig"]
        if not isinstance(name, str) or not isinstance(scaling, Mapping):
            return None
        return name, float(scaling["DesiredSize"])  # pyright: ignore[reportUnknownArgumentType]
    except (ValueError, TypeError, KeyError):
        return None


def mean_nodes(changes: Sequence[NodesFrom]) -> float:
    """The mean over a week of a size that changes at these minutes, and begins as last week ended. Needs one change."""
    ordered = sorted(changes)
    ends = [change.minute for change in ordered[1:]] + [ordered[0].minute + MINUTES_PER_WEEK]
    return sum(one.nodes * (end - one.minute) for one, end in zip(ordered, ends, strict=True)) / MINUTES_PER_WEEK
