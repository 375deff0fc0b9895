"""Functions of the provider: who and where we are, and what a network that is there already is like."""

from __future__ import annotations

from sandbox.providers.aws.cloud import AwsCloud, Record, tag_map
from sandbox.providers.aws.ec2_tags import by_filter
from sandbox.providers.properties import Properties
from sandbox.providers.resource import ProviderError

DNS_SUFFIX = "amazonaws.com"


def get_caller_identity(cloud: AwsCloud, _: Properties) -> Properties:
    identity: Record = cloud.client("sts").get_caller_identity()
    account = str(identity["Account"])
    # moto names its default user in STS, where AWS has users in IAM only.
    arn = str(identity["Arn"]).replace(":sts:", ":iam:") if ":user/" in identity["Arn"] else str(identity["Arn"])
    return {"id": account, "accountId": account, "arn": arn, "userId": str(identity["UserId"])}


def get_region(cloud: AwsCloud, arguments: Properties) -> Properties:
    name = str(arguments.get("region") or arguments.get("name") or cloud.region)
    return {
        "id": name,
        "name": name,
        "region": name,
        "endpoint": f"ec2.{name}.{DNS_SUFFIX}",
        "description": f"AWS region {name}",
    }


def get_partition(cloud: AwsCloud, _: Properties) -> Properties:
    partition = "aws-cn" if cloud.region.startswith("cn-") else "aws"
    suffix = f"{DNS_SUFFIX}.cn" if partition == "aws-cn" else DNS_SUFFIX
    reverse = ".".join(reversed(suffix.split(".")))
    return {"id": partition, "partition": partition, "dnsSuffix": suffix, "reverseDnsPrefix": reverse}


def get_availability_zones(cloud: AwsCloud, arguments: Properties) -> Properties:
    filters = [{"Name": one["name"], "Values": one["values"]} for one in arguments.get("filters", [])]
    # moto knows zones only, all of them opted in by default: these filters change nothing.
    passed = [one for one in filters if one["Name"] not in ("opt-in-status", "zone-type", "state")]
    answer: Record = cloud.client("ec2").describe_availability_zones(Filters=passed)
    excluded = {*arguments.get("excludeNames", []), *arguments.get("excludeZoneIds", [])}
    wanted = arguments.get("state")
    zones = [
        zone
        for zone in sorted(answer["AvailabilityZones"], key=lambda zone: str(zone["ZoneName"]))
        if zone["ZoneName"] not in excluded and zone["ZoneId"] not in excluded
        if wanted in (None, zone.get("State", "available"))
    ]
    return {
        **arguments,
        "id": cloud.region,
        "region": cloud.region,
        "names": [str(zone["ZoneName"]) for zone in zones],
        "zoneIds": [str(zone["ZoneId"]) for zone in zones],
        "groupNames": [cloud.region],
    }


def get_vpc(cloud: AwsCloud, arguments: Properties) -> Properties:
    """By id. Raises `ProviderError` in the provider's own words where there is none."""
    vpc_id = str(arguments["id"])
    found: Record = cloud.client("ec2").describe_vpcs(Filters=by_filter("vpc-id", vpc_id))
    if not found["Vpcs"]:
        raise ProviderError("no matching EC2 VPC found")
    vpc = found["Vpcs"][0]
    return {
        **arguments,
        "cidrBlock": vpc["CidrBlock"],
        "cidrBlockAssociations": [
            {"associationId": one["AssociationId"], "cidrBlock": one["CidrBlock"], "state": "associated"}
            for one in vpc["CidrBlockAssociationSet"]
        ],
        "enableDnsSupport": _vpc_attribute(cloud, vpc_id, "enableDnsSupport"),
        "enableDnsHostnames": _vpc_attribute(cloud, vpc_id, "enableDnsHostnames"),
        "tags": tag_map(vpc.get("Tags")),
    }


def _vpc_attribute(cloud: AwsCloud, vpc_id: str, name: str) -> bool:
    answer: Record = cloud.client("ec2").describe_vpc_attribute(VpcId=vpc_id, Attribute=name)
    return bool(answer[name[0].upper() + name[1:]]["Value"])


def get_subnet(cloud: AwsCloud, arguments: Properties) -> Properties:
    """By id. Raises `ProviderError` in the provider's own words where there is none."""
    filters = by_filter("subnet-id", str(arguments["id"]))
    found: Record = cloud.client("ec2").describe_subnets(Filters=filters)
    if not found["Subnets"]:
        raise ProviderError("no matching EC2 Subnet found")
    subnet = found["Subnets"][0]
    return {
        **arguments,
        "vpcId": subnet["VpcId"],
        "cidrBlock": subnet["CidrBlock"],
        "availabilityZone": subnet["AvailabilityZone"],
        "availabilityZoneId": subnet["AvailabilityZoneId"],
        "availableIpAddressCount": subnet["AvailableIpAddressCount"],
        "mapPublicIpOnLaunch": subnet["MapPublicIpOnLaunch"],
        "tags": tag_map(subnet.get("Tags")),
    }


def get_route_tables(cloud: AwsCloud, arguments: Properties) -> Properties:
    filters = [{"Name": one["name"], "Values": one["values"]} for one in arguments.get("filters", [])]
    filters += by_filter("vpc-id", str(arguments["vpcId"]))
    found: Record = cloud.client("ec2").describe_route_tables(Filters=filters)
    return {**arguments, "id": cloud.region, "ids": [str(table["RouteTableId"]) for table in found["RouteTables"]]}


ROUTE_TARGETS = {
    "GatewayId": "gatewayId",
    "NatGatewayId": "natGatewayId",
    "TransitGatewayId": "transitGatewayId",
    "NetworkInterfaceId": "networkInterfaceId",
}


def get_route_table(cloud: AwsCloud, arguments: Properties) -> Properties:
    table_id = str(arguments["routeTableId"])
    found: Record = cloud.client("ec2").describe_route_tables(RouteTableIds=[table_id])
    table = found["RouteTables"][0]
    return {
        **arguments,
        "id": table_id,
        "vpcId": table["VpcId"],
        "routes": [
            {"cidrBlock": one.get("DestinationCidrBlock", "")}
            | {ours: one.get(theirs, "") for theirs, ours in ROUTE_TARGETS.items()}
            for one in table["Routes"]
        ],
        "associations": [
            {"main": one["Main"], "routeTableId": table_id, "subnetId": one.get("SubnetId", "")}
            for one in table["Associations"]
        ],
    }


INVOKES = {
    "aws:ec2/getRouteTable:getRouteTable": get_route_table,
    "aws:ec2/getRouteTables:getRouteTables": get_route_tables,
    "aws:ec2/getSubnet:getSubnet": get_subnet,
    "aws:ec2/getVpc:getVpc": get_vpc,
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:index/getRegion:getRegion": get_region,
    "aws:index/getPartition:getPartition": get_partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": get_availability_zones,
}
