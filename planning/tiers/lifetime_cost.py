"""What one chain of storage classes costs over the objects' whole life: pure arithmetic, US dollars a month.

A month has 30 days, in which every day's objects are written once; in steady state their whole life's cost falls due
each month. Requests are paid once, storage by the day, and never for less than the class's minimum.
"""

from collections.abc import Sequence
from typing import NamedTuple

from planning.buckets import GIB, MIB, TRANSITION_MINIMUM_BYTES, ObjectClass
from planning.objects import Cohort, ObjectFlow, ReadPattern
from planning.tiers.s3_prices import S3Prices

DAYS_PER_MONTH = 30
# S3 acts once a day at 00:00 UTC, rounds ages up and may start a day late: objects stay a day longer than the rule.
BILLING_LAG_DAYS = 1.0
# Intelligent-Tiering moves an object that nobody read down after these days.
TO_INFREQUENT_ACCESS_DAYS = 30
TO_ARCHIVE_INSTANT_DAYS = 90


class Residency(NamedTuple):
    """A class in which objects are kept from an age, in days."""

    object_class: ObjectClass
    from_days: float
    """0 for the class they are written to; later ages include the billing lag."""


class Ages(NamedTuple):
    """The ages at which reads change and life ends, in days."""

    hot_days: float
    warm_days: float
    life_days: float
    """Age at which retention has deleted an object, billing lag included."""


class Cost(NamedTuple):
    """US dollars a month, in parts."""

    storage: float = 0.0
    """Bytes and days actually kept."""
    minimums: float = 0.0
    """Days and bytes that are billed beyond what is kept: minimum durations, minimum sizes, per-object overheads."""
    put: float = 0.0
    """Uploads."""
    transition: float = 0.0
    """Lifecycle moves."""
    monitoring: float = 0.0
    """Intelligent-Tiering."""
    reads: float = 0.0
    """Retrieval fees and GET requests."""

    @property
    def total(self) -> float:
        """The sum."""
        return sum(self)

    def plus(self, other: "Cost") -> "Cost":
        """Both together."""
        # The search adds up hundreds of thousands: spelled out, it takes half the time of a loop.
        return Cost(
            self[0] + other[0], self[1] + other[1], self[2] + other[2],
            self[3] + other[3], self[4] + other[4], self[5] + other[5],
        )  # fmt: skip


def chain_cost(flow: ObjectFlow, stays: Sequence[Residency], ages: Ages, prices: S3Prices, min_bytes: int = 0) -> Cost:
    """All cohorts of a flow in one chain; smaller objects than `min_bytes` (or 128 KB) never leave the first class."""
    cost = upload_cost(flow, stays[0].object_class, prices)
    for index, stay in enumerate(stays):
        end = stays[index + 1].from_days if index + 1 < len(stays) else None
        cost = cost.plus(stay_cost(flow, stay, end, ages, prices, min_bytes, first=index == 0))
    return cost


def upload_cost(flow: ObjectFlow, object_class: ObjectClass, prices: S3Prices) -> Cost:
    """Writing a month's objects to their first class."""
    puts = sum(cohort.put_requests_per_day for cohort in flow.cohorts) * DAYS_PER_MONTH
    return Cost(put=puts / 1000 * prices.of(object_class).put_per_1000)


def stay_cost(
    flow: ObjectFlow,
    stay: Residency,
    until_days: float | None,
    ages: Ages,
    prices: S3Prices,
    min_bytes: int = 0,
    *,
    first: bool,
) -> Cost:
    """One class of a chain for all cohorts; `until_days` is when the next class takes over, None the end of life."""
    total = Cost()
    for cohort in flow.cohorts:
        life = ages.life_days if cohort.lifetime_days is None else min(cohort.lifetime_days, ages.life_days)
        if not movable(cohort, min_bytes):
            if first:
                total = total.plus(_cohort_cost(cohort, flow.reads, stay, life, ages, prices, moved=False))
            continue
        if stay.from_days >= life:
            continue
        end = life if until_days is None else min(until_days, life)
        total = total.plus(_cohort_cost(cohort, flow.reads, stay, end, ages, prices, moved=not first))
    return total


def movable(cohort: Cohort, min_bytes: int) -> bool:
    """Whether lifecycle rules move the objects."""
    return cohort.object_bytes >= max(min_bytes, TRANSITION_MINIMUM_BYTES)


def _cohort_cost(
    cohort: Cohort, reads: ReadPattern, stay: Residency, end: float, ages: Ages, prices: S3Prices, *, moved: bool
) -> Cost:
    rules, price = stay.object_class.rules, prices.of(stay.object_class)
    days = end - stay.from_days
    billed_days = max(days, rules.minimum_days)
    gib, objects = cohort.gib_per_day * DAYS_PER_MONTH, cohort.objects_per_day * DAYS_PER_MONTH
    months, billed_months = days / DAYS_PER_MONTH, billed_days / DAYS_PER_MONTH
    padded_gib = max(gib, objects * rules.minimum_bytes / GIB)
    overhead = objects * rules.overhead_bytes / GIB * price.gb_month
    overhead += objects * rules.overhead_standard_bytes / GIB * prices.standard.gb_month
    storage = gib * months * price.gb_month
    monitoring = 0.0
    if stay.object_class is ObjectClass.INTELLIGENT_TIERING and cohort.object_bytes >= TRANSITION_MINIMUM_BYTES:
        storage = gib / DAYS_PER_MONTH * tiered_price_days(stay.from_days, end, reads, ages, prices)
        monitoring = objects * months / 1000 * prices.monitoring_per_1000_objects
    read_gib = gib * share_read(stay.from_days, end, reads, ages)
    gets = read_gib * GIB / MIB / reads.mib_per_get
    return Cost(
        storage=storage,
        minimums=(padded_gib * billed_months - gib * months) * price.gb_month + overhead * billed_months,
        transition=objects / 1000 * price.transition_per_1000 if moved else 0.0,
        monitoring=monitoring,
        reads=read_gib * price.retrieval_gb + gets / 1000 * price.get_per_1000,
    )


def share_read(start: float, end: float, reads: ReadPattern, ages: Ages) -> float:
    """How many times each stored byte is read between two ages."""
    hot = _overlap(start, end, 0, ages.hot_days) * reads.hot_share_per_day
    warm = _overlap(start, end, ages.hot_days, ages.warm_days) * reads.warm_share_per_day
    cold = max(0.0, end - max(start, ages.warm_days)) * reads.cold_share_per_day
    return hot + warm + cold


def tiered_price_days(start: float, end: float, reads: ReadPattern, ages: Ages, prices: S3Prices) -> float:
    """Intelligent-Tiering: the sum over days of the GB-month price that an object pays that day.

    An object that was read in the last 30 days is in the frequent tier; with a share r read each day that holds for
    1 - (1 - r)^30 of the objects.
    """
    frequent = prices.intelligent_tiering.gb_month
    total = _overlap(start, end, start, start + TO_INFREQUENT_ACCESS_DAYS) * frequent
    for from_days, to_days, tier_price in (
        (start + TO_INFREQUENT_ACCESS_DAYS, start + TO_ARCHIVE_INSTANT_DAYS, prices.infrequent_access_gb_month),
        (start + TO_ARCHIVE_INSTANT_DAYS, max(end, start + TO_ARCHIVE_INSTANT_DAYS), prices.archive_instant_gb_month),
    ):
        if end <= from_days:
            break
        for low, high, share in _read_bands(reads, ages, end):
            days = _overlap(max(start, low), min(end, high), from_days, to_days)
            if days:
                warm = 1 - (1 - share) ** TO_INFREQUENT_ACCESS_DAYS
                total += days * (warm * frequent + (1 - warm) * tier_price)
    return total


def _read_bands(reads: ReadPattern, ages: Ages, end: float) -> tuple[tuple[float, float, float], ...]:
    return (
        (0, ages.hot_days, reads.hot_share_per_day),
        (ages.hot_days, ages.warm_days, reads.warm_share_per_day),
        (ages.warm_days, max(end, ages.warm_days), reads.cold_share_per_day),
    )


def _overlap(start: float, end: float, low: float, high: float) -> float:
    # Comparisons, not max and min: called for each class, age and cohort that a search tries.
    first = start if start > low else low
    last = end if end < high else high
    return last - first if last > first else 0.0
