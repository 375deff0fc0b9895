"""Node groups whose size follows working hours: the mean over a week, as the registered schedules have it.

Source: Amazon EventBridge pricing (2026): 14 million scheduled invocations a month are free.
"""

from collections.abc import Mapping

from planning.aws.types import NODE_GROUP, SCHEDULE
from planning.cost.bill import Bill
from planning.cost.reading import text
from planning.registered import Resource
from planning.schedule import UPDATE_NODE_GROUP, NodesFrom, cron_minutes, mean_nodes, sized_group


def has_schedules(bill: Bill) -> bool:
    """Whether any node group of the stack follows working hours."""
    return any(_changes(group, bill) for group in bill.of_type(NODE_GROUP))


def scheduled_mean(group: Resource, bill: Bill) -> float | None:
    """The mean number of a group's nodes; None for one that no schedule sizes."""
    changes = _changes(group, bill)
    return mean_nodes(changes) if changes else None


def scheduled_most(group: Resource, bill: Bill) -> float | None:
    """A group's nodes while it works; None for one that no schedule sizes."""
    return max((change.nodes for change in _changes(group, bill)), default=None)


def _changes(group: Resource, bill: Bill) -> list[NodesFrom]:
    return bill.once("schedules", lambda: _by_group(bill)).get(text(group.at("nodeGroupName")), [])


def _by_group(bill: Bill) -> Mapping[str, list[NodesFrom]]:
    """The groups that schedules can be read of. One that can't leaves its group at its own size: the dear side."""
    found: dict[str, list[NodesFrom]] = {}
    unread: set[str] = set()
    for schedule in bill.of_type(SCHEDULE):
        sized = sized_group(text(schedule.at("target", "input")))
        if sized is None or not text(schedule.at("target", "arn")).endswith(f":{UPDATE_NODE_GROUP}"):
            continue
        name, nodes = sized
        minutes = cron_minutes(text(schedule.at("scheduleExpression")))
        if minutes is None or schedule.at("state") == "DISABLED":
            unread.add(name)
        else:
            found.setdefault(name, []).extend(NodesFrom(minute, nodes) for minute in minutes)
    return {name: changes for name, changes in found.items() if name not in unread}
