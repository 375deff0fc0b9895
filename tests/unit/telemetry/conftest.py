"""Stacks and object stores that the telemetry tests build values for."""

from collections.abc import Callable
from typing import Any

import pytest

from settings.models.platform import PlatformSettings
from telemetry.charts.collector import agent_values, gateway_values
from telemetry.charts.grafana import grafana_values
from telemetry.charts.loki import loki_values
from telemetry.charts.mimir import mimir_values
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.tempo import tempo_values
from telemetry.kubernetes.placement import placement_for
from tests.unit.telemetry.stores import S3, server_for

ON_PREMISES: dict[str, Any] = {
    "cluster": {
        "mode": "existing",
        "context": "kind-lgtm",
        "object_store": {"endpoint": "http://seaweedfs.storage.svc:8333", "credentials_secret": "object-store"},
    }
}


@pytest.fixture(params=["dev", "staging", "prod", "on-premises"])
def settings(request: pytest.FixtureRequest, make_settings: Callable[..., PlatformSettings]) -> PlatformSettings:
    """The three environments, and dev on a cluster that isn't on AWS."""
    if request.param == "on-premises":
        return make_settings("dev", **ON_PREMISES)
    return make_settings(request.param)


@pytest.fixture
def on_premises(make_settings: Callable[..., PlatformSettings]) -> PlatformSettings:
    return make_settings("dev", **ON_PREMISES)


@pytest.fixture
def build() -> Callable[[PlatformSettings], dict[str, dict[str, Any]]]:
    """`build(settings)`: the values of every release, by release name."""

    def values(settings: PlatformSettings) -> dict[str, dict[str, Any]]:
        stack = settings.environment.value
        store: ObjectStorage = S3 if settings.on_aws else server_for(settings)
        placement = placement_for(settings, stack)
        built = {
            "loki": loki_values(settings, store, placement, "gp3"),
            "tempo": tempo_values(settings, store, placement, "gp3"),
            "mimir": mimir_values(settings, store, placement, "gp3"),
            "grafana": grafana_values(settings, placement, "gp3"),
            "collector-agent": agent_values(settings, placement, stack),
            "collector-gateway": gateway_values(settings, placement),
        }
        return {name: model.to_values() for name, model in built.items()}

    return values
