"""What sampling keeps of a workload, against the published target and on workloads of any mix."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.capacity.reference import REFERENCE_SAMPLING, REFERENCE_WORKLOAD
from planning.sampling import SamplingMode, SamplingOverride, SamplingPolicy
from planning.sampling_estimate import sampling_estimate, surge_budget
from planning.workload import Workload

PERCENT = st.floats(0, 50)
WORKLOADS = st.builds(
    lambda error, slow, critical, own, background: REFERENCE_WORKLOAD.model_copy(
        update={
            "error_percent": error,
            "slow_percent": slow,
            "critical_percent": critical,
            "overridden_percent": own,
            "background_percent": background,
        }
    ),
    PERCENT, PERCENT, PERCENT, st.floats(0, 25), st.floats(0, 25),
)  # fmt: skip
POLICIES = st.builds(
    SamplingPolicy,
    mode=st.sampled_from(SamplingMode),
    slow_threshold_ms=st.just(1000),
    critical_percent=st.floats(0, 100),
    standard_percent=st.floats(0, 100),
    background_percent=st.floats(0, 100),
    overrides=st.lists(
        st.builds(SamplingOverride, service=st.sampled_from(["a", "b"]), percent=st.floats(0, 100)), max_size=2
    ).map(tuple),
)


def in_mode(mode: SamplingMode) -> SamplingPolicy:
    return REFERENCE_SAMPLING.model_copy(update={"mode": mode})


def test_about_85_percent_fewer_traces_on_the_reference_workload() -> None:
    assert 0.14 <= sampling_estimate(REFERENCE_WORKLOAD, REFERENCE_SAMPLING).kept_share <= 0.16


def test_modes_only_change_ordinary_traces() -> None:
    # 1 % errors, 1 % slow, and of the other 98 %: 20 % at 25, 15 % at 30, 65 % at 5 percent.
    ordinary = 0.98 * (0.2 * 0.25 + 0.15 * 0.30 + 0.65 * 0.05)
    kept = {mode: sampling_estimate(REFERENCE_WORKLOAD, in_mode(mode)).kept_share for mode in SamplingMode}
    assert kept[SamplingMode.NORMAL] == pytest.approx(0.02 + ordinary)
    assert kept[SamplingMode.AGGRESSIVE] == pytest.approx(0.02 + 0.2 * ordinary)
    assert kept[SamplingMode.FULL] == pytest.approx(1)


@given(WORKLOADS, POLICIES)
def test_kinds_add_up(workload: Workload, sampling: SamplingPolicy) -> None:
    estimate = sampling_estimate(workload, sampling)
    assert sum(kind.percent_of_traces for kind in estimate.kinds) == pytest.approx(100)
    assert estimate.ordinary_share <= estimate.kept_share
    always = (workload.error_percent + workload.slow_percent) / 100
    assert estimate.kept_share >= always - 1e-9


def test_tiers_and_overrides_have_their_shares_and_a_critical_trace_is_kept_at_the_higher() -> None:
    sampling = REFERENCE_SAMPLING.model_copy(update={"critical_percent": 2.0, "background_percent": 1.0})
    workload = REFERENCE_WORKLOAD.model_copy(update={"background_percent": 40.0})
    kinds = {one.kind: one for one in sampling_estimate(workload, sampling).kinds}
    assert {name: one.kept_percent for name, one in kinds.items()} == {
        "errors": 100,
        "slow": 100,
        "critical services": 5,
        "services with an override": 30,
        "everything else": 5,
        "background services": 1,
    }
    assert kinds["background services"].percent_of_traces == pytest.approx(98 * 0.4)
    none = sampling.model_copy(update={"overrides": ()})
    assert sampling_estimate(workload, none).kinds[3].kept_percent == 5


def test_a_surge_may_take_five_times_the_expected_and_half_of_what_the_back_end_accepts() -> None:
    # 1000 requests/s, 12.495 % ordinary and kept, 8 spans of 400 bytes.
    budget = surge_budget(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, back_end_mb_per_second=20)
    assert budget.spans_per_second == pytest.approx(5 * 124.95 * 8, abs=1)
    assert budget.bytes_per_second == pytest.approx(5 * 124.95 * 8 * 400, abs=1)
    narrow = surge_budget(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, back_end_mb_per_second=1)
    assert narrow.bytes_per_second == 500_000


def test_gateways_share_the_budget_evenly() -> None:
    whole = surge_budget(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, back_end_mb_per_second=20)
    half = whole.of_one(2)
    assert half.spans_per_second * 2 == pytest.approx(whole.spans_per_second, abs=2)
    assert half.bytes_per_second * 2 == pytest.approx(whole.bytes_per_second, abs=2)


def test_a_stack_that_keeps_nothing_ordinary_still_has_a_legal_budget() -> None:
    nothing = SamplingPolicy(
        mode=SamplingMode.NORMAL, slow_threshold_ms=1, critical_percent=0, standard_percent=0, background_percent=0
    )
    budget = surge_budget(REFERENCE_WORKLOAD, nothing, 20)
    assert (budget.spans_per_second, budget.bytes_per_second) == (1, 1)
