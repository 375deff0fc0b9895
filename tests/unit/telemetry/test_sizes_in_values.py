"""What the charts are told to reserve is what the settings say, and it fits the environment's row."""

from collections.abc import Callable
from typing import Any

import pytest

from settings.models.platform import PlatformSettings
from settings.rules.sizing import GB_PER_GIB, GB_PER_MIB, node_groups, resource_sums
from telemetry.kubernetes.quotas import agent_quota, platform_quota
from tests.unit.telemetry.rendered import Pods, pods_of

Build = Callable[[PlatformSettings], dict[str, dict[str, Any]]]
# Mimir components that the chart runs as Deployments: their rolling updates start one pod more.
DEPLOYMENTS = {
    f"mimir.{name}" for name in ("distributor", "querier", "query_frontend", "query_scheduler", "ruler", "gateway")
}


def all_pods(settings: PlatformSettings, values: dict[str, dict[str, Any]]) -> list[Pods]:
    return [pods for name, release in values.items() for pods in pods_of(name, release, settings.node_count)]


def test_every_workload_gets_exactly_its_size(settings: PlatformSettings, build: Build) -> None:
    rendered = {pods.workload: pods for pods in all_pods(settings, build(settings))}
    for key, size in settings.sizes.workloads():
        replicas = settings.node_count if key == "collector_agent" else size.replicas
        assert rendered.pop(key) == Pods(
            key,
            replicas,
            size.cpu_request_millicores,
            size.memory_request_mib,
            size.memory_limit_mib,
            size.volume_gib or 0,
        )
    assert {name.rpartition(".")[2] for name in rendered} <= {"chunksCache", "resultsCache"}


def test_sums_of_the_rendered_values_are_the_sums_that_settings_judge(settings: PlatformSettings, build: Build) -> None:
    pods, sums = all_pods(settings, build(settings)), resource_sums(settings)
    assert sum(p.replicas * p.cpu_millicores for p in pods) == sums.cpu_millicores
    assert sum(p.replicas * p.memory_request_mib for p in pods) == sums.memory_mib
    assert sum(p.replicas * p.volume_gib for p in pods) == sums.data_volumes_gib
    assert sum(p.replicas for p in pods) == sums.pods


@pytest.mark.parametrize(
    ("environment", "memory_gb", "cores", "storage_gb"),
    [("dev", 8, 4, 100), ("staging", 12, 6, 300), ("prod", 16, 8, 1000)],
)
def test_the_rendered_values_fit_the_promised_row(
    make_settings: Callable[..., PlatformSettings],
    build: Build,
    environment: str,
    memory_gb: int,
    cores: int,
    storage_gb: int,
) -> None:
    settings = make_settings(environment)
    pods = all_pods(settings, build(settings))
    roots = sum(group.nodes * group.root_volume_gib for group in node_groups(settings))
    assert sum(p.replicas * p.memory_request_mib for p in pods) * GB_PER_MIB <= memory_gb
    assert sum(p.replicas * p.cpu_millicores for p in pods) <= cores * 1000
    assert (sum(p.replicas * p.volume_gib for p in pods) + roots) * GB_PER_GIB <= storage_gb


def test_the_quota_holds_every_pod_and_a_rolling_update_of_every_deployment(
    settings: PlatformSettings, build: Build
) -> None:
    quota = platform_quota(settings)
    pods = [p for p in all_pods(settings, build(settings)) if p.workload != "collector_agent"]
    counted = [(p.replicas + (p.workload in DEPLOYMENTS), p) for p in pods]
    assert sum(n * p.cpu_millicores for n, p in counted) <= quota.cpu_millicores
    assert sum(n * p.memory_request_mib for n, p in counted) <= quota.memory_request_mib
    assert sum(n * p.memory_limit_mib for n, p in counted) <= quota.memory_limit_mib
    assert sum(n for n, _ in counted) <= quota.pods
    assert sum(p.replicas * p.volume_gib for p in pods) <= quota.volume_gib
    assert sum(p.replicas for p in pods if p.volume_gib) <= quota.volume_claims


def test_the_quota_stops_a_cache_of_the_charts_own_size(settings: PlatformSettings) -> None:
    used = sum(size.replicas * size.memory_limit_mib for _, size in settings.sizes.workloads())
    assert platform_quota(settings).memory_limit_mib < used + 9830


def test_the_agents_quota_follows_the_most_nodes_that_may_come(make_settings: Callable[..., PlatformSettings]) -> None:
    quota = agent_quota(make_settings("prod"))
    assert quota is not None
    assert quota.pods == 2 + 4 + 1  # on demand and spot at most, and one while a node is replaced
    assert quota.hard()["requests.storage"] == "0Gi"


def test_agents_on_nodes_that_nobody_here_manages_have_no_quota(on_premises: PlatformSettings) -> None:
    assert agent_quota(on_premises) is None
