"""Whether a network that is there already has what nodes and control plane need: pure judgement of what AWS answered.

Sources: Amazon EKS User Guide, "View Amazon EKS networking requirements for VPC and subnets" (two zones, six free
addresses in each subnet and better sixteen, DNS hostnames and resolution, zones whose subnets CreateCluster refuses),
"Deploy private clusters with limited internet access" (endpoints), "Amazon VPC CNI" (a node holds the addresses of all
its interfaces before the next one fills); Amazon VPC User Guide, "Route tables" (blackhole).
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import NamedTuple

from planning.base import Frozen

ANYWHERE = "0.0.0.0/0"
# Zones whose subnets CreateCluster refuses.
ZONES_WITHOUT_EKS = ("use1-az3", "usw1-az2", "cac1-az3")
LEAST_ADDRESSES, GOOD_ADDRESSES = 6, 16
# What nodes and the platform's pods call, beside the S3 that every way out should have.
NEEDED_ENDPOINTS = ("ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "sts")
PUBLIC_ROLE = "kubernetes.io/role/elb"
INTERNET = "igw-"


class FoundSubnet(Frozen):
    """One subnet, as AWS describes it."""

    id: str
    vpc_id: str
    zone: str
    """Name, such as us-west-2a."""
    zone_id: str
    """Id, such as usw2-az1: the same place in every account."""
    free_addresses: int
    public_addresses: bool
    """Whether instances get a public address by themselves."""
    route_table: str | None
    """Id of the table that its traffic goes by, where one was found."""
    way_out: str | None
    """Target of its default route: the id of a gateway, an interface or an endpoint; None without such a route."""
    way_out_works: bool = True
    """False where that target is gone (a blackhole)."""
    tags: frozenset[str] = frozenset()
    """Keys of its tags."""


class FoundNetwork(Frozen):
    """A VPC and those of the asked subnets that there are."""

    vpc_id: str
    blocks: tuple[str, ...] | None
    """Its address blocks; None where there is no such VPC."""
    dns_support: bool
    dns_hostnames: bool
    subnets: tuple[FoundSubnet, ...]
    endpoints: Mapping[str, frozenset[str]] | None = None
    """Services with an endpoint, without their common beginning, and the route tables of gateway endpoints; None where
    they weren't asked for."""


class Wanted(NamedTuple):
    """What the network is for."""

    region: str
    private_subnet_ids: tuple[str, ...]
    public_subnet_ids: tuple[str, ...]
    addresses: int
    """Addresses of all nodes and their pods, each group at its most."""
    allowed_blocks: tuple[str, ...]
    """Blocks that the network policies take for the cluster's."""


class Finding(NamedTuple):
    """One thing that is missing."""

    what: str
    """Key, and what is so."""
    advice: str
    """What is accepted, or what to do."""
    wrong: bool = True
    """False for what may be meant."""

    @property
    def sentence(self) -> str:
        """Both."""
        return f"{self.what}; {self.advice}"


def judged(found: FoundNetwork, wanted: Wanted) -> Iterator[Finding]:
    """Everything that is missing; nothing more where there is no VPC."""
    if found.blocks is None:
        yield Finding(
            f"network.existing.vpc_id: there is no {found.vpc_id} in {wanted.region} that these credentials see",
            "accepted: a VPC of this account, or shared with it",
        )
        return
    yield from _names(found)
    yield from _policies_reach(found, wanted)
    known = {subnet.id: subnet for subnet in found.subnets}
    for key, ids in (("private", wanted.private_subnet_ids), ("public", wanted.public_subnet_ids)):
        for one in ids:
            if one not in known:
                yield Finding(
                    f"network.existing.{key}_subnet_ids: there is no {one} in {wanted.region} that these credentials "
                    "see",
                    f"accepted: subnets of {found.vpc_id}",
                )
            elif known[one].vpc_id != found.vpc_id:
                yield Finding(
                    f"network.existing.{key}_subnet_ids: {one} is in {known[one].vpc_id}",
                    f"accepted: subnets of {found.vpc_id}",
                )
    private = [known[one] for one in wanted.private_subnet_ids if one in known and known[one].vpc_id == found.vpc_id]
    public = [known[one] for one in wanted.public_subnet_ids if one in known and known[one].vpc_id == found.vpc_id]
    if len(private) == len(wanted.private_subnet_ids):
        yield from _zones(private)
    yield from _addresses(private, wanted)
    for subnet in private:
        yield from _leaves(subnet, found, wanted)
    for subnet in public:
        yield from _faces_the_internet(subnet)


def _names(found: FoundNetwork) -> Iterator[Finding]:
    for there, attribute, what in (
        (found.dns_support, "enableDnsSupport", "DNS support"),
        (found.dns_hostnames, "enableDnsHostnames", "DNS hostnames"),
    ):
        if not there:
            yield Finding(
                f"network.existing.vpc_id: {what} of {found.vpc_id} is off ({attribute})",
                "switch it on: nodes find the control plane by a name of the VPC",
            )


def _policies_reach(found: FoundNetwork, wanted: Wanted) -> Iterator[Finding]:
    allowed = [IPv4Network(block) for block in wanted.allowed_blocks]
    beyond = [one for one in found.blocks or () if not any(IPv4Network(one).subnet_of(block) for block in allowed)]
    if beyond:
        yield Finding(
            f"network_policies.cluster_cidrs: {', '.join(beyond)} of {found.vpc_id} are in none of "
            f"{', '.join(wanted.allowed_blocks)}, so network policies would cut the API server off",
            "name all blocks of the VPC, and EKS's service block (10.100.0.0/16 or 172.20.0.0/16)",
        )


def _zones(private: list[FoundSubnet]) -> Iterator[Finding]:
    zones = sorted({subnet.zone for subnet in private})
    if len(zones) < 2:
        yield Finding(
            f"network.existing.private_subnet_ids: all are in {zones[0]}",
            "accepted: subnets in at least two zones, which an EKS control plane needs",
        )
    for subnet in private:
        if subnet.zone_id in ZONES_WITHOUT_EKS:
            yield Finding(
                f"network.existing.private_subnet_ids: {subnet.id} is in {subnet.zone} ({subnet.zone_id}), where EKS "
                "takes no subnets",
                "accepted: subnets of other zones",
            )


def _addresses(private: list[FoundSubnet], wanted: Wanted) -> Iterator[Finding]:
    for subnet in private:
        if subnet.free_addresses < LEAST_ADDRESSES:
            yield Finding(
                f"network.existing.private_subnet_ids: {subnet.id} has {subnet.free_addresses} free addresses",
                f"EKS needs {LEAST_ADDRESSES} in each, and {GOOD_ADDRESSES} for upgrades",
            )
    free = sum(subnet.free_addresses for subnet in private)
    if private and free < wanted.addresses:
        yield Finding(
            f"network.existing.private_subnet_ids: {free} free addresses in all, while nodes at their most hold "
            f"{wanted.addresses} for themselves and their pods",
            "give more or larger subnets, or fewer max_nodes",
            wrong=False,
        )


def _leaves(subnet: FoundSubnet, found: FoundNetwork, wanted: Wanted) -> Iterator[Finding]:
    where = f"network.existing.private_subnet_ids: {subnet.id} ({subnet.zone})"
    if subnet.way_out is None:
        yield from _endpoints(where, subnet, found, wanted)
    elif not subnet.way_out_works:
        yield Finding(
            f"{where} leaves by {subnet.way_out}, which is gone (a blackhole in {subnet.route_table})",
            "accepted: a default route to a NAT or transit gateway that is there",
        )
    elif subnet.way_out.startswith(INTERNET) and not subnet.public_addresses:
        yield Finding(
            f"{where} leaves by the internet gateway {subnet.way_out}, which takes public addresses only, and nodes "
            "get none there",
            "accepted: a subnet behind NAT or a transit gateway",
        )
    elif subnet.way_out.startswith(INTERNET):
        yield Finding(
            f"{where} is a public subnet: each node has a public address, 3.65 USD a month that no bill here counts",
            "better a subnet behind NAT or a transit gateway",
            wrong=False,
        )
    if subnet.way_out is not None and found.endpoints is not None and not _has_s3(subnet, found.endpoints):
        yield Finding(
            f"{where} has no S3 gateway endpoint on its route table: all that goes to buckets pays the way out by the "
            "gigabyte",
            "make one, it is free",
            wrong=False,
        )


def _endpoints(where: str, subnet: FoundSubnet, found: FoundNetwork, wanted: Wanted) -> Iterator[Finding]:
    """A subnet without a default route lives by endpoints alone."""
    if found.endpoints is None:
        yield Finding(
            f"{where} has no default route: nodes then need endpoints for {', '.join(NEEDED_ENDPOINTS)} and s3, and "
            "images from a registry inside (docs/existing-network.md)",
            "`lgtm validate --aws` looks for them",
            wrong=False,
        )
        return
    missing = [one for one in NEEDED_ENDPOINTS if one not in found.endpoints]
    missing += [] if _has_s3(subnet, found.endpoints) else ["s3"]
    if missing:
        services = ", ".join(f"com.amazonaws.{wanted.region}.{one}" for one in missing)
        yield Finding(
            f"{where} has no default route, and {found.vpc_id} no endpoint of {services}",
            "accepted: a route to a NAT or transit gateway, or these endpoints",
        )
    else:
        yield Finding(
            f"{where} has endpoints and no default route: images of other registries than ECR don't come",
            "put charts whose images come from a registry inside into charts.mirror",
            wrong=False,
        )


def _has_s3(subnet: FoundSubnet, endpoints: Mapping[str, frozenset[str]]) -> bool:
    tables = endpoints.get("s3")
    # An interface endpoint has no route tables and serves all subnets.
    return tables is not None and (not tables or subnet.route_table in tables)


def _faces_the_internet(subnet: FoundSubnet) -> Iterator[Finding]:
    where = f"network.existing.public_subnet_ids: {subnet.id} ({subnet.zone})"
    if subnet.way_out is None or not subnet.way_out.startswith(INTERNET):
        yield Finding(
            f"{where} has no route to an internet gateway",
            "accepted: public subnets, or leave the key out for load balancers inside only",
        )
    elif PUBLIC_ROLE not in subnet.tags:
        yield Finding(
            f"{where} has no tag {PUBLIC_ROLE}, by which load balancers find their subnets, and this program tags "
            "nothing that isn't its own",
            f"aws ec2 create-tags --resources {subnet.id} --tags Key={PUBLIC_ROLE},Value=1",
            wrong=False,
        )
