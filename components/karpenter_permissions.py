"""What Karpenter's controller may do in AWS: nodes of its own cluster, found by their tag, and its queue.

Source: Karpenter documentation, "CloudFormation" reference and getting-started template (1.13, 2026). Beside it, this
controller makes no instance profile: the one of its nodes is there, so no IAM action changes anything.
"""

from collections.abc import Sequence

from components.aws_environment import AwsLocation
from components.iam_policies import Condition, Statement, policy_document

_MADE = ("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request")
_USED = ("security-group", "subnet", "capacity-reservation", "placement-group")
_DESCRIBED = (
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeImages",
    "ec2:DescribeInstances",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribePlacementGroups",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeSubnets",
)
NODEPOOL_TAG = "karpenter.sh/nodepool"


def node_permissions(location: AwsLocation, cluster: str) -> str:
    """Start, tag and end instances that carry the cluster's tag."""
    launch = ("ec2:RunInstances", "ec2:CreateFleet")
    owned: Condition = {
        "StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{cluster}": "owned"},
        "StringLike": {f"aws:ResourceTag/{NODEPOOL_TAG}": "*"},
    }
    asked = {
        f"aws:RequestTag/kubernetes.io/cluster/{cluster}": "owned",
        "aws:RequestTag/eks:eks-cluster-name": cluster,
    }
    by_pool = {f"aws:RequestTag/{NODEPOOL_TAG}": "*"}
    return policy_document(
        Statement(
            sid="LaunchFromWhatIsThere",
            actions=launch,
            resources=[
                f"arn:{location.partition}:ec2:{location.region}::image/*",
                f"arn:{location.partition}:ec2:{location.region}::snapshot/*",
                *_ec2(location, _USED),
            ],
        ),
        Statement(
            sid="LaunchByOwnTemplates", actions=launch, resources=_ec2(location, ["launch-template"]), condition=owned
        ),
        Statement(
            sid="MakeWithTags",
            actions=(*launch, "ec2:CreateLaunchTemplate"),
            resources=_ec2(location, _MADE),
            condition={"StringEquals": asked, "StringLike": by_pool},
        ),
        Statement(
            sid="TagWhatIsMade",
            actions=["ec2:CreateTags"],
            resources=_ec2(location, _MADE),
            condition={
                "StringEquals": {**asked, "ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"]},
                "StringLike": by_pool,
            },
        ),
        Statement(
            sid="TagOwnInstances",
            actions=["ec2:CreateTags"],
            resources=_ec2(location, ["instance"]),
            condition={
                **owned,
                "StringEqualsIfExists": {"aws:RequestTag/eks:eks-cluster-name": cluster},
                "ForAllValues:StringEquals": {
                    "aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"]
                },
            },
        ),
        Statement(
            sid="EndOwnNodes",
            actions=["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"],
            resources=_ec2(location, ["instance", "launch-template"]),
            condition=owned,
        ),
    )


def discovery_permissions(location: AwsLocation, cluster: str, node_role_arn: str, queue_arn: str) -> str:
    """Read what there is to choose from, hand the nodes' role on to EC2, and take messages from the own queue."""
    in_region: Condition = {"StringEquals": {"aws:RequestedRegion": location.region}}
    return policy_document(
        Statement(
            sid="PassNodeRole",
            actions=["iam:PassRole"],
            resources=[node_role_arn],
            condition={"StringEquals": {"iam:PassedToService": f"ec2.{location.dns_suffix}"}},
        ),
        Statement(
            sid="ReadInstanceProfiles",
            actions=["iam:GetInstanceProfile"],
            resources=[f"arn:{location.partition}:iam::{location.account_id}:instance-profile/*"],
        ),
        Statement(sid="ListInstanceProfiles", actions=["iam:ListInstanceProfiles"], resources=["*"]),
        Statement(sid="FindCluster", actions=["eks:DescribeCluster"], resources=[location.cluster_arn(cluster)]),
        Statement(
            sid="TakeInterruptions",
            actions=["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
            resources=[queue_arn],
        ),
        Statement(sid="ReadRegion", actions=_DESCRIBED, resources=["*"], condition=in_region),
        Statement(
            sid="ReadImages",
            actions=["ssm:GetParameter"],
            resources=[f"arn:{location.partition}:ssm:{location.region}::parameter/aws/service/*"],
        ),
        Statement(sid="ReadPrices", actions=["pricing:GetProducts"], resources=["*"]),
    )


def queue_policy(location: AwsLocation, queue_arn: str, rule_arns: Sequence[str]) -> str:
    """The rules of this stack may send, and nobody without TLS."""
    return policy_document(
        Statement(
            sid="OwnRulesSend",
            actions=["sqs:SendMessage"],
            resources=[queue_arn],
            principal={"Service": "events.amazonaws.com"},
            condition={
                "StringEquals": {"aws:SourceAccount": location.account_id},
                "ArnEquals": {"aws:SourceArn": list(rule_arns)},
            },
        ),
        Statement(
            sid="DenyPlainHttp",
            effect="Deny",
            actions=["sqs:*"],
            resources=[queue_arn],
            principal="*",
            condition={"Bool": {"aws:SecureTransport": "false"}},
        ),
    )


def _ec2(location: AwsLocation, kinds: Sequence[str]) -> list[str]:
    return [f"arn:{location.partition}:ec2:{location.region}:*:{kind}/*" for kind in kinds]
