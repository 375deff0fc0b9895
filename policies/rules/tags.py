"""Tags: without them a bill can't be split by stack, component or owner."""

from collections.abc import Iterator

from policies.facts import UNKNOWN, Property, Resource, is_table, tables, value_at
from policies.limits import Limits
from policies.rule import NotYetKnown, ResourceRule, Severity, Subject, Verdict, Violation

REQUIRED = ("project", "stack", "component", "owner", "cost-centre")
LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
# What EC2 makes from a launch template and bills for; the provider's default tags never reach it.
BILLED_BY_TEMPLATE = ("instance", "volume")

# AWS types that carry no tags (Tag Editor User Guide, "Supported resources"): attachments, settings and rules of a
# resource that is tagged itself.
UNTAGGED_TYPES = frozenset(
    {
        "aws:budgets/budgetAction:BudgetAction",
        "aws:ec2/route:Route",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:kms/alias:Alias",
        "aws:kms/keyPolicy:KeyPolicy",
        "aws:s3/bucketIntelligentTieringConfiguration:BucketIntelligentTieringConfiguration",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketLogging:BucketLogging",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sns/topicSubscription:TopicSubscription",
        "aws:sqs/queuePolicy:QueuePolicy",
    }
)


class TagLimits(Limits):
    """Which tags."""

    required: tuple[str, ...] = REQUIRED
    """Tag keys that every taggable AWS resource must carry, with a value."""


def _missing_tags(resource: Resource, limits: TagLimits) -> Iterator[Verdict]:
    if resource.type in UNTAGGED_TYPES:
        return
    yield from _missing(limits, "tags", resource.at("tags"), resource.at("tagsAll"))
    if resource.type == LAUNCH_TEMPLATE:
        yield from _untagged_instances(resource, limits)


def _untagged_instances(template: Resource, limits: TagLimits) -> Iterator[Verdict]:
    specifications = template.at("tagSpecifications")
    if specifications is UNKNOWN:
        yield NotYetKnown("tagSpecifications")
        return
    tags = {str(value_at(item, "resourceType")): value_at(item, "tags") for _, item in tables(specifications)}
    for kind in BILLED_BY_TEMPLATE:
        yield from _missing(limits, f"tagSpecifications for {kind}: tags", tags.get(kind))


def _missing(limits: TagLimits, what: str, *sources: Property) -> Iterator[Verdict]:
    if UNKNOWN in sources:
        yield NotYetKnown(what)
        return
    present = {name for tags in sources if is_table(tags) for name, value in tags.items() if value not in (None, "")}
    missing = [name for name in limits.required if name not in present]
    if missing:
        yield Violation(f"{what} {', '.join(missing)} are missing; needed are {', '.join(limits.required)}")


REQUIRED_TAGS = ResourceRule(
    id="required-tags",
    subject=Subject.SECURITY,
    title="AWS resources carry the tags that bills are split by",
    why="Cost reports, budgets and clean-ups find resources by project, stack, component, owner and cost-centre.",
    fix="Create the resource with the stack's AWS provider, whose default tags carry them.",
    types=("aws:*",),
    limits=TagLimits,
    check=_missing_tags,
    severity=Severity.MEDIUM,
)
