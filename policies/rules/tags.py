"""Tags: without them a bill can't be split by stack, component or owner."""

from collections.abc import Iterator

from planning.aws import types
from planning.registered import UNKNOWN, Property, Resource, is_table, tables, value_at
from policies.limits import Limits
from policies.rule import NotYetKnown, ResourceRule, Severity, Subject, Verdict, Violation

REQUIRED = ("project", "stack", "component", "owner", "cost-centre")
# What EC2 makes from a launch template and bills for; the provider's default tags never reach it.
BILLED_BY_TEMPLATE = ("instance", "volume")

# AWS types that carry no tags (Tag Editor User Guide, "Supported resources"): attachments, settings and rules of a
# resource that is tagged itself.
UNTAGGED_TYPES = frozenset(
    {
        types.BUDGET_ACTION,
        types.ROUTE,
        types.ROUTE_TABLE_ASSOCIATION,
        types.ENDPOINT_ROUTE_TABLE_ASSOCIATION,
        types.ACCESS_POLICY_ASSOCIATION,
        types.ROLE_POLICY,
        types.ROLE_POLICY_ATTACHMENT,
        types.KEY_ALIAS,
        types.KEY_POLICY,
        types.INTELLIGENT_TIERING,
        types.LIFECYCLE,
        types.BUCKET_LOGGING,
        types.BUCKET_OWNERSHIP,
        types.BUCKET_POLICY,
        types.PUBLIC_ACCESS_BLOCK,
        types.BUCKET_ENCRYPTION,
        types.VERSIONING,
        types.TOPIC_POLICY,
        types.TOPIC_SUBSCRIPTION,
        types.QUEUE_POLICY,
        types.EVENT_TARGET,
        types.SCHEDULE,
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
    if resource.type == types.LAUNCH_TEMPLATE:
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
