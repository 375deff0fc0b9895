"""The VPC of a stack that owns its cluster."""

from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated

from pydantic import AfterValidator, Field

from planning.base import Frozen, broken_rule
from settings.models.cluster import LogRetentionDays
from settings.models.fields import accepts

# Amazon VPC User Guide, "VPC CIDR blocks": /16 to /28; 2 x AZs subnets of equal size must leave each at least /24.
MIN_PREFIX, MAX_PREFIX = 16, 20
RFC_1918 = (IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16"))


class NatMode(StrEnum):
    """How private nodes reach the internet."""

    NONE = "none"
    """No NAT gateway: nodes sit in public subnets with public addresses and closed security groups."""
    ONE = "one"
    """One NAT gateway for all availability zones."""
    PER_AZ = "per_az"
    """One NAT gateway in each availability zone."""


def _vpc_sized(network: IPv4Network) -> IPv4Network:
    if not any(network.subnet_of(block) for block in RFC_1918) or not MIN_PREFIX <= network.prefixlen <= MAX_PREFIX:
        raise broken_rule("must be private and large enough for a /24 subnet of each kind in each zone")
    return network


VpcCidr = Annotated[
    IPv4Network,
    AfterValidator(_vpc_sized),
    Field(
        json_schema_extra=accepts(
            f"a private (RFC 1918) IPv4 block from /{MIN_PREFIX} to /{MAX_PREFIX}, such as 10.20.0.0/16",
            pattern=rf"^\d{{1,3}}(\.\d{{1,3}}){{3}}/(1[{MIN_PREFIX % 10}-9]|{MAX_PREFIX})$",
        )
    ),
]


class NetworkSettings(Frozen):
    """Addresses and reach of the VPC."""

    vpc_cidr: VpcCidr
    """Private address block of the VPC."""
    availability_zones: Annotated[int, Field(ge=2, le=3)]
    """How many zones to spread over; an EKS control plane needs two."""
    nat: NatMode
    """NAT gateways: each costs about 33 USD a month plus traffic."""
    flow_log_days: LogRetentionDays | None = None
    """Days that flow logs of the VPC are kept in CloudWatch Logs: which addresses spoke with which. Without it none are
    made; with it the cost report has a line of about 1.50 USD a node."""

    @property
    def nat_gateways(self) -> int:
        """How many there are."""
        return {NatMode.NONE: 0, NatMode.ONE: 1, NatMode.PER_AZ: self.availability_zones}[self.nat]
