"""What lies in each bucket once as much is deleted as written, and the requests of a month: what the bill is made of.

Objects stay a day longer than rules say (S3 acts once a day and rounds up). Billed bytes include minimum durations,
minimum sizes and per-object overheads; a month has 30 days.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from planning.aws.lifecycle import LifecycleRule
from planning.backends import BY_DATA
from planning.base import Frozen
from planning.buckets import GIB, MIB, BucketPurpose, ObjectClass
from planning.capacity.objects import ObjectFlows
from planning.objects import Cohort, ObjectFlow, ReadPattern
from planning.retention import Retention, SignalRetention
from planning.tiers.lifecycle import AuditArchive, TierPlan
from planning.tiers.lifetime_cost import BILLING_LAG_DAYS, DAYS_PER_MONTH, Ages, movable, share_read

# Audit records of a control plane, batched every five minutes.
AUDIT_GIB_PER_DAY = 0.1
AUDIT_OBJECTS_PER_DAY = 288


class StoredBytes(Frozen):
    """What one bucket holds in one storage class in steady state."""

    storage_class: ObjectClass
    """The class."""
    bytes: float
    """Bytes in it."""
    billed_bytes: float
    """Bytes that the class's price is paid for on average: minimum days, sizes and overheads included. In
    INTELLIGENT_TIERING all of them count as frequently read, which is an upper bound."""
    objects: float
    """Objects in it."""


class MonthlyRequests(Frozen):
    """Requests of one bucket in one storage class, each month of 30 days."""

    storage_class: ObjectClass
    """The class."""
    puts: float = 0.0
    """PUT, COPY, POST and LIST."""
    gets: float = 0.0
    """GET."""
    transitions: float = 0.0
    """Objects that lifecycle rules move into the class."""
    retrieved_bytes: float = 0.0
    """Bytes read."""


class BucketUse(Frozen):
    """One bucket in steady state."""

    purpose: BucketPurpose
    """The bucket."""
    stored: tuple[StoredBytes, ...]
    """By storage class, warmest first."""
    requests: tuple[MonthlyRequests, ...]
    """By storage class, warmest first."""

    @property
    def gib(self) -> float:
        """All bytes, in GiB."""
        return sum(part.bytes for part in self.stored) / GIB


class TierUse(Frozen):
    """What one temperature of one signal holds in steady state."""

    tier: str
    """hot, warm or cold."""
    from_days: int
    """Youngest age, in days."""
    to_days: float
    """Oldest age, in days; the last one includes the day by which deletion is late."""
    gib: float
    """GiB (2^30 bytes) in the bucket."""


def tier_uses(flow: ObjectFlow, retention: SignalRetention) -> tuple[TierUse, ...]:
    """How much is hot, warm and cold, whatever class it is in."""
    end = retention.delete_days + BILLING_LAG_DAYS
    bounds = (("hot", 0, retention.hot_days), ("warm", retention.hot_days, retention.warm_days))
    return tuple(
        TierUse(
            tier=tier,
            from_days=low,
            to_days=high,
            gib=sum(cohort.gib_per_day * max(0.0, min(high, _life(cohort, end)) - low) for cohort in flow.cohorts),
        )
        for tier, low, high in (*bounds, ("cold", retention.warm_days, end))
    )


def bucket_uses(
    flows: ObjectFlows, retention: Retention, plans: Mapping[BucketPurpose, TierPlan], audit: AuditArchive
) -> dict[BucketPurpose, BucketUse]:
    """Every bucket of a stack in steady state."""
    uses: dict[BucketPurpose, BucketUse] = {}
    for purpose, plan in plans.items():
        if purpose in BY_DATA:
            ages = retention.of(BY_DATA[purpose].signal)
            uses[purpose] = use_of(flows.of(purpose), plan, Ages(ages.hot_days, ages.warm_days, _end(ages.delete_days)))
        elif purpose is BucketPurpose.AUDIT_ARCHIVE:
            uses[purpose] = use_of(audit_flow(), plan, Ages(0, 0, _end(audit.delete_days)))
        else:
            # Rulers and Alertmanager read files (telemetry/charts), so that nothing is kept or asked for there.
            uses[purpose] = BucketUse(purpose=purpose, stored=(), requests=())
    return uses


def audit_flow() -> ObjectFlow:
    """What the audit archive is expected to get."""
    return ObjectFlow(
        purpose=BucketPurpose.AUDIT_ARCHIVE,
        cohorts=(
            Cohort(
                name="records",
                gib_per_day=AUDIT_GIB_PER_DAY,
                objects_per_day=AUDIT_OBJECTS_PER_DAY,
                put_requests_per_day=AUDIT_OBJECTS_PER_DAY,
            ),
        ),
    )


def use_of(flow: ObjectFlow, plan: TierPlan, ages: Ages) -> BucketUse:
    """One bucket under its plan."""
    rule = next((rule for rule in plan.rules if rule.transitions), None)
    tallies: defaultdict[ObjectClass, _Tally] = defaultdict(_Tally)
    for cohort in flow.cohorts:
        for stay in _stays(cohort, rule, _life(cohort, ages.life_days)):
            _add(tallies, cohort, flow.reads, stay, ages)
    # Uploads, all to STANDARD.
    puts = sum(cohort.put_requests_per_day for cohort in flow.cohorts) * DAYS_PER_MONTH
    found = [(name, tallies[name]) for name in ObjectClass if name in tallies]
    return BucketUse(
        purpose=flow.purpose,
        stored=tuple(
            StoredBytes(storage_class=name, bytes=one.held, billed_bytes=one.billed, objects=one.objects)
            for name, one in found
        ),
        requests=tuple(
            MonthlyRequests(
                storage_class=name,
                puts=puts if name is ObjectClass.STANDARD else 0.0,
                gets=one.gets,
                transitions=one.moved,
                retrieved_bytes=one.read,
            )
            for name, one in found
        ),
    )


class _Stay(NamedTuple):
    object_class: ObjectClass
    start: float
    end: float

    @property
    def days(self) -> float:
        return self.end - self.start


def _stays(cohort: Cohort, rule: LifecycleRule | None, life: float) -> Iterator[_Stay]:
    """The classes that a cohort passes through."""
    starts = [(ObjectClass.STANDARD, 0.0)]
    if rule is not None and movable(cohort, rule.min_object_bytes or 0):
        starts += [(ObjectClass(move.storage_class.value), move.days + BILLING_LAG_DAYS) for move in rule.transitions]
    ends = [start for _, start in starts[1:]] + [life]
    for (object_class, start), end in zip(starts, ends, strict=True):
        if start < life:
            yield _Stay(object_class, start, min(end, life))


@dataclass
class _Tally:
    """What one storage class holds, and what it is asked in a month, over all cohorts."""

    held: float = 0.0
    billed: float = 0.0
    objects: float = 0.0
    gets: float = 0.0
    moved: float = 0.0
    read: float = 0.0


def _add(tallies: Mapping[ObjectClass, _Tally], cohort: Cohort, reads: ReadPattern, stay: _Stay, ages: Ages) -> None:
    """One cohort's stay in one class."""
    rules, tally = stay.object_class.rules, tallies[stay.object_class]
    daily_bytes, daily_objects = cohort.gib_per_day * GIB, cohort.objects_per_day
    billed_days = max(stay.days, rules.minimum_days)
    padded = max(daily_bytes, daily_objects * rules.minimum_bytes) + daily_objects * rules.overhead_bytes
    tally.held += daily_bytes * stay.days
    tally.billed += padded * billed_days
    tally.objects += daily_objects * stay.days
    if rules.overhead_standard_bytes:
        tallies[ObjectClass.STANDARD].billed += daily_objects * rules.overhead_standard_bytes * billed_days
    read = daily_bytes * DAYS_PER_MONTH * share_read(stay.start, stay.end, reads, ages)
    tally.read += read
    tally.gets += read / MIB / reads.mib_per_get
    tally.moved += daily_objects * DAYS_PER_MONTH if stay.start > 0 else 0.0


def _life(cohort: Cohort, end: float) -> float:
    return end if cohort.lifetime_days is None else min(cohort.lifetime_days, end)


def _end(delete_days: int) -> float:
    return delete_days + BILLING_LAG_DAYS
