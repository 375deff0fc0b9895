"""The three environments against the load that they are set up for, and against the reference load."""

import pytest

from planning.aws.lifecycle import Transition
from planning.aws.regions import STAND_INS
from planning.buckets import BucketPurpose, StorageClass
from planning.capacity.compute import ENVIRONMENTS, Fit
from planning.capacity.estimate import compute_at, estimate
from planning.capacity.reach import largest_factor
from planning.capacity.reference import REFERENCE_SAMPLING, REFERENCE_WORKLOAD
from planning.tiers.inputs import LifecycleLimits
from settings.rules.capacity import capacity_of
from tests.stacks import NAMES
from tests.stacks import settings_of as stack


@pytest.mark.parametrize("name", NAMES)
def test_each_stack_carries_the_load_that_it_declares(name: str) -> None:
    """By the vendors' sizing pages: CPU, memory, volumes, and the memory limit of every component that grows."""
    settings = stack(name)
    assert Fit(capacity_of(settings), compute_at(settings.capacity_inputs)).shortfalls == ()


def test_prod_carries_the_load_test_of_1000_requests_a_second() -> None:
    settings = stack("prod")
    inputs = settings.capacity_inputs.model_copy(update={"workload": REFERENCE_WORKLOAD})
    assert Fit(capacity_of(settings), compute_at(inputs)).shortfalls == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_component_s_own_limit_ends_before_the_environment_does(name: str) -> None:
    settings = stack(name)
    as_sized = capacity_of(settings)
    as_a_whole = as_sized.model_copy(update={"memory_limits_gib": ()})
    own, whole = (
        largest_factor(ceiling, lambda factor: compute_at(settings.capacity_inputs.scaled(factor)))
        for ceiling in (as_sized, as_a_whole)
    )
    assert 1 <= own <= whole


@pytest.mark.parametrize("name", NAMES)
def test_default_stacks_keep_the_studied_tiers(name: str) -> None:
    """Logs and traces in STANDARD, metrics in GLACIER_IR at day 30, the audit archive as the settings say."""
    settings = stack(name)
    plans = settings.tier_plans
    assert plans[BucketPurpose.LOKI_CHUNKS].transitions == ()
    assert plans[BucketPurpose.TEMPO_TRACES].transitions == ()
    assert plans[BucketPurpose.MIMIR_BLOCKS].transitions == (
        Transition(days=30, storage_class=StorageClass.GLACIER_IR),
    )
    assert plans[BucketPurpose.AUDIT_ARCHIVE].transitions == settings.audit.transitions


@pytest.mark.parametrize("name", NAMES)
def test_the_environment_table_and_the_sampling_table_are_the_settings_own(name: str) -> None:
    settings = stack(name)
    (ceiling,) = [ceiling for ceiling in ENVIRONMENTS if ceiling.name == name]
    assert ceiling == capacity_of(settings).model_copy(update={"memory_limits_gib": ()})
    assert settings.sampling == REFERENCE_SAMPLING


@pytest.mark.parametrize("name", NAMES)
def test_each_stack_stores_less_than_the_published_500_gb(name: str) -> None:
    settings = stack(name)
    signals = estimate(settings.capacity_inputs, settings.s3_prices, LifecycleLimits())
    assert sum(tier.gib for tiers in signals.tiers.values() for tier in tiers) * 1024**3 / 1e9 < 500


@pytest.mark.parametrize(("region", "stand_in"), STAND_INS.items())
def test_a_region_without_a_table_is_planned_like_its_stand_in(region: str, stand_in: str) -> None:
    here, there = (stack("prod").model_copy(update={"region": one}) for one in (region, stand_in))
    assert here.s3_prices == there.s3_prices
    assert here.tier_plans == there.tier_plans
