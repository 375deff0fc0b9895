"""Public access: buckets, the Kubernetes API, and security groups."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from planning.aws.types import (
    BUCKET,
    CLUSTER,
    DEFAULT_SECURITY_GROUP,
    INGRESS_RULE,
    PUBLIC_ACCESS_BLOCK,
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
)
from planning.registered import UNKNOWN, Property, Resource, belonging_to, is_list, of_type, tables, value_at
from policies.limits import Limits
from policies.rule import NotYetKnown, ResourceRule, Severity, StackRule, Subject, Verdict, Violation

BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
SECURITY_GROUPS = (SECURITY_GROUP, DEFAULT_SECURITY_GROUP)
# Wider than this is nobody's office: half of the internet is as open as all of it.
MIN_PREFIX_LENGTH = 8


def _public_buckets(resources: Sequence[Resource], _limits: Limits) -> Iterator[Verdict]:
    for bucket in of_type(resources, BUCKET):
        blocks = list(belonging_to(bucket, "bucket", resources, PUBLIC_ACCESS_BLOCK))
        if not blocks:
            yield Violation(f"has no public access block; add one with {', '.join(BLOCKS)} all true", bucket.urn)
        for block in blocks:
            open_ones = [key for key in BLOCKS if block.at(key) not in (True, UNKNOWN)]
            if open_ones:
                yield Violation(f"{', '.join(open_ones)} must be true", block.urn)
            for key in BLOCKS:
                if block.at(key) is UNKNOWN:
                    yield NotYetKnown(key, block.urn)


BUCKETS_PRIVATE = StackRule(
    id="buckets-private",
    subject=Subject.SECURITY,
    title="Every bucket blocks public access",
    why="One wrong policy or ACL must not publish telemetry.",
    fix="Create buckets with TierBuckets, which blocks all four kinds of public access.",
    types=(BUCKET, PUBLIC_ACCESS_BLOCK),
    limits=Limits,
    check=_public_buckets,
    severity=Severity.CRITICAL,
)


class EndpointLimits(Limits):
    """Who may reach the Kubernetes API."""

    allowed_cidrs: tuple[str, ...] | None = None
    """Address blocks that may be named; any block of /8 or narrower where this is absent."""


def _open_endpoint(cluster: Resource, limits: EndpointLimits) -> Iterator[Verdict]:
    public = cluster.at("vpcConfig", "endpointPublicAccess")
    cidrs = cluster.at("vpcConfig", "publicAccessCidrs")
    if public is False:
        return
    if public is UNKNOWN or cidrs is UNKNOWN:
        yield NotYetKnown("vpcConfig.publicAccessCidrs")
    # Absent means public and open to the world: EKS's default.
    elif not is_list(cidrs) or not cidrs:
        yield Violation("vpcConfig.publicAccessCidrs is empty: the Kubernetes API would be open to the world")
    else:
        yield from _wide_blocks(cidrs, limits)


def _wide_blocks(cidrs: Sequence[Property], limits: EndpointLimits) -> Iterator[Verdict]:
    for cidr in cidrs:
        if cidr is UNKNOWN:
            yield NotYetKnown("vpcConfig.publicAccessCidrs")
        elif too_wide(cidr):
            yield Violation(f"vpcConfig.publicAccessCidrs holds {cidr}; name the address blocks that need access")
        elif limits.allowed_cidrs is not None and cidr not in limits.allowed_cidrs:
            yield Violation(
                f"vpcConfig.publicAccessCidrs holds {cidr}; accepted: {', '.join(limits.allowed_cidrs) or 'none'}"
            )


def too_wide(cidr: Property) -> bool:
    """Whether an address block is the internet, or as good as; what is no address block (a prefix list) is not."""
    try:
        return ip_network(str(cidr), strict=False).prefixlen < MIN_PREFIX_LENGTH
    except ValueError:
        return False


CLUSTER_ENDPOINT_LIMITED = ResourceRule(
    id="cluster-endpoint-limited",
    subject=Subject.SECURITY,
    title="The Kubernetes API is private or limited to named address blocks",
    why="An API server open to the world is one credential leak away from the whole cluster.",
    fix="Set cluster.public_access_cidrs to your offices', VPN's and CI's blocks, or leave it empty.",
    types=(CLUSTER,),
    limits=EndpointLimits,
    check=_open_endpoint,
    severity=Severity.CRITICAL,
)


def _open_ingress(resource: Resource, _limits: Limits) -> Iterator[Verdict]:
    if resource.type == INGRESS_RULE:
        for key in ("cidrIpv4", "cidrIpv6"):
            yield from _open_blocks(key, [resource.at(key)])
    elif resource.type == SECURITY_GROUP_RULE:
        if resource.at("type") == "ingress":
            for key in ("cidrBlocks", "ipv6CidrBlocks"):
                yield from _open_blocks(key, resource.at(key))
    else:
        yield from _open_inline(resource)


def _open_inline(group: Resource) -> Iterator[Verdict]:
    ingress = group.at("ingress")
    if ingress is UNKNOWN:
        yield NotYetKnown("ingress")
    for index, entry in tables(ingress):
        for key in ("cidrBlocks", "ipv6CidrBlocks"):
            yield from _open_blocks(f"ingress[{index}].{key}", value_at(entry, key))


def _open_blocks(what: str, blocks: Property) -> Iterator[Verdict]:
    if blocks is UNKNOWN or (is_list(blocks) and UNKNOWN in blocks):
        yield NotYetKnown(what)
    for block in blocks if is_list(blocks) else ():
        if too_wide(block):
            yield Violation(f"{what} is {block}: closed security groups accept named blocks or other groups only")


NO_OPEN_INGRESS = ResourceRule(
    id="no-open-ingress",
    subject=Subject.SECURITY,
    title="No security group accepts traffic from the whole internet",
    why="Nodes in public subnets rely on closed security groups.",
    fix="Name the source's address block or security group.",
    types=(INGRESS_RULE, SECURITY_GROUP_RULE, *SECURITY_GROUPS),
    limits=Limits,
    check=_open_ingress,
    severity=Severity.CRITICAL,
)
