"""Pods that scale by themselves: which, between which bounds, and what must know of their largest number."""

from collections.abc import Callable
from typing import Any

import pytest

from settings.document.policy_config import policy_config
from settings.models.platform import PlatformSettings
from settings.models.sizes import SCALABLE_WORKLOADS, STATEFUL_WORKLOADS
from telemetry.charts.collector import agent_values, gateway_values
from telemetry.collector.agent import agent_config
from telemetry.collector.gateway import gateway_config
from telemetry.kubernetes.placement import placement_for
from telemetry.kubernetes.pod_scaling import pod_scalers
from telemetry.kubernetes.quotas import platform_quota

Make = Callable[..., PlatformSettings]
# Room for a third gateway.
ROOM: dict[str, Any] = {"capacity": {"memory_gb": 32, "cpu_cores": 16}}
GATEWAYS = {"collector_gateway": {"replicas": 1, "max_replicas": 3}}


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_nothing_scales_by_default(stack: str, make_settings: Make) -> None:
    assert list(pod_scalers(make_settings(stack))) == []


def test_nothing_that_keeps_data_may_scale() -> None:
    assert not set(SCALABLE_WORKLOADS) & STATEFUL_WORKLOADS


def test_what_scales_is_bounded_by_its_size(make_settings: Make) -> None:
    (scaler,) = pod_scalers(make_settings("prod", **ROOM, sizes={"mimir": {"querier": {"max_replicas": 4}}}))
    spec = scaler.spec()
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "mimir-querier"}
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 4)
    (metric,) = spec["metrics"]
    assert metric["resource"]["name"] == "cpu"


def test_one_gateway_that_may_become_three_is_reached_by_trace_id(make_settings: Make) -> None:
    alone = make_settings("staging", sizes={"collector_gateway": {"replicas": 1}})
    scaled = make_settings("staging", **ROOM, sizes=GATEWAYS)
    assert "loadbalancing" not in agent_config(alone).exporters
    assert agent_config(scaled).pipelines["traces"].exporters == ("loadbalancing",)

    def resources(settings: PlatformSettings) -> set[str]:
        rules = agent_values(settings, placement_for(settings, "staging"), "staging").cluster_role.rules or []
        return {name for rule in rules for name in rule["resources"]}

    assert resources(scaled) - resources(alone) == {"endpoints", "endpointslices"}
    assert gateway_values(scaled, placement_for(scaled, "staging")).pod_disruption_budget is not None


def test_each_gateway_keeps_its_part_as_if_all_were_there(make_settings: Make) -> None:
    def policies(size: dict[str, int]) -> Any:
        settings = make_settings("staging", **ROOM, sizes={"collector_gateway": size})
        return gateway_config(settings).processors["tail_sampling"]["policies"]

    assert policies({"replicas": 1, "max_replicas": 3}) == policies({"replicas": 3})
    assert policies({"replicas": 1, "max_replicas": 3}) != policies({"replicas": 1})


def test_quota_and_policy_hold_the_largest_size(make_settings: Make) -> None:
    fixed = make_settings("staging", **ROOM, sizes={"collector_gateway": {"replicas": 3}})
    scaled = make_settings("staging", **ROOM, sizes=GATEWAYS)
    assert platform_quota(scaled) == platform_quota(fixed)
    most = make_settings("prod", sizes={"mimir": {"gateway": {"max_replicas": 9}}})
    assert policy_config(most, None)["autoscaling-bounded"] == {"max_replicas": 9}
