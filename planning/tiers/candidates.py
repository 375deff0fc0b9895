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
    ClassStays,
    upload_cost,
)

# A compactor's sources are gone within days; whole days up to here are tried one by one.
FIRST_DAYS = range(4)


EntryDays = Mapping[ObjectClass, int | None]
"""The first age at which each class may be entered, in days; None: never."""


def standard_alone(inputs: TieringInputs) -> Candidate:
    """Objects stay as they were written."""
    return inputs.priced(())


def tiers_by_name(inputs: TieringInputs) -> Candidate:
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
    days = entry_days(inputs) if first_days is None else first_days
    yield from (inputs.priced(moves) for _, moves in ways(inputs, days))


def ways(inputs: TieringInputs, first_days: EntryDays) -> Iterator["Way"]:
    """The same as sums and moves, for whoever wants the parts of few of them."""
    yield from _Table(inputs, first_days).sequences()


Way = tuple[float, tuple[Move, ...]]
"""US dollars a month until some age, and the moves until then."""
Ways = Mapping[int, Way]
"""The cheapest way for each age, in days."""


class _Table:
    """Costs of single stays, computed once for all sequences."""

    def __init__(self, inputs: TieringInputs, first_days: EntryDays) -> None:
        self._first_days = {name: day for name, day in first_days.items() if day is not None}
        self._days = breakpoints(inputs, list(self._first_days.values()))
        self._upload = upload_cost(inputs.flow, ObjectClass.STANDARD, inputs.prices).total
        self._stays = {name: _Stays(inputs, name, self._days) for name in {ObjectClass.STANDARD, *self._first_days}}

    def sequences(self) -> Iterator[Way]:
        """Depth first over all sequences; each extends the best ways into its last class."""
        yield from self._extend(ObjectClass.STANDARD, {0: (self._upload, ())})

    def _extend(self, current: ObjectClass, ways: Ways) -> Iterator[Way]:
        stays = self._stays[current]
        yield min((usd + stays.to_the_end(day), path) for day, (usd, path) in ways.items())
        following = [name for name in self._first_days if may_follow(current, name)]
        out: Ways = self._ways_out(current, ways) if following else {}
        for name in following:
            ways_in: Ways = {
                day: (usd, (*path, Move(day, name)))
                for day, (usd, path) in out.items()
                if day >= self._first_days[name]
            }
            if ways_in:
                yield from self._extend(name, ways_in)

    def _ways_out(self, current: ObjectClass, ways: Ways) -> Ways:
        """The cheapest way to leave a class at each age, whatever class comes next."""
        found: dict[int, Way] = {}
        for since, (usd, path) in ways.items():
            for day, stay in self._stays[current].to_each_day(since):
                total = usd + stay
                known = found.get(day)
                if known is None or total < known[0] or (total == known[0] and path < known[1]):
                    found[day] = (total, path)
        return found


class _Stays:
    """What stays in one class cost, each computed once; US dollars a month, ages of the rule in days."""

    def __init__(self, inputs: TieringInputs, object_class: ObjectClass, days: Sequence[int]) -> None:
        here, self._first = inputs, object_class is ObjectClass.STANDARD
        self._costs = ClassStays(here.flow, object_class, here.ages, here.prices, here.min_bytes, first=self._first)
        self._days, self._lag = days, here.lag_days
        rest = here.limits.ia_min_transition_days if object_class in INFREQUENT else 0
        # Moves happen on different days, in the old rule after a rest in IA; the first one may come at day 0.
        self._least_days = 0 if self._first else max(1, rest)
        self._known: dict[int, list[tuple[int, float]]] = {}
        self._ends: dict[int, float] = {}

    def to_the_end(self, since: int) -> float:
        """From an age to the end of life."""
        if since not in self._ends:
            self._ends[since] = self._costs.cost(self._start(since), None).total
        return self._ends[since]

    def to_each_day(self, since: int) -> list[tuple[int, float]]:
        """From an age to each one at which the class may be left."""
        if since not in self._known:
            start, least = self._start(since), since + self._least_days
            self._known[since] = [
                (day, self._costs.cost(start, day + self._lag).total) for day in self._days if day >= least
            ]
        return self._known[since]

    def _start(self, since: int) -> float:
        return 0 if self._first else since + self._lag


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
