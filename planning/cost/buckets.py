"""Buckets: the expected objects under the lifecycle that is registered, whatever the tier planner would have chosen."""

from collections.abc import Iterator
from math import ceil

from planning.aws.lifecycle import LifecycleRule, from_provider
from planning.aws.purpose import purpose_of
from planning.aws.types import BUCKET, RELEASE, VERSIONING
from planning.backends import BY_DATA, Backend
from planning.buckets import ACCESS_LOGS, GIB, BucketPurpose, ObjectClass
from planning.capacity.steady_state import BucketUse, bucket_uses
from planning.cost.bill import LIFECYCLE_TYPES, Bill
from planning.cost.model import LineKind
from planning.cost.reading import duration_days
from planning.registered import Resource, is_list
from planning.retention import MAX_RETENTION_DAYS, Retention, SignalRetention
from planning.tiers.lifecycle import AuditArchive, TierPlan
from planning.tiers.lifetime_cost import DAYS_PER_MONTH

REQUESTS_PER_UNIT = 1000


def price_bucket(bucket: Resource, bill: Bill) -> None:
    """Storage, requests and retrieval of one bucket in steady state."""
    purpose = purpose_of(bucket, BucketPurpose)
    if purpose_of(bucket, (ACCESS_LOGS,)) == ACCESS_LOGS:
        _access_log_line(bucket, bill)
        return
    if not isinstance(purpose, BucketPurpose):
        size = bill.assumptions.plain_bucket_gib
        note = f"assumed {size:g} GB: the bucket has no purpose tag"
        bill.add(bucket, LineKind.BUCKET_STORAGE, "STANDARD storage", size, "s3.storage.STANDARD", note)
        return
    if purpose is BucketPurpose.AUDIT_ARCHIVE:
        return  # nothing of the platform writes there; what others send is theirs to count
    rules = tuple(_rules(bucket, bill))
    days, bound = _life_days(purpose, rules, bill)
    use = _use(purpose, rules, days, bill)
    note = f"{bill.load.text}, deleted after {days} days ({bound})"
    _storage_lines(bucket, use, note, bill)
    _request_lines(bucket, use, bill)
    if purpose in BY_DATA:
        _version_line(bucket, purpose, rules, bill)


def _access_log_line(bucket: Resource, bill: Bill) -> None:
    """Storage alone: AWS delivers access logs for nothing. Amazon S3 User Guide, "Logging requests with server access
    logging"."""
    uses = [_steady(other, purpose, bill) for other in bill.of_type(BUCKET) if (purpose := _written(other)) is not None]
    a_month = sum(asked.puts + asked.gets for use in uses for asked in use.requests)
    ends = [rule.expiration_days for rule in _rules(bucket, bill) if rule.expiration_days is not None]
    days = min(ends, default=bill.assumptions.unbounded_days)
    size = a_month / DAYS_PER_MONTH * days * bill.assumptions.access_log_bytes / GIB
    each = bill.assumptions.access_log_bytes
    note = f"{a_month:,.0f} requests a month, a record of some {each:g} bytes each, kept {days} days"
    bill.add(bucket, LineKind.BUCKET_STORAGE, "STANDARD storage, access logs", size, "s3.storage.STANDARD", note)


def _written(bucket: Resource) -> BucketPurpose | None:
    """What for, of buckets that the platform writes to."""
    purpose = purpose_of(bucket, BucketPurpose)
    return purpose if isinstance(purpose, BucketPurpose) and purpose is not BucketPurpose.AUDIT_ARCHIVE else None


def _steady(bucket: Resource, purpose: BucketPurpose, bill: Bill) -> BucketUse:
    rules = tuple(_rules(bucket, bill))
    return _use(purpose, rules, _life_days(purpose, rules, bill)[0], bill)


def _storage_lines(bucket: Resource, use: BucketUse, note: str, bill: Bill) -> None:
    for stored in use.stored:
        name = stored.storage_class
        beyond = (stored.billed_bytes - stored.bytes) / GIB
        minimum = f"; {beyond:.1f} GB of it for minimum days and sizes" if beyond > 0.05 else ""
        bill.add(
            bucket, LineKind.BUCKET_STORAGE, f"{name} storage", stored.billed_bytes / GIB, f"s3.storage.{name}",
            note + minimum,
        )  # fmt: skip
        if name is ObjectClass.INTELLIGENT_TIERING:
            thousands = stored.objects / REQUESTS_PER_UNIT
            bill.add(bucket, LineKind.BUCKET_STORAGE, "object monitoring", thousands, f"s3.monitoring.{name}")


def _request_lines(bucket: Resource, use: BucketUse, bill: Bill) -> None:
    kind = LineKind.BUCKET_REQUESTS
    for asked in use.requests:
        name = asked.storage_class
        for item, count, key in (
            ("PUT and LIST requests", asked.puts, "put"),
            ("GET requests", asked.gets, "get"),
            (f"transitions to {name}", asked.transitions, "transition"),
        ):
            note = f"{count:,.0f} a month"
            bill.add(bucket, kind, f"{item} ({name})", count / REQUESTS_PER_UNIT, f"s3.{key}.{name}", note)
        if bill.table.price(f"s3.retrieval.{name}").usd:
            read = asked.retrieved_bytes / GIB
            bill.add(bucket, kind, f"retrieval from {name}", read, f"s3.retrieval.{name}", f"{read:.1f} GB read")


def _version_line(bucket: Resource, purpose: BucketPurpose, rules: tuple[LifecycleRule, ...], bill: Bill) -> None:
    """What was deleted or replaced and is kept: in steady state as many bytes are deleted a day as are written."""
    versioning = bill.of_bucket(bucket, VERSIONING)
    if versioning is None or versioning.at("versioningConfiguration", "status") != "Enabled":
        return
    ends = [rule.noncurrent_expiration_days for rule in rules if rule.noncurrent_expiration_days]
    days = min(ends, default=bill.assumptions.unbounded_days)
    for name, gib_per_day in _deleted_gib_per_day(purpose, rules, bill).items():
        note = f"{gib_per_day:.2f} GiB deleted or replaced a day, kept {days} days"
        bill.add(
            bucket, LineKind.BUCKET_STORAGE, f"superseded versions ({name})", gib_per_day * days,
            f"s3.storage.{name}", note,
        )  # fmt: skip


def _deleted_gib_per_day(
    purpose: BucketPurpose, rules: tuple[LifecycleRule, ...], bill: Bill
) -> dict[ObjectClass, float]:
    """By the class that objects are in when they are deleted; a version stays in it."""
    moves = [move for rule in rules for move in rule.transitions]
    coldest = ObjectClass(max(moves, key=lambda move: move.days).storage_class.value) if moves else ObjectClass.STANDARD
    least_bytes = max((rule.min_object_bytes or 0 for rule in rules if rule.transitions), default=0)
    deleted: dict[ObjectClass, float] = {}
    for cohort in bill.flows.of(purpose).cohorts:
        moved = cohort.lifetime_days is None and cohort.object_bytes > least_bytes
        name = coldest if moved else ObjectClass.STANDARD
        deleted[name] = deleted.get(name, 0.0) + cohort.gib_per_day
    return deleted


def _use(purpose: BucketPurpose, rules: tuple[LifecycleRule, ...], days: int, bill: Bill) -> BucketUse:
    retention = _retention(days, bill)
    # Unvalidated on purpose: a plan that the platform would refuse still has its price.
    plan = TierPlan.model_construct(purpose=purpose, rules=rules, versioned=False, explanation="")
    audit = AuditArchive.model_construct(transitions=(), delete_days=days)
    return bucket_uses(bill.flows, retention, {purpose: plan}, audit)[purpose]


def _retention(days: int, bill: Bill) -> Retention:
    """Every signal deleted after `days`; only the bucket's own one is looked at."""

    def ends(retention: SignalRetention) -> SignalRetention:
        return SignalRetention.model_construct(
            hot_days=min(retention.hot_days, days), warm_days=min(retention.warm_days, days), delete_days=days
        )

    load = bill.load.retention
    return load.model_copy(update={signal.value: ends(load.of(signal)) for signal in load.signals})


def _life_days(purpose: BucketPurpose, rules: tuple[LifecycleRule, ...], bill: Bill) -> tuple[int, str]:
    """Age at which objects are gone, and what deletes them: the application, else the bucket, else nobody."""
    expirations = [rule.expiration_days for rule in rules if rule.expiration_days is not None]
    expires = min(expirations, default=None)
    kept = bill.once(("application days", purpose), lambda: _application_days(purpose, bill))
    if kept is not None and (expires is None or kept <= expires):
        return kept, "the application's retention"
    if expires is not None:
        return expires, "the bucket's lifecycle"
    return bill.assumptions.unbounded_days, "nothing expires: a year's growth"


def _application_days(purpose: BucketPurpose, bill: Bill) -> int | None:
    backend = BY_DATA.get(purpose)
    if backend is None:
        return None
    found = [
        days
        for release in bill.of_type(RELEASE)
        if release.name.startswith(backend.name) and (days := _kept_days(backend, release)) is not None
    ]
    return min(ceil(max(found)), MAX_RETENTION_DAYS) if found else None


def _kept_days(backend: Backend, release: Resource) -> float | None:
    """The application's own retention, which deletes before the bucket does."""
    return duration_days(release.at("values", *backend.data.retention_values))


def _rules(bucket: Resource, bill: Bill) -> Iterator[LifecycleRule]:
    """The enabled rules of the bucket's lifecycle configuration, or those written into the bucket itself."""
    lifecycle = bill.of_bucket(bucket, *LIFECYCLE_TYPES)
    rules = lifecycle.at("rules") if lifecycle is not None else bucket.at("lifecycleRules")
    for rule in rules if is_list(rules) else ():
        found = from_provider(rule)
        if found.enabled:
            yield found.planned
