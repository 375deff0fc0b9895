"""Working hours: the scheduler's words, what is read from them, and what they save."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.aws.types import NODE_GROUP, SCHEDULE
from planning.cost.model import LineKind
from planning.registered import Resource
from planning.schedule import (
    MINUTES_PER_DAY,
    MINUTES_PER_WEEK,
    UPDATE_NODE_GROUP,
    NodesFrom,
    Weekday,
    cron_expression,
    cron_minutes,
    mean_nodes,
    node_group_request,
    sized_group,
)
from settings.rules.cost_inputs import cost_inputs
from telemetry.cost.expected_resources import expected_resources
from tests.stacks import settings_of, stack_settings
from tests.unit.planning.cost_cases import priced, resource

WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
HOURS = {"time_zone": "Europe/Berlin", "hours": [{"days": WEEKDAYS, "start": "07:00", "end": "19:00"}]}
TIMES = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.integers(0, 59))


def test_a_moment_in_the_scheduler_s_words() -> None:
    assert cron_expression([Weekday.FRIDAY, Weekday.MONDAY], "07:05") == "cron(5 7 ? * MON,FRI *)"


@given(st.sets(st.sampled_from(list(Weekday)), min_size=1), TIMES)
def test_what_is_written_is_read_again(days: set[Weekday], when: str) -> None:
    minutes = cron_minutes(cron_expression(list(days), when))
    assert minutes is not None
    hour, minute = map(int, when.split(":"))
    assert sorted(minutes) == sorted(day.number * MINUTES_PER_DAY + hour * 60 + minute for day in days)


@pytest.mark.parametrize("other", ["rate(1 hour)", "cron(0 7 * * ? *)", "cron(0 7 ? * FUN *)", ""])
def test_other_expressions_are_not_guessed(other: str) -> None:
    assert cron_minutes(other) is None


@pytest.mark.parametrize("other", ["", "[]", "{}", '{"NodegroupName": 1, "ScalingConfig": {}}', "null"])
def test_other_inputs_are_not_guessed(other: str) -> None:
    assert sized_group(other) is None


def test_an_input_names_the_group_under_the_sdk_s_names() -> None:
    request = node_group_request("c", "dev-spot", 2, 1)
    assert json.loads(request)["ScalingConfig"] == {"MinSize": 1, "DesiredSize": 2}
    assert sized_group(request) == ("dev-spot", 2)


@given(st.dictionaries(st.integers(0, MINUTES_PER_WEEK - 1), st.integers(0, 9), min_size=1))
def test_the_mean_is_that_of_all_minutes(changes: dict[int, int]) -> None:
    ordered = sorted(changes.items())
    total, size, following = 0, ordered[-1][1], iter([*ordered, (MINUTES_PER_WEEK, 0)])
    at, next_size = next(following)
    previous = 0
    while True:
        total, previous = total + size * (at - previous), at
        if at == MINUTES_PER_WEEK:
            break
        size = next_size
        at, next_size = next(following)
    assert mean_nodes([NodesFrom(*change) for change in changes.items()]) == pytest.approx(total / MINUTES_PER_WEEK)


def _schedule(name: str, expression: str, nodes: int, **properties: Any) -> Resource:
    target = {
        "arn": f"arn:aws:scheduler:::{UPDATE_NODE_GROUP}",
        "input": node_group_request("c", "g", nodes, 0),
    }
    return resource(SCHEDULE, name, scheduleExpression=expression, target=target, **properties)


def _nodes_usd(*schedules: Resource) -> float:
    group = resource(
        NODE_GROUP, "g", nodeGroupName="g", instanceTypes=["t4g.large"], scalingConfig={"desiredSize": 2, "maxSize": 3}
    )
    report = priced(group, *schedules)
    return sum(line.usd_per_month for line in report.lines if line.kind is LineKind.NODE_ON_DEMAND)


def test_nodes_are_paid_for_in_their_hours() -> None:
    always = _nodes_usd()
    start = _schedule("start", "cron(0 7 ? * MON,TUE,WED,THU,FRI *)", 2)
    end = _schedule("end", "cron(0 19 ? * MON,TUE,WED,THU,FRI *)", 0)
    assert _nodes_usd(start, end) == pytest.approx(always * 60 / 168)
    # What can't be read, or is off, counts as if the nodes always ran.
    assert _nodes_usd(start, _schedule("end", "rate(1 day)", 0)) == always
    assert _nodes_usd(start, _schedule("end", "cron(0 19 ? * MON *)", 0, state="DISABLED")) == always


@pytest.mark.parametrize(("stack", "least_saved"), [("dev", 1 / 3), ("staging", 0.15)])
def test_working_hours_lower_the_bill(stack: str, least_saved: float) -> None:
    owner = settings_of("staging") if stack == "dev" else None

    def cost(**changes: Any) -> Any:
        settings = stack_settings(stack, **changes)
        inputs = cost_inputs(settings, owner)
        return priced(*expected_resources(settings, stack, owner), load=inputs.load, sharing=inputs.sharing)

    before, after = cost(), cost(schedule=HOURS)
    assert before.usd_at_all_hours is None
    assert after.usd_per_month <= before.usd_per_month * (1 - least_saved)
    assert after.usd_at_all_hours == pytest.approx(before.usd_per_month, rel=0.02)
    # The control plane is paid for at night too.
    assert _control_plane(after) == _control_plane(before)


def _control_plane(report: Any) -> float:
    return sum(line.usd_per_month for line in report.lines if line.kind is LineKind.CONTROL_PLANE)
