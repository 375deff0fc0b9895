"""What to ask the AWS Price List API for, and which answer is which price.

Usage types carry a prefix that can't be derived from the region (eu-west-1 has EU-, us-east-1 none), so products are
found by region code and told apart by the end of their usage type.
Source: AWS Price List API, GetProducts (2026-11).
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

# Amazon EC2 list of the price list: one product for one type, when asked for like this.
ON_DEMAND_FILTERS: Mapping[str, str] = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}
EC2 = "AmazonEC2"


class Ask(NamedTuple):
    """One price: where it is listed and what of it becomes the table's unit."""

    service: str
    """Service code."""
    filters: Mapping[str, str]
    """Attributes that products must have, beside the region code."""
    usage: str
    """End of the usage type."""
    key: str
    """Key in the table."""
    factor: float = 1
    """Table units in one listed unit: requests are listed one by one, throughput by GiB/s."""

    def matches(self, usage_type: str) -> bool:
        """Whether a usage type is meant, with any prefix or none."""
        return usage_type == self.usage or usage_type.endswith(f"-{self.usage}")


def _family(service: str, family: str, rows: Mapping[str, tuple[str, float] | str]) -> Iterator[Ask]:
    for usage, meaning in rows.items():
        key, factor = (meaning, 1.0) if isinstance(meaning, str) else meaning
        yield Ask(service, {"productFamily": family}, usage, key, factor)


THOUSAND, TEN_THOUSAND, PER_GIB = 1000.0, 10_000.0, 1 / 1024
S3_CLASSES = {
    "": "STANDARD",
    "SIA-": "STANDARD_IA",
    "ZIA-": "ONEZONE_IA",
    "INT-": "INTELLIGENT_TIERING",
    "GIR-": "GLACIER_IR",
    "GLACIER-": "GLACIER",
    "GDA-": "DEEP_ARCHIVE",
}

ASKS: tuple[Ask, ...] = (
    *_family(
        EC2, "Storage", {f"EBS:VolumeUsage.{name}": f"ebs.storage.{name}" for name in ("gp3", "gp2", "st1", "sc1")}
    ),
    *_family(EC2, "Storage", {"EBS:VolumeUsage.piops": "ebs.storage.io1", "EBS:VolumeUsage.io2": "ebs.storage.io2"}),
    *_family(
        EC2, "System Operation", {"EBS:VolumeP-IOPS.gp3": "ebs.iops.gp3", "EBS:VolumeP-IOPS.piops": "ebs.iops.io1"}
    ),
    *_family(EC2, "Provisioned Throughput", {"EBS:VolumeP-Throughput.gp3": ("ebs.throughput.gp3", PER_GIB)}),
    *_family(EC2, "Storage Snapshot", {"EBS:SnapshotUsage": "ebs.snapshots.standard"}),
    *_family(
        EC2,
        "NAT Gateway",
        {"NatGateway-Hours": "nat_gateway.hours.zonal", "NatGateway-Bytes": "nat_gateway.data.processed"},
    ),
    *_family(
        EC2, "CPU Credits", {f"CPUCredits:{family}": f"ec2.cpu_credits.{family}" for family in ("t4g", "t3", "t3a")}
    ),
    Ask("AmazonVPC", {"group": "VPCPublicIPv4Address"}, "PublicIPv4:InUseAddress", "public_ipv4.hours.address"),
    *_family(
        "AmazonVPC",
        "VpcEndpoint",
        {"VpcEndpoint-Hours": "vpc_endpoint.hours.interface", "VpcEndpoint-Bytes": "vpc_endpoint.data.interface"},
    ),
    *_family(
        "AWSELB",
        "Load Balancer-Network",
        {"LoadBalancerUsage": "load_balancer.hours.network", "LCUUsage": "load_balancer.capacity.network"},
    ),
    *_family(
        "AWSELB",
        "Load Balancer-Application",
        {"LoadBalancerUsage": "load_balancer.hours.application", "LCUUsage": "load_balancer.capacity.application"},
    ),
    Ask("AmazonEKS", {}, "AmazonEKS-Hours:perCluster", "eks.control_plane.standard"),
    Ask("AmazonEKS", {}, "AmazonEKS-Hours:extendedSupport", "eks.control_plane.extended"),
    Ask("awskms", {}, "KMS-Keys", "kms.keys.customer_managed"),
    Ask("awskms", {}, "KMS-Requests", "kms.requests.symmetric", TEN_THOUSAND),
    Ask("AmazonCloudWatch", {}, "DataProcessing-Bytes", "cloudwatch.logs_ingested.STANDARD"),
    Ask("AmazonCloudWatch", {}, "DataProcessingIA-Bytes", "cloudwatch.logs_ingested.INFREQUENT_ACCESS"),
    Ask("AmazonCloudWatch", {}, "TimedStorage-ByteHrs", "cloudwatch.logs_stored.archived"),
    Ask("AmazonCloudWatch", {}, "CW:AlarmMonitorUsage", "cloudwatch.alarms.standard"),
    Ask("AWSSecretsManager", {}, "AWSSecretsManager-Secrets", "secretsmanager.secrets.secret"),
    *_family(
        "AmazonS3",
        "Storage",
        {
            "TimedStorage-ByteHrs": "s3.storage.STANDARD",
            "TimedStorage-SIA-ByteHrs": "s3.storage.STANDARD_IA",
            "TimedStorage-ZIA-ByteHrs": "s3.storage.ONEZONE_IA",
            "TimedStorage-INT-FA-ByteHrs": "s3.storage.INTELLIGENT_TIERING",
            "TimedStorage-INT-IA-ByteHrs": "s3.storage.INTELLIGENT_TIERING_IA",
            "TimedStorage-INT-AIA-ByteHrs": "s3.storage.INTELLIGENT_TIERING_AIA",
            "TimedStorage-GIR-ByteHrs": "s3.storage.GLACIER_IR",
            "TimedStorage-GlacierByteHrs": "s3.storage.GLACIER",
            "TimedStorage-GDA-ByteHrs": "s3.storage.DEEP_ARCHIVE",
        },
    ),
    *_family(
        "AmazonS3",
        "API Request",
        {
            f"Requests-{prefix}Tier{tier}": (f"s3.{group}.{name}", THOUSAND)
            for prefix, name in S3_CLASSES.items()
            for tier, group in ((1, "put"), (2, "get"))
        },
    ),
)


def questions() -> dict[tuple[str, tuple[tuple[str, str], ...]], list[Ask]]:
    """The asks that one query answers together, by service and filters."""
    grouped: dict[tuple[str, tuple[tuple[str, str], ...]], list[Ask]] = {}
    for ask in ASKS:
        grouped.setdefault((ask.service, tuple(sorted(ask.filters.items()))), []).append(ask)
    return grouped
