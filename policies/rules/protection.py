"""Data that must not go with a mistaken `pulumi destroy`."""

from collections.abc import Iterator

from planning.aws.types import BUCKET, CLUSTER, KEY
from planning.registered import UNKNOWN, Resource
from policies.limits import Limits
from policies.rule import NotYetKnown, ResourceRule, Severity, Subject, Verdict, Violation


class ProtectionLimits(Limits):
    """Whether data is worth protecting."""

    required: bool = True
    """Whether buckets, keys and the cluster must be protected; false for stacks whose data may be lost."""


def _unprotected(resource: Resource, limits: ProtectionLimits) -> Iterator[Verdict]:
    if not limits.required:
        return
    if resource.protect is None:
        yield NotYetKnown("the protect option")
    elif not resource.protect:
        yield Violation("is not protected: `pulumi destroy`, or a change of its name, would delete it")
    force = resource.at("forceDestroy")
    if force is UNKNOWN:
        yield NotYetKnown("forceDestroy")
    elif force is True:
        yield Violation("forceDestroy is true: the bucket would go together with its objects")


DATA_PROTECTED = ResourceRule(
    id="data-protected",
    subject=Subject.SECURITY,
    title="Buckets, keys and the cluster of a stack with data are protected",
    why="Objects whose bucket or key is gone can't be brought back.",
    fix="Set storage.protect to true and storage.force_destroy to false.",
    types=(BUCKET, KEY, CLUSTER),
    limits=ProtectionLimits,
    check=_unprotected,
    severity=Severity.CRITICAL,
)
