"""What the platform's namespaces may use: the sums of the stack's sizes, and room for rolling updates.

A quota is there to stop a mistake (a release with the chart's own sizes, a forgotten cache), not to size anything.
"""

from planning.base import Frozen
from settings.models.cluster import ExistingCluster
from settings.models.platform import PlatformSettings
from settings.models.sizes import AGENT, WorkloadSize, cache_memory_request_mib

# A rolling update starts one pod more of each Deployment; what all of them ask for stays below a quarter of the sums.
HEADROOM_PERCENT = 25

# Requests and limits of containers that name none, such as those of a hook: a quota refuses pods without any.
DEFAULT_CPU_MILLICORES = 10
DEFAULT_REQUEST_MIB = 64
DEFAULT_LIMIT_MIB = 128


class NamespaceQuota(Frozen):
    """Ceilings of one namespace, with headroom."""

    cpu_millicores: int
    """Sum of CPU requests."""
    memory_request_mib: int
    """Sum of memory requests, in MiB."""
    memory_limit_mib: int
    """Sum of memory limits, in MiB."""
    pods: int
    """Number of pods."""
    volume_gib: int
    """Sum of volume claims, in GiB."""
    volume_claims: int
    """Number of volume claims."""

    def hard(self) -> dict[str, str]:
        """The `hard` map of a ResourceQuota."""
        return {
            "requests.cpu": f"{self.cpu_millicores}m",
            "requests.memory": f"{self.memory_request_mib}Mi",
            "limits.memory": f"{self.memory_limit_mib}Mi",
            "pods": str(self.pods),
            "requests.storage": f"{self.volume_gib}Gi",
            "persistentvolumeclaims": str(self.volume_claims),
        }


def platform_quota(settings: PlatformSettings) -> NamespaceQuota:
    """The platform's own namespace: everything but the agents."""
    workloads = [(size.most_replicas, size) for key, size in settings.sizes.workloads() if key != AGENT]
    caches = [
        WorkloadSize(
            cpu_request_millicores=millicores,
            memory_request_mib=cache_memory_request_mib(cache_mb),
            memory_limit_mib=cache_memory_request_mib(cache_mb),
        )
        for _, cache_mb, millicores in settings.sizes.caches()
    ]
    return _with_headroom([*workloads, *((1, cache) for cache in caches)])


def agent_quota(settings: PlatformSettings) -> NamespaceQuota | None:
    """The agents' namespace, at the most nodes that the node groups may reach; None where nodes aren't managed here."""
    if isinstance(settings.cluster, ExistingCluster):
        return None
    nodes = sum(group.max_nodes for group in settings.cluster.node_groups.values())
    return _with_headroom([(nodes, settings.sizes.collector_agent)])


def _with_headroom(workloads: list[tuple[int, WorkloadSize]]) -> NamespaceQuota:
    volumes = [(n, size.volume_gib) for n, size in workloads if size.volume_gib]
    return NamespaceQuota(
        cpu_millicores=_more(sum(n * size.cpu_request_millicores for n, size in workloads)),
        memory_request_mib=_more(sum(n * size.memory_request_mib for n, size in workloads)),
        memory_limit_mib=_more(sum(n * size.memory_limit_mib for n, size in workloads)),
        # Small stacks have many workloads of one pod: a quarter would be too few for one new pod of each.
        pods=sum(n + 1 for n, _ in workloads),
        volume_gib=_more(sum(n * gib for n, gib in volumes)),
        volume_claims=_more(sum(n for n, _ in volumes)),
    )


def _more(total: int) -> int:
    """With headroom, rounded up."""
    return -(-total * (100 + HEADROOM_PERCENT) // 100)
