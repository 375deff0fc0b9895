"""Limits of a pool that no mix of its nodes can break."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.node_pool import PoolType, least_usd, pool_bounds

TYPES = st.lists(
    st.builds(
        PoolType,
        name=st.text(min_size=1, max_size=5),
        vcpus=st.sampled_from([1, 2, 4, 8]),
        memory_gib=st.sampled_from([2, 4, 8, 16, 32]),
        usd_per_month=st.floats(20, 500),
    ),
    min_size=1,
    max_size=6,
)


@given(TYPES, st.floats(5_000, 20_000), st.data())
def test_no_mix_within_the_limits_costs_more_than_is_left(types: list[PoolType], left: float, data: Any) -> None:
    bounds = pool_bounds(left, types)
    assert bounds is not None
    assert bounds.usd_per_month <= left + 1e-6
    cores, usd = 0, 0.0
    for chosen in data.draw(st.lists(st.sampled_from(types), max_size=40)):
        if cores + chosen.vcpus <= bounds.cpu_cores:
            cores, usd = cores + chosen.vcpus, usd + chosen.usd_per_month
    assert usd <= left + 1e-6
    assert any(one.vcpus <= bounds.cpu_cores for one in types)


def test_the_dearest_core_sets_the_limit() -> None:
    cheap = PoolType(name="c", vcpus=4, memory_gib=8, usd_per_month=100)
    dear = PoolType(name="m", vcpus=2, memory_gib=8, usd_per_month=60)
    bounds = pool_bounds(200, [cheap, dear])
    assert bounds is not None
    assert (bounds.cpu_cores, bounds.memory_gib, bounds.dearest) == (6, 24, "m")
    assert bounds.usd_per_month == pytest.approx(180)


def test_a_budget_without_room_for_one_node_has_no_bounds() -> None:
    types = [PoolType(name="m", vcpus=2, memory_gib=8, usd_per_month=60)]
    assert pool_bounds(59.99, types) is None
    assert least_usd(types) == pytest.approx(60)
    assert pool_bounds(60, types) is not None
