"""The whole topology of one workload: back ends, collectors, nodes, and what the planner can't vouch for."""

import math
from collections.abc import Sequence

from planning.capacity.ingest import Ingest, Replication, ingest_of
from planning.prices.table import PriceTable
from planning.topology.availability import Availability
from planning.topology.collectors import AGENT, CollectorPlan, plan_collectors
from planning.topology.loki import plan_loki
from planning.topology.mimir import plan_mimir, queries_of
from planning.topology.model import Cache, NodePool, Pods, Topology, TopologyInputs
from planning.topology.nodes import plan_nodes
from planning.topology.parts import Shape, pods
from planning.topology.tempo import plan_tempo

CACHE_MEMORY_FACTOR = 1.2
LARGEST_DEPLOYED_SERIES, LARGEST_DEPLOYED_TB = 50e6, 30.0
VENDORS = (
    "figures are the vendors' sizing pages at the daily mean; nobody has run this platform at this load: measure, then "
    "adjust"
)
BEYOND_TABLES = (
    "beyond the published tables (30 TB of logs a day, tens of millions of series in one tenant) figures are "
    "extrapolated in proportion"
)


def plan_topology(inputs: TopologyInputs, table: PriceTable) -> Topology:
    """The topology that carries a workload. Raises `NoNodesError` where no node type does."""
    series = float(inputs.workload.active_series)
    safe = inputs.availability is Availability.ZONE
    ingest = ingest_of(inputs.workload, inputs.sampling, Replication(loki=3 if safe else 1, mimir=3 if safe else 1))
    loki, tempo = plan_loki(ingest, inputs.availability), plan_tempo(ingest)
    queries = inputs.queries or queries_of(series, inputs.services)
    mimir = plan_mimir(
        ingest, series, inputs.workload.scrape_interval_seconds, inputs.retention, queries, inputs.availability
    )
    collectors = plan_collectors(ingest, inputs.availability)
    found = (*loki.pods, *tempo.pods, *mimir.pods, *collectors.pods)
    pools, nodes = plan_nodes(inputs, found, _cache_mib(loki.caches), collectors.agents, table)
    return Topology(
        inputs=inputs,
        loki=loki.mode,
        tempo=tempo.mode,
        series=series,
        pods=found,
        agent=_agent(collectors, pools),
        caches=loki.caches,
        pools=pools,
        choices=(*loki.choices, *tempo.choices, *mimir.choices, *collectors.choices, *nodes),
        unvouched=(*tempo.unvouched, *mimir.unvouched, *_limits(ingest, series)),
    )


def _agent(collectors: CollectorPlan, pools: Sequence[NodePool]) -> Pods:
    nodes = sum(pool.nodes for pool in pools)
    return pods("collector_agent", collectors.agents, AGENT, Shape(nodes), writes=True)


def _cache_mib(caches: Sequence[Cache]) -> int:
    return sum(math.ceil(cache.mb * CACHE_MEMORY_FACTOR) for cache in caches)


def _limits(ingest: Ingest, series: float) -> list[str]:
    found: list[str] = []
    if ingest.logs.kept_gb_per_day / 1000 > LARGEST_DEPLOYED_TB or series > LARGEST_DEPLOYED_SERIES:
        found.append(BEYOND_TABLES)
    return [*found, VENDORS]
