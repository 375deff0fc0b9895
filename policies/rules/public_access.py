"""Public access: buckets, the Kubernetes API, and security groups."""

from collections.abc import Iterator, Sequence

from policies.facts import UNKNOWN, Resource, belonging_to, is_list, of_type
from policies.rule import Finding, ResourceRule, StackRule
from policies.rules.encryption import BUCKET

PUBLIC_ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
EVERYWHERE = ("0.0.0.0/0", "::/0")


def _public_buckets(resources: Sequence[Resource]) -> Iterator[Finding]:
    for bucket in of_type(resources, BUCKET):
        blocks = list(belonging_to(bucket, "bucket", resources, PUBLIC_ACCESS_BLOCK))
        if not blocks:
            yield Finding(f"has no public access block; add one with {', '.join(BLOCKS)} all true", bucket.urn)
        for block in blocks:
            open_ones = [key for key in BLOCKS if block.at(key) not in (True, UNKNOWN)]
            if open_ones:
                yield Finding(f"{', '.join(open_ones)} must be true", block.urn)


BUCKETS_PRIVATE = StackRule(
    id="buckets-private",
    title="Every bucket blocks public access",
    why="One wrong policy or ACL must not publish telemetry.",
    fix="Create buckets with TierBuckets, which blocks all four kinds of public access.",
    check=_public_buckets,
)


def _open_endpoint(resource: Resource) -> Iterator[str]:
    if resource.type != "aws:eks/cluster:Cluster":
        return
    public = resource.at("vpcConfig", "endpointPublicAccess")
    cidrs = resource.at("vpcConfig", "publicAccessCidrs")
    if public is UNKNOWN or cidrs is UNKNOWN or public is False:
        return
    # Absent means public and open to the world: EKS's default.
    if not is_list(cidrs) or not cidrs:
        yield "vpcConfig.publicAccessCidrs is empty: the Kubernetes API would be open to the world"
    elif open_ones := [str(cidr) for cidr in cidrs if cidr in EVERYWHERE]:
        yield f"vpcConfig.publicAccessCidrs holds {', '.join(open_ones)}; name the address blocks that need access"


CLUSTER_ENDPOINT_LIMITED = ResourceRule(
    id="cluster-endpoint-limited",
    title="The Kubernetes API is private or limited to named address blocks",
    why="An API server open to the world is one credential leak away from the whole cluster.",
    fix="Set cluster.public_access_cidrs to your offices', VPN's and CI's blocks, or leave it empty.",
    check=_open_endpoint,
)

_INGRESS_TYPES = ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws:ec2/securityGroup:SecurityGroup")


def _open_ingress(resource: Resource) -> Iterator[str]:
    if resource.type not in _INGRESS_TYPES:
        return
    for key in ("cidrIpv4", "cidrIpv6"):
        if resource.at(key) in EVERYWHERE:
            yield f"{key} is {resource.at(key)}: closed security groups accept named blocks or other groups only"
    ingress = resource.at("ingress")
    if is_list(ingress):
        for index in range(len(ingress)):
            for key in ("cidrBlocks", "ipv6CidrBlocks"):
                blocks = resource.at("ingress", index, key)
                if is_list(blocks) and any(block in EVERYWHERE for block in blocks):
                    yield f"ingress[{index}].{key} is open to the world"


NO_OPEN_INGRESS = ResourceRule(
    id="no-open-ingress",
    title="No security group accepts traffic from the whole internet",
    why="Nodes in public subnets rely on closed security groups.",
    fix="Name the source's address block or security group.",
    check=_open_ingress,
)
