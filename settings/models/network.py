"""The VPC of a stack that owns its cluster: one of its own, or one that is there already."""

from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, NamedTuple, Self

from pydantic import AfterValidator, Field, model_validator

from planning.base import Frozen, broken_rule
from settings.models.cluster import LogRetentionDays
from settings.models.fields import accepts, matching

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


VpcId = Annotated[str, matching(r"^vpc-([0-9a-f]{8}|[0-9a-f]{17})$", "the id of a VPC, such as vpc-0a1b2c3d4e5f60718")]
SubnetId = Annotated[
    str, matching(r"^subnet-([0-9a-f]{8}|[0-9a-f]{17})$", "the id of a subnet, such as subnet-0a1b2c3d4e5f60718")
]
# Amazon EKS API reference, "VpcConfigRequest": at least two zones; a subnet of each zone that Amazon EKS has.
MOST_SUBNETS = 16


class ExistingNetwork(Frozen):
    """A VPC that is there already and stays its owner's: nothing in it is made, tagged, changed or deleted."""

    vpc_id: VpcId
    """Id of the VPC, in the stack's region and account (or shared with it)."""
    private_subnet_ids: Annotated[tuple[SubnetId, ...], Field(min_length=2, max_length=MOST_SUBNETS)]
    """Subnets of nodes, pods and control plane, in at least two zones, with a way out: NAT or a transit gateway, or
    endpoints for all that nodes need."""
    public_subnet_ids: Annotated[tuple[SubnetId, ...], Field(max_length=MOST_SUBNETS)] = ()
    """Subnets of load balancers that face the internet; only where there are such."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        ids = (*self.private_subnet_ids, *self.public_subnet_ids)
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise broken_rule(f"{', '.join(twice)} stands there twice", "private_subnet_ids", "public_subnet_ids")
        return self


class OwnVpc(NamedTuple):
    """What the VPC that a stack makes is made of."""

    cidr: IPv4Network
    zones: int
    nat: NatMode


class NetworkSettings(Frozen):
    """Addresses and reach of the VPC: `existing` alone, or the other keys."""

    vpc_cidr: VpcCidr | None = None
    """Private address block of the VPC."""
    availability_zones: Annotated[int, Field(ge=2, le=3)] | None = None
    """How many zones to spread over; an EKS control plane needs two."""
    nat: NatMode | None = None
    """NAT gateways: each costs about 33 USD a month plus traffic."""
    flow_log_days: LogRetentionDays | None = None
    """Days that flow logs of the VPC are kept in CloudWatch Logs: which addresses spoke with which. Without it none are
    made; with it the cost report has a line of about 1.50 USD a node."""
    existing: ExistingNetwork | None = None
    """A VPC to live in, instead of one of the stack's own; see docs/existing-network.md."""

    @model_validator(mode="after")
    def _one_vpc(self) -> Self:
        own = {"vpc_cidr": self.vpc_cidr, "availability_zones": self.availability_zones, "nat": self.nat}
        if self.existing is None:
            missing = [key for key, value in own.items() if value is None]
            if missing:
                raise broken_rule(
                    f"a VPC of its own needs {' and '.join(missing)}; accepted: a value, or existing", *missing
                )
            return self
        given = [key for key, value in (own | {"flow_log_days": self.flow_log_days}).items() if value is not None]
        if given:
            raise broken_rule(
                f"{', '.join(given)} can't be set beside existing: that VPC's blocks, zones, gateways and logs are its "
                "owner's",
                "existing",
                *given,
            )
        return self

    @property
    def own(self) -> OwnVpc | None:
        """The VPC that the stack makes; None where it lives in one that is there."""
        if self.vpc_cidr is None or self.availability_zones is None or self.nat is None:
            return None
        return OwnVpc(self.vpc_cidr, self.availability_zones, self.nat)

    @property
    def most_zones(self) -> int:
        """How many zones nodes are spread over; where the VPC is there already, at most."""
        return self.own.zones if self.own else min(3, len(self.existing.private_subnet_ids) if self.existing else 3)

    @property
    def nat_gateways(self) -> int:
        """How many the stack makes."""
        if (own := self.own) is None:
            return 0
        return {NatMode.NONE: 0, NatMode.ONE: 1, NatMode.PER_AZ: own.zones}[own.nat]
