"""Loads, prices and situations for the planner's tests."""

from collections.abc import Mapping
from datetime import date

from hypothesis import strategies as st

from planning.buckets import BucketPurpose
from planning.capacity.estimate import CapacityEstimate, CapacityInputs, estimate
from planning.capacity.ingest import Ingest, Replication, ingest_of
from planning.capacity.objects import ObjectFlows, object_flows
from planning.capacity.reference import REFERENCE_REPLICATION, REFERENCE_SAMPLING, REFERENCE_WORKLOAD
from planning.objects import Cohort, ObjectFlow, ReadPattern
from planning.retention import Retention, SignalRetention
from planning.tiers.compiler import compile_tier_plans
from planning.tiers.inputs import LifecycleLimits, TieringInputs
from planning.tiers.lifecycle import AuditArchive, TierPlan
from planning.tiers.s3_prices import ClassPrices, S3Prices
from planning.workload import Workload

PROMISED = Retention(
    logs=SignalRetention(hot_days=3, warm_days=7, delete_days=14),
    traces=SignalRetention(hot_days=1, warm_days=3, delete_days=7),
    metrics=SignalRetention(hot_days=1, warm_days=30, delete_days=90),
)

# Fixed, so that a refreshed table moves no figure of these tests. STANDARD, IA and Glacier rows are from a published
# price fixture of us-east-1, which has the same S3 prices; GLACIER_IR and Intelligent-Tiering's archive tier from AWS's
# price page.
US_WEST_2 = S3Prices(
    region="us-west-2",
    as_of=date(2026, 11, 24),
    standard=ClassPrices(gb_month=0.023, put_per_1000=0.005, get_per_1000=0.0004),
    standard_ia=ClassPrices(
        gb_month=0.0125, put_per_1000=0.01, get_per_1000=0.001, transition_per_1000=0.01, retrieval_gb=0.01
    ),
    intelligent_tiering=ClassPrices(gb_month=0.023, put_per_1000=0.005, get_per_1000=0.0004, transition_per_1000=0.01),
    onezone_ia=ClassPrices(
        gb_month=0.01, put_per_1000=0.01, get_per_1000=0.001, transition_per_1000=0.01, retrieval_gb=0.01
    ),
    glacier_ir=ClassPrices(
        gb_month=0.004, put_per_1000=0.02, get_per_1000=0.01, transition_per_1000=0.02, retrieval_gb=0.03
    ),
    glacier=ClassPrices(
        gb_month=0.0036, put_per_1000=0.03, get_per_1000=0.0004, transition_per_1000=0.03, retrieval_gb=0.01
    ),
    deep_archive=ClassPrices(
        gb_month=0.00099, put_per_1000=0.05, get_per_1000=0.0004, transition_per_1000=0.05, retrieval_gb=0.02
    ),
    infrequent_access_gb_month=0.0125,
    archive_instant_gb_month=0.004,
    monitoring_per_1000_objects=0.0025,
)
REFERENCE_INGEST = ingest_of(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, REFERENCE_REPLICATION)


def ingest_at(*, traces: float | None = None, samples: float | None = None) -> Ingest:
    """The reference rates with other kept traces (MB/s) or samples a second."""
    kept = REFERENCE_INGEST.traces
    if traces is not None:
        kept = kept.model_copy(update={"kept_mb_per_second": traces})
    changes: dict[str, object] = {"traces": kept}
    if samples is not None:
        changes["samples_per_second"] = samples
    return REFERENCE_INGEST.model_copy(update=changes)


REFERENCE_FLOWS = object_flows(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, REFERENCE_REPLICATION)


def plans_of(
    retention: Retention,
    audit: AuditArchive,
    flows: ObjectFlows = REFERENCE_FLOWS,
    prices: S3Prices = US_WEST_2,
    object_version_days: int | None = None,
) -> Mapping[BucketPurpose, TierPlan]:
    """The plans of a stack, by default of the reference workload in us-west-2."""
    return compile_tier_plans(retention, audit, flows, prices, LifecycleLimits(), object_version_days)


def estimated(inputs: CapacityInputs) -> CapacityEstimate:
    """The capacity plan in us-west-2."""
    return estimate(inputs, US_WEST_2, LifecycleLimits())


def flow(
    objects_per_gib: float,
    gib_per_day: float = 1.0,
    *,
    sources: tuple[tuple[float, float], ...] = (),
    reads: ReadPattern | None = None,
    purpose: BucketPurpose = BucketPurpose.LOKI_CHUNKS,
) -> ObjectFlow:
    """One cohort that lives until retention, and (lifetime in days, GiB a day) of those that compaction replaces."""
    cohorts = [(None, gib_per_day), *sources]
    return ObjectFlow(
        purpose=purpose,
        cohorts=tuple(
            Cohort(
                name="objects",
                gib_per_day=gib,
                objects_per_day=gib * objects_per_gib,
                put_requests_per_day=gib * objects_per_gib,
                lifetime_days=lifetime,
            )
            for lifetime, gib in cohorts
        ),
        reads=reads or ReadPattern(),
    )


@st.composite
def ages(draw: st.DrawFn, longest: int = 400) -> SignalRetention:
    """Ages that get colder."""
    hot, warm, delete = sorted(draw(st.sets(st.integers(1, longest), min_size=3, max_size=3)))
    return SignalRetention(hot_days=hot, warm_days=warm, delete_days=delete)


shares = st.floats(0, 0.2)
reads = st.builds(ReadPattern, hot_share_per_day=shares, warm_share_per_day=shares, cold_share_per_day=shares)


@st.composite
def flows(draw: st.DrawFn) -> ObjectFlow:
    """From a trickle to a flood, of tiny to large objects, with sources that compaction replaces."""
    sources = draw(st.lists(st.tuples(st.floats(0.01, 3), st.floats(0, 100)), max_size=2))
    return flow(
        draw(st.floats(0.1, 1e6)),
        draw(st.floats(1e-6, 1e4)),
        sources=tuple(sources),
        reads=draw(reads),
        purpose=draw(st.sampled_from([p for p in BucketPurpose if p.queried])),
    )


@st.composite
def situations(draw: st.DrawFn, longest: int = 400) -> TieringInputs:
    """Any load under any retention, with and without the old rule for STANDARD_IA."""
    return TieringInputs(
        flow=draw(flows()),
        retention=draw(ages(longest)),
        prices=US_WEST_2,
        limits=LifecycleLimits(ia_min_transition_days=draw(st.sampled_from([0, 30]))),
        min_bytes=draw(st.sampled_from([0, 1024 * 1024])),
        lag_days=draw(st.sampled_from([0.0, 1.0])),
    )


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    """Any workload that validates."""
    error, critical = draw(st.floats(0, 50)), draw(st.floats(0, 50))
    return Workload(
        requests_per_second=draw(st.floats(0.1, 1e5)),
        spans_per_request=draw(st.floats(1, 100)),
        bytes_per_span=draw(st.integers(50, 5000)),
        log_lines_per_request=draw(st.floats(0, 50)),
        bytes_per_log_line=draw(st.integers(10, 5000)),
        log_streams=draw(st.integers(1, 5000)),
        active_series=draw(st.integers(1000, 10_000_000)),
        scrape_interval_seconds=draw(st.integers(5, 300)),
        error_percent=error,
        slow_percent=draw(st.floats(0, 50)),
        critical_percent=critical,
        overridden_percent=draw(st.floats(0, 25)),
        background_percent=draw(st.floats(0, 25)),
    )


replications = st.builds(Replication, loki=st.sampled_from([1, 3]), mimir=st.sampled_from([1, 3]))
