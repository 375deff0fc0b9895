"""What a stack's own sizes let it carry, in the terms of the capacity plan."""

from planning.capacity.compute import StackCapacity
from settings.models.platform import PlatformSettings
from settings.models.sizes import WorkloadSize

MIB_PER_GIB = 1024


def capacity_of(settings: PlatformSettings) -> StackCapacity:
    """The stack's capacity row, with the memory limits of the workloads that grow with the load."""
    sizes, mimir = settings.sizes, settings.sizes.mimir
    grown = {
        "loki.monolithic": (sizes.loki.monolithic,),
        "tempo": (sizes.tempo,),
        "mimir.distributor": (mimir.distributor,),
        "mimir.ingester": (mimir.ingester,),
        "mimir.querier+store_gateway": (mimir.querier, mimir.store_gateway),
        "collector": (sizes.collector_gateway,),
    }
    return StackCapacity(
        name=settings.environment.value,
        cpu_cores=settings.capacity.cpu_cores,
        memory_gb=settings.capacity.memory_gb,
        storage_gb=settings.capacity.storage_gb,
        replication=settings.replication,
        memory_limits_gib=tuple((component, sum(map(_limit_gib, parts))) for component, parts in grown.items()),
    )


def _limit_gib(size: WorkloadSize) -> float:
    return size.replicas * size.memory_limit_mib / MIB_PER_GIB
