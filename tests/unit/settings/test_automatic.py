"""`sizes: auto`: the planner's sizes in a stack's settings, what the file says itself stays, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from planning.prices.loader import load_prices
from planning.topology.availability import Availability
from planning.topology.plan import plan_topology
from settings.document import automatic as choosing
from settings.document.loader import parse_settings
from settings.document.messages import SettingsError
from settings.models.cluster import EksCluster
from settings.models.platform import PlatformSettings
from settings.rules.sizing import nodes_allocatable, resource_sums
from settings.rules.topology import against_model, topology_inputs
from tests.large_stack import large_settings
from tests.stacks import settings_of
from tests.unit.settings.documents import changed

TABLE = load_prices("us-west-2")
# Explicit defaults of prod that the planner's replace.
BUDGET = {
    "budget.compute_usd_per_month": None,
    "budget.storage_usd_per_month": None,
    "budget.operations_usd_per_month": None,
}


def automatic(environment: str = "prod", **changes: Any) -> PlatformSettings:
    named = {key.replace("__", "."): value for key, value in changes.items()}
    return parse_settings(changed(environment, {"sizes": "auto", **named}), stack=environment)


def test_sizes_nodes_ceilings_and_limits_come_from_the_topology() -> None:
    found = automatic(workload__requests_per_second=20_000, workload__active_series=600_000)
    topology = plan_topology(topology_inputs(found), TABLE)
    assert found.sizes_are_automatic
    assert found.sizes.loki.monolithic is None
    distributed = found.sizes.loki.distributed
    assert distributed is not None
    assert distributed.ingester.replicas == topology.of("loki.distributed.ingester").replicas
    assert found.replication.loki == found.replication.mimir == 3
    assert isinstance(found.cluster, EksCluster)
    assert {name: group.nodes for name, group in found.cluster.node_groups.items()} == {
        pool.name: pool.nodes for pool in topology.pools
    }
    assert found.capacity.cpu_cores * 1000 >= resource_sums(found).cpu_millicores
    assert found.ingestion.logs_mb_per_second >= 2 * 10
    assert found.ingestion.max_series >= 600_000
    assert not against_model(found, topology)


def test_nodes_are_chosen_by_the_prices_that_the_bill_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where another region's stand in."""
    asked: list[str] = []
    monkeypatch.setattr(choosing, "load_prices", lambda region: asked.append(region) or load_prices(region))
    automatic(region="il-central-1")
    assert asked == ["il-central-1"]


def test_what_the_file_says_stays() -> None:
    groups = {
        "on-demand": {"instance_types": ["m7g.8xlarge"], "nodes": 4, "min_nodes": 4, "max_nodes": 5},
        "spot": {"instance_types": ["m7g.8xlarge"], "nodes": 4, "min_nodes": 4, "max_nodes": 5},
    }
    found = automatic(
        workload__requests_per_second=20_000, cluster__node_groups=groups, ingestion__logs_mb_per_second=33
    )
    assert isinstance(found.cluster, EksCluster)
    assert found.cluster.node_groups["spot"].instance_types == ("m7g.8xlarge",)
    assert found.ingestion.logs_mb_per_second == 33
    with pytest.raises(SettingsError, match=r"capacity\.cpu_cores"):
        automatic(workload__requests_per_second=20_000, capacity__cpu_cores=8)


def test_small_and_without_a_zone_to_lose_there_is_one_of_everything() -> None:
    found = automatic("staging")
    assert found.availability is Availability.NONE
    assert found.sizes.loki.monolithic is not None
    assert found.sizes.loki.monolithic.replicas == 1
    assert found.sizes.mimir.ingester.replicas == 1
    assert automatic("staging", availability="zone").sizes.mimir.ingester.replicas == 3


def test_a_load_beyond_one_tempo_is_refused() -> None:
    with pytest.raises(SettingsError, match=r'lgtm:platform\.sizes: got "auto"; Tempo in microservices needs a Kafka'):
        automatic(workload__requests_per_second=100_000)


def test_a_wrong_value_is_told_as_ever() -> None:
    with pytest.raises(SettingsError, match=r"workload\.requests_per_second: got -1"):
        automatic(workload__requests_per_second=-1)


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    environment=st.sampled_from(("staging", "prod")),
    rate=st.floats(1, 60_000),
    lines=st.floats(0, 20),
    availability=st.sampled_from(Availability),
)
def test_every_automatic_stack_fits_its_nodes(
    environment: str, rate: float, lines: float, availability: Availability
) -> None:
    found = automatic(
        environment,
        workload__requests_per_second=rate,
        workload__log_lines_per_request=lines,
        availability=availability.value,
    )
    allocatable, sums = nodes_allocatable(found), resource_sums(found)
    assert allocatable is not None
    assert sums.cpu_millicores <= allocatable.cpu_millicores
    assert sums.memory_mib <= allocatable.memory_mib


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_the_shipped_sizes_carry_their_load_by_the_model(stack: str) -> None:
    settings = settings_of(stack)
    assert not settings.sizes_are_automatic
    assert not against_model(settings, plan_topology(topology_inputs(settings), TABLE))


def test_a_part_of_loki_that_is_too_small_is_named() -> None:
    large = large_settings()
    distributed = large.sizes.loki.distributed
    assert distributed is not None
    few = distributed.model_copy(update={"querier": distributed.querier.model_copy(update={"replicas": 2})})
    loki = large.sizes.loki.model_copy(update={"distributed": few})
    small = large.model_copy(update={"sizes": large.sizes.model_copy(update={"loki": loki})})
    topology = plan_topology(topology_inputs(small), TABLE)
    (line,) = against_model(small, topology)
    assert line.startswith("sizes.loki.distributed.querier: memory limits of 6.25 GiB together, the load needs")
    assert against_model(large, topology) == ()


def test_explicit_sizes_below_the_load_are_named() -> None:
    settings = settings_of("prod")
    load = settings.workload.model_copy(update={"requests_per_second": 10_000.0, "active_series": 2_000_000})
    busy = settings.model_copy(update={"workload": load})
    found = against_model(busy, plan_topology(topology_inputs(busy), TABLE))
    assert any(
        line.startswith("sizes.loki.monolithic: the load wants Distributed: 432 GB of logs a day") for line in found
    )
    assert any(
        line.startswith("sizes.mimir.ingester: memory limits of 3.75 GiB together, the load needs") for line in found
    )
