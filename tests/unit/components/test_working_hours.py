"""Working hours as they are registered: schedules, their role, and node groups that keep the size they are given."""

import json
from typing import Any

import pytest

from tests.unit.components.conftest import OWNER_OUTPUTS
from tests.unit.planning.test_schedule import HOURS
from tests.unit.recording import ACCOUNT_ID, Graph, Registered

SCHEDULE = "scheduler/schedule:Schedule"
GROUP = "eks/nodeGroup:NodeGroup"


def requests(graph: Graph) -> dict[str, dict[str, Any]]:
    """What each schedule asks for, by its physical name."""
    return {one.inputs["name"]: json.loads(one.inputs["target"]["input"]) for one in graph.of(SCHEDULE)}


def groups(graph: Graph) -> dict[str, Registered]:
    return {one.name: one for one in graph.of(GROUP)}


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_off_by_default(stack: str, compose: Any, make_settings: Any) -> None:
    graph = compose(make_settings(stack))
    assert graph.of(SCHEDULE) == []
    assert all(not group.ignore_changes and not group.delete_before_replace for group in groups(graph).values())
    assert all("nodeGroupName" not in group.inputs for group in groups(graph).values())


def test_a_tenant_stack_s_nodes_go_altogether(compose: Any, make_settings: Any) -> None:
    graph = compose(make_settings("dev", schedule=HOURS))
    assert requests(graph) == {
        "dev-spot-start-0": {
            "ClusterName": OWNER_OUTPUTS["cluster_name"],
            "NodegroupName": "dev-dev-spot",
            "ScalingConfig": {"MinSize": 2, "DesiredSize": 2},
        },
        "dev-spot-end-0": {
            "ClusterName": OWNER_OUTPUTS["cluster_name"],
            "NodegroupName": "dev-dev-spot",
            "ScalingConfig": {"MinSize": 0, "DesiredSize": 0},
        },
    }
    start = graph.one(SCHEDULE, "dev-dev-spot-start-0").inputs
    assert start["scheduleExpression"] == "cron(0 7 ? * MON,TUE,WED,THU,FRI *)"
    assert start["scheduleExpressionTimezone"] == "Europe/Berlin"
    assert start["flexibleTimeWindow"] == {"mode": "OFF"}
    assert graph.one(SCHEDULE, "dev-dev-spot-end-0").inputs["scheduleExpression"] == (
        "cron(0 19 ? * MON,TUE,WED,THU,FRI *)"
    )


def test_an_owner_keeps_one_node_on_demand_for_dns_and_volumes(compose: Any, make_settings: Any) -> None:
    asked = requests(compose(make_settings("staging", schedule=HOURS)))
    at_night = {name: one["ScalingConfig"]["DesiredSize"] for name, one in asked.items() if "-end-" in name}
    assert at_night == {"on-demand-end-0": 1, "spot-end-0": 0}


def test_without_an_on_demand_group_the_first_keeps_one(compose: Any, make_settings: Any) -> None:
    group = {"capacity_type": "spot", "instance_types": ["t4g.large"], "nodes": 2, "max_nodes": 3, "min_nodes": 1}
    groups_ = {"on-demand": None, "spot": {**group, "root_volume_gib": 20}, "more": {**group, "root_volume_gib": 20}}
    settings = make_settings("staging", schedule=HOURS, cluster={"node_groups": groups_})
    asked = requests(compose(settings))
    assert sum(one["ScalingConfig"]["DesiredSize"] for name, one in asked.items() if "-end-" in name) == 1


def test_groups_keep_their_name_their_size_and_one_zone(compose: Any, make_settings: Any) -> None:
    for stack, zone in (("dev", [OWNER_OUTPUTS["node_subnet_ids"][0]]), ("staging", ["network-public-a-id"])):
        for name, group in groups(compose(make_settings(stack, schedule=HOURS))).items():
            assert group.inputs["nodeGroupName"] == name
            assert group.ignore_changes == ("scalingConfig.desiredSize", "scalingConfig.minSize")
            assert group.delete_before_replace
            assert group.inputs["subnetIds"] == zone


def test_the_role_sizes_the_stack_s_own_groups_and_nothing_else(compose: Any, make_settings: Any) -> None:
    graph = compose(make_settings("staging", schedule=HOURS))
    (policy,) = (one for one in graph.of("iam/rolePolicy:RolePolicy") if one.name == "hours")
    (statement,) = json.loads(policy.inputs["policy"])["Statement"]
    cluster = "acme-monitoring-staging-cluster"
    arn = f"arn:aws:eks:us-west-2:{ACCOUNT_ID}:nodegroup/{cluster}"
    assert statement["Action"] == ["eks:UpdateNodegroupConfig"]
    assert statement["Resource"] == [f"{arn}/staging-on-demand/*", f"{arn}/staging-spot/*"]
    role = graph.one("iam/role:Role", "hours")
    (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    group = graph.one("scheduler/scheduleGroup:ScheduleGroup").inputs["name"]
    assert trust["Condition"]["ArnLike"]["aws:SourceArn"].endswith(f":schedule-group/{group}")
    for schedule in graph.of(SCHEDULE):
        assert graph.waits_for(schedule, policy)
        assert all(graph.waits_for(schedule, one) for one in graph.of(GROUP))


def test_hours_that_differ_by_day_are_schedules_of_their_own(compose: Any, make_settings: Any) -> None:
    hours = [
        {"days": ["monday", "tuesday"], "start": "07:00", "end": "19:00"},
        {"days": ["friday"], "start": "08:30", "end": "15:00"},
    ]
    graph = compose(make_settings("dev", schedule={"time_zone": "UTC", "hours": hours}))
    assert {one.inputs["scheduleExpression"] for one in graph.of(SCHEDULE)} == {
        "cron(0 7 ? * MON,TUE *)",
        "cron(0 19 ? * MON,TUE *)",
        "cron(30 8 ? * FRI *)",
        "cron(0 15 ? * FRI *)",
    }
