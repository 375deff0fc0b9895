"""Buckets with everything that joins them, for tables of cases."""

from collections.abc import Mapping, Sequence

from planning.aws.types import BUCKET, LIFECYCLE, VERSIONING
from planning.registered import Property, Resource, Unknown
from tests.policies.cases import resource

Rule = Mapping[str, Property]


def bucket(purpose: Property, name: str = "bucket") -> Resource:
    """A bucket tagged with its purpose."""
    return resource(BUCKET, {"bucket": f"acme-prod-{name}", "tags": {"purpose": purpose}}, name, protect=True)


def bucket_with(purpose: Property, *rules: Rule | Unknown, versioned: Property = None) -> list[Resource]:
    """A bucket, and the lifecycle whose bucket property preview knows only by where it came from."""
    owner = bucket(purpose)
    known: Property = rules[0] if len(rules) == 1 and isinstance(rules[0], Unknown) else list(rules)
    found = [owner, resource(LIFECYCLE, {"bucket": "not yet", "rules": known}, "bucket", of={"bucket": owner})]
    if versioned is not None:
        status: Property = {"versioningConfiguration": {"status": versioned}}
        found.append(resource(VERSIONING, {"bucket": "acme-prod-bucket", **status}, "bucket"))
    return found


def moves_rule(
    moves: Mapping[str, Property], expiration_days: Property = None, prefix: str = "", more_than: Property = None
) -> Rule:
    """A lifecycle rule as the provider takes it."""
    name: Property = {"prefix": prefix}
    both: Property = {"and": {"prefix": prefix, "objectSizeGreaterThan": more_than}}
    transitions: Sequence[Property] = [{"days": days, "storageClass": kind} for kind, days in moves.items()]
    return {
        "id": "rule",
        "status": "Enabled",
        "filter": name if more_than is None else both,
        "transitions": transitions,
        "expiration": None if expiration_days is None else {"days": expiration_days},
    }


def abort_rule(days: Property = 1.0) -> Rule:
    """Drops incomplete uploads."""
    return {
        "id": "abort",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": days},
    }


def versions_rule(days: Property, prefix: str = "") -> Rule:
    """Expires noncurrent versions."""
    return {
        "id": "versions",
        "status": "Enabled",
        "filter": {"prefix": prefix},
        "noncurrentVersionExpiration": {"noncurrentDays": days},
    }
