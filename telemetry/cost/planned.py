"""What a stack is planned to cost, as the numbers that its cost rules carry: engine, prices and resources of the cost
report, without a preview.
"""

from collections.abc import Mapping
from typing import Any

from planning.backends import BY_SIGNAL, backends_of
from planning.base import Frozen
from planning.capacity.ingest import ingest_of
from planning.cost import ClusterSharing, CostReport, ExpectedLoad, price_resources
from planning.cost.model import Category, LineKind
from planning.prices import load_prices, regions_with_prices
from planning.retention import Signal
from settings.document.defaults import defaults_for
from settings.models.cluster import SharedCluster
from settings.models.environment import Environment
from settings.models.platform import PlatformSettings
from telemetry.cost.expected_resources import expected_resources

DAYS_PER_MONTH = 365.25 / 12
TOTAL = "total"
BUCKET_KINDS = frozenset({LineKind.BUCKET_STORAGE, LineKind.BUCKET_REQUESTS})


class PlannedCost(Frozen):
    """Dollars of one stack in steady state under its expected load."""

    usd_per_month: Mapping[str, float]
    """By line: compute, storage, operations, total."""
    fixed_usd_per_month: float
    """All but the signals' buckets: it is paid whatever arrives."""
    usd_per_stored_gib: Mapping[Signal, float]
    """Storage and requests of a GiB from its writing to its deletion."""
    fixed_share: Mapping[Signal, float]
    """How the fixed dollars are shared among signals: by the memory that their back ends ask for; adds up to 1."""


def planned_cost(settings: PlatformSettings, stack: str) -> PlannedCost | None:
    """The planned cost, or None where there are no prices: off AWS, or in a region without a price table."""
    if not settings.on_aws or settings.region not in regions_with_prices():
        return None
    table = load_prices(settings.region)
    load = ExpectedLoad(
        workload=settings.workload,
        sampling=settings.sampling,
        replication=settings.replication,
        retention=settings.retention,
    )
    # The table's own day: the numbers must not change from one run to the next.
    report = price_resources(
        expected_resources(settings, stack), table, today=table.compiled, load=load, sharing=_sharing(settings)
    )
    buckets = {signal: _bucket_usd(report, signal) for signal in settings.retention.signals}
    ingest = {one.signal: one for one in ingest_of(settings.workload, settings.sampling, settings.replication).signals}
    return PlannedCost(
        usd_per_month={
            **{category.value: report.by_category.get(category, 0.0) for category in Category},
            TOTAL: report.usd_per_month,
        },
        fixed_usd_per_month=report.usd_per_month - sum(buckets.values()),
        usd_per_stored_gib={
            signal: usd / (ingest[signal].stored_gib_per_day * DAYS_PER_MONTH) for signal, usd in buckets.items()
        },
        fixed_share=_fixed_share(settings),
    )


def _sharing(settings: PlatformSettings) -> ClusterSharing:
    """A guest's file doesn't say how many nodes its owner has: taken from the defaults, where they know the owner."""
    cluster = settings.cluster
    if not isinstance(cluster, SharedCluster) or cluster.owner_stack not in set(Environment):
        return ClusterSharing()
    groups: Any = defaults_for(Environment(cluster.owner_stack), "eks")["cluster"]
    return ClusterSharing(owner_nodes=sum(group["nodes"] for group in groups["node_groups"].values()))


def _bucket_usd(report: CostReport, signal: Signal) -> float:
    bucket = f"storage-{BY_SIGNAL[signal].data.purpose}"
    return sum(line.usd_per_month for line in report.lines if line.resource == bucket and line.kind in BUCKET_KINDS)


def _fixed_share(settings: PlatformSettings) -> Mapping[Signal, float]:
    memory_mib = dict.fromkeys(settings.retention.signals, 0)
    owner = {backend.name: backend.signal for backend in backends_of(settings.retention)}
    for key, size in settings.sizes.workloads():
        signal = owner.get(key.split(".")[0])
        if signal is not None:
            memory_mib[signal] += size.replicas * size.memory_request_mib
    total = sum(memory_mib.values())
    return {signal: mib / total for signal, mib in memory_mib.items()}
