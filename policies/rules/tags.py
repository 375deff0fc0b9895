"""Tags: without them a bill can't be split by stack, component or owner."""

from collections.abc import Iterator

from policies.facts import UNKNOWN, Resource, is_table
from policies.rule import ResourceRule

REQUIRED = ("project", "stack", "component", "owner", "cost-centre")

# AWS types that carry no tags (Tag Editor User Guide, "Supported resources"): attachments, settings and rules of a
# resource that is tagged itself.
UNTAGGED_TYPES = frozenset(
    {
        "aws:ec2/route:Route",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:kms/alias:Alias",
        "aws:kms/keyPolicy:KeyPolicy",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
    }
)


def _missing_tags(resource: Resource) -> Iterator[str]:
    if not resource.type.startswith("aws:") or resource.type in UNTAGGED_TYPES:
        return
    present: set[str] = set()
    for key in ("tags", "tagsAll"):
        tags = resource.at(key)
        if tags is UNKNOWN:
            return
        if is_table(tags):
            present.update(name for name, value in tags.items() if value not in (None, ""))
    missing = [name for name in REQUIRED if name not in present]
    if missing:
        yield f"tags {', '.join(missing)} are missing; needed are {', '.join(REQUIRED)}"


REQUIRED_TAGS = ResourceRule(
    id="required-tags",
    title="AWS resources carry the tags that bills are split by",
    why="Cost reports, budgets and clean-ups find resources by project, stack, component, owner and cost-centre.",
    fix="Create the resource with the stack's AWS provider, whose default tags carry them.",
    check=_missing_tags,
)
