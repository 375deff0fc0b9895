"""Which addresses of the VPC spoke with which: flow logs in CloudWatch Logs, by choice."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, ec2, iam

from components.aws_environment import AwsLocation
from components.iam_policies import Statement, own_account, policy_document, service_trust
from components.roles import RoleArgs, make_role
from planning.cost.services import FLOW_LOG_CLASS, FLOW_LOG_GROUPS
from settings.models.names import Names

# Amazon VPC User Guide, "IAM role for publishing flow logs to CloudWatch Logs".
SERVICE = "vpc-flow-logs.amazonaws.com"
ACTIONS = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"]
# The longest interval that EC2 takes, which makes the fewest records.
INTERVAL_SECONDS = 600


@dataclass(frozen=True)
class FlowLogsArgs:
    """Inputs of `FlowLogs`."""

    vpc_id: pulumi.Output[str]
    names: Names
    location: AwsLocation
    days: int
    """How long they are kept."""


class FlowLogs(pulumi.ComponentResource):
    """Accepted and rejected traffic of a whole VPC."""

    def __init__(self, name: str, args: FlowLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:FlowLogs", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group_name, role_name = f"{FLOW_LOG_GROUPS}{args.names.prefix}", args.names.role("flow-logs")
        group = cloudwatch.LogGroup(
            name,
            name=group_name,
            retention_in_days=args.days,
            log_group_class=FLOW_LOG_CLASS,
            tags={"component": "network", "Name": group_name},
            opts=child,
        )
        trust = service_trust(SERVICE, own_account(args.location, "ec2", "vpc-flow-log/*"))
        about = RoleArgs(role_name, f"Flow logs of {args.names.prefix}", trust, "network")
        role = make_role(name, about, args.location, self)
        policy = iam.RolePolicy(name, name="publish", role=role.id, policy=group.arn.apply(_publishing), opts=child)
        ec2.FlowLog(
            name,
            vpc_id=args.vpc_id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=INTERVAL_SECONDS,
            tags={"component": "network", "Name": f"{args.names.prefix}-flow-logs"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        self.register_outputs({"logGroup": group_name})


def _publishing(group_arn: str) -> str:
    return policy_document(Statement(actions=ACTIONS, resources=[group_arn, f"{group_arn}:*"]))
