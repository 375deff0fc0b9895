"""Functions of the provider: who and where we are."""

from __future__ import annotations

from sandbox.providers.aws.cloud import AwsCloud, Record
from sandbox.providers.properties import Properties

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


INVOKES = {
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:index/getRegion:getRegion": get_region,
    "aws:index/getPartition:getPartition": get_partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": get_availability_zones,
}
