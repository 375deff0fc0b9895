"""Working hours of a stack: EventBridge Scheduler sizes its node groups in the morning and in the evening.

No server of ours and no function: a universal target calls eks:UpdateNodegroupConfig itself. EKS drains the nodes that
go; pods then wait for nodes, their volumes and buckets stay. The schedule keeps a moment of the zone's clock, also when
that is changed.

Sources: Amazon EventBridge Scheduler User Guide, "Using universal targets" and "Confused deputy prevention" (2026);
Amazon EKS Service Authorization Reference, UpdateNodegroupConfig.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import iam, scheduler

from components.aws_environment import AwsLocation
from components.iam_policies import Statement, own_account, policy_document, service_trust
from components.roles import RoleArgs, make_role
from planning.schedule import UPDATE_NODE_GROUP, cron_expression, node_group_request
from settings.models.cluster import NodeGroup
from settings.models.names import Names
from settings.models.schedule import Schedule

# What could not be done within the hour is not done in the middle of the night.
RETRY = scheduler.ScheduleTargetRetryPolicyArgs(maximum_event_age_in_seconds=3600, maximum_retry_attempts=20)


@dataclass(frozen=True)
class WorkingHoursArgs:
    """Inputs of `WorkingHours`."""

    schedule: Schedule
    groups: Mapping[str, NodeGroup]
    outside: Mapping[str, int]
    """Nodes of each group outside the hours."""
    names: Names
    location: AwsLocation
    cluster_name: pulumi.Input[str]


class WorkingHours(pulumi.ComponentResource):
    """Two schedules for each node group and entry of the hours, and the role that they work with."""

    def __init__(self, name: str, args: WorkingHoursArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:WorkingHours", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        group = scheduler.ScheduleGroup(
            name,
            name=self._group_name,
            tags={"component": "nodes", "Name": self._group_name},
            opts=self._child,
        )
        role, permissions = self._role()
        for key, node_group in args.groups.items():
            self._schedules(key, node_group, group, role, permissions)
        self.register_outputs({"hoursPerWeek": args.schedule.hours_per_week})

    @property
    def _group_name(self) -> str:
        return f"{self._args.names.prefix}-hours"

    def _role(self) -> tuple[iam.Role, iam.RolePolicy]:
        args, role_name = self._args, self._args.names.role("hours")
        trust = _trust(args.location, self._group_name)
        about = RoleArgs(role_name, f"Working hours of {args.names.prefix}", trust, "nodes")
        role = make_role(self._name, about, args.location, self)
        groups = [group_name(args.names, key) for key in args.groups]
        permissions = iam.RolePolicy(
            self._name,
            name="size-node-groups",
            role=role.id,
            policy=pulumi.Output.from_input(args.cluster_name).apply(
                lambda cluster: sizing_permissions(args.location, cluster, groups)
            ),
            opts=self._child,
        )
        return role, permissions

    def _schedules(
        self,
        key: str,
        node_group: NodeGroup,
        group: scheduler.ScheduleGroup,
        role: iam.Role,
        permissions: iam.RolePolicy,
    ) -> None:
        args, outside = self._args, self._args.outside[key]
        at_work = (node_group.nodes, node_group.min_nodes)
        for number, hours in enumerate(args.schedule.hours):
            for moment, when, (nodes, least) in (
                ("start", hours.start, at_work),
                ("end", hours.end, (outside, min(outside, node_group.min_nodes))),
            ):
                scheduler.Schedule(
                    f"{args.names.stack}-{key}-{moment}-{number}",
                    name=f"{key}-{moment}-{number}",
                    group_name=group.name,
                    description=f"{args.names.prefix}: {nodes} nodes of {key} from {when} on",
                    schedule_expression=cron_expression(hours.days, when),
                    schedule_expression_timezone=args.schedule.time_zone,
                    flexible_time_window=scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
                    target=scheduler.ScheduleTargetArgs(
                        arn=f"arn:{args.location.partition}:scheduler:::{UPDATE_NODE_GROUP}",
                        role_arn=role.arn,
                        input=self._request(key, nodes, least),
                        retry_policy=RETRY,
                    ),
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[permissions]),
                )

    def _request(self, key: str, nodes: int, min_nodes: int) -> pulumi.Input[str]:
        name = group_name(self._args.names, key)
        cluster = self._args.cluster_name
        if isinstance(cluster, str):  # plain, so that a preview shows it and the bill can read it
            return node_group_request(cluster, name, nodes, min_nodes)
        return pulumi.Output.from_input(cluster).apply(lambda known: node_group_request(known, name, nodes, min_nodes))


def group_name(names: Names, key: str) -> str:
    """The fixed name of a node group that schedules call by name."""
    return f"{names.stack}-{key}"


def _trust(location: AwsLocation, schedule_group: str) -> str:
    return service_trust(
        "scheduler.amazonaws.com", own_account(location, "scheduler", f"schedule-group/{schedule_group}")
    )


def sizing_permissions(location: AwsLocation, cluster: str, groups: Sequence[str]) -> str:
    """The one action, on the stack's own node groups."""
    arn = f"arn:{location.partition}:eks:{location.region}:{location.account_id}:nodegroup/{cluster}"
    return policy_document(
        Statement(
            sid="SizeOwnNodeGroups",
            actions=["eks:UpdateNodegroupConfig"],
            # What follows the name is EKS's own id of the group.
            resources=[f"{arn}/{name}/*" for name in groups],
        )
    )
