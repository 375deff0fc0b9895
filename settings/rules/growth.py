"""The stack that another load would take: sizes that hold the capacity plan's needs, and nodes that hold the sizes.

Sizes only grow, and only where the load asks for more than before: what a stack has beyond its needs, or dares to go
without, is somebody's decision. Needs are the vendors' figures for production and get no margin on top.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from planning.capacity.compute import ComponentNeed, Compute
from planning.errors import UserError
from planning.instances import MIB_PER_GIB, instance_shape
from settings.models.cluster import CapacityType, EksCluster, NodeGroup, SharedCluster
from settings.models.platform import PlatformSettings
from settings.models.sizes import AGENT, LokiDistributedSizes, Sizes, WorkloadSize
from settings.rules.sizing import nodes_allocatable, resource_sums

# Sizes are rounded up to what people would write.
MILLICORES_STEP, MIB_STEP = 50, 64
# The most that the settings accept for one pod and one node group.
MOST_MILLICORES, MOST_MIB, MOST_VOLUME_GIB, MOST_NODES = 64_000, 1_048_576, 16_384, 50


class Share(NamedTuple):
    """The part of a component's need that one workload carries, each 0 to 1."""

    workload: str
    """Settings key below `sizes`."""
    cpu: float = 1
    memory: float = 1
    volume: float = 1


GATEWAY = "collector_gateway"
# Components whose need several workloads carry; others are one workload's of the same name. Agents handle every span
# once and the gateway once more; open traces wait in the gateway alone.
CARRIERS: Mapping[str, tuple[Share, ...]] = {
    "mimir.querier+store_gateway": (
        Share("mimir.querier", 0.5, 0.5, 0),
        Share("mimir.store_gateway", 0.5, 0.5, 1),
    ),
    "collector": (Share(AGENT, 0.5, 0, 0), Share(GATEWAY, 0.5, 1, 0)),
}


def carriers(component: str, sizes: Mapping[str, WorkloadSize]) -> tuple[Share, ...]:
    """Who carries a component; nobody carries those that no single workload does, such as `base`."""
    return CARRIERS.get(component) or ((Share(component),) if component in sizes else ())


class TooLargeError(UserError):
    """A load that the platform's layout can't carry at any size; `str()` is the message for people."""


class ComponentSizes(NamedTuple):
    """What the pods that carry one component of the capacity plan ask for, all together."""

    cpu_cores: float
    memory_gib: float
    volume_gib: float


def sizes_of(component: str, settings: PlatformSettings) -> ComponentSizes | None:
    """The requests behind a component; None for those that no single workload carries, such as `base`."""
    sizes = dict(settings.sizes.workloads())
    parts = [(share, sizes[share.workload]) for share in carriers(component, sizes)]
    if not parts:
        return None
    return ComponentSizes(
        sum(pods_of(share.workload, size, settings) * size.cpu_request_millicores for share, size in parts) / 1000,
        sum(pods_of(share.workload, size, settings) * size.memory_request_mib for share, size in parts) / MIB_PER_GIB,
        sum(pods_of(share.workload, size, settings) * (size.volume_gib or 0) for share, size in parts),
    )


def pods_of(workload: str, size: WorkloadSize, settings: PlatformSettings) -> int:
    """Pods of a workload; the agent has one on each node."""
    return max(1, settings.node_count) if workload == AGENT else size.replicas


def grown_sizes(settings: PlatformSettings, before: Compute, after: Compute) -> Sizes:
    """The stack's sizes, raised where `after` needs more than `before`.

    Raises `TooLargeError` where a pod would be larger than the settings accept.
    """
    grown = dict(settings.sizes.workloads())
    needed_before = {need.component: need for need in before.components}
    for need in after.components:
        for share in carriers(need.component, grown):
            size = grown[share.workload]
            pods = pods_of(share.workload, size, settings)
            grown[share.workload] = _grown(share, size, pods, needed_before[need.component], need)
    return with_workloads(settings.sizes, grown)


def with_workloads(sizes: Sizes, workloads: Mapping[str, WorkloadSize]) -> Sizes:
    """The sizes with other workloads, by their settings keys below `sizes`."""

    def below(table: str) -> dict[str, WorkloadSize]:
        return {key.removeprefix(table): size for key, size in workloads.items() if key.startswith(table)}

    loki, distributed = sizes.loki, below("loki.distributed.")
    modes = {
        "monolithic": workloads.get("loki.monolithic"),
        "distributed": LokiDistributedSizes(**distributed) if distributed else None,
    }
    return sizes.model_copy(
        update={
            "loki": loki.model_copy(update=modes),
            "mimir": sizes.mimir.model_copy(update=below("mimir.")),
            **{key: size for key, size in workloads.items() if "." not in key},
        }
    )


def _grown(share: Share, size: WorkloadSize, pods: int, before: ComponentNeed, after: ComponentNeed) -> WorkloadSize:
    """Requests hold the need; the memory limit keeps its distance from the request."""

    def raised(now: int, old: float, new: float, step: int) -> int:
        return now if new <= max(now, old) else math.ceil(new / step) * step

    per_core, per_gib = share.cpu * 1000 / pods, share.memory * MIB_PER_GIB / pods
    cpu = raised(size.cpu_request_millicores, before.cpu_cores * per_core, after.cpu_cores * per_core, MILLICORES_STEP)
    memory = raised(size.memory_request_mib, before.memory_gib * per_gib, after.memory_gib * per_gib, MIB_STEP)
    limit = size.memory_limit_mib
    if memory > size.memory_request_mib:
        limit = max(limit, math.ceil(memory * limit / size.memory_request_mib / MIB_STEP) * MIB_STEP)
    volume = size.volume_gib
    if volume is not None:
        per_volume = share.volume / pods
        volume = raised(volume, before.volume_gib * per_volume, after.volume_gib * per_volume, 1)
    if cpu > MOST_MILLICORES or limit > MOST_MIB or (volume or 0) > MOST_VOLUME_GIB:
        raise TooLargeError(
            f"{share.workload} would need {cpu / 1000:,.1f} cores and {memory / MIB_PER_GIB:,.0f} GiB in each of its "
            f"{pods} pods; accepted: up to {MOST_MILLICORES // 1000} cores and {MOST_MIB // MIB_PER_GIB} GiB a pod. "
            "This platform's layout isn't made for such a load"
        )
    return size.model_copy(
        update={
            "cpu_request_millicores": cpu,
            "memory_request_mib": memory,
            "memory_limit_mib": limit,
            "volume_gib": volume,
        }
    )


class NodeChange(NamedTuple):
    """The one node group that changes."""

    group: str
    before: NodeGroup
    after: NodeGroup


# Price of an hour of one node of a type, and of a month of its root volume.
NodePrice = Callable[[str, CapacityType], float]


def carrying_nodes(
    settings: PlatformSettings, types: tuple[str, ...], node_price: NodePrice
) -> tuple[PlatformSettings, NodeChange | None]:
    """The settings with the cheapest nodes that hold their sizes; unchanged where today's nodes do or aren't known.

    Only the largest group changes: its type, and at least as many nodes, so that replicas stay apart. Raises
    `TooLargeError` where no type in reach carries the sizes.
    """
    cluster = settings.cluster
    if not isinstance(cluster, EksCluster | SharedCluster) or _held(settings):
        return settings, None
    name, group = max(cluster.node_groups.items(), key=lambda pair: pair[1].nodes)
    fitting = [found for one in types for found in _first_fit(settings, name, group, one)]
    if not fitting:
        sums = resource_sums(settings)
        raise TooLargeError(
            f"no node type of the price table carries {sums.cpu_millicores / 1000:,.1f} cores and "
            f"{sums.memory_mib / MIB_PER_GIB:,.0f} GiB of requests with up to {MOST_NODES} nodes in {name}"
        )
    best = min(
        fitting, key=lambda found: (found.nodes * node_price(found.instance_types[0], group.capacity_type), found.nodes)
    )
    return _with_group(settings, name, best), NodeChange(name, group, best)


def _first_fit(settings: PlatformSettings, name: str, group: NodeGroup, instance_type: str) -> Iterator[NodeGroup]:
    """The group with the fewest nodes of a type that hold everything, if any number does."""
    if instance_shape(instance_type) is None:
        return
    for nodes in range(group.nodes, MOST_NODES + 1):
        spare = group.max_nodes - group.nodes
        tried = group.model_copy(
            update={
                "instance_types": (instance_type,),
                "nodes": nodes,
                "min_nodes": min(nodes, group.min_nodes + nodes - group.nodes),
                "max_nodes": min(MOST_NODES, nodes + spare),
            }
        )
        if _held(_with_group(settings, name, tried)):
            yield tried
            return


def _with_group(settings: PlatformSettings, name: str, group: NodeGroup) -> PlatformSettings:
    cluster = settings.cluster
    if not isinstance(cluster, EksCluster | SharedCluster):
        return settings
    groups = {**cluster.node_groups, name: group}
    return settings.model_copy(update={"cluster": cluster.model_copy(update={"node_groups": groups})})


def _held(settings: PlatformSettings) -> bool:
    """Whether the nodes have what the pods ask for, the largest pod on one of them."""
    allocatable, sums = nodes_allocatable(settings), resource_sums(settings)
    if allocatable is None:
        return True
    pods = [component for component in sums.components if component.key != AGENT]
    return (
        sums.pods <= allocatable.pods
        and sums.cpu_millicores <= allocatable.cpu_millicores
        and sums.memory_mib <= allocatable.memory_mib
        and max(pod.pod_cpu_millicores for pod in pods) <= allocatable.largest_pod_millicores
        and max(pod.pod_memory_mib for pod in pods) <= allocatable.largest_pod_mib
    )
