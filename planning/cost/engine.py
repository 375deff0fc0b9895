"""Resources → cost: one engine for previews, states and policies. It prices what is registered, not what was meant."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from planning.aws import types
from planning.cost.assumptions import NodeCount
from planning.cost.bill import Bill
from planning.cost.buckets import price_bucket
from planning.cost.compute import price_cluster, price_instance, price_node_group, price_tenant_stack
from planning.cost.credits import price_cpu_credits, steady_cpu
from planning.cost.egress import price_egress
from planning.cost.free import free_reason
from planning.cost.inputs import CostInputs
from planning.cost.model import CostReport, FreeType, UnpricedCause
from planning.cost.network import (
    price_elastic_ip,
    price_endpoint,
    price_existing_network,
    price_ingress,
    price_load_balancer,
    price_nat_gateway,
    price_node_addresses,
    price_release_services,
    price_service,
    price_zone_transfer,
)
from planning.cost.pools import usd_at_pool_limits
from planning.cost.schedules import has_schedules
from planning.cost.services import price_alarm, price_cluster_logs, price_key, price_log_group, price_secret
from planning.cost.snapshots import price_snapshots
from planning.cost.volumes import price_claim, price_release, price_root_volumes, price_stateful_set, price_volume
from planning.prices.staleness import staleness_warnings, stand_in_warnings
from planning.prices.table import MissingPriceError, PriceTable
from planning.registered import Resource

NOTHING_CHARGED = "as configured, nothing of it is charged"

Pricer = Callable[[Resource, Bill], None]

PRICERS: Mapping[str, tuple[Pricer, ...]] = {
    types.CLUSTER: (price_cluster, price_cluster_logs),
    types.NODE_GROUP: (price_node_group, price_root_volumes, price_node_addresses),
    types.INSTANCE: (price_instance,),
    types.VOLUME: (price_volume,),
    types.RELEASE: (price_release, price_release_services, price_egress),
    types.CLAIM: (price_claim,),
    types.STATEFUL_SET: (price_stateful_set,),
    types.SERVICE: (price_service,),
    types.INGRESS: (price_ingress,),
    types.NAT_GATEWAY: (price_nat_gateway,),
    types.ELASTIC_IP: (price_elastic_ip,),
    types.VPC_ENDPOINT: (price_endpoint,),
    types.EXISTING_NETWORK: (price_existing_network,),
    types.LOAD_BALANCER: (price_load_balancer,),
    types.LOAD_BALANCER_V2: (price_load_balancer,),
    types.LOAD_BALANCER_ALB: (price_load_balancer,),
    types.KEY: (price_key,),
    types.LOG_GROUP: (price_log_group,),
    types.ALARM: (price_alarm,),
    types.SECRET: (price_secret,),
    types.BUCKET: (price_bucket,),
    types.BUCKET_V2: (price_bucket,),
}


def price_resources(
    resources: Sequence[Resource],
    table: PriceTable,
    inputs: CostInputs = CostInputs(),  # noqa: B008 (frozen)
    *,
    today: date,
    most_nodes: bool = True,
) -> CostReport:
    """What a stack's registered resources cost in a month.

    Never raises for a resource: what can't be priced is in `unpriced`. The inputs are what resources don't say; they
    stand in the report. Without `most_nodes` the sum at the largest node groups is that at the desired ones.
    """
    assumptions = inputs.assumptions

    def written(nodes: NodeCount, *, follows_schedules: bool = True) -> Bill:
        bill = Bill(resources, table, inputs, today=today, nodes=nodes, follows_schedules=follows_schedules)
        _write(bill, resources)
        return bill

    bill = written(assumptions.nodes)
    pools = usd_at_pool_limits(bill)
    lines = sorted(bill.lines, key=lambda line: (-line.usd_per_month, line.component, line.resource, line.item))
    return CostReport(
        region=table.region,
        today=today,
        lines=tuple(lines),
        free=_free(resources, bill),
        unpriced=tuple(bill.unpriced),
        warnings=(
            *stand_in_warnings(table),
            *staleness_warnings(bill.used_prices.values(), table.region, today),
        ),
        load=inputs.load.text,
        assumptions=assumptions,
        usd_at_most_nodes=_usd(written(NodeCount.MOST) if most_nodes else bill),
        usd_at_all_hours=_usd(written(assumptions.nodes, follows_schedules=False)) if has_schedules(bill) else None,
        usd_at_pool_limits=None if pools is None else _usd(bill) + pools,
        steady_cpu=steady_cpu(bill),
    )


def _usd(bill: Bill) -> float:
    return sum(line.usd_per_month for line in bill.lines)


def _write(bill: Bill, resources: Sequence[Resource]) -> None:
    for resource in resources:
        pricers = PRICERS.get(resource.type)
        if pricers is None:
            if resource.type != types.SNAPSHOT_POLICY and free_reason(resource.type) is None:
                bill.leave_out(resource, UnpricedCause.NO_RULE, "no rule prices this type: add one, or name it as free")
            continue
        for pricer in pricers:
            _priced(lambda pricer=pricer, resource=resource: pricer(resource, bill), resource, bill)
    groups = bill.of_type(types.NODE_GROUP)
    if groups and not bill.of_type(types.CLUSTER):
        _priced(lambda: price_tenant_stack(groups, bill), groups[0], bill)
    if groups:
        _priced(lambda: price_zone_transfer(bill), groups[0], bill)
        _priced(lambda: price_cpu_credits(bill), groups[0], bill)
    # Last: they count the volumes that are in the bill by then.
    for policy in bill.of_type(types.SNAPSHOT_POLICY):
        _priced(lambda policy=policy: price_snapshots(policy, bill), policy, bill)


def _priced(price: Callable[[], None], resource: Resource, bill: Bill) -> None:
    """A missing price leaves one line out and says so; the rest of the bill stands."""
    try:
        price()
    except MissingPriceError as error:
        bill.leave_out(resource, UnpricedCause.NO_PRICE, str(error))


def _free(resources: Sequence[Resource], bill: Bill) -> tuple[FreeType, ...]:
    """Every resource that no line and no `unpriced` names, so that nothing is passed over in silence."""
    counts = Counter(resource.type for resource in resources if resource.urn not in bill.named)
    return tuple(
        FreeType(type=token, count=count, reason=free_reason(token) or NOTHING_CHARGED)
        for token, count in sorted(counts.items())
    )
