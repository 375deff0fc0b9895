"""What a lost run was doing to resources: operations that the state names as begun, and whether they were done.

Something that was being made may be there without the state knowing it: the next `up` would make it twice, or be
refused because its name is taken. It is imported. What was being changed or deleted is looked at again, by a refresh.
"""

from collections.abc import Iterator

from ops.backends.pulumi import Deployment, Operation
from ops.recovery.aws_lookup import AwsLookup
from planning.aws.types import (
    ACCESS_POLICY_ASSOCIATION,
    BUCKET_ENCRYPTION,
    BUCKET_OWNERSHIP,
    BUCKET_POLICY,
    DEFAULT_SECURITY_GROUP,
    KEY_POLICY,
    LIFECYCLE,
    POD_IDENTITY,
    PUBLIC_ACCESS_BLOCK,
    ROLE_POLICY,
    ROLE_POLICY_ATTACHMENT,
    ROUTE,
    ROUTE_TABLE_ASSOCIATION,
    VERSIONING,
)
from planning.base import Frozen

CREATING, DELETING = "creating", "deleting"
# Made twice is the same as made once: each is a part of something else, which AWS overwrites.
_REPEATABLE = frozenset(
    {
        ACCESS_POLICY_ASSOCIATION,
        BUCKET_ENCRYPTION,
        BUCKET_OWNERSHIP,
        BUCKET_POLICY,
        DEFAULT_SECURITY_GROUP,
        KEY_POLICY,
        LIFECYCLE,
        PUBLIC_ACCESS_BLOCK,
        ROLE_POLICY,
        ROLE_POLICY_ATTACHMENT,
        VERSIONING,
    }
)
# Imported by another id than the state keeps, and never made beside an old one.
_OTHER_IDS = frozenset({POD_IDENTITY, ROUTE, ROUTE_TABLE_ASSOCIATION})


class PendingOperation(Frozen):
    """One operation that was begun."""

    urn: str
    type: str
    """Pulumi's type token."""
    operation: str
    """creating, updating, deleting, ..."""
    import_id: str | None = None
    """Of what is there and has to be imported."""
    beside: str | None = None
    """Id of a replacement that is there while the state has what it was to replace."""
    unclear: bool = False
    """Whether a person must look."""

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.urn.rpartition("::")[2]

    @property
    def found(self) -> str:
        """What was found, in words."""
        if self.unclear:
            return "may be there: nothing here knows how to look for it"
        if self.beside is not None:
            return f"is there beside what it was to replace: {self.beside}"
        if self.import_id is not None:
            return f"is there: {self.import_id}"
        if self.operation == CREATING:
            return "isn't there, or may be made again"
        return "is known to the state"

    @property
    def cure(self) -> str:
        """What frees it, in words."""
        if self.unclear:
            return "look yourself; pulumi refresh asks for its id"
        if self.beside is not None:
            return "up makes another: delete this one afterwards"
        if self.import_id is not None:
            return "imported into the state"
        return "up makes it" if self.operation == CREATING else "looked at again (pulumi refresh)"


def pending_operations(deployment: Deployment, aws: AwsLookup | None) -> Iterator[PendingOperation]:
    """Each with what was found. Raises `LiveError`."""
    made = [one for one in deployment.resources if one.id]
    for operation in deployment.pending_operations:
        # A role and a cluster may have one name.
        known = frozenset(one.id for one in made if one.type == operation.resource.type)
        found = _looked_for(operation, known, aws)
        if operation.type != CREATING or all(one.urn != found.urn for one in made):
            yield found
        elif found.import_id is not None and found.type not in _OTHER_IDS:
            yield found.model_copy(update={"beside": found.import_id, "import_id": None})
        # Else an earlier run's, which a later one carried out.


def _looked_for(operation: Operation, known: frozenset[str], aws: AwsLookup | None) -> PendingOperation:
    resource = operation.resource
    found = PendingOperation(urn=resource.urn, type=resource.type, operation=operation.type)
    # Kubernetes objects are applied over what is there; a random value that nobody got is none.
    in_aws = resource.type.startswith("aws:") and resource.type not in _REPEATABLE
    if operation.type != CREATING or aws is None or not in_aws:
        return found
    if not aws.knows(resource.type):
        return found.model_copy(update={"unclear": True})
    import_id = aws.find(resource.type, resource.inputs, known)
    if import_id is None or import_id in known:
        return found
    return found.model_copy(update={"import_id": import_id})
