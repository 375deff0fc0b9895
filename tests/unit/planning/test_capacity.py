"""Workload → capacity: arithmetic by hand, and what must hold for any workload."""

import math

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from planning.aws.lifecycle import LifecycleRule, Transition
from planning.buckets import GIB, BucketPurpose, ObjectClass, StorageClass
from planning.capacity import coefficients as c
from planning.capacity.compute import ENVIRONMENTS, Fit, StackCapacity, compute_for
from planning.capacity.estimate import CapacityInputs, compute_at
from planning.capacity.ingest import Replication, ingest_of
from planning.capacity.objects import object_flows
from planning.capacity.reach import carrying_logs, largest_factor, logs_carried_by
from planning.capacity.reference import REFERENCE_REPLICATION, REFERENCE_SAMPLING, REFERENCE_WORKLOAD
from planning.capacity.series import at_rate
from planning.capacity.steady_state import use_of
from planning.retention import Signal, SignalRetention
from planning.sampling import SamplingMode
from planning.sampling_estimate import sampling_estimate
from planning.tiers.inputs import Move, TieringInputs
from planning.tiers.lifecycle import AuditArchive, TierPlan
from planning.topology.loki import distributed_need
from planning.workload import Workload
from tests.unit.planning.loads import PROMISED, US_WEST_2, ages, estimated, flows, replications, workloads

INPUTS = CapacityInputs(
    workload=REFERENCE_WORKLOAD,
    sampling=REFERENCE_SAMPLING,
    retention=PROMISED,
    audit=AuditArchive(transitions=(), delete_days=400),
    replication=REFERENCE_REPLICATION,
)


def test_the_reference_workload_s_rates() -> None:
    ingest = ingest_of(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, REFERENCE_REPLICATION)
    assert ingest.spans_per_second == 8000
    assert ingest.logs.received_mb_per_second == pytest.approx(1000 * 2 * 250 / 1e6)
    assert ingest.logs.received_gb_per_day == pytest.approx(43.2)
    assert ingest.traces.received_mb_per_second == pytest.approx(8000 * 400 / 1e6)
    assert ingest.samples_per_second == 2000
    assert ingest.series_in_memory == 180_000
    # 43.2 GB of logs, compressed 5 to 1, half of the chunks twice.
    assert ingest.logs.stored_gib_per_day == pytest.approx(43.2e9 / 5 * 1.5 / GIB)
    assert ingest.metrics.stored_gib_per_day == pytest.approx(2000 * 2 * 86_400 / GIB)


def test_sampling_keeps_what_is_published() -> None:
    """About 85 % fewer traces; 2 % are errors or slow and kept whole, 98 % of 12.75 % come from the table."""
    kept = sampling_estimate(REFERENCE_WORKLOAD, REFERENCE_SAMPLING).kept_share
    assert kept == pytest.approx(0.02 + 0.98 * (0.20 * 0.25 + 0.15 * 0.30 + 0.65 * 0.05))
    assert 1 - kept == pytest.approx(0.85, abs=0.01)
    full = REFERENCE_SAMPLING.model_copy(update={"mode": SamplingMode.FULL})
    hard = REFERENCE_SAMPLING.model_copy(update={"mode": SamplingMode.AGGRESSIVE})
    assert sampling_estimate(REFERENCE_WORKLOAD, full).kept_share == 1
    assert sampling_estimate(REFERENCE_WORKLOAD, hard).kept_share == pytest.approx(0.02 + (kept - 0.02) * 0.2)


@pytest.mark.parametrize(("copies", "logs_gib"), [(1, 0.5e6 * 7200 / GIB), (3, 3 * 0.5e6 * 7200 / GIB)])
def test_volumes_hold_write_ahead_logs_and_mimir_s_hot_blocks(copies: int, logs_gib: float) -> None:
    """Two hours of 0.5 MB/s of logs on each replica, twenty minutes of kept spans, each series' bytes on disk."""
    replication = Replication(loki=copies, mimir=1)
    ingest = ingest_of(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, replication)
    needs = {need.component: need for need in compute_for(ingest, PROMISED, replication).components}
    volumes = {name: need.volume_gib for name, need in needs.items() if need.volume_gib}
    series = ingest.series_in_memory * c.MIMIR_INGESTER_DISK.value
    assert volumes == {
        "loki.monolithic": pytest.approx(logs_gib),
        "tempo": pytest.approx(ingest.traces.kept_mb_per_second * 1e6 * 1200 / GIB),
        "mimir.ingester": pytest.approx(series * max(1, 25 / c.MIMIR_INGESTER_DISK_HOURS.value)),
    }
    for name, need in needs.items():
        assert need.cpu_cores > 0, f"{name} should need CPU"
        assert need.memory_gib > 0, f"{name} should need memory"
        assert need.basis, f"{name} should say where its coefficients come from"


@given(load=workloads())
def test_errors_and_slow_traces_are_never_thinned(load: Workload) -> None:
    for mode in SamplingMode:
        kept = sampling_estimate(load, REFERENCE_SAMPLING.model_copy(update={"mode": mode})).kept_share
        assert (load.error_percent + load.slow_percent) / 100 - 1e-12 <= kept <= 1 + 1e-12


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"error_percent": 60, "slow_percent": 50}, "error_percent and slow_percent add up to 110 %"),
        (
            {"critical_percent": 70, "overridden_percent": 31},
            "critical_percent, overridden_percent and background_percent add up to 101 %",
        ),
    ],
)
def test_shares_beyond_all_traces_are_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Workload.model_validate(REFERENCE_WORKLOAD.model_dump() | changes)


@given(load=workloads(), copies=replications, factor=st.floats(1, 100))
def test_more_traffic_never_needs_less(load: Workload, copies: Replication, factor: float) -> None:
    few, many = (
        ingest_of(each, REFERENCE_SAMPLING, copies)
        for each in (load, at_rate(load, 1, load.requests_per_second * factor))
    )
    small, large = (compute_for(ingest, PROMISED, copies) for ingest in (few, many))
    for attribute in ("cpu_cores", "memory_gib", "volume_gib"):
        assert getattr(large, attribute) >= getattr(small, attribute)
    for fewer, larger in zip(few.signals, many.signals, strict=True):
        assert fewer.kept_mb_per_second <= fewer.received_mb_per_second * (1 + 1e-12)
        assert larger.stored_gib_per_day >= fewer.stored_gib_per_day


@given(load=workloads(), copies=replications)
def test_objects_carry_exactly_what_is_stored(load: Workload, copies: Replication) -> None:
    ingest = ingest_of(load, REFERENCE_SAMPLING, copies)
    found = object_flows(load, REFERENCE_SAMPLING, copies)
    for purpose, signal in (
        (BucketPurpose.LOKI_CHUNKS, ingest.logs),
        (BucketPurpose.TEMPO_TRACES, ingest.traces),
        (BucketPurpose.MIMIR_BLOCKS, ingest.metrics),
    ):
        kept = [cohort for cohort in found.of(purpose).cohorts if cohort.lifetime_days is None]
        assert kept[0].gib_per_day == pytest.approx(signal.stored_gib_per_day)
        assert all(cohort.put_requests_per_day >= cohort.objects_per_day for cohort in found.of(purpose).cohorts)


def test_chunks_are_cut_by_size_or_by_age() -> None:
    busy = object_flows(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, Replication()).loki.cohorts[0]
    idle = object_flows(at_rate(REFERENCE_WORKLOAD, 1, 1), REFERENCE_SAMPLING, Replication()).loki.cohorts[0]
    assert busy.object_bytes == pytest.approx(1.5 * 1024**2)
    assert idle.objects_per_day == REFERENCE_WORKLOAD.log_streams * 12


CHAINS: list[tuple[tuple[int, str], ...]] = [
    (),
    ((30, "GLACIER_IR"),),
    ((5, "STANDARD_IA"), (40, "GLACIER_IR")),
    ((0, "STANDARD_IA"), (90, "GLACIER"), (200, "DEEP_ARCHIVE")),
]


@given(flow=flows(), retention=ages(), chain=st.sampled_from(CHAINS))
def test_billed_bytes_and_requests_cost_what_the_planner_says(
    flow: object, retention: SignalRetention, chain: tuple[tuple[int, str], ...]
) -> None:
    """Two ways to one sum: bytes at rest times price, and the price of every day's objects over their life."""
    here = TieringInputs(flow, retention, US_WEST_2)  # type: ignore[arg-type]
    moves = [Move(days, ObjectClass(name)) for days, name in chain if days < retention.delete_days]
    rule = LifecycleRule(
        id="move",
        transitions=tuple(
            Transition(days=move.days, storage_class=StorageClass(move.object_class.value)) for move in moves
        ),
    )
    plan = TierPlan(purpose=BucketPurpose.AUDIT_ARCHIVE, rules=(rule,), explanation="A chain.")
    use = use_of(here.flow, plan, here.ages)
    cost = here.priced(moves).cost
    storage = sum(s.billed_bytes / GIB * US_WEST_2.of(s.storage_class).gb_month for s in use.stored)
    assert storage == pytest.approx(cost.storage + cost.minimums, rel=1e-9)
    prices = [(request, US_WEST_2.of(request.storage_class)) for request in use.requests]
    assert sum(r.puts * p.put_per_1000 / 1000 for r, p in prices) == pytest.approx(cost.put)
    assert sum(r.transitions * p.transition_per_1000 / 1000 for r, p in prices) == pytest.approx(cost.transition)
    reads = sum(r.gets * p.get_per_1000 / 1000 + r.retrieved_bytes / GIB * p.retrieval_gb for r, p in prices)
    assert reads == pytest.approx(cost.reads)
    assert all(s.billed_bytes >= s.bytes * (1 - 1e-9) for s in use.stored)


def test_steady_state_by_temperature_and_by_class() -> None:
    found = estimated(INPUTS)
    for signal, purpose in (
        (Signal.LOGS, BucketPurpose.LOKI_CHUNKS),
        (Signal.TRACES, BucketPurpose.TEMPO_TRACES),
        (Signal.METRICS, BucketPurpose.MIMIR_BLOCKS),
    ):
        assert sum(tier.gib for tier in found.tiers[signal]) == pytest.approx(found.uses[purpose].gib)
    daily = found.ingest.logs.stored_gib_per_day
    # Fourteen days and the one by which deletion is late.
    assert [tier.gib for tier in found.tiers[Signal.LOGS]] == pytest.approx([3 * daily, 4 * daily, 8 * daily])
    assert {part.storage_class for part in found.uses[BucketPurpose.MIMIR_BLOCKS].stored} == {
        ObjectClass.STANDARD,
        ObjectClass.GLACIER_IR,
    }
    assert set(found.uses) == set(BucketPurpose) - {BucketPurpose.PROFILES}


def test_the_stored_total_meets_the_published_target() -> None:
    """Less than 500 GB at rest at the reference load."""
    assert sum(use.gib for use in estimated(INPUTS).uses.values()) * GIB / 1e9 < 500


@pytest.mark.parametrize("ceiling", ENVIRONMENTS, ids=lambda ceiling: ceiling.name)
def test_the_largest_load_is_where_something_runs_out(ceiling: StackCapacity) -> None:
    factor = largest_factor(ceiling, lambda f: compute_at(INPUTS.scaled(f)))
    assert not Fit(ceiling, compute_at(INPUTS.scaled(factor))).shortfalls
    assert Fit(ceiling, compute_at(INPUTS.scaled(factor * 1.001 + 1e-6))).shortfalls


def test_an_environment_too_small_for_an_idle_platform_carries_nothing() -> None:
    tiny = StackCapacity(name="tiny", cpu_cores=0.1, memory_gb=0.5, storage_gb=1)
    assert largest_factor(tiny, lambda factor: compute_at(INPUTS.scaled(factor))) == 0
    assert logs_carried_by(tiny) == 0


def test_fifty_mb_a_second_is_beyond_eight_cores() -> None:
    """50 MB/s are 4.32 TB/day, between the first two tables of Loki's sizing page."""
    prod = next(ceiling for ceiling in ENVIRONMENTS if ceiling.name == "prod")
    assert logs_carried_by(prod) < 10
    carrying = carrying_logs(50)
    published = distributed_need(4.32).values()
    assert carrying.cpu_cores == pytest.approx(sum(need.cores for need in published))
    assert carrying.memory_gib == pytest.approx(sum(need.gib for need in published))
    assert 150 < carrying.cpu_cores < 200
    assert carrying.mode == "Distributed"
    assert carrying.nodes == math.ceil(carrying.cpu_cores / 7.5)
    assert carrying_logs(0.1).mode == "Monolithic"


@given(load=workloads(), copies=replications)
@hypothesis_settings(max_examples=20)
def test_any_workload_has_an_estimate(load: Workload, copies: Replication) -> None:
    found = estimated(INPUTS.model_copy(update={"workload": load, "replication": copies}))
    assert sum(use.gib for use in found.uses.values()) > 0
    assert all(part.bytes >= 0 and part.objects >= 0 for use in found.uses.values() for part in use.stored)


def test_another_traffic_is_the_same_services() -> None:
    load = REFERENCE_WORKLOAD.model_copy(update={"profile_mb_per_second": 0.5})
    rate = 3 * load.requests_per_second
    changed = at_rate(load, 6, rate).model_dump()
    # Three times the pods of 16, and the platform's and the services' own series as they were.
    series = round(60_000 * (12_000 + 6 * 2500 + 48_000) / (12_000 + 6 * 2500 + 16_000))
    wanted = {"requests_per_second": rate, "profile_mb_per_second": 1.5, "active_series": series}
    assert changed == load.model_dump() | wanted
    assert at_rate(REFERENCE_WORKLOAD, 6, rate).profile_mb_per_second is None
    assert Workload.model_validate(changed) == at_rate(load, 6, rate)


def test_cohorts_are_told_apart_by_name() -> None:
    flows = object_flows(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, Replication())
    names = {flow.purpose: [one.name for one in flow.cohorts] for flow in (flows.tempo, flows.mimir)}
    assert names == {
        BucketPurpose.TEMPO_TRACES: ["compacted blocks", "source blocks"],
        BucketPurpose.MIMIR_BLOCKS: ["compacted blocks", "source blocks", "block metadata"],
    }
