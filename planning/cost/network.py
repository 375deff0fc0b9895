"""NAT gateways, public addresses, load balancers, endpoints, and the traffic between zones."""

from collections.abc import Iterator
from typing import NamedTuple

from planning.aws.types import EXISTING_NETWORK, NAT_GATEWAY, RELEASE, SUBNET
from planning.cost.bill import Bill
from planning.cost.compute import node_count, working_node_counts
from planning.cost.model import LineKind, QuantityBasis, UnpricedCause
from planning.cost.reading import text
from planning.prices.table import Confidence, Price
from planning.registered import Property, Resource, is_list, is_table, value_at

SECONDS_PER_HOUR = 3600
ADDRESS_HOURS = "public_ipv4.hours.address"

LOAD_BALANCER = "LoadBalancer"
# AWS Load Balancer Controller, "IngressClass" and "Ingress annotations".
ALB_CLASS = "alb"
ALB_SCHEME = "alb.ingress.kubernetes.io/scheme"
INTERNAL = "internal"


def price_nat_gateway(gateway: Resource, bill: Bill) -> None:
    """Hours, and its part of the assumed traffic."""
    gateways = len(bill.of_type(NAT_GATEWAY))
    kind = LineKind.NAT_GATEWAY
    bill.add(gateway, kind, "NAT gateway", bill.assumptions.hours, "nat_gateway.hours.zonal", "by the hour")
    share = bill.assumptions.nat_gb / gateways
    note = f"assumed {bill.assumptions.nat_gb:g} GB through {gateways} gateway{'s' if gateways > 1 else ''}"
    bill.add(gateway, kind, "NAT traffic", share, "nat_gateway.data.processed", note, basis=QuantityBasis.ASSUMED)


def price_elastic_ip(address: Resource, bill: Bill) -> None:
    """AWS charges public IPv4 addresses whether they are used or idle."""
    hours = bill.assumptions.hours
    bill.add(address, LineKind.PUBLIC_ADDRESS, "public IPv4 address", hours, ADDRESS_HOURS, "by the hour")


def price_node_addresses(group: Resource, bill: Bill) -> None:
    """One public address for each node in a public subnet."""
    count = node_count(group, bill)
    public, why = _in_public_subnets(group, bill)
    if count and public:
        bill.add(
            group, LineKind.PUBLIC_ADDRESS, "nodes' public IPv4 addresses", count * bill.assumptions.hours,
            ADDRESS_HOURS, f"{count:.3g} nodes, {why}",
        )  # fmt: skip


def _in_public_subnets(group: Resource, bill: Bill) -> tuple[bool, str]:
    """Whether nodes get public addresses, and how that is known."""
    public = bill.once("public subnets", lambda: _publicity(bill))
    if not public and bill.of_type(EXISTING_NETWORK):
        return False, "in private subnets of a network that was there"
    if not public:
        return bill.assumptions.tenant_stack_nodes_public, "in another stack's subnets, taken as public"
    ids = group.at("subnetIds")
    names = [*group.property_dependencies.get("subnetIds", ()), *(ids if is_list(ids) else ())]
    known = [public[name] for name in names if isinstance(name, str) and name in public]
    return any(known or public.values()), "in public subnets"


def _publicity(bill: Bill) -> dict[str, bool]:
    """Whether each subnet of the stack gives its instances public addresses, by URN and by id."""
    return {
        name: subnet.at("mapPublicIpOnLaunch") is True
        for subnet in bill.of_type(SUBNET)
        for name in (subnet.urn, subnet.at("id"))
        if isinstance(name, str)
    }


def price_load_balancer(balancer: Resource, bill: Bill) -> None:
    """Network and application load balancers; other kinds are named as unpriced."""
    kind = text(balancer.at("loadBalancerType"), "application")
    if kind not in ("network", "application"):
        bill.leave_out(balancer, UnpricedCause.NOT_COVERED, f"load balancers of type {kind} aren't priced")
        return
    subnets = balancer.at("subnets") or balancer.at("subnetMappings")
    zones = len(subnets) if is_list(subnets) and subnets else bill.assumptions.load_balancer_zones
    _load_balancer(balancer, kind, zones, bill, internal=balancer.at("internal") is True)


def price_service(service: Resource, bill: Bill) -> None:
    """A Kubernetes Service of type LoadBalancer makes a load balancer that no other resource shows."""
    if bill.on_aws and service.at("spec", "type") == LOAD_BALANCER:
        _load_balancer(service, "network", bill.assumptions.load_balancer_zones, bill, internal=_internal(service))


def price_ingress(ingress: Resource, bill: Bill) -> None:
    """An Ingress of class alb makes an application load balancer; other classes use one that is there already."""
    if bill.on_aws and ingress.at("spec", "ingressClassName") == ALB_CLASS:
        internal = value_at(ingress.at("metadata", "annotations"), ALB_SCHEME) == INTERNAL
        _load_balancer(ingress, "application", bill.assumptions.load_balancer_zones, bill, internal=internal)


def price_release_services(release: Resource, bill: Bill) -> None:
    """Services of type LoadBalancer that a release's values ask for."""
    if not bill.on_aws:
        return
    values = release.at("values")
    # Most releases ask for none, and a text is searched far faster than a table walked.
    if LOAD_BALANCER not in str(values):
        return
    for path in _load_balancer_services(values, ()):
        note = f"{'.'.join(path)}.type is LoadBalancer"
        _load_balancer(release, "network", bill.assumptions.load_balancer_zones, bill, internal=False, note=note)


def _load_balancer_services(value: Property, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if is_table(value):
        if value.get("type") == LOAD_BALANCER:
            yield path
        for key, item in value.items():
            if is_table(item) or is_list(item):
                yield from _load_balancer_services(item, (*path, key))
    elif is_list(value):
        for item in value:
            yield from _load_balancer_services(item, path)


def _internal(service: Resource) -> bool:
    annotations = service.at("metadata", "annotations")
    return value_at(annotations, "service.beta.kubernetes.io/aws-load-balancer-scheme") == INTERNAL


def _load_balancer(resource: Resource, kind: str, zones: int, bill: Bill, *, internal: bool, note: str = "") -> None:
    hours, units = bill.assumptions.hours, bill.assumptions.load_balancer_capacity_units
    line = LineKind.LOAD_BALANCER
    bill.add(resource, line, f"{kind} load balancer", hours, f"load_balancer.hours.{kind}", note)
    bill.add(
        resource, line, f"{kind} load balancer, capacity", hours * units, f"load_balancer.capacity.{kind}",
        f"assumed average of {units:g} units", basis=QuantityBasis.ASSUMED,
    )  # fmt: skip
    if not internal:
        bill.add(
            resource, LineKind.PUBLIC_ADDRESS, "load balancer's public IPv4 addresses", hours * zones, ADDRESS_HOURS,
            f"one in each of {zones} zones",
        )  # fmt: skip


def price_existing_network(network: Resource, bill: Bill) -> None:
    """A line of nothing, so that nobody takes its NAT gateways and endpoints for forgotten."""
    yours = Price(
        key="existing_network",
        usd=0,
        unit="month",
        source="on the bill of the network's owner",
        as_of=bill.table.compiled,
        confidence=Confidence.SOURCE,
    )
    note = "network.existing: what its gateways and endpoints take for this stack's traffic is on its owner's bill"
    bill.add(network, LineKind.NAT_GATEWAY, "NAT gateways and endpoints: yours, not counted", 1, yours, note)


def price_endpoint(endpoint: Resource, bill: Bill) -> None:
    """Interface endpoints by zone and hour; gateway endpoints are free."""
    kind = text(endpoint.at("vpcEndpointType"), "Gateway")
    if kind == "Gateway":
        return
    if kind != "Interface":
        bill.leave_out(endpoint, UnpricedCause.NOT_COVERED, f"endpoints of type {kind} aren't priced")
        return
    subnets = endpoint.at("subnetIds")
    zones = len(subnets) if is_list(subnets) and subnets else 1
    name, line = text(endpoint.at("serviceName"), "a service"), LineKind.ENDPOINT
    bill.add(
        endpoint, line, f"interface endpoint of {name}", bill.assumptions.hours * zones,
        "vpc_endpoint.hours.interface", f"{zones} zones",
    )  # fmt: skip
    note = f"assumed {bill.assumptions.endpoint_gb:g} GB"
    bill.add(
        endpoint, line, "endpoint traffic", bill.assumptions.endpoint_gb, "vpc_endpoint.data.interface", note,
        basis=QuantityBasis.ASSUMED,
    )  # fmt: skip


def price_zone_transfer(bill: Bill) -> None:
    """Telemetry that crosses zones on its way from agents to back ends and between replicas.

    Both sides of a crossing are charged, and both are the stack's.
    """
    counts = [(group, count) for group, count in working_node_counts(bill) if count]
    zones = max((_zones(group) for group, _ in counts), default=1)
    if zones < 2 or sum(count for _, count in counts) < 2:
        return
    crossing = 1 - 1 / zones
    price = bill.table.price("transfer.zones.each_way")
    both_ways = price.model_copy(update={"usd": price.usd * 2, "unit": "GB crossed"})
    for stream in _streams(bill):
        gigabytes = stream.megabytes_per_second * SECONDS_PER_HOUR * bill.assumptions.hours / 1000 * crossing
        bill.add(
            _release(stream.release, bill) or counts[0][0], LineKind.ZONE_TRANSFER, stream.item, gigabytes, both_ways,
            f"{stream.note}; {crossing:.0%} of it crosses {zones} zones, paid at both ends",
            uncompressed=stream.uncompressed,
        )  # fmt: skip


def _zones(group: Resource) -> int:
    subnets = group.at("subnetIds")
    return len(subnets) if is_list(subnets) else 1


class _Stream(NamedTuple):
    """What moves between nodes."""

    release: str
    """Beginning of the release's name that sends it."""
    item: str
    megabytes_per_second: float
    """On the wire."""
    note: str
    uncompressed: bool = False


def _streams(bill: Bill) -> Iterator[_Stream]:
    ingest, assumed = bill.ingest, bill.assumptions
    received = sum(signal.received_mb_per_second for signal in (ingest.logs, ingest.traces))
    sample_mb = ingest.samples_per_second * assumed.wire_bytes_per_sample / 1e6
    collected = (received + ingest.traces.kept_mb_per_second + sample_mb) / assumed.wire_compression
    yield _Stream(
        "collector", "telemetry from collectors", collected,
        f"{collected:.2f} MB/s compressed {assumed.wire_compression:g} to 1",
    )  # fmt: skip
    for name, rate, copies, ratio in (
        ("loki", ingest.logs.kept_mb_per_second, bill.replication.loki, assumed.log_replica_compression),
        ("mimir", sample_mb, bill.replication.mimir, assumed.sample_replica_compression),
    ):
        if copies > 1:
            compressed = grpc_compression(name, bill)
            wire = rate * copies / (ratio if compressed else 1)
            how = f"compressed {ratio:g} to 1" if compressed else "uncompressed"
            note = f"{copies} copies, {wire:.2f} MB/s {how}"
            yield _Stream(name, f"replication inside {name}", wire, note, uncompressed=not compressed)


def _release(name: str, bill: Bill) -> Resource | None:
    return next((release for release in bill.of_type(RELEASE) if release.name.startswith(name)), None)


# Where each back end's own configuration says how distributors compress what they send to ingesters.
_COMPRESSION_PATHS = {
    "loki": (
        ("loki", "ingester_client", "grpc_client_config", "grpc_compression"),
        ("loki", "structuredConfig", "ingester_client", "grpc_client_config", "grpc_compression"),
    ),
    "mimir": (("mimir", "structuredConfig", "ingester_client", "grpc_client_config", "grpc_compression"),),
}


def grpc_compression(back_end: str, bill: Bill) -> bool:
    """Whether a release's values turn on gRPC compression towards ingesters."""
    return any(
        bool(text(release.at("values", *path)))
        for release in bill.of_type(RELEASE)
        if release.name.startswith(back_end)
        for path in _COMPRESSION_PATHS[back_end]
    )
