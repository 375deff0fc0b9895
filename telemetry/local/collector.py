"""The local collector: the sampling gateway's configuration, and scrapes of the containers beside it."""

from typing import Any

from settings.models.platform import PlatformSettings
from telemetry.collector.gateway import gateway_config
from telemetry.kubernetes.endpoints import (
    COLLECTOR_METRICS_PORT,
    GRAFANA_PORT,
    LOKI_HTTP_PORT,
    MIMIR_GATEWAY_PORT,
    TEMPO_HTTP_PORT,
)
from telemetry.local.addresses import LocalEndpoints

SCRAPED = {
    "loki": f"loki:{LOKI_HTTP_PORT}",
    "tempo": f"tempo:{TEMPO_HTTP_PORT}",
    "mimir": f"mimir:{MIMIR_GATEWAY_PORT}",
    "grafana": f"grafana:{GRAFANA_PORT}",
    "collector-gateway": f"127.0.0.1:{COLLECTOR_METRICS_PORT}",
}


def collector_file(settings: PlatformSettings, endpoints: LocalEndpoints) -> dict[str, Any]:
    """The collector's configuration file."""
    document = gateway_config(settings, endpoints).document()
    document["receivers"]["prometheus"] = _scrapes(settings.workload.scrape_interval_seconds)
    document["service"]["pipelines"]["metrics"]["receivers"].append("prometheus")
    return document


def _scrapes(interval_seconds: float) -> dict[str, Any]:
    return {
        "config": {
            "scrape_configs": [
                {
                    "job_name": job,
                    "scrape_interval": f"{interval_seconds:g}s",
                    "static_configs": [{"targets": [target]}],
                }
                for job, target in SCRAPED.items()
            ]
        }
    }
