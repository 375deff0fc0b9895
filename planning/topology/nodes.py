"""Nodes: the architecture's cheapest type and count that hold a topology's pods, at the mean and at the daily peak."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from planning.cost.assumptions import Assumptions
from planning.cost.compute import on_demand_price
from planning.cost.credits import BURSTABLE
from planning.errors import UserError
from planning.instances import Architecture, InstanceShape, instance_shape, is_burstable
from planning.prices.table import MissingPriceError, PriceTable, spot_price
from planning.topology import sources as s
from planning.topology.availability import Availability
from planning.topology.collectors import AGENT
from planning.topology.model import Choice, NodePool, Overhead, Pods, TopologyInputs
from planning.topology.parts import MIB_PER_GIB, ZONES, Need

# Of x86 those that every region has; AMD's are taken where settings name them.
FAMILIES = {
    Architecture.ARM64: ("t4g", "c6g", "m6g", "r6g", "c7g", "m7g", "r7g", "c8g", "m8g", "r8g"),
    Architecture.X86_64: ("t3", "c6i", "m6i", "r6i", "c7i", "m7i", "r7i"),
}
SIZES = ("medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
# Amazon EKS service quotas, "Nodes per managed node group": 450.
MOST_NODES = 450
ON_DEMAND_POOL, SPOT_POOL = "on-demand", "spot"
# A replica of these lies on a node of its own (the chart's anti-affinity), so that a lost node takes one copy.
APART = ("loki.monolithic",)
# One set for all nodes that are tried.
ASSUMED = Assumptions()
# Memory that nodes keep free for heads that grow before blocks are cut.
RESERVED = {"mimir.ingester": s.MIMIR_HEADROOM.value - 1}


class NoNodesError(UserError):
    """No known type holds the pods; `str()` says what they need, for people."""


class Kind(NamedTuple):
    """One instance type in one region."""

    name: str
    shape: InstanceShape
    usd_per_hour: float
    steady_cores: float
    """That it has for long: all of them, or a burstable type's baseline."""


class Demand(NamedTuple):
    """What the pods of a pool ask for, all together."""

    pods: int
    millicores: float
    mib: float
    steady_cores: float
    largest_millicores: int
    largest_mib: int
    least_nodes: int


def plan_nodes(
    inputs: TopologyInputs, pods: Sequence[Pods], cache_mib: int, agents: Need, table: PriceTable
) -> tuple[tuple[NodePool, ...], tuple[Choice, ...]]:
    """Node groups for the pods: data on demand, the rest on spot where that is wished. Raises `NoNodesError`."""
    keeps = [one for one in pods if one.volume_gib is not None]
    others = [one for one in pods if one.volume_gib is None]
    splits = ((ON_DEMAND_POOL, keeps), (SPOT_POOL, others)) if inputs.spot else ((ON_DEMAND_POOL, list(pods)),)
    total = sum(one.steady_cores for one in pods)
    least, in_pool = _least_nodes(inputs, pods), ZONES if inputs.availability is Availability.ZONE else 1
    pools: list[NodePool] = []
    choices: list[Choice] = []
    for name, held in splits:
        share = sum(one.steady_cores for one in held) / total
        first, last = not pools, name == splits[-1][0]
        missing = max(in_pool, least - sum(pool.nodes for pool in pools)) if last else in_pool
        demand = _demand(
            inputs, held, agents=Need(agents.cores * share),
            beside=inputs.each_cluster if first else None, cache_mib=cache_mib if last else 0, least_nodes=missing,
        )  # fmt: skip
        pool = _cheapest(name, demand, inputs, table)
        pools.append(pool)
        choices.append(_choice(pool, held, demand))
    return tuple(pools), tuple(choices)


def _least_nodes(inputs: TopologyInputs, pods: Iterable[Pods]) -> int:
    apart = max((one.replicas for one in pods if one.workload in APART), default=1)
    return max(apart, ZONES if inputs.availability is Availability.ZONE else 1)


def _demand(
    inputs: TopologyInputs,
    held: Sequence[Pods],
    *,
    agents: Need,
    beside: Overhead | None,
    cache_mib: int,
    least_nodes: int,
) -> Demand:
    peak = inputs.peak_ratio - 1
    writing = sum(one.steady_cores for one in held if one.writes) + agents.cores
    return Demand(
        pods=sum(one.replicas for one in held) + (beside.pods if beside else 0),
        millicores=1000 * (sum(one.cores for one in held) + agents.cores + peak * writing)
        + (beside.cpu_millicores if beside else 0),
        mib=sum(one.gib * (1 + RESERVED.get(one.workload, 0)) for one in held) * MIB_PER_GIB
        + (beside.memory_mib if beside else 0)
        + cache_mib,
        steady_cores=sum(one.steady_cores for one in held) + agents.cores
        + (ASSUMED.system_cores_per_cluster if beside else 0),
        largest_millicores=max((one.cpu_millicores for one in held), default=0),
        largest_mib=max([*(one.memory_mib for one in held), cache_mib]),
        least_nodes=least_nodes,
    )  # fmt: skip


def _cheapest(name: str, demand: Demand, inputs: TopologyInputs, table: PriceTable) -> NodePool:
    spot = name == SPOT_POOL
    kinds = _kinds(table, spot, inputs.architecture)
    root = inputs.root_volume_gib * table.price("ebs.storage.gp3").usd / ASSUMED.hours
    found = [
        (nodes * (kind.usd_per_hour + root), nodes, kind) for kind in kinds for nodes in _nodes(kind, demand, inputs)
    ]
    if not found:
        raise NoNodesError(
            f"no {inputs.architecture.maker} type of the price table of {table.region} holds "
            f"{demand.millicores / 1000:,.0f} cores and {demand.mib / MIB_PER_GIB:,.0f} GiB in up to {MOST_NODES} "
            f"nodes, the largest pod with {demand.largest_millicores / 1000:g} cores and "
            f"{demand.largest_mib / MIB_PER_GIB:,.0f} GiB"
        )
    _, nodes, best = min(found, key=lambda one: (one[0], one[1], one[2].name))
    return NodePool(
        name=name,
        spot=spot,
        instance_types=_types(best, kinds) if spot else (best.name,),
        nodes=nodes,
        most_nodes=min(MOST_NODES, max(nodes + 1, math.ceil(nodes * inputs.peak_ratio))),
        root_volume_gib=inputs.root_volume_gib,
        usd_per_hour=best.usd_per_hour,
    )


def _nodes(kind: Kind, demand: Demand, inputs: TopologyInputs) -> Iterator[int]:
    """How many nodes of a kind hold the demand, if any number does."""
    each, fill = inputs.each_node, s.NODE_FILL.value
    millicores = kind.shape.allocatable_millicores - each.cpu_millicores - AGENT.millicores
    mib = kind.shape.allocatable_mib - each.memory_mib - AGENT.mib
    places = kind.shape.max_pods - each.pods - 1
    steady = kind.steady_cores - ASSUMED.system_cores_per_node
    # An agent's share of the load lies beside the largest pod on its node.
    if demand.largest_millicores > millicores * fill or demand.largest_mib > mib * fill or min(places, steady) <= 0:
        return
    nodes = max(
        demand.least_nodes,
        math.ceil(demand.millicores / (millicores * fill)),
        math.ceil(demand.mib / (mib * fill)),
        math.ceil(demand.pods / places),
        math.ceil(demand.steady_cores / steady),
    )
    if nodes <= MOST_NODES:
        yield nodes


def _types(best: Kind, kinds: Sequence[Kind]) -> tuple[str, ...]:
    """The kind and others that have at least as much, cheapest first: more pools for spot to take from.

    Largest of a burstable family have few others beside them: types that always have their cores stand in for those.
    """
    as_much = [
        kind
        for kind in kinds
        if kind.name != best.name
        and (is_burstable(best.name) or not is_burstable(kind.name))
        and kind.shape.vcpus >= best.shape.vcpus
        and kind.shape.memory_gib >= best.shape.memory_gib
        and kind.usd_per_hour >= best.usd_per_hour
    ]
    alike = is_burstable(best.name)
    cheapest = sorted(as_much, key=lambda kind: (is_burstable(kind.name) != alike, kind.usd_per_hour, kind.name))
    return (best.name, *(kind.name for kind in cheapest[: int(s.SPOT_TYPES.value) - 1]))


# By a table's identity, as its prices can't be hashed; the table stays with it, so that no other one gets its identity.
_KINDS: dict[tuple[int, bool, Architecture], tuple[PriceTable, tuple[Kind, ...]]] = {}


def _kinds(table: PriceTable, spot: bool, architecture: Architecture) -> tuple[Kind, ...]:
    key = (id(table), spot, architecture)
    if key not in _KINDS:
        _KINDS[key] = table, tuple(_priced(table, spot, architecture))
    return _KINDS[key][1]


def _priced(table: PriceTable, spot: bool, architecture: Architecture) -> Iterator[Kind]:
    for family in FAMILIES[architecture]:
        for size in SIZES:
            name = f"{family}.{size}"
            shape = instance_shape(name)
            if shape is None:
                continue
            try:
                price = on_demand_price(table, name)
                known = table.model_copy(update={"prices": {**table.prices, price.key: price}})
                usd = spot_price(known, name, ASSUMED.spot_share_of_on_demand).usd if spot else price.usd
            except MissingPriceError:
                continue
            burst = BURSTABLE[size] if is_burstable(name) else None
            yield Kind(name, shape, usd, burst.vcpus * burst.baseline if burst else float(shape.vcpus))


def _choice(pool: NodePool, held: Sequence[Pods], demand: Demand) -> Choice:
    whose = "pods with data" if any(one.volume_gib for one in held) else "pods without data"
    return Choice(
        subject=f"Nodes, {pool.name}",
        choice=f"{pool.nodes} x {'/'.join(pool.instance_types)}",
        reason=f"{whose}: {demand.millicores / 1000:,.1f} cores and {demand.mib / MIB_PER_GIB:,.0f} GiB with what the "
        f"peak and memory headroom take; the cheapest that holds them and their largest pod",
        source=s.EC2_PRICES,
    )
