"""Pools of nodes that come and go by themselves: what they cost at their limits.

Nothing of a pool is in the bill until a node of it runs; what counts is how far it may go. Whatever mix of its types
Karpenter starts, a core costs at most what the dearest type's core costs on demand.

Source: Karpenter documentation, "NodePools", spec.limits and spec.template.spec.requirements; "NodeClasses" (1.13).
"""

from collections.abc import Iterable, Iterator

from planning.aws.types import NODE_CLASS, NODE_POOL
from planning.cost.assumptions import Assumptions
from planning.cost.bill import Bill
from planning.cost.compute import on_demand_price
from planning.cost.model import UnpricedCause
from planning.cost.network import ADDRESS_HOURS
from planning.cost.reading import quantity_gib
from planning.instances import instance_shape
from planning.node_pool import PoolType, pool_instance_types
from planning.prices.table import MissingPriceError, PriceTable
from planning.registered import UNKNOWN, Resource, number, tables, value_at

ROOT_VOLUME_PRICE = "ebs.storage.gp3"


def pool_types(
    names: Iterable[str],
    root_volume_gib: float,
    *,
    public: bool,
    table: PriceTable,
    assumptions: Assumptions = Assumptions(),  # noqa: B008 (frozen)
) -> tuple[PoolType, ...]:
    """What a month of one node of each type costs: on demand, with a gp3 root volume, and an address if `public`.

    Types of unknown shape are left out. Raises `MissingPriceError`.
    """
    beside = root_volume_gib * table.price(ROOT_VOLUME_PRICE).usd
    beside += assumptions.hours * table.price(ADDRESS_HOURS).usd if public else 0
    return tuple(
        PoolType(
            name=name,
            vcpus=shape.vcpus,
            memory_gib=shape.memory_gib,
            usd_per_month=assumptions.hours * on_demand_price(table, name).usd + beside,
        )
        for name in names
        if (shape := instance_shape(name)) is not None
    )


def usd_at_pool_limits(bill: Bill) -> float | None:
    """What all pools together cost a month at their limits; None where there is no pool.

    A pool whose cost has no bound, or none that is known, is named in the bill.
    """
    pools = bill.of_type(NODE_POOL)
    return sum(_usd(pool, bill) for pool in pools) if pools else None


def _usd(pool: Resource, bill: Bill) -> float:
    cores, names = number(pool.at("spec", "limits", "cpu")), pool_instance_types(pool)
    node_class = _class_of(pool, bill)
    if pool.at("spec", "limits", "cpu") is UNKNOWN or pool.at("spec", "template") is UNKNOWN:
        bill.leave_out(pool, UnpricedCause.NOT_KNOWN_YET, "its limits or types aren't known yet")
        return 0
    if cores is None or not names or node_class is None:
        missing = "spec.limits.cpu in whole cores" if cores is None else "instance types" if not names else "node class"
        bill.leave_out(pool, UnpricedCause.NOT_COVERED, f"it has no {missing}, so its largest bill isn't known")
        return 0
    try:
        types = pool_types(
            names,
            sum(_volumes(node_class)) or bill.assumptions.default_root_volume_gib,
            public=node_class.at("spec", "associatePublicIPAddress") is not False,
            table=bill.table,
            assumptions=bill.assumptions,
        )
    except MissingPriceError as error:
        bill.leave_out(pool, UnpricedCause.NO_PRICE, str(error))
        return 0
    if len(types) < len(names):
        bill.leave_out(pool, UnpricedCause.NOT_COVERED, "the cores of some of its types aren't known")
        return 0
    return cores * max(one.usd_per_core for one in types)


def _class_of(pool: Resource, bill: Bill) -> Resource | None:
    name = pool.at("spec", "template", "spec", "nodeClassRef", "name")
    return next((one for one in bill.of_type(NODE_CLASS) if one.at("metadata", "name") == name), None)


def _volumes(node_class: Resource) -> Iterator[float]:
    for _, mapping in tables(node_class.at("spec", "blockDeviceMappings")):
        yield quantity_gib(value_at(mapping, "ebs", "volumeSize")) or 0
