"""What one bucket's candidate plans are judged by, and what a candidate costs."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from pydantic import Field

from planning.backends import BY_DATA
from planning.base import Frozen
from planning.buckets import BucketPurpose, ObjectClass
from planning.capacity.objects import ObjectFlows
from planning.objects import ObjectFlow
from planning.retention import Retention, SignalRetention
from planning.tiers.lifetime_cost import BILLING_LAG_DAYS, Ages, Cost, Residency, chain_cost
from planning.tiers.s3_prices import S3Prices

INFREQUENT = (ObjectClass.STANDARD_IA, ObjectClass.ONEZONE_IA)


class LifecycleLimits(Frozen):
    """What a partition's S3 accepts beyond the order of classes."""

    ia_min_transition_days: Annotated[int, Field(ge=0, le=365)] = 0
    """Earliest age for STANDARD_IA and ONEZONE_IA, and days in them before the next class. AWS dropped its 30 days in
    July 2026; the documentation of the China partition still has them."""

    @classmethod
    def of_region(cls, region: str) -> "LifecycleLimits":
        """The limits of a region's partition."""
        return cls(ia_min_transition_days=30 if region.startswith("cn-") else 0)


class Move(NamedTuple):
    """A lifecycle transition to any class."""

    days: int
    """Age in the rule, in days."""
    object_class: ObjectClass
    """The class to move to."""


class Candidate(NamedTuple):
    """One way to keep a bucket's objects."""

    first: ObjectClass
    """The class that objects are written to."""
    moves: tuple[Move, ...]
    """Lifecycle moves, youngest first."""
    cost: Cost
    """US dollars a month."""

    @property
    def classes(self) -> tuple[ObjectClass, ...]:
        """All classes in order."""
        return (self.first, *(move.object_class for move in self.moves))

    @property
    def text(self) -> str:
        """Such as `STANDARD, 30 d GLACIER_IR`."""
        first = self.first.value if self.first is ObjectClass.STANDARD else f"PUT to {self.first}"
        return ", ".join([first, *(f"{days} d {object_class}" for days, object_class in self.moves)])


class TieringInputs(NamedTuple):
    """What candidates of one bucket are judged by."""

    flow: ObjectFlow
    retention: SignalRetention
    prices: S3Prices
    limits: LifecycleLimits = LifecycleLimits()
    min_bytes: int = 0
    """Size filter of the transition rule, in bytes."""
    lag_days: float = BILLING_LAG_DAYS
    """Days by which S3 acts later than a rule says."""

    @property
    def ages(self) -> Ages:
        """When reads change and life ends."""
        ages = self.retention
        return Ages(ages.hot_days, ages.warm_days, ages.delete_days + self.lag_days)

    def earliest(self, object_class: ObjectClass) -> int:
        """The first age at which S3 moves objects to a class, in days."""
        return self.limits.ia_min_transition_days if object_class in INFREQUENT else 0

    def priced(self, moves: Sequence[Move], first: ObjectClass = ObjectClass.STANDARD) -> Candidate:
        """A given chain with its cost, legal or not."""
        stays = [Residency(first, 0), *(Residency(move.object_class, move.days + self.lag_days) for move in moves)]
        cost = chain_cost(self.flow, stays, self.ages, self.prices, self.min_bytes)
        return Candidate(first, tuple(moves), cost)


def tiering_inputs(
    purpose: BucketPurpose, retention: Retention, flows: ObjectFlows, prices: S3Prices, limits: LifecycleLimits
) -> TieringInputs:
    """What one bucket's candidates are judged by."""
    backend = BY_DATA[purpose]
    return TieringInputs(
        flow=flows.of(purpose),
        retention=retention.of(backend.signal),
        prices=prices,
        limits=limits,
        min_bytes=backend.data.cold_min_bytes,
    )
