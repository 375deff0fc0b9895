"""The one place where IAM roles are made: each with the account's path and permissions boundary."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import iam

from components.aws_environment import AwsLocation


@dataclass(frozen=True)
class RoleArgs:
    """What tells one role from another."""

    name: str
    """Physical name."""
    description: str
    trust: pulumi.Input[str]
    """Who may take it: a policy document."""
    component: str
    """Value of the component tag."""


def make_role(name: str, args: RoleArgs, location: AwsLocation, parent: pulumi.Resource) -> iam.Role:
    """A role below its component."""
    return iam.Role(
        name,
        name=args.name,
        path=location.roles.role_path,
        permissions_boundary=location.roles.permissions_boundary_arn,
        description=args.description,
        assume_role_policy=args.trust,
        tags={"component": args.component, "Name": args.name},
        # A name is one's own in the whole account, whatever the path: the old role goes before the new one comes.
        opts=pulumi.ResourceOptions(parent=parent, delete_before_replace=True),
    )
