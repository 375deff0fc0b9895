"""Every chain of storage classes that S3 accepts, each at its cheapest days.

Between the ages at which something changes (a minimum duration ends, reads get rarer, a compactor deletes its sources)
a chain's cost is a straight line in each of its days, so the cheapest days are among those ages. Costs add up class by
class, so each sequence of classes needs one pass over pairs of ages instead of all combinations.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from planning.buckets import ObjectClass, may_follow
from planning.tiers.inputs import INFREQUENT, Candidate, Move, TieringInputs
from planning.tiers.lifetime_cost import (
    TO_ARCHIVE_INSTANT_DAYS,
    TO_INFREQUENT_ACCESS_DAYS,
    Residency,
    stay_cost,
    upload_cost,
)

# A compactor's sources are gone within days; whole days up to here are tried one by one.
FIRST_DAYS = range(4)


EntryDays = Mapping[ObjectClass, int | None]
"""The first age at which each class may be entered, in days; None: never."""


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


def entry_days(inputs: TieringInputs, *, not_before: int = 0) -> EntryDays:
    """The first age at which S3 takes each class, and not before an age."""
    return {object_class: max(not_before, inputs.earliest(object_class)) for object_class in ObjectClass}


def chains(inputs: TieringInputs, first_days: EntryDays | None = None) -> Iterator[Candidate]:
    """The cheapest days of every sequence of classes that S3 accepts; `first_days` narrows it further."""
    yield from _Table(inputs, entry_days(inputs) if first_days is None else first_days).sequences()


class _Table:
    """Costs of single stays, computed once for all sequences."""

    def __init__(self, inputs: TieringInputs, first_days: EntryDays) -> None:
        self._inputs, self._first_day = inputs, first_days
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
        yield self._inputs.priced(moves)
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
        rest = self._inputs.limits.ia_min_transition_days if current in INFREQUENT else 0
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
            here, lag = self._inputs, self._inputs.lag_days
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
