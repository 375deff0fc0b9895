"""When head sampling is advised, how much of it, and what it costs; on any mix of services and capacities."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.capacity.ingest import ingest_of
from planning.capacity.reference import REFERENCE_REPLICATION, REFERENCE_SAMPLING, REFERENCE_WORKLOAD
from planning.sampling import SamplingMode, SamplingOverride, SamplingPolicy
from planning.sampling_advice import (
    BUSY_FACTOR,
    LEAST_QUEUE_SPANS,
    CollectorPool,
    Sampler,
    ServiceRate,
    head_sampling_advice,
    span_capacity,
    span_queue_size,
    tail_kept_percent,
)

RATES = st.lists(
    st.builds(
        ServiceRate,
        service=st.just("any"),
        spans_per_second=st.one_of(st.just(0.0), st.floats(0.01, 1e6)),
        kept_percent=st.floats(0, 100),
    ),
    min_size=1,
    max_size=8,
)
CAPACITIES = st.floats(1, 1e7)
POOL = CollectorPool(agents=4, agent_cpu_cores=0.1, gateways=2, gateway_cpu_cores=0.25, gateway_memory_mib=1000)


def rate(spans: float, kept: float = 5, service: str = "any") -> ServiceRate:
    return ServiceRate(service=service, spans_per_second=spans, kept_percent=kept)


def close_below(value: float, limit: float) -> bool:
    return value <= limit * (1 + 1e-9)


@given(RATES, CAPACITIES)
def test_what_is_sent_fits_into_the_collectors_in_busy_hours(rates: list[ServiceRate], capacity: float) -> None:
    advice = head_sampling_advice(rates, capacity, REFERENCE_WORKLOAD)
    assert close_below(BUSY_FACTOR * sum(one.ratio * one.spans_per_second for one in advice), capacity)


@given(RATES, CAPACITIES)
def test_nobody_is_cut_where_everything_fits(rates: list[ServiceRate], capacity: float) -> None:
    fits = BUSY_FACTOR * sum(one.spans_per_second for one in rates) <= capacity * (1 - 1e-9)
    advice = head_sampling_advice(rates, capacity, REFERENCE_WORKLOAD)
    if fits:
        assert {one.sampler for one in advice} == {Sampler.ALWAYS_ON}
        assert sum(one.lost_errors_per_day for one in advice) == 0
    elif BUSY_FACTOR * sum(one.spans_per_second for one in rates) > capacity * (1 + 1e-9):
        assert Sampler.RATIO in {one.sampler for one in advice}


@given(RATES, CAPACITIES)
def test_capacity_is_used_but_for_rounding(rates: list[ServiceRate], capacity: float) -> None:
    """Two significant digits lose less than a tenth."""
    advice = head_sampling_advice(rates, capacity, REFERENCE_WORKLOAD)
    sent = sum(one.ratio * one.spans_per_second for one in advice)
    if any(one.ratio < 1 for one in advice):
        assert sent > 0.9 * capacity / BUSY_FACTOR


@given(RATES, CAPACITIES)
def test_a_service_is_cut_from_its_threshold_on(rates: list[ServiceRate], capacity: float) -> None:
    for at, one in enumerate(head_sampling_advice(rates, capacity, REFERENCE_WORKLOAD)):
        for factor, cut in ((0.999, False), (1.001, True)):
            changed = [*rates]
            changed[at] = rate(one.threshold_spans_per_second * factor, rates[at].kept_percent)
            assert (head_sampling_advice(changed, capacity, REFERENCE_WORKLOAD)[at].ratio < 1) is cut


@given(RATES, CAPACITIES, st.floats(1.01, 10))
def test_more_capacity_never_cuts_more(rates: list[ServiceRate], capacity: float, factor: float) -> None:
    before = head_sampling_advice(rates, capacity, REFERENCE_WORKLOAD)
    after = head_sampling_advice(rates, capacity * factor, REFERENCE_WORKLOAD)
    assert all(wide.ratio >= narrow.ratio for narrow, wide in zip(before, after, strict=True))


@given(RATES, CAPACITIES)
def test_the_order_of_services_changes_nothing(rates: list[ServiceRate], capacity: float) -> None:
    forwards = head_sampling_advice(rates, capacity, REFERENCE_WORKLOAD)
    backwards = head_sampling_advice(rates[::-1], capacity, REFERENCE_WORKLOAD)[::-1]
    for one, other in zip(forwards, backwards, strict=True):
        assert one.ratio == pytest.approx(other.ratio, rel=0.02)


def test_what_tail_sampling_throws_away_is_cut_first() -> None:
    # 300 spans/s for both in busy hours: 100 on average. Of 60 and 60, the level of 5 to 25 leaves 40 and 60.
    background, critical = head_sampling_advice([rate(60, 5), rate(60, 25)], 300, REFERENCE_WORKLOAD)
    assert (background.ratio, critical.ratio) == (0.66, 1)
    assert (background.sampler, critical.sampler) == (Sampler.RATIO, Sampler.ALWAYS_ON)


def test_the_price_of_half() -> None:
    (one,) = head_sampling_advice([rate(160)], BUSY_FACTOR * 80, REFERENCE_WORKLOAD)
    assert (one.ratio, one.metric_factor) == (0.5, 2)
    # 20 traces/s, 1 % with an error, half of them lost.
    assert one.lost_errors_per_day == pytest.approx(20 * 0.01 * 0.5 * 86_400)
    # 6000 traces in five minutes, half of them sent: a binomial sample.
    assert one.precision_percent == pytest.approx(100 * 1.96 * math.sqrt(0.5 / (0.5 * 6000)))


def test_without_capacity_nothing_is_sent() -> None:
    (one,) = head_sampling_advice([rate(8)], 0, REFERENCE_WORKLOAD)
    assert (one.ratio, one.metric_factor, one.precision_percent) == (0, math.inf, math.inf)


def test_capacity_by_cpu_and_memory() -> None:
    ingest = ingest_of(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, REFERENCE_REPLICATION)
    found = span_capacity(POOL, REFERENCE_WORKLOAD, ingest)
    # 0.5 MB/s of logs, three times in busy hours, at 10 MB/s a core; 2000 samples/s at 50,000 a core.
    others = 3 * 0.5 / 10 + 2000 / 50_000
    assert found.agent_cpu == pytest.approx((0.4 - others) * 50_000)
    assert found.gateway_cpu == pytest.approx((0.5 - others) * 50_000)
    # 60 % of two limits, for 40 s of spans of 400 bytes, three times as large in memory.
    assert found.gateway_memory == pytest.approx(0.6 * 2000 * 1024**2 / (40 * 400 * 3))
    assert found.spans_per_second == found.agent_cpu
    assert found.limited_by == "sizes.collector_agent.cpu_request_millicores"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"agents": 40}, "sizes.collector_gateway.cpu_request_millicores"),
        ({"agents": 40, "gateway_memory_mib": 100}, "sizes.collector_gateway.memory_limit_mib"),
    ],
)
def test_what_limits_is_named(changes: dict[str, int], key: str) -> None:
    ingest = ingest_of(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, REFERENCE_REPLICATION)
    assert span_capacity(POOL.model_copy(update=changes), REFERENCE_WORKLOAD, ingest).limited_by == key


def test_a_service_counts_with_the_highest_share_of_its_kinds() -> None:
    def kept(tier: str, language: str, service: str = "shop", sampling: SamplingPolicy = REFERENCE_SAMPLING) -> float:
        return tail_kept_percent(sampling, service=service, language=language, tier=tier)

    assert kept("critical", "go") == 25
    assert kept("critical", "python") == 30
    assert kept("standard", "go") == kept("background", "go") == 5
    assert kept("background", "python") == 30
    assert kept("critical", "go", sampling=REFERENCE_SAMPLING.model_copy(update={"mode": SamplingMode.AGGRESSIVE})) == 5
    own = (SamplingOverride(service="shop", percent=1), SamplingOverride(language="python", percent=30))
    overridden = REFERENCE_SAMPLING.model_copy(update={"overrides": own})
    assert kept("critical", "python", sampling=overridden) == 1


@given(st.floats(0, 1e6))
def test_a_queue_is_a_power_of_two_that_holds_two_seconds_of_a_surge(spans_per_second: float) -> None:
    size = span_queue_size(spans_per_second)
    assert size >= max(LEAST_QUEUE_SPANS, 2 * 5 * spans_per_second)
    assert size & (size - 1) == 0
    assert size == LEAST_QUEUE_SPANS or size < 2 * (2 * 5 * spans_per_second) + 2
