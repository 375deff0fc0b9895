"""The control plane and the nodes: EKS clusters, node groups, single instances."""

import re
from collections.abc import Callable
from typing import NamedTuple

from planning.aws.types import NODE_GROUP
from planning.cost.bill import Bill
from planning.cost.eks_versions import standard_support_ends
from planning.cost.model import LineKind, UnpricedCause
from planning.cost.reading import text
from planning.cost.schedules import scheduled_mean, scheduled_most
from planning.prices.table import ON_DEMAND, Confidence, MissingPriceError, Price, PriceTable, spot_price
from planning.registered import UNKNOWN, Resource, is_list, number

# Amazon EKS User Guide, "upgradePolicy": without one a cluster enters extended support at the end of standard support.
DEFAULT_SUPPORT = "EXTENDED"
EXTENDED = "extended"
# Amazon EKS API reference, CreateNodegroup: what a group without instance types gets.
DEFAULT_INSTANCE_TYPE = "t3.medium"


def price_cluster(cluster: Resource, bill: Bill) -> None:
    """The control plane, less the share of tenant stacks that are known."""
    support, why = _support(text(cluster.at("version")), text(cluster.at("upgradePolicy", "supportType")), bill)
    own = sum(count for _, count in working_node_counts(bill))
    share, tenant_stacks = 1.0, bill.sharing.tenant_stack_nodes
    if tenant_stacks and own:
        share = own / (own + tenant_stacks)
        why += f"; this stack's share by nodes: {own:g} of {own + tenant_stacks:g}"
    _control_plane(cluster, support, share, why, bill)


def price_tenant_stack(groups: list[Resource], bill: Bill) -> None:
    """The share of somebody else's control plane: nodes of this stack among all nodes of the cluster."""
    own = sum(count for _, count in working_node_counts(bill))
    owner = bill.sharing.owner_nodes
    share = own / (own + owner) if owner is not None and own + owner > 0 else 0.5
    support, why = _support(text(groups[0].at("version")), "", bill)
    by = f"{own:g} of {own + owner:g} nodes" if owner is not None else "a half, as the owner's nodes aren't known"
    name = text(groups[0].at("clusterName"), "the cluster")
    _control_plane(groups[0], support, share, f"{name} is another stack's; share: {by}; {why}", bill)


def _control_plane(resource: Resource, support: str, share: float, note: str, bill: Bill) -> None:
    bill.add(
        resource,
        LineKind.CONTROL_PLANE_EXTENDED if support == EXTENDED else LineKind.CONTROL_PLANE,
        f"EKS control plane, {support} support",
        bill.assumptions.hours * share,
        f"eks.control_plane.{support}",
        note,
    )


def _support(version: str, support_type: str, bill: Bill) -> tuple[str, str]:
    """standard or extended on the bill's date, and why."""
    ends = standard_support_ends(version)
    if ends is None:
        return "standard", f"version {version or 'not known'}: the end of standard support isn't published"
    if bill.today <= ends:
        return "standard", f"version {version}: standard support ends {ends}"
    if (support_type or DEFAULT_SUPPORT) == "STANDARD":
        return "standard", f"version {version}: AWS upgrades it, because standard support ended {ends}"
    return EXTENDED, f"version {version}: standard support ended {ends}"


def node_count(group: Resource, bill: Bill) -> float | None:
    """Nodes of a group that are paid for, with working hours the mean over a week; None where preview doesn't know."""
    if not bill.counts_most_nodes and bill.follows_schedules and (mean := scheduled_mean(group, bill)) is not None:
        return mean
    return _size(group, bill)


def _size(group: Resource, bill: Bill) -> float | None:
    key = "maxSize" if bill.counts_most_nodes else "desiredSize"
    for path in (("scalingConfig", key), ("scalingConfig", "minSize")):
        count = number(group.at(*path))
        if count is not None:
            return count
    return None


def node_counts(bill: Bill) -> list[tuple[Resource, float]]:
    """Every node group with its nodes that are paid for, those not known left out."""
    return bill.once("node counts", lambda: _all(bill, node_count))


def working_node_counts(bill: Bill) -> list[tuple[Resource, float]]:
    """The same with the nodes that carry the load, whatever hours there are."""
    return bill.once("working node counts", lambda: _all(bill, _working))


def _all(bill: Bill, count: Callable[[Resource, Bill], float | None]) -> list[tuple[Resource, float]]:
    counts = [(group, count(group, bill)) for group in bill.of_type(NODE_GROUP)]
    return [(group, known) for group, known in counts if known is not None]


def _working(group: Resource, bill: Bill) -> float | None:
    if not bill.counts_most_nodes and (most := scheduled_most(group, bill)) is not None:
        return most
    return _size(group, bill)


def price_node_group(group: Resource, bill: Bill) -> None:
    """The hours of a group's nodes at the dearest of its instance types."""
    count = node_count(group, bill)
    types = instance_types(group)
    if count is None or types is None:
        missing = "scalingConfig.desiredSize" if count is None else "instanceTypes"
        bill.leave_out(group, UnpricedCause.NOT_KNOWN_YET, f"{missing} isn't known yet")
        return
    spot = text(group.at("capacityType"), "ON_DEMAND") == "SPOT"
    hour = paid_hour(types, bill, spot=spot)
    of = f", the {'cheapest' if spot else 'dearest'} of {', '.join(types)}" if len(types) > 1 else ""
    _node_line(group, hour, count, bill, spot=spot, note=f"{count:.3g} nodes x {bill.assumptions.hours:g} h{of}")


def price_instance(instance: Resource, bill: Bill) -> None:
    """A single instance."""
    instance_type = text(instance.at("instanceType"))
    if not instance_type:
        bill.leave_out(instance, UnpricedCause.NOT_KNOWN_YET, "instanceType isn't known yet")
        return
    spot = instance.at("instanceMarketOptions", "marketType") == "spot"
    hour = paid_hour([instance_type], bill, spot=spot)
    _node_line(instance, hour, 1, bill, spot=spot, note=f"1 instance x {bill.assumptions.hours:g} h")


class HourlyPrice(NamedTuple):
    """The hour of one instance type."""

    instance_type: str
    price: Price


def _node_line(resource: Resource, hour: HourlyPrice, count: float, bill: Bill, *, spot: bool, note: str) -> None:
    kind = LineKind.NODE_SPOT if spot else LineKind.NODE_ON_DEMAND
    item = f"{hour.instance_type} {'spot' if spot else 'on-demand'}"
    bill.add(resource, kind, item, count * bill.assumptions.hours, hour.price, note)


def paid_hour(instance_types: list[str], bill: Bill, *, spot: bool) -> HourlyPrice:
    """The hour that a group of several types is budgeted at. Raises `MissingPriceError`.

    Spot: the cheapest type, at its own risk price (Amazon EKS User Guide, "Managed node group capacity types": the
    price-capacity-optimized strategy). On demand: the dearest, as any of them may be the one that there is.
    """
    share = bill.assumptions.spot_share_of_on_demand if spot else None
    hours = [
        HourlyPrice(name, bill.once(("hour", name, spot), lambda name=name: _hour(name, bill.table, share)))
        for name in instance_types
    ]
    return (min if spot else max)(hours, key=lambda hour: hour.price.usd)


def _hour(instance_type: str, table: PriceTable, spot_share: float | None) -> Price:
    on_demand = on_demand_price(table, instance_type)
    if spot_share is None:
        return on_demand
    known = table.model_copy(update={"prices": {**table.prices, on_demand.key: on_demand}})
    return spot_price(known, instance_type, spot_share)


def on_demand_price(table: PriceTable, instance_type: str) -> Price:
    """The hour of an instance type; sizes that a table lacks follow from its family, whose prices go by size.

    Raises `MissingPriceError` for a family that the table lacks.
    """
    key = f"{ON_DEMAND}.{instance_type}"
    if key in table:
        return table.price(key)
    family, _, size = instance_type.partition(".")
    wanted = large_units(size)
    for known_size in ("4xlarge", "2xlarge", "xlarge", "large"):
        known_key = f"{ON_DEMAND}.{family}.{known_size}"
        if wanted and known_key in table:
            known, per = table.price(known_key), large_units(known_size)
            source = f"{wanted / per:g} x {family}.{known_size} ({known.source})"
            return known.model_copy(
                update={
                    "key": key, "usd": known.usd * wanted / per, "source": source, "confidence": Confidence.MODEL,
                }
            )  # fmt: skip
    raise MissingPriceError(table.region, key)


def large_units(size: str) -> float:
    """Size of an instance in units of large; 0 for sizes that don't go by it, such as metal."""
    match = re.fullmatch(r"(\d*)xlarge", size)
    if match:
        return 2.0 * int(match[1] or 1)
    return {"medium": 0.5, "large": 1.0}.get(size, 0.0)


def instance_types(group: Resource) -> list[str] | None:
    value = group.at("instanceTypes")
    if value is UNKNOWN:
        return None
    if is_list(value) and value:
        names = [item for item in value if isinstance(item, str)]
        return names if len(names) == len(value) else None
    return [DEFAULT_INSTANCE_TYPE]
