"""How a VPC block is cut into subnets: pure arithmetic."""

from ipaddress import IPv4Network

from planning.base import Frozen

# Eight equal parts, four for public and four for private subnets, so that adding a third zone moves none.
PREFIX_BITS = 3
PRIVATE_OFFSET = 4


class SubnetPlan(Frozen):
    """One zone's pair of subnets."""

    zone: str
    """Availability zone, such as us-west-2a."""
    suffix: str
    """Last part of the logical names: the zone's letter."""
    public_cidr: str
    """Block of the public subnet."""
    private_cidr: str
    """Block of the private subnet."""


def plan_subnets(vpc_cidr: IPv4Network, zones: tuple[str, ...], region: str) -> tuple[SubnetPlan, ...]:
    """A public and a private subnet in each of at most four zones, every one an eighth of the VPC."""
    parts = [str(part) for part in vpc_cidr.subnets(prefixlen_diff=PREFIX_BITS)]
    return tuple(
        SubnetPlan(
            zone=zone,
            suffix=zone.removeprefix(region),
            public_cidr=parts[index],
            private_cidr=parts[PRIVATE_OFFSET + index],
        )
        for index, zone in enumerate(zones)
    )
