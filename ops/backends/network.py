"""A network that is there already, as AWS describes it to an ordinary client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ops.backends.aws import asking, client
from planning.aws.existing_network import ANYWHERE, FoundNetwork, FoundSubnet
from settings.models.network import ExistingNetwork

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

TARGETS = (
    "NatGatewayId", "TransitGatewayId", "GatewayId", "NetworkInterfaceId", "InstanceId", "VpcPeeringConnectionId",
    "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn",
)  # fmt: skip


def found_network(existing: ExistingNetwork, region: str) -> FoundNetwork:
    """The VPC, the subnets and the endpoints. Raises `LiveError` where AWS can't be asked."""
    ec2 = client("ec2", region)
    with asking("ec2:DescribeVpcs"):
        # By filter: an id that isn't there is an empty answer, and no error.
        vpcs = ec2.describe_vpcs(Filters=_is("vpc-id", existing.vpc_id))["Vpcs"]
        if not vpcs:
            return FoundNetwork(vpc_id=existing.vpc_id, blocks=None, dns_support=False, dns_hostnames=False, subnets=())
        associations = vpcs[0].get("CidrBlockAssociationSet", [])
        return FoundNetwork(
            vpc_id=existing.vpc_id,
            blocks=tuple(one.get("CidrBlock", "") for one in associations if _associated(one.get("CidrBlockState"))),
            dns_support=_attribute(ec2, existing.vpc_id, "enableDnsSupport"),
            dns_hostnames=_attribute(ec2, existing.vpc_id, "enableDnsHostnames"),
            subnets=tuple(_subnets(ec2, existing)),
            endpoints=_endpoints(ec2, existing.vpc_id, region),
        )


def _associated(state: Mapping[str, Any] | None) -> bool:
    return bool(state) and state.get("State") == "associated"


def _attribute(ec2: EC2Client, vpc_id: str, name: Any) -> bool:
    answer: Mapping[str, Any] = ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute=name)
    return bool(answer[name[0].upper() + name[1:]]["Value"])


def _subnets(ec2: EC2Client, existing: ExistingNetwork) -> Iterator[FoundSubnet]:
    ids = [*existing.private_subnet_ids, *existing.public_subnet_ids]
    tables = ec2.describe_route_tables(Filters=_is("vpc-id", existing.vpc_id))["RouteTables"]
    by_subnet: dict[str, Any] = {}
    for table in tables:
        for one in table.get("Associations", []):
            by_subnet[one.get("SubnetId", "") if not one.get("Main") else ""] = table
    for subnet in ec2.describe_subnets(Filters=_is("subnet-id", *ids))["Subnets"]:
        subnet_id = subnet.get("SubnetId", "")
        table = by_subnet.get(subnet_id) or by_subnet.get("", {})
        route = _default_route(table)
        yield FoundSubnet(
            id=subnet_id,
            vpc_id=subnet.get("VpcId", ""),
            zone=subnet.get("AvailabilityZone", ""),
            zone_id=subnet.get("AvailabilityZoneId", ""),
            free_addresses=subnet.get("AvailableIpAddressCount", 0),
            public_addresses=subnet.get("MapPublicIpOnLaunch", False),
            route_table=table.get("RouteTableId"),
            way_out=next((route[key] for key in TARGETS if route.get(key)), None),
            way_out_works=route.get("State", "active") == "active",
            tags=frozenset(tag.get("Key", "") for tag in subnet.get("Tags", [])),
        )


def _default_route(table: Mapping[str, Any]) -> Mapping[str, Any]:
    routes: list[Mapping[str, Any]] = table.get("Routes", [])
    none: Mapping[str, Any] = {}
    return next((one for one in routes if one.get("DestinationCidrBlock") == ANYWHERE), none)


def _endpoints(ec2: EC2Client, vpc_id: str, region: str) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for one in ec2.describe_vpc_endpoints(Filters=_is("vpc-id", vpc_id))["VpcEndpoints"]:
        if one.get("VpcEndpointType") == "Interface" and one.get("PrivateDnsEnabled") is False:
            continue  # nobody finds it by the service's own name
        service = one.get("ServiceName", "").removeprefix(f"com.amazonaws.{region}.")
        found[service] = found.get(service, frozenset()) | frozenset(one.get("RouteTableIds", []))
    return found


def _is(name: str, *values: str) -> Any:
    return [{"Name": name, "Values": list(values)}]
