"""Buckets as rules read them: what each is for, and its lifecycle rules."""

from collections.abc import Iterator, Sequence

from planning.aws.lifecycle import RegisteredRule, from_provider
from planning.aws.types import BUCKET, LIFECYCLE
from planning.registered import UNKNOWN, Resource, Unknown, belonging_to, of_type, tables
from policies.facts import has_unknown


def rules_of(lifecycle: Resource) -> list[RegisteredRule] | Unknown:
    """The rules of a lifecycle configuration; what S3 does follows from them together, so all must be known."""
    rules = lifecycle.at("rules")
    if has_unknown(rules):
        return UNKNOWN
    return [from_provider(rule) for _, rule in tables(rules)]


def bucket_rules(
    resources: Sequence[Resource],
) -> Iterator[tuple[Resource, list[RegisteredRule] | Unknown]]:
    """Every bucket with its lifecycle rules; an empty list where it has none."""
    for bucket in of_type(resources, BUCKET):
        found: list[RegisteredRule] = []
        unknown = False
        for lifecycle in belonging_to(bucket, "bucket", resources, LIFECYCLE):
            rules = rules_of(lifecycle)
            if rules is UNKNOWN:
                unknown = True
            else:
                found.extend(rule for rule in rules if rule.enabled)
        yield bucket, UNKNOWN if unknown else found
