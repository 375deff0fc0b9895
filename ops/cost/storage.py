"""`storage`: bytes by signal and storage class, from S3 itself, against the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ops.backends.aws import asking, bucket_names, client
from ops.report.checks import Check, Report, State, checked, within
from ops.report.model import Section, Text, document, table
from ops.report.output import Answer
from ops.stacks import settings_of
from planning.backends import BY_DATA, backends_of
from planning.base import Frozen
from planning.buckets import GIB, BucketPurpose, ObjectClass
from planning.capacity.estimate import CapacityEstimate, estimate
from planning.performance_targets import STORED_GB
from planning.retention import Signal
from planning.tiers.compiler import SAFETY_NET_DAYS
from planning.tiers.inputs import LifecycleLimits
from settings.models.platform import PlatformSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

# A young stack holds less than its plan; twice the plan is more than the plan's own error.
MUCH_MORE = 2.0
LEAST_GIB = 1.0
KEYS_A_REQUEST = 1000
FAR_AHEAD = datetime.max.replace(tzinfo=UTC)


class ClassUse(Frozen):
    """What lies in one bucket in one storage class."""

    bucket: str
    """Physical name."""
    purpose: BucketPurpose
    """What it is for."""
    storage_class: str
    """S3 storage class."""
    objects: int
    """Number of objects."""
    gib: float
    """Their size."""
    usd_per_month: float
    """List price of storing them, without requests and minimum charges."""
    oldest_days: float
    """Age of the oldest."""


class StorageUse(Frozen):
    """All buckets of a stack."""

    uses: tuple[ClassUse, ...]
    """By bucket and class."""
    list_requests: int
    """Requests that the listing took; they are billed like PUTs."""

    def gib(self, purpose: BucketPurpose) -> float:
        """Everything in one bucket."""
        return sum(use.gib for use in self.uses if use.purpose is purpose)


def measured(settings: PlatformSettings, stack: str, now: datetime | None = None) -> StorageUse:
    """Lists every bucket. Raises `LiveError` when AWS gives no answer."""
    s3 = client("s3", settings.region)
    uses: list[ClassUse] = []
    requests = 0
    moment = now or datetime.now(UTC)
    for purpose, bucket in bucket_names(settings, stack).items():
        with asking(f"listing {bucket}"):
            found, pages = _listed(s3, bucket)
        requests += pages
        uses += _uses(settings, purpose, bucket, found, moment)
    return StorageUse(uses=tuple(uses), list_requests=requests)


@dataclass
class _Tally:
    """What was counted of one storage class; a bucket may hold millions of objects."""

    objects: int = 0
    size_bytes: int = 0
    oldest: datetime = FAR_AHEAD

    def add(self, one: ObjectTypeDef) -> None:
        self.objects += 1
        self.size_bytes += one.get("Size", 0)
        self.oldest = min(self.oldest, one.get("LastModified", self.oldest))


def _listed(s3: S3Client, bucket: str) -> tuple[dict[str, _Tally], int]:
    """Tallies by storage class, and the number of requests."""
    found: defaultdict[str, _Tally] = defaultdict(_Tally)
    pages = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        pages += 1
        for one in page.get("Contents", []):
            found[one.get("StorageClass", "STANDARD")].add(one)
    return found, pages


def _uses(
    settings: PlatformSettings, purpose: BucketPurpose, bucket: str, found: dict[str, _Tally], now: datetime
) -> Iterator[ClassUse]:
    for name, tally in sorted(found.items(), key=lambda one: one[0]):
        gib = tally.size_bytes / GIB
        price = settings.s3_prices.of(ObjectClass(name)).gb_month if name in set(ObjectClass) else 0.0
        yield ClassUse(
            bucket=bucket,
            purpose=purpose,
            storage_class=name,
            objects=tally.objects,
            gib=gib,
            usd_per_month=gib * price,
            oldest_days=max(0.0, (now - tally.oldest).total_seconds() / 86_400),
        )


def judged(stack: str, settings: PlatformSettings, use: StorageUse) -> Report:
    """The measure against plan, promise and retention."""
    plan = estimate(settings.capacity_inputs, settings.s3_prices, LifecycleLimits.of_region(settings.region))
    kept = backends_of(settings.retention)
    checks = [_against_plan(one.data.purpose, one.signal, use, plan) for one in kept]
    checks += [_age(settings, one.data.purpose, one.signal, use) for one in kept]
    total, advice = sum(one.gib for one in use.uses) * GIB / 1e9, "what a week less would save: retention review"
    detail = f"{total:,.1f} GB; target: less than {STORED_GB}"
    checks.append(within("total", total, STORED_GB, "GB", detail, advice))
    return Report(title=f"Storage of {stack}", checks=tuple(checks))


def _against_plan(purpose: BucketPurpose, signal: Signal, use: StorageUse, plan: CapacityEstimate) -> Check:
    stored, planned = use.gib(purpose), plan.uses[purpose].gib
    return checked(
        f"{signal} stored",
        f"{stored:,.2f} GiB; planned in steady state: {planned:,.2f}",
        "more than twice the plan: the workload in the settings is too low, or deletion lags",
        bad=stored > max(LEAST_GIB, planned * MUCH_MORE),
        value=stored,
        limit=planned,
        unit="GiB",
    )


def _age(settings: PlatformSettings, purpose: BucketPurpose, signal: Signal, use: StorageUse) -> Check:
    ages = [one.oldest_days for one in use.uses if one.purpose is purpose]
    days = settings.retention.of(signal).delete_days
    name = f"{signal} deleted in time"
    if not ages:
        return Check(name=name, state=State.UNKNOWN, detail="the bucket is empty")
    advice = "compactor or lifecycle rule doesn't delete: see the compactor's log, and `backups verify` for the rule"
    detail = f"oldest object {max(ages):.1f} days; kept for {days}, and {SAFETY_NET_DAYS} more by the safety net"
    return within(name, max(ages), days + SAFETY_NET_DAYS + 1, "days", detail, advice)


def uses_section(use: StorageUse, put_per_1000_usd: float) -> Section:
    """Every bucket and class, and what the listing cost."""
    rows = [
        (
            BY_DATA[one.purpose].signal if one.purpose in BY_DATA else one.purpose,
            one.bucket,
            one.storage_class,
            f"{one.objects:,}",
            f"{one.gib:,.3f}",
            f"{one.usd_per_month:,.2f}",
        )
        for one in use.uses
    ]
    usd = use.list_requests / 1000 * put_per_1000_usd
    listed = f"listed with {use.list_requests} requests ({usd:.6f} USD); each holds {KEYS_A_REQUEST} objects"
    header = ("signal", "bucket", "class", "objects", "GiB", "USD a month")
    return Section(blocks=(table(header, rows, numbers=(3, 4, 5)), Text(words=listed)))


def storage(stack: str) -> Answer:
    """Measure and verdict."""
    settings = settings_of(stack)
    use = measured(settings, stack)
    report = judged(stack, settings, use)
    uses = uses_section(use, settings.s3_prices.standard.put_per_1000)
    return Answer({"uses": use, "report": report}, lambda: document(report.title, uses, report), report.exit_code)
