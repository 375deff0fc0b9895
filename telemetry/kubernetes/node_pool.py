"""A Karpenter NodePool for a stack's pods, and the EC2NodeClass that its nodes are made from.

Source: Karpenter documentation, "NodePools" (karpenter.sh/v1), "NodeClasses" (karpenter.k8s.aws/v1) and "Disruption"
(1.x, 2026). Nodes are what `NodeGroups` makes: the same permissions, image family, encrypted root volume and metadata
options.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from planning.node_pool import INSTANCE_TYPE_LABEL, PoolBounds, PoolType
from settings.models.cluster import SharedCluster
from settings.models.network import NatMode, NetworkSettings
from settings.models.platform import PlatformSettings
from telemetry.collector.agent import cluster_name
from telemetry.kubernetes.placement import DEDICATED_TAINT, STACK_LABEL

# Nodes that are empty or could be fewer go after so long; at most a fifth of them at once.
CONSOLIDATE_AFTER, AT_ONCE = "5m", "20%"
EXPIRE_AFTER = "720h"
GROUP = "karpenter.sh"
CLASS_GROUP = "karpenter.k8s.aws"


def node_pool(
    settings: PlatformSettings, stack: str, types: Sequence[PoolType], bounds: PoolBounds, capacity: Sequence[str]
) -> dict[str, Any]:
    """The NodePool; `capacity` holds spot, on-demand or both."""
    tenant_stack = isinstance(settings.cluster, SharedCluster)
    taints = [{"key": DEDICATED_TAINT, "value": stack, "effect": "NoSchedule"}]
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "NodePool",
        "metadata": {"name": stack},
        "spec": {
            "limits": {"cpu": str(bounds.cpu_cores), "memory": f"{bounds.memory_gib}Gi"},
            "disruption": {
                "consolidationPolicy": "WhenEmptyOrUnderutilized",
                "consolidateAfter": CONSOLIDATE_AFTER,
                "budgets": [{"nodes": AT_ONCE}],
            },
            "template": {
                "metadata": {"labels": {STACK_LABEL: stack}},
                "spec": {
                    "nodeClassRef": {"group": CLASS_GROUP, "kind": "EC2NodeClass", "name": stack},
                    "expireAfter": EXPIRE_AFTER,
                    "requirements": [
                        _in(INSTANCE_TYPE_LABEL, *(one.name for one in types)),
                        _in("karpenter.sh/capacity-type", *capacity),
                        _in("kubernetes.io/arch", settings.architecture.in_kubernetes),
                        _in("kubernetes.io/os", "linux"),
                    ],
                    **({"taints": taints} if tenant_stack else {}),
                },
            },
        },
    }


def node_class(
    settings: PlatformSettings,
    stack: str,
    identity: Mapping[str, str],
    root_volume_gib: int,
    network: NetworkSettings | None,
) -> dict[str, Any]:
    """The EC2NodeClass: found by tags that the network and EKS put on subnets and the cluster's security group.

    Subnets of a network that was there are named by their ids.

    `identity` is the nodes' role, for which Karpenter makes an instance profile, or their instanceProfile.
    """
    cluster = cluster_name(settings, stack)
    public, existing = public_nodes(network), network.existing if network else None
    kind = "kubernetes.io/role/elb" if public else "kubernetes.io/role/internal-elb"
    return {
        "apiVersion": f"{CLASS_GROUP}/v1",
        "kind": "EC2NodeClass",
        "metadata": {"name": stack},
        "spec": {
            **identity,
            "amiSelectorTerms": [{"alias": "al2023@latest"}],
            "subnetSelectorTerms": [{"id": one} for one in existing.private_subnet_ids]
            if existing
            else [{"tags": {f"kubernetes.io/cluster/{cluster}": "shared", kind: "1"}}],
            "securityGroupSelectorTerms": [{"tags": {"aws:eks:cluster-name": cluster}}],
            "associatePublicIPAddress": public,
            "metadataOptions": {
                "httpEndpoint": "enabled",
                "httpTokens": "required",
                "httpPutResponseHopLimit": 1,
            },
            "blockDeviceMappings": [
                {
                    "deviceName": "/dev/xvda",
                    "rootVolume": True,
                    "ebs": {
                        "volumeType": "gp3",
                        "volumeSize": f"{root_volume_gib}Gi",
                        "encrypted": True,
                        "deleteOnTermination": True,
                    },
                }
            ],
            "tags": {
                "project": settings.project,
                "stack": stack,
                "component": "nodes",
                "owner": settings.owner,
                "cost-centre": settings.cost_centre,
            },
        },
    }


def public_nodes(network: NetworkSettings | None) -> bool:
    """Whether nodes have public addresses: in a network without NAT, and, the dearer case, in one that isn't known."""
    return network is None or (network.existing is None and network.nat is NatMode.NONE)


def _in(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}
