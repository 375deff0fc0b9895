"""What a stack's own sizes let it carry, in the terms of the capacity plan."""

from planning.capacity.compute import StackCapacity
from planning.capacity.estimate import compute_at
from planning.instances import MIB_PER_GIB
from settings.models.platform import PlatformSettings
from settings.models.sizes import WorkloadSize
from settings.rules.growth import carriers


def capacity_of(settings: PlatformSettings) -> StackCapacity:
    """The stack's capacity row, with the memory limits of the workloads that grow with the load."""
    sizes, needs = dict(settings.sizes.workloads()), compute_at(settings.capacity_inputs).components
    carried = {need.component: [one for one in carriers(need.component, sizes) if one.memory] for need in needs}
    return StackCapacity(
        name=settings.environment.value,
        cpu_cores=settings.capacity.cpu_cores,
        memory_gb=settings.capacity.memory_gb,
        storage_gb=settings.capacity.storage_gb,
        replication=settings.replication,
        memory_limits_gib=tuple(
            (component, sum(_limit_gib(sizes[share.workload]) for share in shares))
            for component, shares in carried.items()
            if shares
        ),
    )


def _limit_gib(size: WorkloadSize) -> float:
    return size.replicas * size.memory_limit_mib / MIB_PER_GIB
