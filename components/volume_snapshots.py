"""Daily snapshots of a stack's data volumes by Amazon Data Lifecycle Manager.

DLM rather than AWS Backup: both bill only the snapshots, and one policy with one role says everything that a vault, a
plan and a selection would. Snapshots hold what a crash at that moment would leave; write-ahead logs are made for that.

Sources: Amazon EBS User Guide, "Automate backups with Amazon Data Lifecycle Manager" and "Create a custom policy"
(2026: several target tags mean any of them, so there is one); IAM actions of the managed policy
AWSDataLifecycleManagerServiceRole, narrowed to volumes and snapshots with the tag.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import dlm, iam

from components.aws_environment import AwsEnvironment, AwsLocation
from components.cluster import VOLUMES_TAG
from components.cluster_access import ClusterAccess
from components.iam_policies import Statement, own_account, policy_document, service_trust
from components.roles import RoleArgs, make_role
from planning.retention import HOURS_PER_DAY
from settings.models.names import Names
from settings.models.platform import PlatformSettings

# UTC; any hour does: volumes are small, and a snapshot doesn't slow them.
START = "03:00"


@dataclass(frozen=True)
class VolumeSnapshotsArgs:
    """Inputs of `VolumeSnapshots`."""

    days: int
    """How long a snapshot is kept."""
    names: Names
    location: AwsLocation
    volumes: pulumi.Input[str]
    """Value of the tag that the volumes carry."""
    tags: Mapping[str, str]
    """Tags of the snapshots, which DLM makes."""


class VolumeSnapshots(pulumi.ComponentResource):
    """The policy and the role that it works with."""

    def __init__(self, name: str, args: VolumeSnapshotsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:VolumeSnapshots", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role_name = args.names.role("snapshots")
        about = RoleArgs(role_name, "Daily snapshots of data volumes", _trust(args.location), "snapshots")
        role = make_role(name, about, args.location, self)
        permissions = iam.RolePolicy(
            name,
            name="tagged-volumes",
            role=role.id,
            policy=pulumi.Output.from_input(args.volumes).apply(
                lambda volumes: snapshot_permissions(args.location, volumes)
            ),
            opts=child,
        )
        dlm.LifecyclePolicy(
            name,
            description=f"Daily snapshots of the data volumes of {args.names.prefix}",
            execution_role_arn=role.arn,
            state="ENABLED",
            policy_details=_details(args),
            tags={"component": "snapshots", "Name": f"{args.names.prefix}-snapshots"},
            # Without its permissions the policy goes into state ERROR.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permissions]),
        )
        self.register_outputs({"days": args.days})


def volume_snapshots_for(
    settings: PlatformSettings, names: Names, aws: AwsEnvironment | None, cluster: ClusterAccess
) -> None:
    """Snapshots where the settings ask for them."""
    days = settings.backup.volume_snapshot_days
    if days is None or aws is None:
        return
    arguments = VolumeSnapshotsArgs(
        days=days,
        names=names,
        location=aws.location,
        volumes=pulumi.Output.concat(cluster.name, "/", settings.namespace),
        tags=aws.tags | {"component": "snapshots"},
    )
    VolumeSnapshots("snapshots", arguments, aws.options())


def _details(args: VolumeSnapshotsArgs) -> dlm.LifecyclePolicyPolicyDetailsArgs:
    return dlm.LifecyclePolicyPolicyDetailsArgs(
        policy_type="EBS_SNAPSHOT_MANAGEMENT",
        resource_types=["VOLUME"],
        target_tags={VOLUMES_TAG: args.volumes},
        schedules=[
            dlm.LifecyclePolicyPolicyDetailsScheduleArgs(
                name="daily",
                copy_tags=True,
                tags_to_add=dict(args.tags),
                create_rule=dlm.LifecyclePolicyPolicyDetailsScheduleCreateRuleArgs(
                    interval=HOURS_PER_DAY, interval_unit="HOURS", times=START
                ),
                retain_rule=dlm.LifecyclePolicyPolicyDetailsScheduleRetainRuleArgs(
                    interval=args.days, interval_unit="DAYS"
                ),
            )
        ],
    )


def _trust(location: AwsLocation) -> str:
    return service_trust("dlm.amazonaws.com", own_account(location, "dlm", "policy/*"))


def snapshot_permissions(location: AwsLocation, volumes: str) -> str:
    """Snapshots of the volumes with this tag, and of no others; they carry the tag too, since DLM copies it."""
    tagged = {"StringEquals": {f"aws:ResourceTag/{VOLUMES_TAG}": volumes}}
    ec2 = f"arn:{location.partition}:ec2:{location.region}"
    return policy_document(
        Statement(
            sid="Look",
            # These actions know no resources.
            actions=["ec2:DescribeVolumes", "ec2:DescribeSnapshots", "ec2:DescribeInstances"],
            resources=["*"],
        ),
        Statement(
            sid="TakeOfTaggedVolumes",
            actions=["ec2:CreateSnapshot"],
            resources=[f"{ec2}:{location.account_id}:volume/*"],
            condition=tagged,
        ),
        Statement(sid="MakeSnapshots", actions=["ec2:CreateSnapshot"], resources=[f"{ec2}::snapshot/*"]),
        Statement(
            sid="TagWhatIsMade",
            # Amazon EC2 User Guide, "Grant permission to tag resources during creation": whoever may tag a snapshot
            # that is there already could make it its own, and delete it.
            actions=["ec2:CreateTags"],
            resources=[f"{ec2}::snapshot/*"],
            condition={"StringEquals": {"ec2:CreateAction": "CreateSnapshot"}},
        ),
        Statement(sid="DeleteOwn", actions=["ec2:DeleteSnapshot"], resources=[f"{ec2}::snapshot/*"], condition=tagged),
    )
