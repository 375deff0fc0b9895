"""Candidates: legal, complete, and at their cheapest days."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from planning.buckets import KIB, MIB, ObjectClass, may_follow
from planning.objects import ReadPattern
from planning.retention import SignalRetention
from planning.tiers.candidates import chains, direct_uploads, standard_alone, tiers_by_name
from planning.tiers.choice import choose, illegality
from planning.tiers.inputs import LifecycleLimits, Move, TieringInputs
from planning.tiers.lifetime_cost import Ages, share_read
from tests.unit.planning.loads import PROMISED, US_WEST_2, flow, situations

SHORT = SignalRetention(hot_days=2, warm_days=5, delete_days=9)
# Minimum durations inside the retention, so that waiting one out can pay.
LONG = SignalRetention(hot_days=3, warm_days=10, delete_days=130)


@given(here=situations())
@hypothesis_settings(max_examples=25)
def test_every_chain_is_one_that_s3_accepts(here: TieringInputs) -> None:
    for candidate in chains(here):
        days = [move.days for move in candidate.moves]
        assert days == sorted(set(days))
        assert all(0 <= day < here.retention.delete_days for day in days)
        assert all(may_follow(a, b) for a, b in zip(candidate.classes, candidate.classes[1:], strict=False))
        assert illegality(candidate, here) is None
        minimum = here.limits.ia_min_transition_days
        for move, following in zip(candidate.moves, candidate.moves[1:], strict=False):
            if move.object_class in (ObjectClass.STANDARD_IA, ObjectClass.ONEZONE_IA):
                assert following.days - move.days >= max(1, minimum)


def test_every_sequence_of_classes_is_there_once() -> None:
    here = TieringInputs(flow(200), PROMISED.metrics, US_WEST_2)
    found = [candidate.classes for candidate in chains(here)]
    colder = list(ObjectClass)[1:]
    possible = [
        (ObjectClass.STANDARD, *chosen)
        for count in range(len(colder) + 1)
        for chosen in combinations(colder, count)
        if all(may_follow(a, b) for a, b in pairwise(chosen))
    ]
    assert sorted(found) == sorted(possible)
    assert len(found) == len(set(found))


def test_a_class_without_a_least_stay_is_left_the_next_day() -> None:
    rested = TieringInputs(flow(200), SHORT, US_WEST_2, LifecycleLimits(ia_min_transition_days=30))
    found = {candidate.classes for candidate in chains(rested)}
    assert (ObjectClass.STANDARD, ObjectClass.GLACIER_IR, ObjectClass.GLACIER) in found


@pytest.mark.parametrize("min_bytes", [0, 600 * KIB])
def test_what_the_size_rule_holds_back_moves_no_day(min_bytes: int) -> None:
    """Objects of 5 MiB and of 150 KiB: with the rule only the larger ones pay for a move."""
    large, small = flow(200), flow(7000, gib_per_day=3)
    both = large.model_copy(update={"cohorts": (*large.cohorts, *small.cohorts)})
    here = TieringInputs(both, LONG, US_WEST_2, min_bytes=min_bytes)
    for candidate in chains(here):
        if len(candidate.classes) == 2:
            days = range(here.earliest(candidate.classes[1]), LONG.delete_days)
            every = [here.priced([Move(day, candidate.classes[1])]).cost.total for day in days]
            assert candidate.cost.total == pytest.approx(min(every)), candidate.classes


@pytest.mark.parametrize("retention", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("lag_days", [0.0, 1.0])
@pytest.mark.parametrize(
    "reads",
    [ReadPattern(), ReadPattern(hot_share_per_day=0.1, warm_share_per_day=0.05, cold_share_per_day=0.01)],
    ids=["unread", "read"],
)
@pytest.mark.parametrize("sources", [(), ((0.1, 2.0), (1.0, 3.0))], ids=["plain", "compacted"])
def test_no_other_days_are_cheaper(
    retention: SignalRetention, lag_days: float, reads: ReadPattern, sources: tuple[tuple[float, float], ...]
) -> None:
    """All whole days of single moves, and of two moves where the retention is short, against the telling days."""
    here = TieringInputs(flow(100, sources=sources, reads=reads), retention, US_WEST_2, lag_days=lag_days)
    best = {candidate.classes: candidate.cost.total for candidate in chains(here)}
    days = range(retention.delete_days)
    for classes, usd in best.items():
        moves = classes[1:]
        if not moves or len(moves) > (2 if retention is SHORT else 1):
            continue
        every = [
            here.priced([Move(day, name) for day, name in zip(chosen, moves, strict=True)]).cost.total
            for chosen in combinations(days, len(moves))
        ]
        assert usd == pytest.approx(min(every)), classes


@given(here=situations())
@hypothesis_settings(max_examples=20)
def test_chains_are_priced_as_they_are_searched(here: TieringInputs) -> None:
    """The search adds single stays up; pricing the whole chain must say the same.

    To a millionth: INTELLIGENT_TIERING's price is curved between the days that the search tries.
    """
    choice = choose(here)
    again = here.priced(choice.chosen.moves)
    assert again.cost.total == pytest.approx(choice.chosen.cost.total)
    assert min(candidate.cost.total for candidate in chains(here)) <= again.cost.total * (1 + 1e-6)


def test_the_old_rule_for_ia_is_a_knob() -> None:
    """In the China partition nothing enters STANDARD_IA before day 30."""
    assert LifecycleLimits.of_region("cn-north-1").ia_min_transition_days == 30
    assert LifecycleLimits.of_region("us-west-2").ia_min_transition_days == 0
    china = TieringInputs(flow(200), PROMISED.metrics, US_WEST_2, LifecycleLimits(ia_min_transition_days=30))
    assert illegality(tiers_by_name(china), china) == "refused by S3: no move to STANDARD_IA before day 30"
    elsewhere = china._replace(limits=LifecycleLimits())
    assert illegality(tiers_by_name(elsewhere), elsewhere) is None


def test_too_small_objects_never_move() -> None:
    """S3 leaves objects below 128 KB, or below a rule's size filter, where they are."""
    for per_gib, min_bytes in ((20_000, 0), (2000, 1 * MIB)):
        here = TieringInputs(flow(per_gib), PROMISED.metrics, US_WEST_2, min_bytes=min_bytes)
        cold = here.priced([Move(30, ObjectClass.GLACIER_IR)])
        assert cold.cost == standard_alone(here).cost


def test_compacted_sources_that_moved_pay_the_minimum() -> None:
    """A block that lives two days and moves at day 1 is billed for 90 days of GLACIER_IR."""
    plain = TieringInputs(flow(100), PROMISED.metrics, US_WEST_2, lag_days=0.0)
    rewritten = plain._replace(flow=flow(100, sources=((2.0, 1.0),)))
    early, late = [Move(1, ObjectClass.GLACIER_IR)], [Move(2, ObjectClass.GLACIER_IR)]
    extra_early = rewritten.priced(early).cost.total - plain.priced(early).cost.total
    extra_late = rewritten.priced(late).cost.total - plain.priced(late).cost.total
    puts, moves = 3000 / 1000 * 0.005, 3000 / 1000 * 0.02
    assert extra_late == pytest.approx(2 * 0.023 + puts)
    assert extra_early == pytest.approx(1 * 0.023 + 90 * 0.004 + puts + moves)


def test_reads_cost_gets_and_retrieval() -> None:
    reads = ReadPattern(hot_share_per_day=0.5, warm_share_per_day=0.1, cold_share_per_day=0.01, mib_per_get=2)
    ages = Ages(1, 30, 91)
    assert share_read(0, 91, reads, ages) == pytest.approx(0.5 + 2.9 + 0.61)
    assert share_read(30, 91, reads, ages) == pytest.approx(0.61)
    here = TieringInputs(flow(200, reads=reads), PROMISED.metrics, US_WEST_2)
    cost = here.priced([Move(30, ObjectClass.GLACIER_IR)]).cost
    standard_gib, cold_gib = 30 * (0.5 + 2.9 + 0.01), 30 * 0.60
    assert cost.reads == pytest.approx(
        standard_gib * 512 / 1000 * 0.0004 + cold_gib * 512 / 1000 * 0.01 + cold_gib * 0.03
    )


def test_intelligent_tiering_keeps_what_is_read_in_the_frequent_tier() -> None:
    unread = TieringInputs(flow(200), PROMISED.metrics, US_WEST_2, lag_days=0.0)
    busy = unread._replace(flow=flow(200, reads=ReadPattern(warm_share_per_day=1, cold_share_per_day=1)))
    stay = (ObjectClass.INTELLIGENT_TIERING,)
    cool = next(c for c in direct_uploads(unread) if c.classes == stay).cost
    hot = next(c for c in direct_uploads(busy) if c.classes == stay).cost
    assert cool.storage == pytest.approx(30 * 0.023 + 60 * 0.0125)
    assert hot.storage == pytest.approx(90 * 0.023)


def test_costs_have_no_negative_part() -> None:
    for retention in (PROMISED.logs, PROMISED.traces, PROMISED.metrics):
        here = TieringInputs(flow(1e5), retention, US_WEST_2)
        for candidate in (*chains(here), *direct_uploads(here), tiers_by_name(here)):
            assert all(part >= 0 for part in candidate.cost)
