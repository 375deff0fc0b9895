"""What a stack's pods ask for, added up, and what its nodes leave to them: pure sums over the settings.

CPU in millicores, memory in MiB, volumes in GiB. Limits in `capacity` are decimal, as AWS and the environment table
count: 1 GB = 10^9 bytes = 953.7 MiB = 0.931 GiB.
"""

from typing import NamedTuple

from planning.instances import Architecture, instance_shape
from settings.models.addons import ClusterAddons
from settings.models.cluster import EksCluster, ExistingCluster, NodeGroup
from settings.models.node_pool import NodePool, NodeScaling
from settings.models.platform import PlatformSettings
from settings.models.sizes import AGENT, cache_memory_request_mib

GB_PER_MIB = 1024**2 / 1e9
GB_PER_GIB = 1024**3 / 1e9


class ComponentRequest(NamedTuple):
    """What one workload asks for, all its pods together."""

    key: str
    """Settings key below `sizes`."""
    pods: int
    cpu_millicores: int
    memory_mib: int
    volumes_gib: int

    @property
    def pod_memory_mib(self) -> int:
        """Memory request of one pod."""
        return self.memory_mib // self.pods

    @property
    def pod_cpu_millicores(self) -> int:
        """CPU request of one pod."""
        return self.cpu_millicores // self.pods


class ResourceSums(NamedTuple):
    """All requests of a stack and the root volumes of its nodes."""

    components: tuple[ComponentRequest, ...]
    root_volumes_gib: int

    @property
    def pods(self) -> int:
        """Number of pods."""
        return sum(component.pods for component in self.components)

    @property
    def cpu_millicores(self) -> int:
        """Sum of CPU requests."""
        return sum(component.cpu_millicores for component in self.components)

    @property
    def memory_mib(self) -> int:
        """Sum of memory requests."""
        return sum(component.memory_mib for component in self.components)

    @property
    def data_volumes_gib(self) -> int:
        """Sum of the pods' volumes."""
        return sum(component.volumes_gib for component in self.components)

    @property
    def memory_gb(self) -> float:
        """Sum of memory requests in GB (10^9 bytes)."""
        return self.memory_mib * GB_PER_MIB

    @property
    def storage_gb(self) -> float:
        """Data and root volumes in GB (10^9 bytes)."""
        return (self.data_volumes_gib + self.root_volumes_gib) * GB_PER_GIB


def resource_sums(settings: PlatformSettings, *, at_least: bool = False) -> ResourceSums:
    """Adds up every workload at its largest size, or `at_least` at its smallest; the collector agent counts once for
    each node, a cache by its memcached pod."""
    components: list[ComponentRequest] = []
    for key, size in settings.sizes.workloads():
        scaled = size.replicas if at_least else size.most_replicas
        pods = settings.node_count if key == AGENT else scaled
        if pods:
            components.append(
                ComponentRequest(
                    key,
                    pods,
                    pods * size.cpu_request_millicores,
                    pods * size.memory_request_mib,
                    pods * (size.volume_gib or 0),
                )
            )
    components += [
        ComponentRequest(key, 1, millicores, cache_memory_request_mib(cache_mb), 0)
        for key, cache_mb, millicores in settings.sizes.caches()
    ]
    roots = sum(group.nodes * group.root_volume_gib for group in node_groups(settings))
    return ResourceSums(tuple(components), roots)


def node_groups(settings: PlatformSettings) -> tuple[NodeGroup, ...]:
    """The node groups of this stack; none where the cluster isn't managed here."""
    if isinstance(settings.cluster, ExistingCluster):
        return ()
    return tuple(settings.cluster.node_groups.values())


# Pods that EKS needs, about 1.1 cores and 1.5 GiB on three nodes. On each node: aws-node, kube-proxy, ebs-csi-node,
# eks-pod-identity-agent. Once a cluster, on its owner's nodes: two each of coredns, ebs-csi-controller, metrics-server.
NODE_SYSTEM_PODS, NODE_SYSTEM_MILLICORES, NODE_SYSTEM_MIB = 4, 250, 256
CLUSTER_SYSTEM_PODS, CLUSTER_SYSTEM_MILLICORES, CLUSTER_SYSTEM_MIB = 6, 350, 768


class AddonRequest(NamedTuple):
    """What an add-on's pods ask for, all together."""

    pods: int
    cpu_millicores: int
    memory_mib: int


# As components/addons.py configures them: requests for clusters of a few nodes and some dozen certificates. Source: the
# project's cost study of 2026-11-24; kube-state-metrics README, "Resource recommendation", names 250 MiB for 100 nodes.
KUBE_STATE_METRICS = AddonRequest(pods=1, cpu_millicores=10, memory_mib=96)
NODE_EXPORTER = AddonRequest(pods=1, cpu_millicores=10, memory_mib=24)
"""On each node."""
CERT_MANAGER_POD = AddonRequest(pods=1, cpu_millicores=10, memory_mib=48)
CERT_MANAGER_PARTS = ("controller", "cainjector", "webhook")
# Of each pod of Karpenter's controller, for a cluster of some dozen nodes. Its guide shows 1 core and 1 GiB, and its
# chart says that this is the user's to choose; the limit is the guide's.
KARPENTER_POD = AddonRequest(pods=1, cpu_millicores=250, memory_mib=512)
KARPENTER_LIMIT_MIB = 1024


def least_pool_cores(settings: PlatformSettings) -> int:
    """Of the smallest node that Karpenter may start; a tenant stack's pool is taken to have the default types."""
    cluster = settings.cluster
    pool, architecture = (
        (cluster.node_pool, cluster.architecture)
        if isinstance(cluster, EksCluster)
        else (NodePool(), Architecture.ARM64)
    )
    types = pool.types(architecture)
    return min(shape.vcpus for shape in map(instance_shape, types) if shape is not None)


def karpenter_pods(settings: PlatformSettings) -> int:
    """Pods of the controller: each is on a host of its own."""
    cluster = settings.cluster
    if not isinstance(cluster, EksCluster) or cluster.autoscaling is not NodeScaling.KARPENTER:
        return 0
    return min(2, settings.node_count)


def cluster_addons(addons: ClusterAddons) -> AddonRequest:
    """What the community add-ons ask for once a cluster, on its owner's nodes."""
    wanted = [
        *([KUBE_STATE_METRICS] if addons.kube_state_metrics else []),
        *([CERT_MANAGER_POD] * len(CERT_MANAGER_PARTS) if addons.cert_manager else []),
    ]
    return AddonRequest(
        sum(one.pods for one in wanted),
        sum(one.cpu_millicores for one in wanted),
        sum(one.memory_mib for one in wanted),
    )


def system_requests(settings: PlatformSettings) -> tuple[AddonRequest, AddonRequest]:
    """What isn't the platform's, on each node and once; a tenant stack can't know whether the owner runs node exporters
    and counts them."""
    cluster = settings.cluster
    exporter = not isinstance(cluster, EksCluster) or cluster.addons.prometheus_node_exporter
    node = AddonRequest(
        NODE_SYSTEM_PODS + (NODE_EXPORTER.pods if exporter else 0),
        NODE_SYSTEM_MILLICORES + (NODE_EXPORTER.cpu_millicores if exporter else 0),
        NODE_SYSTEM_MIB + (NODE_EXPORTER.memory_mib if exporter else 0),
    )
    if not isinstance(cluster, EksCluster):
        return node, AddonRequest(0, 0, 0)
    addons, controllers = cluster_addons(cluster.addons), karpenter_pods(settings)
    return node, AddonRequest(
        CLUSTER_SYSTEM_PODS + addons.pods + controllers,
        CLUSTER_SYSTEM_MILLICORES + addons.cpu_millicores + controllers * KARPENTER_POD.cpu_millicores,
        CLUSTER_SYSTEM_MIB + addons.memory_mib + controllers * KARPENTER_POD.memory_mib,
    )


class Allocatable(NamedTuple):
    """What nodes leave to the platform's pods after the kubelet's reserve, EKS's own pods and the add-ons'."""

    pods: int
    cpu_millicores: int
    memory_mib: int
    largest_pod_millicores: int
    """What the roomiest node leaves to one pod beside its own collector agent."""
    largest_pod_mib: int


def nodes_allocatable(settings: PlatformSettings) -> Allocatable | None:
    """What the desired nodes leave; of several types in a group the smallest counts. None if nodes aren't known."""
    groups = [group for group in node_groups(settings) if group.nodes]
    if not groups:
        return None
    nodes = [(group.nodes, _least(group)) for group in groups]
    each, once = system_requests(settings)
    agent = settings.sizes.collector_agent
    return Allocatable(
        pods=sum(n * (node.pods - each.pods) for n, node in nodes) - once.pods,
        cpu_millicores=sum(n * (node.cpu_millicores - each.cpu_millicores) for n, node in nodes) - once.cpu_millicores,
        memory_mib=sum(n * (node.memory_mib - each.memory_mib) for n, node in nodes) - once.memory_mib,
        largest_pod_millicores=max(node.cpu_millicores for _, node in nodes)
        - each.cpu_millicores
        - agent.cpu_request_millicores,
        largest_pod_mib=max(node.memory_mib for _, node in nodes) - each.memory_mib - agent.memory_request_mib,
    )


class _Node(NamedTuple):
    pods: int
    cpu_millicores: int
    memory_mib: int


def _least(group: NodeGroup) -> _Node:
    shapes = [shape for shape in map(instance_shape, group.instance_types) if shape is not None]
    return _Node(
        min(shape.max_pods for shape in shapes),
        min(shape.allocatable_millicores for shape in shapes),
        min(shape.allocatable_mib for shape in shapes),
    )
