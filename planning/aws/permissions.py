"""What a deployment calls AWS for: the IAM actions behind each resource type that the program registers.

Sources: AWS Service Authorization Reference (actions, resources, condition keys); what the provider calls a type by,
as JamesWoolfenden/pike maps it (commit 085701b0, 2026-08-21, Apache-2.0): a test holds this table against that.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from planning.aws import types


class Scope(StrEnum):
    """What a type's resources are named or marked by, and so what a policy can be narrowed to."""

    EC2 = "ec2"
    """Ids that nobody knows before; what is there already is known by its tags."""
    ROLE = "role"
    PROFILE = "profile"
    ISSUER = "issuer"
    CLUSTER = "cluster"
    LOGS = "logs"
    KEY = "key"
    ALIAS = "alias"
    BUCKET = "bucket"
    QUEUE = "queue"
    RULE = "rule"
    SCHEDULE = "schedule"
    SNAPSHOTS = "snapshots"
    BUDGET = "budget"
    ANOMALIES = "anomalies"
    TOPIC = "topic"


class TypeActions(NamedTuple):
    """One resource type."""

    scope: Scope
    look: tuple[str, ...]
    """Actions that only read: enough for a preview and a refresh."""
    change: tuple[str, ...] = ()
    """Actions that make, change and delete."""


def _type(scope: Scope, service: str, look: str, change: str = "", beside: str = "") -> TypeActions:
    """Actions of one service by their names, and `beside` those of others with their prefixes."""
    return TypeActions(
        scope,
        tuple(f"{service}:{name}" for name in look.split()),
        (*(f"{service}:{name}" for name in change.split()), *beside.split()),
    )


_TAGS = "CreateTags DeleteTags"
# The provider asks for all of them whenever it reads a bucket.
_BUCKET_LOOK = (
    "ListBucket GetBucketAcl GetBucketCORS GetBucketLogging GetBucketObjectLockConfiguration GetBucketPolicy "
    "GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration "
    "GetLifecycleConfiguration GetReplicationConfiguration GetAccelerateConfiguration"
)

ACTIONS: Mapping[str, TypeActions] = {
    types.VPC: _type(
        Scope.EC2,
        "ec2",
        "DescribeVpcs DescribeVpcAttribute DescribeNetworkAcls DescribeAccountAttributes "
        "DescribeRouteTables DescribeSecurityGroups",
        f"CreateVpc DeleteVpc ModifyVpcAttribute {_TAGS}",
    ),
    types.SUBNET: _type(
        Scope.EC2,
        "ec2",
        "DescribeSubnets DescribeNetworkInterfaces DescribeAccountAttributes DescribeAvailabilityZones",
        f"CreateSubnet DeleteSubnet ModifySubnetAttribute {_TAGS}",
    ),
    types.INTERNET_GATEWAY: _type(
        Scope.EC2,
        "ec2",
        "DescribeInternetGateways",
        f"CreateInternetGateway DeleteInternetGateway AttachInternetGateway DetachInternetGateway {_TAGS}",
    ),
    types.NAT_GATEWAY: _type(Scope.EC2, "ec2", "DescribeNatGateways", f"CreateNatGateway DeleteNatGateway {_TAGS}"),
    types.ELASTIC_IP: _type(
        Scope.EC2,
        "ec2",
        "DescribeAddresses DescribeAddressesAttribute",
        f"AllocateAddress ReleaseAddress DisassociateAddress {_TAGS}",
    ),
    types.ROUTE_TABLE: _type(
        Scope.EC2, "ec2", "DescribeRouteTables DescribeAccountAttributes", f"CreateRouteTable DeleteRouteTable {_TAGS}"
    ),
    types.ROUTE: _type(
        Scope.EC2, "ec2", "DescribeRouteTables DescribeNetworkInterfaces", "CreateRoute DeleteRoute ReplaceRoute"
    ),
    types.ROUTE_TABLE_ASSOCIATION: _type(
        Scope.EC2,
        "ec2",
        "DescribeRouteTables DescribeSubnets DescribeAccountAttributes",
        "AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation",
    ),
    types.VPC_ENDPOINT: _type(
        Scope.EC2,
        "ec2",
        "DescribeVpcEndpoints DescribePrefixLists DescribeSecurityGroups DescribeSubnets",
        f"CreateVpcEndpoint DeleteVpcEndpoints ModifyVpcEndpoint {_TAGS}",
    ),
    types.DEFAULT_SECURITY_GROUP: _type(
        Scope.EC2,
        "ec2",
        "DescribeSecurityGroups",
        "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress RevokeSecurityGroupEgress "
        f"RevokeSecurityGroupIngress {_TAGS}",
    ),
    types.FLOW_LOG: _type(
        Scope.EC2,
        "ec2",
        "DescribeFlowLogs DescribeAccountAttributes",
        f"CreateFlowLogs DeleteFlowLogs {_TAGS}",
        "iam:PassRole logs:CreateLogDelivery logs:DeleteLogDelivery",
    ),
    types.LAUNCH_TEMPLATE: _type(
        Scope.EC2,
        "ec2",
        "DescribeLaunchTemplates DescribeLaunchTemplateVersions DescribeInstanceTypes",
        f"CreateLaunchTemplate CreateLaunchTemplateVersion ModifyLaunchTemplate DeleteLaunchTemplate {_TAGS}",
    ),
    types.ROLE: _type(
        Scope.ROLE,
        "iam",
        "GetRole ListRolePolicies ListAttachedRolePolicies ListInstanceProfilesForRole ListRoleTags",
        "CreateRole DeleteRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy TagRole UntagRole "
        "PutRolePermissionsBoundary DeleteRolePermissionsBoundary",
    ),
    types.ROLE_POLICY: _type(Scope.ROLE, "iam", "GetRolePolicy", "PutRolePolicy DeleteRolePolicy"),
    types.ROLE_POLICY_ATTACHMENT: _type(
        Scope.ROLE, "iam", "ListAttachedRolePolicies", "AttachRolePolicy DetachRolePolicy"
    ),
    types.INSTANCE_PROFILE: _type(
        Scope.PROFILE,
        "iam",
        "GetInstanceProfile",
        "CreateInstanceProfile DeleteInstanceProfile "
        "AddRoleToInstanceProfile RemoveRoleFromInstanceProfile TagInstanceProfile UntagInstanceProfile",
        "iam:PassRole",
    ),
    types.OIDC_PROVIDER: _type(
        Scope.ISSUER,
        "iam",
        "GetOpenIDConnectProvider ListOpenIDConnectProviderTags",
        "CreateOpenIDConnectProvider DeleteOpenIDConnectProvider AddClientIDToOpenIDConnectProvider "
        "RemoveClientIDFromOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint TagOpenIDConnectProvider "
        "UntagOpenIDConnectProvider",
    ),
    types.CLUSTER: _type(
        Scope.CLUSTER,
        "eks",
        "DescribeCluster ListTagsForResource DescribeUpdate",
        "CreateCluster DeleteCluster UpdateClusterConfig UpdateClusterVersion TagResource UntagResource "
        "CreateAccessEntry",
        "iam:PassRole kms:CreateGrant",
    ),
    types.NODE_GROUP: _type(
        Scope.CLUSTER,
        "eks",
        "DescribeNodegroup ListUpdates DescribeUpdate ListTagsForResource",
        "CreateNodegroup DeleteNodegroup UpdateNodegroupConfig UpdateNodegroupVersion TagResource UntagResource",
        "iam:PassRole ec2:RunInstances ec2:CreateTags iam:CreateServiceLinkedRole",
    ),
    types.ADDON: _type(
        Scope.CLUSTER,
        "eks",
        "DescribeAddon ListTagsForResource DescribeUpdate DescribePodIdentityAssociation",
        "CreateAddon DeleteAddon UpdateAddon CreatePodIdentityAssociation "
        "DeletePodIdentityAssociation UpdatePodIdentityAssociation TagResource UntagResource",
        "iam:PassRole",
    ),
    types.ACCESS_ENTRY: _type(
        Scope.CLUSTER,
        "eks",
        "DescribeAccessEntry ListAssociatedAccessPolicies",
        "CreateAccessEntry UpdateAccessEntry DeleteAccessEntry TagResource UntagResource",
    ),
    types.ACCESS_POLICY_ASSOCIATION: _type(
        Scope.CLUSTER,
        "eks",
        "ListAssociatedAccessPolicies DescribeAccessEntry",
        "AssociateAccessPolicy DisassociateAccessPolicy",
    ),
    types.POD_IDENTITY: _type(
        Scope.CLUSTER,
        "eks",
        "DescribePodIdentityAssociation ListTagsForResource",
        "CreatePodIdentityAssociation UpdatePodIdentityAssociation DeletePodIdentityAssociation TagResource "
        "UntagResource",
        "iam:PassRole",
    ),
    types.LOG_GROUP: _type(
        Scope.LOGS,
        "logs",
        "DescribeLogGroups ListTagsForResource",
        "CreateLogGroup DeleteLogGroup "
        "PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey DisassociateKmsKey TagResource UntagResource",
    ),
    types.KEY: _type(
        Scope.KEY,
        "kms",
        "DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags",
        "CreateKey ScheduleKeyDeletion EnableKeyRotation DisableKeyRotation EnableKey DisableKey PutKeyPolicy "
        "UpdateKeyDescription TagResource UntagResource",
    ),
    types.KEY_ALIAS: _type(Scope.ALIAS, "kms", "ListAliases", "CreateAlias UpdateAlias DeleteAlias"),
    types.BUCKET: _type(
        Scope.BUCKET,
        "s3",
        _BUCKET_LOOK,
        "CreateBucket DeleteBucket PutBucketTagging ListBucketVersions DeleteObject DeleteObjectVersion",
    ),
    types.LIFECYCLE: _type(Scope.BUCKET, "s3", "GetLifecycleConfiguration", "PutLifecycleConfiguration"),
    types.BUCKET_LOGGING: _type(Scope.BUCKET, "s3", "GetBucketLogging", "PutBucketLogging"),
    types.BUCKET_OWNERSHIP: _type(Scope.BUCKET, "s3", "GetBucketOwnershipControls", "PutBucketOwnershipControls"),
    types.BUCKET_POLICY: _type(Scope.BUCKET, "s3", "GetBucketPolicy", "PutBucketPolicy DeleteBucketPolicy"),
    types.PUBLIC_ACCESS_BLOCK: _type(Scope.BUCKET, "s3", "GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock"),
    types.BUCKET_ENCRYPTION: _type(Scope.BUCKET, "s3", "GetEncryptionConfiguration", "PutEncryptionConfiguration"),
    types.VERSIONING: _type(Scope.BUCKET, "s3", "GetBucketVersioning", "PutBucketVersioning"),
    types.QUEUE: _type(
        Scope.QUEUE,
        "sqs",
        "GetQueueAttributes GetQueueUrl ListQueueTags",
        "CreateQueue DeleteQueue SetQueueAttributes TagQueue UntagQueue",
    ),
    types.QUEUE_POLICY: _type(Scope.QUEUE, "sqs", "GetQueueAttributes ListQueueTags", "SetQueueAttributes"),
    types.EVENT_RULE: _type(
        Scope.RULE,
        "events",
        "DescribeRule ListTagsForResource",
        "PutRule DeleteRule PutTargets RemoveTargets TagResource UntagResource",
    ),
    types.EVENT_TARGET: _type(Scope.RULE, "events", "ListTargetsByRule", "PutTargets RemoveTargets"),
    types.SCHEDULE_GROUP: _type(
        Scope.SCHEDULE,
        "scheduler",
        "GetScheduleGroup ListTagsForResource",
        "CreateScheduleGroup DeleteScheduleGroup DeleteSchedule TagResource UntagResource",
    ),
    types.SCHEDULE: _type(
        Scope.SCHEDULE, "scheduler", "GetSchedule", "CreateSchedule UpdateSchedule DeleteSchedule", "iam:PassRole"
    ),
    types.SNAPSHOT_POLICY: _type(
        Scope.SNAPSHOTS,
        "dlm",
        "GetLifecyclePolicy ListTagsForResource",
        "CreateLifecyclePolicy UpdateLifecyclePolicy DeleteLifecyclePolicy TagResource UntagResource",
        "iam:PassRole",
    ),
    types.AWS_BUDGET: _type(
        Scope.BUDGET, "budgets", "ViewBudget ListTagsForResource", "ModifyBudget TagResource UntagResource"
    ),
    types.ANOMALY_MONITOR: _type(
        Scope.ANOMALIES,
        "ce",
        "GetAnomalyMonitors ListTagsForResource",
        "CreateAnomalyMonitor UpdateAnomalyMonitor DeleteAnomalyMonitor TagResource UntagResource",
    ),
    types.ANOMALY_SUBSCRIPTION: _type(
        Scope.ANOMALIES,
        "ce",
        "GetAnomalySubscriptions ListTagsForResource",
        "CreateAnomalySubscription UpdateAnomalySubscription DeleteAnomalySubscription TagResource UntagResource",
    ),
}

# What EC2 makes new: nothing is there yet whose tags could be asked for. Tags are put on afterwards, too; and a VPC's
# default group is made by EC2 without any.
EC2_NEW = frozenset(
    f"ec2:{name}"
    for name in (
        "AllocateAddress", "AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateFlowLogs",
        "CreateInternetGateway", "CreateLaunchTemplate", "CreateNatGateway", "CreateRouteTable", "CreateSubnet",
        "CreateTags", "CreateVpc", "CreateVpcEndpoint", "DeleteTags", "DisassociateAddress",
        "RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress", "RunInstances",
    )
)  # fmt: skip
# AWS's own policies that the program's roles get, and no others.
MANAGED_POLICIES = (
    "AmazonEKSClusterPolicy", "AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy",
    "service-role/AmazonEBSCSIDriverPolicy",
)  # fmt: skip
# Services that the program's roles are handed to, and those whose own roles the account may lack.
PASSED_TO = (
    "dlm.amazonaws.com", "ec2.amazonaws.com", "eks.amazonaws.com", "pods.eks.amazonaws.com", "scheduler.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)  # fmt: skip
LINKED_SERVICES = (
    "eks.amazonaws.com",
    "eks-nodegroup.amazonaws.com",
    "autoscaling.amazonaws.com",
    "spot.amazonaws.com",
)
