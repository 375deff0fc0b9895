"""Good documents, how they are laid over the defaults, and that the defaults are what was promised."""

from typing import Any

import pytest

from planning.retention import Retention
from settings.document.loader import parse_settings
from settings.models.cluster import EksCluster, ExistingCluster, SharedCluster
from settings.models.environment import Environment
from settings.models.platform import PlatformSettings
from tests.stacks import settings_of
from tests.unit.settings.documents import MODES, OFFICE, STACKS, changed, minimal


def parsed(environment: str, changes: dict[str, Any] | None = None) -> PlatformSettings:
    return parse_settings(changed(environment, changes or {}), stack=environment)


@pytest.mark.parametrize("stack", STACKS)
def test_a_whole_stack_file_is_read(stack: str) -> None:
    settings = settings_of(stack)
    assert settings.environment == stack
    assert [
        (service.name, service.language.value, service.port, service.tier.value) for service in settings.services
    ] == [
        ("api-gateway", "go", 8000, "critical"),
        ("inventory-service", "go", 8007, "critical"),
        ("order-processing", "python", 8003, "standard"),
        ("payments-gateway", "python", 8002, "standard"),
        ("web-search", "python", 8001, "standard"),
        ("notification-worker", "python", 8006, "background"),
    ]


@pytest.mark.parametrize(
    ("stack", "mode", "nodes", "budget", "memory_gb", "cpu_cores", "storage_gb"),
    [
        ("dev", "shared", 2, 75, 8, 4, 100),
        ("staging", "eks", 3, 165, 12, 6, 300),
        ("prod", "eks", 4, 387, 16, 8, 1000),
    ],
)
def test_budget_and_capacity_are_as_promised(
    stack: str, mode: str, nodes: int, budget: float, memory_gb: int, cpu_cores: int, storage_gb: int
) -> None:
    settings = parsed(stack)
    assert (settings.cluster.mode, settings.node_count) == (mode, nodes)
    assert settings.budget.usd_per_month == budget
    capacity = settings.capacity
    assert (capacity.memory_gb, capacity.cpu_cores, capacity.storage_gb) == (memory_gb, cpu_cores, storage_gb)


def test_the_budget_of_prod_is_split_as_promised() -> None:
    budget = parsed("prod").budget
    parts = (budget.compute_usd_per_month, budget.storage_usd_per_month, budget.operations_usd_per_month)
    assert parts == (214, 98, 75)


@pytest.mark.parametrize("stack", STACKS)
def test_retention_sampling_and_places_are_as_promised(stack: str) -> None:
    settings = parsed(stack)
    assert settings.retention == Retention.model_validate(
        {
            "logs": {"hot_days": 3, "warm_days": 7, "delete_days": 14},
            "traces": {"hot_days": 1, "warm_days": 3, "delete_days": 7},
            "metrics": {"hot_days": 1, "warm_days": 30, "delete_days": 90},
        }
    )
    sampling = settings.sampling
    percents = (sampling.critical_percent, sampling.standard_percent, sampling.background_percent)
    assert (sampling.mode, sampling.slow_threshold_ms, percents) == ("normal", 1000, (25, 10, 5))
    assert settings.region == "us-west-2"
    assert settings.namespace == ("monitoring-dev" if stack == "dev" else "monitoring")


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(
    ("mode", "model"), [("eks", EksCluster), ("shared", SharedCluster), ("existing", ExistingCluster)]
)
def test_every_environment_takes_every_mode(stack: str, mode: str, model: type) -> None:
    replicas = {"sizes.loki.monolithic.replicas": 1} if mode != "eks" else {}
    # prod's pods are too many for the two nodes that a shared cluster has by default
    groups = {"cluster.node_groups.dev-spot.instance_types": ["t4g.xlarge"]} if mode == "shared" else {}
    host = {"cluster.owner_stack": "host"} if mode == "shared" else {}
    settings = parsed(stack, {"cluster": dict(MODES[mode]), **replicas, **groups, **host})
    assert isinstance(settings.cluster, model)
    assert (settings.network is not None) == (mode == "eks")


def test_an_object_store_needs_no_aws() -> None:
    store = {"endpoint": "http://seaweedfs.storage.svc:8333", "credentials_secret": "s3-credentials"}
    settings = parsed("dev", {"cluster": {"mode": "existing", "context": "kind-lgtm", "object_store": store}})
    assert not settings.on_aws
    assert parsed("dev").on_aws
    assert parsed("dev", {"cluster": MODES["existing"]}).on_aws


def test_tables_merge_key_by_key_and_lists_replace() -> None:
    settings = parsed(
        "prod",
        {"retention.logs.delete_days": 30, "cluster.control_plane_logs": ["api"], "cluster.node_groups.spot.nodes": 4},
    )
    logs = settings.retention.logs
    assert (logs.hot_days, logs.warm_days, logs.delete_days) == (3, 7, 30)
    assert isinstance(settings.cluster, EksCluster)
    assert settings.cluster.control_plane_logs == ("api",)
    assert settings.cluster.node_groups["spot"].nodes == 4
    assert settings.cluster.node_groups["spot"].max_nodes == 4


def test_null_takes_a_default_away() -> None:
    settings = parsed(
        "prod",
        {
            "budget.compute_usd_per_month": None,
            "cluster.node_groups.on-demand": None,
            "cluster.node_groups.spot.nodes": 4,
            "sizes.mimir.querier.replicas": None,
        },
    )
    assert settings.budget.compute_usd_per_month is None
    assert isinstance(settings.cluster, EksCluster)
    assert list(settings.cluster.node_groups) == ["spot"]
    assert settings.sizes.mimir.querier.replicas == 1


def test_a_new_node_group_joins_the_defaults() -> None:
    extra = {
        "capacity_type": "spot",
        "instance_types": ["m7g.large", "m8g.large"],
        "nodes": 1,
        "min_nodes": 0,
        "max_nodes": 2,
        "root_volume_gib": 40,
    }
    settings = parsed("staging", {"cluster.node_groups.extra": extra})
    assert settings.node_count == 4


def test_the_mirror_of_the_environment_gives_way_to_the_document() -> None:
    document = minimal("dev")
    assert (
        parse_settings(document, stack="dev", mirror="oci://registry/charts").charts.mirror == "oci://registry/charts"
    )
    own = changed("dev", {"charts.mirror": "./charts"})
    assert parse_settings(own, stack="dev", mirror="oci://registry/charts").charts.mirror == "./charts"
    none = changed("dev", {"charts.mirror": None})
    assert parse_settings(none, stack="dev", mirror="oci://registry/charts").charts.mirror is None


def test_reading_changes_neither_the_document_nor_the_defaults() -> None:
    document = changed("prod", {"retention.logs.delete_days": 30})
    before = repr(document)
    first = parse_settings(document, stack="prod", mirror="./charts")
    assert repr(document) == before
    assert parsed("prod").retention.logs.delete_days == 14
    assert parse_settings(document, stack="prod", mirror="./charts") == first


def test_settings_can_not_be_changed() -> None:
    settings = parsed("dev")
    with pytest.raises(ValueError, match="frozen"):
        settings.region = "eu-west-1"  # type: ignore[misc]


def test_every_environment_has_a_stack() -> None:
    assert tuple(Environment) == STACKS
    assert minimal("prod")["cluster"]["public_access_cidrs"] == [OFFICE]
