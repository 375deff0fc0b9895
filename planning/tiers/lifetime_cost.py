"""What one chain of storage classes costs over the objects' whole life: pure arithmetic, US dollars a month.

A month has 30 days, in which every day's objects are written once; in steady state their whole life's cost falls due
each month. Requests are paid once, storage by the day, and never for less than the class's minimum.
"""

import math
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


NOTHING = Cost()


def chain_cost(flow: ObjectFlow, stays: Sequence[Residency], ages: Ages, prices: S3Prices, min_bytes: int = 0) -> Cost:
    """All cohorts of a flow in one chain; smaller objects than `min_bytes` (or 128 KB) never leave the first class."""
    cost = upload_cost(flow, stays[0].object_class, prices)
    for index, stay in enumerate(stays):
        end = stays[index + 1].from_days if index + 1 < len(stays) else None
        stays_in = ClassStays(flow, stay.object_class, ages, prices, min_bytes, first=index == 0)
        cost = cost.plus(stays_in.cost(stay.from_days, end))
    return cost


def upload_cost(flow: ObjectFlow, object_class: ObjectClass, prices: S3Prices) -> Cost:
    """Writing a month's objects to their first class."""
    puts = sum(cohort.put_requests_per_day for cohort in flow.cohorts) * DAYS_PER_MONTH
    return Cost(put=puts / 1000 * prices.of(object_class).put_per_1000)


class ClassStays:
    """What stays in one class of a chain cost, for any two ages; what doesn't depend on them is computed once."""

    def __init__(
        self,
        flow: ObjectFlow,
        object_class: ObjectClass,
        ages: Ages,
        prices: S3Prices,
        min_bytes: int = 0,
        *,
        first: bool,
    ) -> None:
        self._first, self._life = first, ages.life_days
        charges = [(cohort, _Charges(cohort, flow.reads, object_class, ages, prices)) for cohort in flow.cohorts]
        self._cohorts = [
            (one, self._life if cohort.lifetime_days is None else min(cohort.lifetime_days, self._life), moves)
            for cohort, one in charges
            if (moves := movable(cohort, min_bytes)) or first
        ]

    def cost(self, from_days: float, until_days: float | None) -> Cost:
        """All cohorts' stay; `until_days` is when the next class takes over, None the end of life."""
        total: Cost | None = None
        for charges, life, moves in self._cohorts:
            if from_days < life or not moves:
                end = life if until_days is None or not moves else min(until_days, life)
                stay = charges.stay(from_days, end, moved=moves and not self._first)
                total = stay if total is None else total.plus(stay)
        return total or NOTHING


def movable(cohort: Cohort, min_bytes: int) -> bool:
    """Whether lifecycle rules move the objects."""
    return cohort.object_bytes >= max(min_bytes, TRANSITION_MINIMUM_BYTES)


class _Charges:
    """What one cohort pays in one class."""

    def __init__(
        self, cohort: Cohort, reads: ReadPattern, object_class: ObjectClass, ages: Ages, prices: S3Prices
    ) -> None:
        rules, price = object_class.rules, prices.of(object_class)
        self._reads, self._ages, self._price = reads, ages, price
        self._gb_month, self._minimum_days = price.gb_month, rules.minimum_days
        self._gib, objects = cohort.gib_per_day * DAYS_PER_MONTH, cohort.objects_per_day * DAYS_PER_MONTH
        self._padded_gib = max(self._gib, objects * rules.minimum_bytes / GIB)
        overhead = objects * rules.overhead_bytes / GIB * price.gb_month
        self._overhead = overhead + objects * rules.overhead_standard_bytes / GIB * prices.standard.gb_month
        self._transition = objects / 1000 * price.transition_per_1000
        self._objects = objects
        watched = object_class is ObjectClass.INTELLIGENT_TIERING
        self._tiers = (
            _Tiers(reads, ages, prices) if watched and cohort.object_bytes >= TRANSITION_MINIMUM_BYTES else None
        )

    def stay(self, start: float, end: float, *, moved: bool) -> Cost:
        """The cohort's cost from one age to another."""
        days = end - start
        months, billed_months = days / DAYS_PER_MONTH, max(days, self._minimum_days) / DAYS_PER_MONTH
        storage, monitoring = self._gib * months * self._gb_month, 0.0
        if self._tiers is not None:
            storage = self._gib / DAYS_PER_MONTH * self._tiers.price_days(start, end)
            monitoring = self._objects * months / 1000 * self._tiers.monitoring_per_1000
        read_gib = self._gib * share_read(start, end, self._reads, self._ages)
        gets = read_gib * GIB / MIB / self._reads.mib_per_get
        return Cost(
            storage=storage,
            minimums=(self._padded_gib * billed_months - self._gib * months) * self._gb_month
            + self._overhead * billed_months,
            transition=self._transition if moved else 0.0,
            monitoring=monitoring,
            reads=read_gib * self._price.retrieval_gb + gets / 1000 * self._price.get_per_1000,
        )


def share_read(start: float, end: float, reads: ReadPattern, ages: Ages) -> float:
    """How many times each stored byte is read between two ages."""
    hot = _overlap(start, end, 0, ages.hot_days) * reads.hot_share_per_day
    warm = _overlap(start, end, ages.hot_days, ages.warm_days) * reads.warm_share_per_day
    cold = max(0.0, end - max(start, ages.warm_days)) * reads.cold_share_per_day
    return hot + warm + cold


class _Tiers:
    """Intelligent-Tiering's prices.

    An object that was read in the last 30 days is in the frequent tier; with a share r read each day that holds for
    1 - (1 - r)^30 of the objects.
    """

    def __init__(self, reads: ReadPattern, ages: Ages, prices: S3Prices) -> None:
        self.monitoring_per_1000 = prices.monitoring_per_1000_objects
        self._frequent = prices.intelligent_tiering.gb_month
        self._colder = (
            (TO_INFREQUENT_ACCESS_DAYS, TO_ARCHIVE_INSTANT_DAYS, prices.infrequent_access_gb_month),
            (TO_ARCHIVE_INSTANT_DAYS, math.inf, prices.archive_instant_gb_month),
        )
        # Ages between which reads are equally frequent, with the share of objects that are then in the frequent tier.
        self._bands = tuple(
            (low, high, 1 - (1 - share) ** TO_INFREQUENT_ACCESS_DAYS)
            for low, high, share in (
                (0, ages.hot_days, reads.hot_share_per_day),
                (ages.hot_days, ages.warm_days, reads.warm_share_per_day),
                (ages.warm_days, math.inf, reads.cold_share_per_day),
            )
        )

    def price_days(self, start: float, end: float) -> float:
        """The sum over days of the GB-month price that an object pays that day."""
        total = _overlap(start, end, start, start + TO_INFREQUENT_ACCESS_DAYS) * self._frequent
        for after, until, tier_price in self._colder:
            if end <= start + after:
                break
            for low, high, warm in self._bands:
                days = _overlap(max(start, low), min(end, high), start + after, start + until)
                if days:
                    total += days * (warm * self._frequent + (1 - warm) * tier_price)
        return total


def _overlap(start: float, end: float, low: float, high: float) -> float:
    # Comparisons, not max and min: called for each class, age and cohort that a search tries.
    first = start if start > low else low
    last = end if end < high else high
    return last - first if last > first else 0.0
