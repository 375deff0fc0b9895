"""Which candidate a bucket gets, and in words why each of the others doesn't."""

import math
from typing import NamedTuple

from planning.buckets import ObjectClass
from planning.tiers.candidates import EntryDays, standard_alone, ways
from planning.tiers.inputs import Candidate, TieringInputs

# A plan must win by more than rounding.
LEAST_GAIN_USD = 1e-9
# Compaction may be late; a block that it replaces in a colder class pays that class's minimum.
SETTLING_SPARE_DAYS = 1


class Choice(NamedTuple):
    """The plan of one bucket and what it is compared with."""

    chosen: Candidate
    """The cheapest eligible candidate."""
    standard: Candidate
    """STANDARD alone."""


def choose(inputs: TieringInputs) -> Choice:
    """The cheapest candidate that stays queryable, and free of retrieval fees while warm; at worst STANDARD alone."""
    standard = standard_alone(inputs)
    best = standard
    for usd, moves in ways(inputs, eligible_days(inputs)):
        # The parts of a sum that is no smaller needn't be known; its rounding is far below the least gain.
        if usd >= best.cost.total:
            continue
        candidate = inputs.priced(moves)
        if candidate.cost.total < best.cost.total - LEAST_GAIN_USD:
            best = candidate
    return Choice(best, standard)


def eligible_days(inputs: TieringInputs) -> EntryDays:
    """The first age at which live data may enter each class, in days; None for classes that it may never enter."""
    return {object_class: _eligible_day(object_class, inputs) for object_class in ObjectClass}


def _eligible_day(object_class: ObjectClass, inputs: TieringInputs) -> int | None:
    rules = object_class.rules
    if not rules.queryable or rules.zonal:
        return None
    first_day = max(inputs.earliest(object_class), settled_days(inputs))
    return max(first_day, inputs.retention.warm_days) if rules.retrieval_fee else first_day


def settled_days(inputs: TieringInputs) -> int:
    """The age from which no compactor replaces an object any more, with a day to spare; 0 where none does."""
    ends = [cohort.lifetime_days for cohort in inputs.flow.cohorts if cohort.lifetime_days is not None]
    return math.ceil(max(ends)) + SETTLING_SPARE_DAYS if ends else 0


def objection(candidate: Candidate, inputs: TieringInputs) -> str | None:
    """Why live data can't be kept this way; None if it can."""
    if illegal := illegality(candidate, inputs):
        return illegal
    frozen = [name for name in candidate.classes if not name.rules.queryable]
    if frozen:
        return f"unreadable: {frozen[0]} answers 403 until a restore of hours"
    if candidate.first is not ObjectClass.STANDARD:
        return "holds for every object that the application writes, indexes and markers too"
    if any(name.rules.zonal for name in candidate.classes):
        return "kept in one availability zone: its loss loses the data"
    warm = inputs.retention.warm_days
    settled = settled_days(inputs)
    if candidate.moves and candidate.moves[0].days < settled:
        return f"compaction replaces blocks until day {settled}, and each would have paid for its move"
    early = [move for move in candidate.moves if move.object_class.rules.retrieval_fee and move.days < warm]
    if early:
        return f"every query of warm data (to day {warm}) would pay {early[0].object_class}'s retrieval fee"
    return None


def illegality(candidate: Candidate, inputs: TieringInputs) -> str | None:
    """The rule of S3 that refuses the chain; None if S3 takes it."""
    for move in candidate.moves:
        first_day = inputs.earliest(move.object_class)
        if move.days < first_day:
            return f"refused by S3: no move to {move.object_class} before day {first_day}"
    return None
