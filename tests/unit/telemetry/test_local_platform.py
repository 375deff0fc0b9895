"""The platform on one machine: the numbers of the charts' values, nothing reachable from outside, no defaults."""

from typing import Any

import pytest
import yaml

from planning.backends import LOKI, MIMIR, TEMPO
from planning.buckets import BucketPurpose
from settings.models.platform import PlatformSettings
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.local.addresses import LocalEndpoints, local_storage
from telemetry.local.files import local_files
from tests.stacks import settings_of

# The published ports that clients use.
PROMISED_PORTS = {"collector": {4317, 4318}, "loki": {3100}, "tempo": {3200}, "mimir": {8080}, "grafana": {3000}}


@pytest.fixture(scope="module")
def settings() -> PlatformSettings:
    return settings_of("dev")


@pytest.fixture(scope="module")
def documents(settings: PlatformSettings) -> dict[str, Any]:
    return {path: yaml.safe_load(text) for path, text in local_files(settings).items() if path.endswith(".yaml")}


@pytest.fixture(scope="module")
def services(documents: dict[str, Any]) -> dict[str, Any]:
    return documents["compose.yaml"]["services"]


def test_the_promised_ports_and_no_others_on_loopback_only(services: dict[str, Any]) -> None:
    published: dict[str, set[int]] = {}
    for name, service in services.items():
        for port in service.get("ports", []):
            address, outside, inside = port.split(":")
            assert address == "127.0.0.1"
            assert outside == inside
            published.setdefault(name, set()).add(int(outside))
    assert published == PROMISED_PORTS


def test_every_container_is_confined(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert ":latest" not in service["image"], name
        assert ":" in service["image"], name
    keeping_root = {name for name, service in services.items() if service.get("cap_add")}
    assert keeping_root == {"seaweedfs", "prepare"}


def test_every_mounted_file_is_rendered_or_generated(settings: PlatformSettings, services: dict[str, Any]) -> None:
    rendered = set(local_files(settings))
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if not source.startswith("./config/"):
                continue
            path = source.removeprefix("./")
            assert path in rendered or any(file.startswith(f"{path}/") for file in rendered), f"{name}: {volume}"


def test_no_file_holds_a_credential(settings: PlatformSettings) -> None:
    for path, text in local_files(settings).items():
        for word in ("accessKey", "secretKey", "SECRET_ACCESS_KEY=", "adminPassword", "admin_password"):
            assert word not in text, path


def test_retention_and_limits_are_the_stacks_own(settings: PlatformSettings, documents: dict[str, Any]) -> None:
    days = settings.retention
    assert documents["config/loki.yaml"]["limits_config"]["retention_period"] == f"{days.logs.delete_days * 24}h"
    compaction = documents["config/tempo.yaml"]["compactor"]["compaction"]
    assert compaction["block_retention"] == f"{days.traces.delete_days * 24}h"
    limits = documents["config/mimir.yaml"]["limits"]
    assert limits["compactor_blocks_retention_period"] == f"{days.metrics.delete_days}d"
    assert limits["max_global_series_per_user"] == settings.ingestion.max_series


def test_every_bucket_that_a_back_end_names_is_made(
    settings: PlatformSettings, documents: dict[str, Any], services: dict[str, Any]
) -> None:
    script = services["prepare"]["entrypoint"][-1]
    made = {word.strip("'") for word in script.split() if word.startswith("acme-monitoring-local-")}
    assert made == set(local_storage(settings).buckets.values())
    mimir, loki = documents["config/mimir.yaml"], documents["config/loki.yaml"]
    named = {
        loki["common"]["storage"]["s3"]["bucketnames"],
        documents["config/tempo.yaml"]["storage"]["trace"]["s3"]["bucket"],
        mimir["blocks_storage"]["s3"]["bucket_name"],
    }
    assert named <= made
    assert BucketPurpose.AUDIT_ARCHIVE not in local_storage(settings).buckets


def test_addresses_are_the_compose_services(services: dict[str, Any]) -> None:
    endpoints = LocalEndpoints(namespace="monitoring")
    assert endpoints.url(LOKI) == "http://loki:3100"
    assert endpoints.otlp_grpc_of(TEMPO) == "tempo:4317"
    aliases = services["mimir"]["networks"]["lgtm"]["aliases"]
    assert endpoints.url(MIMIR) == f"http://{aliases[0]}:8080"


def test_the_collector_samples_and_redacts_as_the_gateway_does(
    settings: PlatformSettings, documents: dict[str, Any]
) -> None:
    from telemetry.collector.gateway import gateway_config

    gateway = gateway_config(settings, Endpoints.of(settings)).document()
    local = documents["config/collector.yaml"]
    assert local["processors"] == gateway["processors"]
    pipelines = local["service"]["pipelines"]
    assert pipelines["metrics"]["receivers"] == ["otlp", "prometheus"]
    assert {name: p.get("processors") for name, p in pipelines.items()} == {
        name: p.get("processors") for name, p in gateway["service"]["pipelines"].items()
    }


def test_the_file_says_the_same_thing_twice_in_full(settings: PlatformSettings) -> None:
    for path, text in local_files(settings).items():
        assert "&id0" not in text, path
