"""How long objects stay: every bucket ends its objects after the application did, and nothing piles up unseen."""

from collections.abc import Iterator, Mapping, Sequence

from planning.aws.lifecycle import RegisteredRule
from planning.aws.purpose import purpose_of
from planning.aws.types import BUCKET, LIFECYCLE, VERSIONING
from planning.base import Frozen
from planning.registered import UNKNOWN, Resource, belonging_to
from policies.buckets import bucket_rules
from policies.limits import Limits
from policies.rule import NotYetKnown, Severity, StackRule, Subject, Verdict, Violation


class Lifetime(Frozen):
    """How long the objects of one purpose may and must stay."""

    prefix: str = ""
    """Keys under which the data is; empty: the whole bucket."""
    application_days: int | None = None
    """Age in days at which the application itself deletes; expiration must be later. None: S3 alone deletes."""
    max_days: int
    """Latest age in days at which everything is gone."""


class LifetimeLimits(Limits):
    """How long objects may and must stay."""

    purposes: dict[str, Lifetime]
    """By the bucket's purpose tag."""
    kept: tuple[str, ...] = ()
    """Purposes whose objects must never expire: rules and Alertmanager state, which are rewritten in place."""
    other_max_days: int = 400
    """Latest expiration of a bucket with any other purpose, in days."""


def _unexpired_objects(resources: Sequence[Resource], limits: LifetimeLimits) -> Iterator[Verdict]:
    for bucket, rules in bucket_rules(resources):
        purpose = purpose_of(bucket, (*limits.purposes, *limits.kept))
        if purpose is UNKNOWN or rules is UNKNOWN:
            yield NotYetKnown("the purpose tag" if purpose is UNKNOWN else "the lifecycle rules", bucket.urn)
        elif purpose in limits.kept:
            yield from _kept(bucket, rules)
        else:
            lifetime = limits.purposes.get(str(purpose), Lifetime(max_days=limits.other_max_days))
            yield from _lifetime_problems(bucket, rules, lifetime)


def _kept(bucket: Resource, rules: Sequence[RegisteredRule]) -> Iterator[Verdict]:
    for rule in rules:
        if rule.expiration_days is not None:
            yield Violation(
                f"rule {rule.id} expires objects at day {rule.expiration_days}, but this bucket holds rules or "
                "Alertmanager state, which must stay",
                bucket.urn,
            )


def _lifetime_problems(bucket: Resource, rules: Sequence[RegisteredRule], lifetime: Lifetime) -> Iterator[Verdict]:
    # Every key under the data's prefix must be covered, and by the earliest rule that names some of them.
    covering = [r for r in rules if r.expiration_days is not None and not r.min_object_bytes]
    whole = [r.expiration_days for r in covering if lifetime.prefix.startswith(r.prefix) and r.expiration_days]
    if not whole:
        where = f" under {lifetime.prefix}" if lifetime.prefix else ""
        yield Violation(
            f"no lifecycle rule expires its objects{where}; accepted: at day {lifetime.max_days} at the latest",
            bucket.urn,
        )
    elif min(whole) > lifetime.max_days:
        yield Violation(f"objects expire at day {min(whole)}; accepted: day {lifetime.max_days} at most", bucket.urn)
    if lifetime.application_days is None:
        return
    for rule in rules:
        if rule.expiration_days is not None and rule.expiration_days <= lifetime.application_days:
            yield Violation(
                f"rule {rule.id} expires objects at day {rule.expiration_days}, but the application keeps and queries "
                f"them to day {lifetime.application_days}; accepted: later than that",
                bucket.urn,
            )


BUCKETS_EXPIRE = StackRule(
    id="buckets-expire",
    subject=Subject.RETENTION,
    title="Every bucket's objects expire in time, and after the application deleted them",
    why="What nobody deletes is billed for ever and breaks the retention promise; what S3 deletes first breaks "
    "queries. Buckets of rules and Alertmanager state are the other way round: nothing in them may expire.",
    fix="Let the tier plan make the lifecycle: expiration a few days behind the application's retention.",
    types=(BUCKET, LIFECYCLE),
    limits=LifetimeLimits,
    check=_unexpired_objects,
)


class VersionLimits(Limits):
    """How long superseded versions stay."""

    max_noncurrent_days: int = 30
    """Latest age in days, since it was superseded, at which a version is gone."""


def _unexpired_versions(resources: Sequence[Resource], limits: VersionLimits) -> Iterator[Verdict]:
    for bucket, rules in bucket_rules(resources):
        states = [
            v.at("versioningConfiguration", "status") for v in belonging_to(bucket, "bucket", resources, VERSIONING)
        ]
        states += ["Enabled"] if bucket.at("versioning", "enabled") is True else []
        if "Enabled" not in states and UNKNOWN not in states:
            continue
        days = [r.noncurrent_days for r in rules if not r.prefix] if rules is not UNKNOWN else []
        known = [day for day in days if day is not None]
        if rules is UNKNOWN or "Enabled" not in states:
            yield NotYetKnown("the lifecycle rules" if rules is UNKNOWN else "versioning", bucket.urn)
        elif not known:
            yield Violation("keeps every version: no rule for the whole bucket expires noncurrent ones", bucket.urn)
        elif min(known) > limits.max_noncurrent_days:
            yield Violation(
                f"noncurrent versions expire after {min(known)} days; accepted: {limits.max_noncurrent_days} at most",
                bucket.urn,
            )


VERSIONS_EXPIRE = StackRule(
    id="versions-expire",
    subject=Subject.RETENTION,
    title="Versioned buckets expire noncurrent versions",
    why="A deleted object of a versioned bucket is only hidden: it is billed, and readable, until its version expires.",
    fix="Add noncurrentVersionExpiration to a lifecycle rule without a prefix.",
    types=(BUCKET, LIFECYCLE, VERSIONING),
    limits=VersionLimits,
    check=_unexpired_versions,
)


class UploadLimits(Limits):
    """How long unfinished uploads stay."""

    max_abort_days: int = 7
    """Latest age in days at which an incomplete multipart upload is dropped."""


def _unaborted_uploads(resources: Sequence[Resource], limits: UploadLimits) -> Iterator[Verdict]:
    for bucket, rules in bucket_rules(resources):
        if rules is UNKNOWN:
            yield NotYetKnown("the lifecycle rules", bucket.urn)
            continue
        days = [rule.abort_days for rule in rules if rule.abort_days is not None and not rule.prefix]
        if not days or min(days) > limits.max_abort_days:
            yield Violation(
                f"incomplete multipart uploads are dropped {f'after {min(days)} days' if days else 'never'}; "
                f"accepted: after {limits.max_abort_days} days at most, for the whole bucket",
                bucket.urn,
            )


UPLOADS_ABORTED = StackRule(
    id="uploads-aborted",
    subject=Subject.RETENTION,
    title="Incomplete multipart uploads are dropped",
    why="Parts of an upload that never finished are billed and appear in no listing.",
    fix="Add abortIncompleteMultipartUpload with daysAfterInitiation 1 to a lifecycle rule without a prefix.",
    types=(BUCKET, LIFECYCLE),
    limits=UploadLimits,
    check=_unaborted_uploads,
    severity=Severity.LOW,
)


class PrefixLimits(Limits):
    """Where lifecycle rules may act."""

    prefixes: dict[str, tuple[str, ...]]
    """By purpose: the key prefixes of data, which rules may move or expire; none for rules and state."""
    min_moved_bytes: Mapping[str, int] = {}
    """By purpose: size in bytes below which objects are indexes and markers that must not change class."""


def _touched_indexes(resources: Sequence[Resource], limits: PrefixLimits) -> Iterator[Verdict]:
    for bucket, rules in bucket_rules(resources):
        purpose = purpose_of(bucket, limits.prefixes)
        if purpose is UNKNOWN or rules is UNKNOWN:
            yield NotYetKnown("the purpose tag" if purpose is UNKNOWN else "the lifecycle rules", bucket.urn)
        elif purpose is not None:
            for rule in rules:
                yield from _touching(bucket, rule, str(purpose), limits)


def _touching(bucket: Resource, rule: RegisteredRule, purpose: str, limits: PrefixLimits) -> Iterator[Verdict]:
    if rule.expiration_days is None and not rule.moves:
        return
    accepted = limits.prefixes[purpose]
    if not any(rule.prefix.startswith(prefix) for prefix in accepted):
        named = f"prefix {rule.prefix}" if rule.prefix else "no prefix"
        yield Violation(
            f"rule {rule.id} has {named}: it would also take indexes, rules or seed objects; "
            f"accepted: {', '.join(accepted) or 'no rule that moves or expires'}",
            bucket.urn,
        )
    smallest = limits.min_moved_bytes.get(purpose, 0)
    if rule.moves and (rule.min_object_bytes or 0) < smallest:
        yield Violation(
            f"rule {rule.id} moves objects larger than {rule.min_object_bytes or 0} bytes; accepted: "
            f"objectSizeGreaterThan {smallest} or more, so that bucket indexes and markers stay where they are",
            bucket.urn,
        )


INDEXES_UNTOUCHED = StackRule(
    id="indexes-untouched",
    subject=Subject.RETENTION,
    title="Lifecycle rules touch data only, never indexes, rules or seed objects",
    why="Loki, Tempo and Mimir rewrite their indexes in place; one that expired or froze makes all data unreadable.",
    fix="Give the rule the data's prefix, as the tier plan does.",
    types=(BUCKET, LIFECYCLE),
    limits=PrefixLimits,
    check=_touched_indexes,
    severity=Severity.CRITICAL,
)
