"""The local collector: the sampling gateway's configuration, and scrapes of the containers beside it."""

from typing import Any

from planning.backends import backends_of
from settings.models.platform import PlatformSettings
from telemetry.collector.gateway import gateway_config
from telemetry.kubernetes.endpoints import (
    COLLECTOR_METRICS_PORT,
    GRAFANA_PORT,
)
from telemetry.local.addresses import LocalEndpoints

BESIDE_BACK_ENDS = {
    "grafana": f"grafana:{GRAFANA_PORT}",
    "collector-gateway": f"127.0.0.1:{COLLECTOR_METRICS_PORT}",
}


def collector_file(settings: PlatformSettings, endpoints: LocalEndpoints) -> dict[str, Any]:
    """The collector's configuration file."""
    # What is tried on a laptop stays there.
    here = settings.model_copy(update={"destinations": ()})
    document = gateway_config(here, endpoints).document()
    document["receivers"]["prometheus"] = _scrapes(settings)
    document["service"]["pipelines"]["metrics"]["receivers"].append("prometheus")
    return document


def _scrapes(settings: PlatformSettings) -> dict[str, Any]:
    back_ends = {backend.name: f"{backend.name}:{backend.port}" for backend in backends_of(settings.retention)}
    return {
        "config": {
            "scrape_configs": [
                {
                    "job_name": job,
                    "scrape_interval": f"{settings.workload.scrape_interval_seconds:g}s",
                    "static_configs": [{"targets": [target]}],
                }
                for job, target in (back_ends | BESIDE_BACK_ENDS).items()
            ]
        }
    }
