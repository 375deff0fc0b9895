"""Where the platform runs: its own EKS cluster, another stack's, or any cluster that a kubeconfig names."""

import re
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from planning.base import Frozen, broken_rule
from planning.instances import Architecture, is_burstable
from settings.models.addons import AddonVersions, ClusterAddons
from settings.models.address_blocks import narrow_block, no_wider, unreachable
from settings.models.fields import SecretName, accepts, matching
from settings.models.node_pool import InstanceType, NodePool, NodeScaling

# Amazon EKS User Guide, "Kubernetes version lifecycle" (2026-11): 1.34 leaves standard support on 2026-12-02.
MIN_KUBERNETES_MINOR = 35
# CloudWatch Logs API reference, PutRetentionPolicy: the accepted values.
# fmt: off
LOG_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)
# fmt: on
# The shape that editors check; whether bits beyond the prefix are zero is checked by the model.
# Amazon EKS User Guide, "Send control plane logs to CloudWatch Logs".
ControlPlaneLog = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]


class CapacityType(StrEnum):
    """How node capacity is bought."""

    ON_DEMAND = "on_demand"
    SPOT = "spot"


class CpuCredits(StrEnum):
    """What happens when burstable nodes have used up their credits."""

    STANDARD = "standard"
    UNLIMITED = "unlimited"


class NodeGroup(Frozen):
    """One EKS managed node group."""

    capacity_type: CapacityType
    """on_demand or spot."""
    instance_types: Annotated[tuple[InstanceType, ...], Field(min_length=1, max_length=20)]
    """Instance types of the cluster's architecture; several let spot choose."""
    nodes: Annotated[int, Field(ge=0, le=450)]
    """Desired number of nodes."""
    min_nodes: Annotated[int, Field(ge=0, le=450)]
    """Fewest nodes that the group may be scaled to."""
    max_nodes: Annotated[int, Field(ge=1, le=450)]
    """Most nodes that scaling may reach; the cost report shows what that would cost."""
    root_volume_gib: Annotated[int, Field(ge=20, le=500)]
    """Encrypted gp3 root volume of each node, in GiB."""
    cpu_credits: CpuCredits = CpuCredits.STANDARD
    """Of burstable types, for long use beyond their baseline: standard slows it down, unlimited charges it."""

    @property
    def burstable(self) -> bool:
        """Whether all its types have CPU credits; EC2 takes a credit specification for no others."""
        return all(is_burstable(name) for name in self.instance_types)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.min_nodes <= self.nodes <= self.max_nodes:
            raise broken_rule(
                f"min_nodes {self.min_nodes} <= nodes {self.nodes} <= max_nodes {self.max_nodes} must hold",
                "min_nodes",
                "nodes",
                "max_nodes",
            )
        return self


NODE_GROUP_NAME = "lower-case letters, digits and hyphens, a letter first, at most 20 characters"
NodeGroupName = Annotated[str, matching(r"^[a-z][a-z0-9-]{0,19}$", NODE_GROUP_NAME)]
NodeGroups = Annotated[dict[NodeGroupName, NodeGroup], Field(min_length=1)]


def _supported_version(version: str) -> str:
    match = re.fullmatch(r"1\.(\d+)", version)
    if match is None or int(match[1]) < MIN_KUBERNETES_MINOR:
        raise broken_rule(
            f"must be 1.{MIN_KUBERNETES_MINOR} or later: older versions are in extended support, "
            "at 438 USD a month instead of 73"
        )
    return version


KubernetesVersion = Annotated[
    str,
    AfterValidator(_supported_version),
    Field(json_schema_extra=accepts(f'a version in quotes, "1.{MIN_KUBERNETES_MINOR}" or later', pattern=r"^1\.\d+$")),
]


def _reachable(cidr: IPv4Network) -> IPv4Network:
    if kind := unreachable(cidr):
        raise broken_rule(
            f"is {kind}, and nobody comes from there over the internet: name the blocks as others see them"
        )
    return cidr


AccessCidr = Annotated[
    IPv4Network,
    no_wider("is open to the world: name the address blocks of your offices, VPN or CI"),
    AfterValidator(_reachable),
    narrow_block("203.0.113.0/24"),
]


def _known_log_retention(days: int) -> int:
    if days not in LOG_RETENTION_DAYS:
        raise broken_rule("CloudWatch Logs takes only certain numbers of days")
    return days


LogRetentionDays = Annotated[
    int, AfterValidator(_known_log_retention), Field(json_schema_extra={"enum": list(LOG_RETENTION_DAYS)})
]
PrincipalArn = Annotated[
    str,
    matching(
        r"^arn:aws[a-z-]*:iam::\d{12}:(role|user)/.+$",
        "the ARN of an IAM role or user, such as arn:aws:iam::123456789012:role/admin",
    ),
]


class EksCluster(Frozen):
    """This stack owns an EKS cluster."""

    mode: Literal["eks"]
    """eks: this stack creates and owns the cluster."""
    kubernetes_version: KubernetesVersion
    """EKS Kubernetes version in standard support, such as "1.36" (quoted)."""
    public_access_cidrs: tuple[AccessCidr, ...]
    """Who may reach the public API endpoint; empty makes the endpoint private only."""
    admin_role_arns: tuple[PrincipalArn, ...] = ()
    """IAM roles or users that administer the cluster, the deployer's own among them. Without any, whoever creates the
    cluster stays its administrator until somebody takes that entry away."""
    control_plane_logs: tuple[ControlPlaneLog, ...]
    """Control-plane log types sent to CloudWatch Logs; audit is the dear one."""
    log_retention_days: LogRetentionDays
    """Days that CloudWatch Logs keeps them."""
    log_class: Literal["standard", "infrequent_access"]
    """CloudWatch's class of the log group: infrequent_access halves the price of what comes in, and lets nothing be
    forwarded from there. Another class is another log group: the old one is deleted."""
    encrypt_logs: bool
    """Encrypt them with the cluster's own key, which costs nothing beside the key's requests."""
    addons: ClusterAddons
    """Community add-ons, beside those that every EKS cluster of this project has."""
    architecture: Architecture = Architecture.ARM64
    """Processors of the nodes: arm64 is Graviton, x86_64 Intel and AMD, a quarter dearer. It chooses the machine image,
    and the instance types of node groups that the file doesn't name."""
    addon_versions: AddonVersions = AddonVersions()
    """Versions of EKS's add-ons instead of those that are shipped; `lgtm addons pin` writes those that AWS offers."""
    node_groups: NodeGroups
    """Node groups by name."""
    autoscaling: NodeScaling = NodeScaling.NONE
    """karpenter starts nodes beside the groups when pods wait, and ends them again, within what the budget leaves;
    none: the groups' nodes are all there is."""
    node_pool: NodePool = NodePool()
    """What Karpenter may start; without karpenter it means nothing."""


class SharedCluster(Frozen):
    """This stack lives in its own namespace, on its own nodes, in another stack's cluster."""

    mode: Literal["shared"]
    """shared: the cluster belongs to another stack of this project."""
    owner_stack: Annotated[str, matching(r"^[A-Za-z0-9_.-]{1,100}$", "the name of a stack, such as staging")]
    """Name of the stack that owns the cluster, such as staging."""
    architecture: Architecture = Architecture.ARM64
    """Processors of this stack's nodes, whatever the owner's are: arm64 is Graviton, x86_64 Intel and AMD."""
    node_groups: NodeGroups
    """This stack's own node groups; tainted so that the owner's pods stay off them."""


class ObjectStore(Frozen):
    """An S3-compatible server for clusters that are not on AWS."""

    endpoint: Annotated[
        str,
        matching(
            r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?$",
            "http:// or https://, a host name and perhaps a port, without a path",
        ),
    ]
    """URL of the server, such as http://seaweedfs.storage.svc:8333."""
    credentials_secret: SecretName
    """Kubernetes Secret in the platform's namespace with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; made from
    lgtm:object_store_access_key_id and lgtm:object_store_secret_access_key (`pulumi config set --secret`) if set."""


EksClusterName = Annotated[
    str,
    matching(
        r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$",
        "the name of an EKS cluster: letters, digits, hyphens and underscores, at most 100",
    ),
]


class ExistingCluster(Frozen):
    """Any cluster that a kubeconfig context names: kind, k3d, on-premises, or an EKS cluster made elsewhere."""

    mode: Literal["existing"]
    """existing: the cluster is there already and is not managed."""
    context: Annotated[str, Field(min_length=1, max_length=253)]
    """kubeconfig context."""
    kubeconfig: str | None = None
    """Path of the kubeconfig file; default: KUBECONFIG or ~/.kube/config."""
    eks_cluster_name: EksClusterName | None = None
    """Name of the EKS cluster behind the context: buckets and pod identities are then made on AWS."""
    object_store: ObjectStore | None = None
    """S3-compatible server to use instead of AWS."""
    storage_class: Annotated[
        str,
        matching(
            r"^[a-z0-9][a-z0-9.-]{0,252}$", "the name of a StorageClass: lower-case letters, digits, dots and hyphens"
        ),
    ]
    """StorageClass for data volumes that exists in the cluster, such as standard or local-path."""
    nodes: Annotated[int, Field(ge=1, le=500)] = 1
    """How many nodes run the platform's agents (for the resource sums)."""

    @model_validator(mode="after")
    def _one_store(self) -> Self:
        if (self.eks_cluster_name is None) == (self.object_store is None):
            raise broken_rule(
                "give exactly one of eks_cluster_name (S3 on AWS) and object_store (any other cluster)",
                "eks_cluster_name",
                "object_store",
            )
        return self


ClusterSettings = Annotated[EksCluster | SharedCluster | ExistingCluster, Field(discriminator="mode")]
