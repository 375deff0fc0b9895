"""Dashboards reach Grafana: ConfigMaps with the label that its sidecar watches."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.dashboards import Dashboards, DashboardsArgs
from components.namespace import PlatformNamespace, PlatformNamespaceArgs
from settings.models.platform import PlatformSettings
from telemetry.charts.grafana import grafana_values
from telemetry.kubernetes.placement import placement_for
from tests.unit.recording import Graph, Registered, run_program
from tests.unit.telemetry.stores import S3

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"


@pytest.fixture
def graph(make_settings: Callable[..., PlatformSettings]) -> Graph:
    settings = make_settings("prod")

    def program() -> Dashboards:
        namespace = PlatformNamespace("namespace", PlatformNamespaceArgs(settings, S3, "prod"))
        return Dashboards("dashboards", DashboardsArgs(settings, namespace, "prod"))

    return run_program(program, stack="prod")


def test_each_is_a_config_map_that_the_sidecar_finds(
    graph: Graph, make_settings: Callable[..., PlatformSettings]
) -> None:
    settings = make_settings("prod")
    sidecar = grafana_values(settings, placement_for(settings, "prod"), "gp3").to_values()["sidecar"]["dashboards"]
    maps = graph.of(CONFIG_MAP)

    assert len(maps) == 8 + 1
    for config_map in maps:
        metadata = config_map.inputs["metadata"]
        assert metadata["labels"][sidecar["label"]] == sidecar["labelValue"]
        folder = "Runbooks" if metadata["name"] == "runbooks" else "Platform"
        assert metadata["annotations"][sidecar["folderAnnotation"]] == folder
        assert metadata["namespace"] == settings.namespace


def _dashboards(graph: Graph) -> list[Registered]:
    return [one for one in graph.of(CONFIG_MAP) if one.inputs["metadata"]["name"] != "runbooks"]


def test_the_runbooks_are_one_config_map(graph: Graph) -> None:
    (runbooks,) = [one for one in graph.of(CONFIG_MAP) if one.inputs["metadata"]["name"] == "runbooks"]
    assert "runbook-high-error-rate" in runbooks.inputs["data"]["high-error-rate.json"]


def test_each_holds_one_dashboard_under_its_uid(graph: Graph) -> None:
    for config_map in _dashboards(graph):
        ((name, text),) = config_map.inputs["data"].items()
        assert name == f"{json.loads(text)['uid']}.json"


def test_a_team_has_a_folder_of_its_own_services(make_settings: Callable[..., PlatformSettings]) -> None:
    services = [
        {"name": "api", "language": "go", "tier": "critical", "team": "checkout"},
        {"name": "worker", "language": "go", "tier": "standard", "team": "checkout"},
        {"name": "search", "language": "go", "tier": "standard", "team": "a" * 63},
        {"name": "nobodys", "language": "go", "tier": "standard"},
    ]
    settings = make_settings("prod", services=services)

    def program() -> Dashboards:
        namespace = PlatformNamespace("namespace", PlatformNamespaceArgs(settings, S3, "prod"))
        return Dashboards("dashboards", DashboardsArgs(settings, namespace, "prod"))

    found: dict[str, dict[str, Any]] = {}
    for config_map in _dashboards(run_program(program, stack="prod")):
        (text,) = config_map.inputs["data"].values()
        found[config_map.inputs["metadata"]["annotations"]["grafana_folder"]] = json.loads(text)
    assert set(found) == {"Platform", "checkout", "a" * 63}
    assert found["checkout"]["uid"] == "lgtm-team-checkout"
    assert len(found["a" * 63]["uid"]) == 40
    choice = next(one for one in found["checkout"]["templating"]["list"] if one["name"] == "service")
    assert choice["allValue"] == "api|worker"
    assert 'service_name=~"api|worker"' in choice["query"]["query"]


def test_names_are_stable(graph: Graph) -> None:
    assert {config_map.inputs["metadata"]["name"] for config_map in _dashboards(graph)} == {
        f"dashboard-{uid}" for uid in graph.result.uids
    }
