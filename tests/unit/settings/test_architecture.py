"""Nodes of both architectures: shapes as EC2's own table has them, defaults, images, prices, the planner's choice."""

import gzip
import importlib.util
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from planning.cost.compute import on_demand_price
from planning.instances import BURSTABLE_FAMILIES, Architecture, architecture_of, instance_shape, is_burstable
from planning.prices.loader import load_prices, regions_with_prices
from planning.prices.table import Confidence
from planning.topology.nodes import FAMILIES
from settings.models.platform import PlatformSettings
from settings.rules.topology import topology_inputs
from telemetry.cost.planned import priced_plan

X86 = {"architecture": "x86_64"}
Make = Callable[..., PlatformSettings]


@cache
def ec2_types() -> dict[str, Any]:
    """DescribeInstanceTypes of a real account, as moto ships it."""
    spec = importlib.util.find_spec("moto")
    assert spec
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "ec2" / "resources" / "instance_types.json.gz"
    with gzip.open(path) as file:
        return json.load(file)


def known() -> list[str]:
    return sorted(name for name in ec2_types() if instance_shape(name))


def test_every_known_shape_is_ec2s_own() -> None:
    names = known()
    assert len([name for name in names if architecture_of(name) is Architecture.X86_64]) > 80
    for name in names:
        there, shape = ec2_types()[name], instance_shape(name)
        assert shape
        assert shape.vcpus == there["VCpuInfo"]["DefaultVCpus"], name
        assert shape.memory_gib * 1024 == there["MemoryInfo"]["SizeInMiB"], name
        if not name.startswith(("c8g", "m8g", "r8g")):  # their network was enlarged after the table was made
            assert shape.interfaces == there["NetworkInfo"]["MaximumNetworkInterfaces"], name
            assert shape.addresses_per_interface == there["NetworkInfo"]["Ipv4AddressesPerInterface"], name
        assert is_burstable(name) == there["BurstablePerformanceSupported"], name
        assert (architecture_of(name) is Architecture.ARM64) == (
            "arm64" in there["ProcessorInfo"]["SupportedArchitectures"]
        ), name


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_a_file_that_names_only_the_architecture_gets_types_of_the_same_sizes(make_settings: Make, stack: str) -> None:
    graviton, x86 = make_settings(stack), make_settings(stack, cluster=X86)
    for name, group in x86.cluster.node_groups.items():  # pyright: ignore
        before = graviton.cluster.node_groups[name]  # pyright: ignore
        assert group.instance_types == tuple(one.replace("t4g.", "t3.") for one in before.instance_types)
        assert group.burstable == before.burstable


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_it_is_dearer_and_within_its_budget(make_settings: Make, stack: str) -> None:
    owner = make_settings("staging") if stack == "dev" else None
    graviton, x86 = (priced_plan(make_settings(stack, **one), stack, owner) for one in ({}, {"cluster": X86}))
    assert graviton.usd_per_month < x86.usd_per_month < 1.15 * graviton.usd_per_month
    assert x86.unpriced == ()
    assert x86.usd_per_month <= make_settings(stack, cluster=X86).budget.usd_per_month
    assert any("t3." in line.item for line in x86.lines)


def test_surplus_credits_have_their_familys_price() -> None:
    table = load_prices("us-west-2")
    assert [table.price(f"ec2.cpu_credits.{family}").usd for family in ("t4g", "t3", "t3a")] == [0.04, 0.05, 0.05]


@pytest.mark.parametrize("region", regions_with_prices())
def test_every_region_prices_what_the_planner_may_choose(region: str) -> None:
    table = load_prices(region)
    for family in FAMILIES[Architecture.X86_64]:
        assert on_demand_price(table, f"{family}.large").usd > 0
    for families in BURSTABLE_FAMILIES.values():
        for family in families:
            assert table.price(f"ec2.on_demand.{family}.medium").usd > 0


def test_what_was_read_and_what_follows_from_it_are_told_apart() -> None:
    read, derived = (load_prices(one).price("ec2.on_demand.m7i.large") for one in ("us-west-2", "eu-central-1"))
    assert (read.usd, read.confidence) == (0.1008, Confidence.SOURCE)
    assert derived.confidence is Confidence.MODEL


def test_automatic_sizes_choose_of_the_architecture(make_settings: Make) -> None:
    settings = make_settings(
        "prod", cluster=X86, sizes="auto", workload={"requests_per_second": 4000}, budget={"usd_per_month": 9000}
    )
    types = [one for group in settings.cluster.node_groups.values() for one in group.instance_types]  # pyright: ignore
    assert types
    assert {architecture_of(one) for one in types} == {Architecture.X86_64}
    assert topology_inputs(settings).architecture is Architecture.X86_64
