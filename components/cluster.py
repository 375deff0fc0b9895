"""The cluster that a stack runs on, in its three modes: its own, another stack's, or one that is there already."""

from collections.abc import Sequence
from typing import TypeVar

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.storage.v1 import StorageClass

from components.addons import (
    AddonRoles,
    AddonRolesArgs,
    ClusterAddons,
    ClusterAddonsArgs,
    after_nodes,
    before_nodes,
    community_namespaces,
)
from components.aws_environment import AwsEnvironment
from components.cluster_access import ClusterAccess, OwnerOutputs
from components.eks_cluster import EksCluster, EksClusterArgs
from components.existing_network import network_for
from components.karpenter import Karpenter, KarpenterArgs, KarpenterIdentity, KarpenterIdentityArgs
from components.kubeconfig_file import read_context
from components.node_groups import NodeGroups, NodeGroupsArgs
from components.open_namespaces import OpenNamespaces, OpenNamespacesArgs
from components.working_hours import WorkingHours, WorkingHoursArgs, group_name
from planning.aws.types import EBS_DRIVER
from settings.models.cluster import EksCluster as EksClusterSettings
from settings.models.cluster import ExistingCluster, SharedCluster
from settings.models.names import Names
from settings.models.node_pool import NodeScaling
from settings.models.platform import PlatformSettings
from settings.rules.schedule import nodes_outside_hours, scheduled_groups

STORAGE_CLASS = "gp3"
# On every volume: the cluster and the namespace of its claim, by which snapshots find a stack's own.
VOLUMES_TAG = "lgtm-volumes"
_T = TypeVar("_T")


def connect_cluster(settings: PlatformSettings, names: Names, aws: AwsEnvironment | None) -> ClusterAccess:
    """Makes or finds the cluster that the settings ask for. Raises `pulumi.RunError` when it can't be found."""
    match settings.cluster:
        case EksClusterSettings() as cluster:
            return _own_cluster(settings, cluster, names, _required("aws", aws))
        case SharedCluster() as cluster:
            return _shared_cluster(settings, cluster, names, _required("aws", aws))
        case ExistingCluster() as cluster:
            return _existing_cluster(cluster, aws)


def _own_cluster(
    settings: PlatformSettings, cluster: EksClusterSettings, names: Names, aws: AwsEnvironment
) -> ClusterAccess:
    location = aws.location
    network = network_for(settings, _required("network", settings.network), names, aws)
    control_plane = EksCluster(
        "cluster",
        EksClusterArgs(
            settings=cluster,
            names=names,
            location=location,
            subnet_ids=network.private_subnet_ids,
            protect=settings.storage.protect,
            deployer_arn=aws.caller_arn,
            irsa=settings.identity == "irsa",
        ),
        aws.options(),  # not after the whole network: a NAT gateway takes minutes that the control plane needs not wait
    )
    strict = settings.network_policies.strict
    early_addons, late_addons = before_nodes(strict=strict), after_nodes(cluster.addons)
    roles = AddonRoles("addons", AddonRolesArgs((*early_addons, *late_addons), names, location), aws.options())
    node_addons = ClusterAddons(
        "node-addons",
        ClusterAddonsArgs(early_addons, cluster, roles, control_plane.resource, settings.storage.protect),
        aws.options(),
    )
    nodes = NodeGroups(
        "nodes",
        NodeGroupsArgs(
            groups=cluster.node_groups,
            names=names,
            location=location,
            tags=aws.tags,
            cluster_name=control_plane.name,
            cluster_version=control_plane.version,
            subnet_ids=_subnets(settings, network.node_subnet_ids),
            architecture=cluster.architecture,
            dedicated=False,
            fixed_names=_fixed_names(settings, names),
        ),
        # Nodes join and leave by routes and gateways; the volume driver on them deletes volumes by its role to the end.
        aws.options([network, node_addons, roles]),
    )
    _working_hours(settings, names, aws, names.cluster, nodes)
    provider = _provider(control_plane.kubeconfig, location.cluster_arn(names.cluster))
    opened: list[pulumi.Resource] = []
    if strict:
        namespaces = OpenNamespacesArgs(community_namespaces(cluster.addons))
        # After the whole control plane: who deploys may have its access entry last.
        options = pulumi.ResourceOptions(provider=provider, depends_on=[control_plane])
        opened.append(OpenNamespaces("open", namespaces, options))
    pod_addons = ClusterAddons(
        "pod-addons",
        ClusterAddonsArgs(late_addons, cluster, roles, control_plane.resource, settings.storage.protect),
        aws.options([nodes, *opened]),
    )
    storage_class = _gp3_storage_class(provider, names, aws.tags, pod_addons)
    ready: list[pulumi.Resource] = [nodes, pod_addons, storage_class]
    if cluster.autoscaling is NodeScaling.KARPENTER:
        identity = KarpenterIdentity(
            "karpenter-identity",
            KarpenterIdentityArgs(names, location, control_plane.resource),
            aws.options([control_plane]),
        )
        options = pulumi.ResourceOptions(providers=[provider], depends_on=[*ready, identity])
        # Before the platform: its pods may need nodes of the pool, and must be gone before the pool is.
        ready.append(Karpenter("karpenter", KarpenterArgs(settings, names, identity), options))
    return ClusterAccess(
        name=control_plane.name,
        arn=location.cluster_arn(names.cluster),
        kubeconfig=control_plane.kubeconfig,
        provider=provider,
        storage_class=STORAGE_CLASS,
        oidc=control_plane.oidc,
        depends_on=ready,
        owner_outputs=OwnerOutputs(
            cluster_name=control_plane.name,
            cluster_arn=control_plane.arn,
            cluster_version=control_plane.version,
            node_subnet_ids=network.node_subnet_ids,
            storage_class=STORAGE_CLASS,
            kubeconfig=control_plane.kubeconfig,
        ),
    )


def _shared_cluster(
    settings: PlatformSettings, cluster: SharedCluster, names: Names, aws: AwsEnvironment
) -> ClusterAccess:
    owner = OwnerOutputs.read(cluster.owner_stack)
    nodes = NodeGroups(
        "nodes",
        NodeGroupsArgs(
            groups=cluster.node_groups,
            names=names,
            location=aws.location,
            tags=aws.tags,
            cluster_name=owner.cluster_name,
            cluster_version=owner.cluster_version,
            subnet_ids=_subnets(settings, owner.node_subnet_ids),
            architecture=cluster.architecture,
            dedicated=True,
            fixed_names=_fixed_names(settings, names),
        ),
        aws.options(),
    )
    _working_hours(settings, names, aws, owner.cluster_name, nodes)
    kubeconfig = pulumi.Output.secret(owner.kubeconfig)
    return ClusterAccess(
        name=owner.cluster_name,
        arn=owner.cluster_arn,
        kubeconfig=kubeconfig,
        provider=_provider(kubeconfig, owner.cluster_arn),
        storage_class=owner.storage_class,
        oidc=None,
        depends_on=[nodes],
    )


def _fixed_names(settings: PlatformSettings, names: Names) -> dict[str, str]:
    return {key: group_name(names, key) for key in scheduled_groups(settings)}


def _subnets(
    settings: PlatformSettings, subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
) -> pulumi.Input[Sequence[pulumi.Input[str]]]:
    """All of them; with working hours the first, as nodes must come back every morning to the zone of the volumes."""
    if settings.schedule is None:
        return subnet_ids
    return pulumi.Output.from_input(subnet_ids).apply(lambda known: [known[0]])


def _working_hours(
    settings: PlatformSettings,
    names: Names,
    aws: AwsEnvironment,
    cluster_name: pulumi.Input[str],
    nodes: NodeGroups,
) -> None:
    """Schedules where the settings name working hours; they call groups that exist."""
    groups = scheduled_groups(settings)
    if settings.schedule is None or not groups:
        return
    WorkingHours(
        "hours",
        WorkingHoursArgs(
            schedule=settings.schedule,
            groups=groups,
            outside={key: nodes_outside_hours(settings, key) for key in groups},
            names=names,
            location=aws.location,
            cluster_name=cluster_name,
        ),
        aws.options([nodes]),
    )


def _existing_cluster(cluster: ExistingCluster, aws: AwsEnvironment | None) -> ClusterAccess:
    context = read_context(cluster.context, cluster.kubeconfig)
    kubeconfig = pulumi.Output.secret(context.kubeconfig)
    arn = aws.location.cluster_arn(cluster.eks_cluster_name) if aws and cluster.eks_cluster_name else None
    return ClusterAccess(
        name=cluster.eks_cluster_name or cluster.context,
        arn=arn,
        kubeconfig=kubeconfig,
        provider=_provider(kubeconfig, arn or context.server),
        storage_class=cluster.storage_class,
        oidc=None,
        depends_on=[],
    )


def _provider(kubeconfig: pulumi.Output[str], cluster_identifier: pulumi.Input[str]) -> kubernetes.Provider:
    """Named by what identifies the cluster, so that a changed kubeconfig updates objects instead of replacing them."""
    return kubernetes.Provider("kubernetes", kubeconfig=kubeconfig, cluster_identifier=cluster_identifier)


def _gp3_storage_class(
    provider: kubernetes.Provider, names: Names, tags: dict[str, str], driver: pulumi.Resource
) -> StorageClass:
    # Tenant stacks' volumes come from here too, so the stack is left out; the driver itself tags namespace and claim.
    volume_tags = {key: value for key, value in tags.items() if key != "stack"} | {"component": "volumes"}
    # The driver puts the namespace in (its controller has extra-create-metadata on, as the add-on comes).
    volume_tags[VOLUMES_TAG] = f"{names.cluster}/{{{{ .PVCNamespace }}}}"
    return StorageClass(
        "gp3",
        metadata=ObjectMetaArgs(
            name=STORAGE_CLASS, annotations={"storageclass.kubernetes.io/is-default-class": "true"}
        ),
        provisioner=EBS_DRIVER,
        parameters={
            "type": "gp3",
            "encrypted": "true",
            **{
                f"tagSpecification_{number}": f"{key}={value}"
                for number, (key, value) in enumerate(sorted(volume_tags.items()), start=1)
            },
        },
        volume_binding_mode="WaitForFirstConsumer",  # a volume must be in the zone of the pod's node
        allow_volume_expansion=True,
        reclaim_policy="Delete",
        opts=pulumi.ResourceOptions(provider=provider, depends_on=[driver]),
    )


def _required(what: str, value: _T | None) -> _T:
    """The settings' own rules make this never fail for a validated document."""
    if value is None:
        raise pulumi.RunError(f"lgtm:platform.cluster.mode: this mode needs {what}")
    return value
