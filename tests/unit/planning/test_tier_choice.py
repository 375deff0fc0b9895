"""The chosen plan: never illegal, unreadable, dearer than STANDARD alone, or at odds with its application."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from planning.aws.lifecycle import LifecycleRule, Transition
from planning.buckets import BucketPurpose, ObjectClass, StorageClass
from planning.capacity.objects import object_flows
from planning.capacity.reference import REFERENCE_SAMPLING
from planning.objects import ObjectFlow
from planning.retention import Retention, SignalRetention
from planning.tiers.application import LokiWindows, MimirWindows, TempoWindows
from planning.tiers.candidates import chains, direct_uploads, tiers_by_name
from planning.tiers.choice import choose, illegality, objection, settled_days
from planning.tiers.inputs import Candidate, LifecycleLimits, Move, TieringInputs, tiering_inputs
from planning.tiers.lifecycle import AuditArchive, TierPlan, windows_of
from planning.workload import Workload
from tests.unit.planning.loads import (
    PROMISED,
    REFERENCE_FLOWS,
    US_WEST_2,
    ages,
    flow,
    plans_of,
    replications,
    situations,
    workloads,
)

ARCHIVE = AuditArchive(
    transitions=(Transition(days=90, storage_class=StorageClass.GLACIER),),
    delete_days=400,
)
QUERIED = (BucketPurpose.LOKI_CHUNKS, BucketPurpose.TEMPO_TRACES, BucketPurpose.MIMIR_BLOCKS)


@given(here=situations())
@hypothesis_settings(max_examples=60)
def test_never_dearer_than_standard_alone(here: TieringInputs) -> None:
    choice = choose(here)
    assert choice.chosen.cost.total <= choice.standard.cost.total
    assert choice.standard.moves == ()


@given(here=situations())
@hypothesis_settings(max_examples=60)
def test_never_illegal_or_unreadable(here: TieringInputs) -> None:
    chosen = choose(here).chosen
    assert objection(chosen, here) is None
    assert illegality(chosen, here) is None
    assert all(name.rules.queryable and not name.rules.zonal for name in chosen.classes)


@given(here=situations())
@hypothesis_settings(max_examples=40)
def test_warm_data_stays_free_of_retrieval_fees(here: TieringInputs) -> None:
    for move in choose(here).chosen.moves:
        assert not move.object_class.rules.retrieval_fee or move.days >= here.retention.warm_days
        assert move.days >= settled_days(here)


@given(here=situations())
@hypothesis_settings(max_examples=20)
def test_nothing_eligible_is_cheaper(here: TieringInputs) -> None:
    """Every candidate without an objection, tiers by name and direct uploads included, costs at least as much."""
    chosen = choose(here).chosen.cost.total
    others: list[Candidate] = [*chains(here), *direct_uploads(here), tiers_by_name(here)]
    for candidate in others:
        if objection(candidate, here) is None:
            assert candidate.cost.total >= chosen - 1e-6


def scaled(flow: ObjectFlow, factor: float) -> ObjectFlow:
    """The same flow with every rate multiplied."""
    rates = ("gib_per_day", "objects_per_day", "put_requests_per_day")
    cohorts = (one.model_copy(update={rate: getattr(one, rate) * factor for rate in rates}) for one in flow.cohorts)
    return flow.model_copy(update={"cohorts": tuple(cohorts)})


@given(here=situations(), factor=st.floats(1, 1000))
@hypothesis_settings(max_examples=25)
def test_more_bytes_never_cost_less(here: TieringInputs, factor: float) -> None:
    more = here._replace(flow=scaled(here.flow, factor))
    assert choose(more).chosen.cost.total >= choose(here).chosen.cost.total - 1e-9
    assert choose(more).chosen.cost.total == pytest.approx(choose(here).chosen.cost.total * factor, rel=1e-6)


@given(logs=ages(3600), traces=ages(3600), metrics=ages(3600), load=workloads(), copies=replications)
@hypothesis_settings(max_examples=25)
def test_expiration_comes_after_retention_and_delete_delay(
    logs: SignalRetention, traces: SignalRetention, metrics: SignalRetention, load: Workload, copies: Any
) -> None:
    retention = Retention(logs=logs, traces=traces, metrics=metrics)
    plans = plans_of(retention, ARCHIVE, object_flows(load, REFERENCE_SAMPLING, copies))
    for purpose in QUERIED:
        plan = plans[purpose]
        assert plan.application is not None
        (expiring,) = [rule for rule in plan.rules if rule.expiration_days is not None]
        assert expiring.expiration_days is not None
        assert expiring.expiration_days * 24 > plan.application.deleted_after_hours
        assert all(move.days < expiring.expiration_days for move in plan.transitions)
        assert all(move.storage_class.queryable for move in plan.transitions)


@given(ages_=ages(3600))
@hypothesis_settings(max_examples=20)
def test_application_and_bucket_come_from_one_retention(ages_: SignalRetention) -> None:
    plans = plans_of(Retention(logs=ages_, traces=ages_, metrics=ages_), ARCHIVE)
    loki = windows_of(plans[BucketPurpose.LOKI_CHUNKS], LokiWindows)
    tempo = windows_of(plans[BucketPurpose.TEMPO_TRACES], TempoWindows)
    mimir = windows_of(plans[BucketPurpose.MIMIR_BLOCKS], MimirWindows)
    hours = ages_.delete_days * 24
    assert loki.retention_hours == tempo.block_retention_hours == mimir.blocks_retention_hours == hours
    assert loki.max_query_lookback_hours == hours
    # Mimir's own rules: no gap between what store-gateways and ingesters answer for.
    assert mimir.tsdb_retention_hours > mimir.query_store_after_hours
    assert mimir.query_ingesters_within_hours > mimir.query_store_after_hours
    assert mimir.query_store_after_hours == ages_.hot_days * 24


def test_windows_of_another_application_are_refused() -> None:
    plans = plans_of(PROMISED, ARCHIVE)
    with pytest.raises(TypeError, match="loki-chunks: its plan has no MimirWindows"):
        windows_of(plans[BucketPurpose.LOKI_CHUNKS], MimirWindows)


def test_a_plan_that_expires_before_its_application_deletes_is_refused() -> None:
    plan = plans_of(PROMISED, ARCHIVE)[BucketPurpose.LOKI_CHUNKS]
    early = LifecycleRule(id="early", prefix="fake/", expiration_days=14)
    with pytest.raises(ValidationError, match="rule early expires objects at day 14, before the application deletes"):
        TierPlan(purpose=plan.purpose, rules=(early,), application=plan.application, explanation="Early.")


def test_the_three_signals_of_the_promised_table() -> None:
    plans = plans_of(PROMISED, ARCHIVE)
    assert plans[BucketPurpose.LOKI_CHUNKS].transitions == ()
    assert plans[BucketPurpose.TEMPO_TRACES].transitions == ()
    assert plans[BucketPurpose.MIMIR_BLOCKS].transitions == (
        Transition(days=30, storage_class=StorageClass.GLACIER_IR),
    )
    assert "34% cheaper than STANDARD alone" in plans[BucketPurpose.MIMIR_BLOCKS].explanation


def test_prices_decide() -> None:
    """With STANDARD as cheap as GLACIER_IR nothing moves."""
    cheap = US_WEST_2.model_copy(update={"standard": US_WEST_2.standard.model_copy(update={"gb_month": 0.004})})
    assert plans_of(PROMISED, ARCHIVE, prices=cheap)[BucketPurpose.MIMIR_BLOCKS].transitions == ()


def test_long_lived_logs_get_colder() -> None:
    """A year of logs leaves STANDARD; where their chunks are large, once for GLACIER_IR."""
    year = SignalRetention(hot_days=3, warm_days=30, delete_days=365)
    choice = choose(TieringInputs(flow(200), year, US_WEST_2))
    assert choice.chosen.classes[-1] is ObjectClass.GLACIER_IR
    assert choice.chosen.cost.total < choice.standard.cost.total / 2


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (((1, "GLACIER"),), "unreadable: GLACIER answers 403"),
        (((30, "ONEZONE_IA"),), "one availability zone"),
        (((29, "GLACIER_IR"),), "every query of warm data .to day 30. would pay GLACIER_IR's retrieval fee"),
        (((1, "INTELLIGENT_TIERING"),), "compaction replaces blocks until day 2"),
        (((30, "GLACIER_IR"),), None),
        (((2, "INTELLIGENT_TIERING"),), None),
        ((), None),
    ],
)
def test_objections_in_words(candidate: tuple[tuple[int, str], ...], reason: str | None) -> None:
    here = tiering_inputs(BucketPurpose.MIMIR_BLOCKS, PROMISED, REFERENCE_FLOWS, US_WEST_2, LifecycleLimits())
    said = objection(here.priced([Move(days, ObjectClass(name)) for days, name in candidate]), here)
    assert (said is None) == (reason is None)
    assert reason is None or re.search(reason, said or "")
