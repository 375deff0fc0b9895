"""Between a stack's settings and the topology planner: what it is asked, and the settings that carry its answer."""

import math
from collections.abc import Iterator, Mapping

from planning.capacity.estimate import compute_at
from planning.instances import MIB_PER_GIB
from planning.topology.availability import Availability
from planning.topology.model import LokiMode, NodePool, Overhead, Pods, TempoMode, Topology, TopologyInputs
from settings.models.cluster import CapacityType, CpuCredits, ExistingCluster, NodeGroup
from settings.models.platform import PlatformSettings
from settings.models.sizes import Sizes, WorkloadSize
from settings.rules.growth import carriers, pods_of, with_workloads
from settings.rules.sizing import AddonRequest, resource_sums, system_requests

# Limits of ingestion are for bursts: they are never below twice the daily mean.
BURST_FACTOR = 2


def topology_inputs(settings: PlatformSettings, availability: Availability | None = None) -> TopologyInputs:
    """What the planner is asked for a stack."""
    each_node, each_cluster = system_requests(settings)
    groups = () if isinstance(settings.cluster, ExistingCluster) else tuple(settings.cluster.node_groups.values())
    return TopologyInputs(
        workload=settings.workload,
        sampling=settings.sampling,
        retention=settings.retention,
        services=len(settings.services),
        availability=availability or settings.availability,
        each_node=_overhead(each_node),
        each_cluster=_overhead(each_cluster),
        spot=any(group.capacity_type is CapacityType.SPOT for group in groups),
        root_volume_gib=max((group.root_volume_gib for group in groups), default=40),
        architecture=settings.architecture,
    )


def _overhead(request: AddonRequest) -> Overhead:
    return Overhead(pods=request.pods, cpu_millicores=request.cpu_millicores, memory_mib=request.memory_mib)


def with_topology(settings: PlatformSettings, topology: Topology) -> PlatformSettings:
    """The settings that deploy a topology: load, sizes, nodes, and the ceilings and limits that it takes.

    Unchecked: a topology may be one that this project doesn't deploy, and is priced all the same.
    """
    sized = settings.model_copy(
        update={"workload": topology.inputs.workload, "sizes": sizes_of_topology(settings.sizes, topology)}
    )
    sized = with_nodes(sized, topology)
    return sized.model_copy(update={"capacity": settings.capacity.model_copy(update=ceilings(sized))})


def with_nodes(settings: PlatformSettings, topology: Topology) -> PlatformSettings:
    """The settings with a topology's node groups; the same where nodes are somebody else's."""
    if isinstance(settings.cluster, ExistingCluster):
        return settings
    groups = {pool.name: node_group(pool) for pool in topology.pools}
    return settings.model_copy(update={"cluster": settings.cluster.model_copy(update={"node_groups": groups})})


def sizes_of_topology(sizes: Sizes, topology: Topology) -> Sizes:
    """A topology's workloads as sizes; profiles' stay as they are."""
    workloads: dict[str, WorkloadSize] = {}
    for one in topology.everything:
        key = "tempo" if one.workload.startswith("tempo.") else one.workload
        workloads[key] = _sum(workloads.get(key), one) if key == "tempo" else workload_size(one)
    workloads["collector_agent"] = workload_size(topology.agent).model_copy(update={"replicas": 1})
    found = with_workloads(sizes, workloads)
    caches = {cache.name: cache.mb for cache in topology.caches}
    return found.model_copy(update={"loki": found.loki.model_copy(update=caches)})


def workload_size(one: Pods) -> WorkloadSize:
    """One workload of a topology in the settings' words; larger than they accept where it is."""
    return WorkloadSize.model_construct(
        replicas=one.replicas,
        cpu_request_millicores=one.cpu_millicores,
        memory_request_mib=one.memory_mib,
        memory_limit_mib=one.memory_limit_mib,
        volume_gib=one.volume_gib,
    )


def _sum(before: WorkloadSize | None, one: Pods) -> WorkloadSize:
    """Tempo's parts, which the settings have no words for, as one: the volumes are what is paid for."""
    size = workload_size(one)
    if before is None or (before.volume_gib is None and size.volume_gib is not None):
        return size
    return before


def node_group(pool: NodePool) -> NodeGroup:
    """One group of a topology in the settings' words."""
    return NodeGroup(
        capacity_type=CapacityType.SPOT if pool.spot else CapacityType.ON_DEMAND,
        instance_types=pool.instance_types,
        nodes=pool.nodes,
        min_nodes=pool.nodes,
        max_nodes=pool.most_nodes,
        root_volume_gib=pool.root_volume_gib,
        cpu_credits=CpuCredits.STANDARD,
    )


def ceilings(settings: PlatformSettings) -> Mapping[str, float]:
    """What `capacity` must allow for the settings' sizes and nodes."""
    sums = resource_sums(settings)
    return {
        "cpu_cores": max(settings.capacity.cpu_cores, math.ceil(sums.cpu_millicores / 1000)),
        "memory_gb": max(settings.capacity.memory_gb, math.ceil(sums.memory_gb)),
        "storage_gb": max(settings.capacity.storage_gb, math.ceil(sums.storage_gb)),
    }


def mode_of(settings: PlatformSettings) -> LokiMode:
    """Loki's mode by the stack's sizes."""
    if settings.sizes.loki.distributed is not None:
        return LokiMode.DISTRIBUTED
    return LokiMode.MONOLITHIC if settings.replication.loki == 1 else LokiMode.HA_MONOLITHIC


def against_model(settings: PlatformSettings, topology: Topology) -> tuple[str, ...]:
    """Where a stack's sizes are below what its own workload needs (mode, memory, disks); empty when they carry it.

    CPU isn't judged here: pods may use what others leave, and the credits' rule judges the nodes.
    """
    found = [*_mode(settings, topology), *_parts(settings, topology)]
    workloads = dict(settings.sizes.workloads())
    for need in compute_at(settings.capacity_inputs).components:
        for share in carriers(need.component, workloads):
            size = workloads[share.workload]
            pods = pods_of(share.workload, size, settings)
            limit, disk = pods * size.memory_limit_mib / MIB_PER_GIB, pods * (size.volume_gib or 0)
            if share.memory and need.memory_gib * share.memory > limit:
                found.append(
                    f"sizes.{share.workload}: memory limits of {limit:.2f} GiB together, the load needs "
                    f"{need.memory_gib * share.memory:.2f}"
                )
            if disk and need.volume_gib * share.volume > disk:
                found.append(
                    f"sizes.{share.workload}: volumes of {disk:g} GiB together, the load needs "
                    f"{need.volume_gib * share.volume:.0f}"
                )
    return tuple(found)


def _parts(settings: PlatformSettings, topology: Topology) -> Iterator[str]:
    """Parts of a Distributed Loki whose memory limits hold less than the planner's pods ask for."""
    if topology.loki is not LokiMode.DISTRIBUTED:
        return
    wanted = {one.workload: one.gib for one in topology.pods if one.workload.startswith("loki.distributed.")}
    for key, size in settings.sizes.workloads():
        limit = size.replicas * size.memory_limit_mib / MIB_PER_GIB
        if limit < wanted.get(key, 0):
            yield f"sizes.{key}: memory limits of {limit:.2f} GiB together, the load needs {wanted[key]:.2f}"


def _mode(settings: PlatformSettings, topology: Topology) -> Iterator[str]:
    if topology.loki is LokiMode.DISTRIBUTED and settings.sizes.loki.distributed is None:
        choice = next(one for one in topology.choices if one.choice == topology.loki.value)
        yield f"sizes.loki.monolithic: the load wants {choice.choice}: {choice.reason}"
    if topology.tempo is TempoMode.MICROSERVICES:
        choice = next(one for one in topology.choices if one.choice == topology.tempo.value)
        yield f"sizes.tempo: the load wants {choice.choice}: {choice.reason}"
