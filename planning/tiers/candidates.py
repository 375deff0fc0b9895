"""Every chain of storage classes that S3 accepts, each at its cheapest days.

Between the ages at which something changes (a minimum duration ends, reads get rarer, a compactor deletes its sources)
a chain's cost is a straight line in each of its days, so the cheapest days are among those ages. Costs add up class by
class, so each sequence of classes needs one pass over pairs of ages instead of all combinations.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, NamedTuple

from pydantic import Field

from planning.base import Frozen
from planning.buckets import ObjectClass, may_follow
from planning.objects import ObjectFlow
from planning.retention import SignalRetention
from planning.tiers.lifetime_cost import (
    BILLING_LAG_DAYS,
    TO_ARCHIVE_INSTANT_DAYS,
    TO_INFREQUENT_ACCESS_DAYS,
    Ages,
    Cost,
    Residency,
    chain_cost,
    stay_cost,
    upload_cost,
)
from planning.tiers.s3_prices import S3Prices

INFREQUENT = (ObjectClass.STANDARD_IA, ObjectClass.ONEZONE_IA)
# A compactor's sources are gone within days; whole days up to here are tried one by one.
FIRST_DAYS = range(4)


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


Earliest = Callable[[ObjectClass], int | None]
"""The first age at which a class may be entered, in days; None: never."""


def standard_alone(inputs: TieringInputs) -> Candidate:
    """Objects stay as they were written."""
    return inputs.priced(())


def literal_table(inputs: TieringInputs) -> Candidate:
    """The tiers as first published: warm data in STANDARD_IA, cold data in GLACIER."""
    ages = inputs.retention
    return inputs.priced(
        (Move(ages.hot_days, ObjectClass.STANDARD_IA), Move(ages.warm_days, ObjectClass.GLACIER)),
    )


def direct_uploads(inputs: TieringInputs) -> Iterator[Candidate]:
    """Objects written to another class at once."""
    for object_class in ObjectClass:
        if object_class is not ObjectClass.STANDARD:
            yield inputs.priced((), object_class)


def chains(inputs: TieringInputs, earliest: Earliest | None = None) -> Iterator[Candidate]:
    """The cheapest days of every sequence of classes that S3 accepts; `earliest` narrows it further."""
    table = _Table(inputs, earliest or inputs.earliest)
    yield from table.sequences()


class _Table:
    """Costs of single stays, computed once for all sequences."""

    def __init__(self, inputs: TieringInputs, earliest: Earliest) -> None:
        self._situation = inputs
        self._first_day = {object_class: earliest(object_class) for object_class in ObjectClass}
        self._days = breakpoints(inputs, [day for day in self._first_day.values() if day is not None])
        self._known: dict[tuple[ObjectClass, int, int | None], float] = {}
        self._upload = upload_cost(inputs.flow, ObjectClass.STANDARD, inputs.prices).total

    def sequences(self) -> Iterator[Candidate]:
        """Depth first over all sequences; each extends the best ways into its last class."""
        start = {0: (self._upload, ())}
        yield from self._extend(ObjectClass.STANDARD, start)

    def _extend(self, current: ObjectClass, ways: dict[int, tuple[float, tuple[Move, ...]]]) -> Iterator[Candidate]:
        if not ways:
            return
        _, moves = min((usd + self._stay(current, day, None), path) for day, (usd, path) in ways.items())
        yield self._situation.priced(moves)
        for following in ObjectClass:
            if may_follow(current, following):
                yield from self._extend(following, self._ways_into(following, current, ways))

    def _ways_into(
        self, following: ObjectClass, current: ObjectClass, ways: dict[int, tuple[float, tuple[Move, ...]]]
    ) -> dict[int, tuple[float, tuple[Move, ...]]]:
        """For each age the cheapest way to be in `following` from then on."""
        first_day = self._first_day[following]
        if first_day is None:
            return {}
        rest = self._situation.limits.ia_min_transition_days if current in INFREQUENT else 0
        found: dict[int, tuple[float, tuple[Move, ...]]] = {}
        for day in self._days:
            if day < first_day:
                continue
            options = [
                (usd + self._stay(current, since, day), path)
                for since, (usd, path) in ways.items()
                if _legal_gap(current, since, day, rest)
            ]
            if options:
                usd, path = min(options)
                found[day] = (usd, (*path, Move(day, following)))
        return found

    def _stay(self, object_class: ObjectClass, since: int, until: int | None) -> float:
        key = (object_class, since, until)
        if key not in self._known:
            here, lag = self._situation, self._situation.lag_days
            first = object_class is ObjectClass.STANDARD
            self._known[key] = stay_cost(
                here.flow,
                Residency(object_class, 0 if first else since + lag),
                None if until is None else until + lag,
                here.ages,
                here.prices,
                here.min_bytes,
                first=first,
            ).total
        return self._known[key]


def _legal_gap(current: ObjectClass, since: int, day: int, rest: int) -> bool:
    """Moves happen on different days, in the old rule after a rest in IA; the first one may come at day 0."""
    return day >= since if current is ObjectClass.STANDARD else day >= since + max(1, rest)


def breakpoints(inputs: TieringInputs, first_days: Sequence[int]) -> list[int]:
    """The ages, in whole days before deletion, among which the cheapest days of every chain are."""
    ages, lag = inputs.retention, inputs.lag_days
    ends = {cohort.lifetime_days for cohort in inputs.flow.cohorts if cohort.lifetime_days is not None}
    changes = [float(ages.hot_days), float(ages.warm_days), *ends]
    days = {*FIRST_DAYS, *first_days}
    days |= {
        rounding(change - shift) for change in changes for shift in (0, lag) for rounding in (math.floor, math.ceil)
    }
    durations = {object_class.rules.minimum_days for object_class in ObjectClass}
    durations |= {TO_INFREQUENT_ACCESS_DAYS, TO_ARCHIVE_INSTANT_DAYS, inputs.limits.ia_min_transition_days, 1}
    days |= {ages.delete_days - duration for duration in durations}
    days |= {day + duration for day in tuple(days) for duration in durations}
    return sorted(day for day in days if 0 <= day < ages.delete_days)
