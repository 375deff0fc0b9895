"""Buckets as rules read them: what each is for, and its lifecycle rules."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from planning.aws.types import BUCKET, LIFECYCLE
from policies.facts import (
    UNKNOWN,
    Property,
    RegisteredResource,
    Unknown,
    belonging_to,
    has_unknown,
    of_type,
    tables,
    value_at,
    whole,
)


@dataclass(frozen=True)
class Move:
    """One transition of a lifecycle rule."""

    days: int | None
    """Age in days; None where the rule has none, as with a date."""
    storage_class: str


@dataclass(frozen=True)
class LifecycleRule:
    """One rule as it was registered."""

    id: str
    enabled: bool
    prefix: str
    """Empty: every object."""
    more_than_bytes: int | None
    """Size filter."""
    moves: tuple[Move, ...]
    expiration_days: int | None
    noncurrent_days: int | None
    abort_days: int | None


def purpose_of(bucket: RegisteredResource, purposes: Iterable[str]) -> str | Unknown | None:
    """Which of the purposes a bucket is for: its purpose tag, else what is in its name; None for any other bucket."""
    named = bucket.at("tags", "purpose")
    name = bucket.at("bucket")
    known = list(purposes)
    if isinstance(named, str):
        return named if named in known else None
    for candidate in (name, bucket.name):
        found = next((purpose for purpose in known if isinstance(candidate, str) and purpose in candidate), None)
        if found is not None:
            return found
    return UNKNOWN if UNKNOWN in (named, name) else None


def lifecycles_of(bucket: RegisteredResource, resources: Sequence[RegisteredResource]) -> list[RegisteredResource]:
    """The lifecycle configurations of a bucket; S3 keeps one, and none makes objects stay for ever."""
    return list(belonging_to(bucket, "bucket", resources, LIFECYCLE))


def rules_of(lifecycle: RegisteredResource) -> list[LifecycleRule] | Unknown:
    """The rules of a lifecycle configuration; what S3 does follows from them together, so all must be known."""
    rules = lifecycle.at("rules")
    if has_unknown(rules):
        return UNKNOWN
    return [_rule(rule) for _, rule in tables(rules)]


def bucket_rules(
    resources: Sequence[RegisteredResource],
) -> Iterator[tuple[RegisteredResource, list[LifecycleRule] | Unknown]]:
    """Every bucket with its lifecycle rules; an empty list where it has none."""
    for bucket in of_type(resources, BUCKET):
        found: list[LifecycleRule] = []
        unknown = False
        for lifecycle in lifecycles_of(bucket, resources):
            rules = rules_of(lifecycle)
            if rules is UNKNOWN:
                unknown = True
            else:
                found.extend(rule for rule in rules if rule.enabled)
        yield bucket, UNKNOWN if unknown else found


def _rule(rule: Property) -> LifecycleRule:
    size = value_at(rule, "filter", "objectSizeGreaterThan")
    return LifecycleRule(
        id=str(value_at(rule, "id") or "without id"),
        enabled=value_at(rule, "status") == "Enabled",
        prefix=_prefix(rule),
        more_than_bytes=_number(value_at(rule, "filter", "and", "objectSizeGreaterThan") if size is None else size),
        moves=tuple(_move(move) for _, move in tables(value_at(rule, "transitions"))),
        expiration_days=_number(value_at(rule, "expiration", "days")),
        noncurrent_days=_number(value_at(rule, "noncurrentVersionExpiration", "noncurrentDays")),
        abort_days=_number(value_at(rule, "abortIncompleteMultipartUpload", "daysAfterInitiation")),
    )


def _number(value: Property) -> int | None:
    number = whole(value)
    return None if number is UNKNOWN else number


def _prefix(rule: Property) -> str:
    for path in (("filter", "prefix"), ("filter", "and", "prefix"), ("prefix",)):
        value = value_at(rule, *path)
        if isinstance(value, str) and value:
            return value
    return ""


def _move(move: Property) -> Move:
    return Move(_number(value_at(move, "days")), str(value_at(move, "storageClass")))
