"""The ways of rules and alerts between pods: mounts, addresses, and the network policies that open them."""

from collections.abc import Callable
from typing import Any

import pytest

from settings.models.platform import PlatformSettings
from telemetry.alerting.rules.mounts import ALERTMANAGER, LOKI_RULES, MIMIR_RULES
from telemetry.kubernetes.network_policies import platform_policies
from tests.unit.telemetry.stores import S3
from tests.unit.telemetry.test_alertmanager import EVERYTHING

Make = Callable[..., PlatformSettings]
Build = Callable[[PlatformSettings], dict[str, dict[str, Any]]]


def policies(settings: PlatformSettings) -> dict[str, dict[str, Any]]:
    return {policy.name: policy.spec for policy in platform_policies(settings, S3, f"{settings.namespace}-agent")}


def test_files_are_mounted_as_folders_that_follow_changes() -> None:
    for mount in (MIMIR_RULES, LOKI_RULES, ALERTMANAGER):
        (one,) = mount.mounts()
        assert "subPath" not in one
        assert one["readOnly"] is True
        assert one["mountPath"].startswith(mount.directory)
        assert one["name"] == mount.volumes()[0]["name"]


def test_tenants_are_those_of_single_tenant_installations() -> None:
    assert MIMIR_RULES.mounts()[0]["mountPath"] == "/etc/lgtm/rules/anonymous"
    assert LOKI_RULES.mounts()[0]["mountPath"] == "/etc/lgtm/rules/fake"


@pytest.mark.parametrize("mode", ["plain", "cert_manager"])
def test_lokis_ruler_reaches_alertmanager_and_mimir(make_settings: Make, build: Build, mode: str) -> None:
    ruler = build(make_settings("prod", tls={"mode": mode}))["loki"]["loki"]["rulerConfig"]
    gateway = "mimir-gateway.monitoring.svc.cluster.local"
    base = f"https://{gateway}:8443" if mode == "cert_manager" else f"http://{gateway}:8080"
    assert ruler["storage"] == {"type": "local", "local": {"directory": "/etc/lgtm/rules"}}
    assert ruler["alertmanager_url"] == f"{base}/alertmanager"
    client = ruler["remote_write"]["clients"]["mimir"]
    assert client["url"] == f"{base}/api/v1/push"
    if mode == "cert_manager":
        assert ruler["alertmanager_client"] == {"tls_ca_path": "/etc/lgtm/tls/ca.crt"}
        own = {f"{part}_file": f"/etc/lgtm/tls-client/tls.{end}" for part, end in (("cert", "crt"), ("key", "key"))}
        assert client["tls_config"] == {"ca_file": "/etc/lgtm/tls/ca.crt", **own}
    else:
        assert "alertmanager_client" not in ruler
        assert "tls_config" not in client


@pytest.mark.parametrize(
    ("hostname", "address"),
    [("grafana.acme.example", "https://grafana.acme.example"), (None, "http://localhost:3000")],
)
def test_an_alert_of_lokis_leads_to_its_query_in_grafana(
    make_settings: Make, build: Build, hostname: str | None, address: str
) -> None:
    """Loki adds /explore and the data source's uid to the address; without one the link is relative."""
    values = build(make_settings("prod", grafana={"hostname": hostname}))
    ruler = values["loki"]["loki"]["rulerConfig"]
    assert ruler["external_url"] == address
    sources = values["grafana"]["datasources"]["datasources.yaml"]["datasources"]
    assert ruler["datasource_uid"] in {one["uid"] for one in sources if one["type"] == "loki"}


@pytest.mark.parametrize(
    ("hostname", "address"),
    [("grafana.acme.example", "https://grafana.acme.example"), (None, "http://localhost:3000")],
)
def test_an_alert_of_mimirs_names_grafana(
    make_settings: Make, build: Build, hostname: str | None, address: str
) -> None:
    values = build(make_settings("prod", grafana={"hostname": hostname}))
    assert values["mimir"]["mimir"]["structuredConfig"]["ruler"]["external_url"] == address


def test_one_of_three_replicas_evaluates_a_group(make_settings: Make, build: Build) -> None:
    ruler = build(make_settings("prod"))["loki"]["loki"]["rulerConfig"]
    assert ruler["enable_sharding"] is True
    assert ruler["ring"] == {"kvstore": {"store": "memberlist"}}


def test_lokis_way_to_mimir_is_open(settings: PlatformSettings) -> None:
    found = policies(settings)
    port = {"protocol": "TCP", "port": 8443 if settings.encrypted else 8080}
    (egress,) = found["loki-ruler"]["egress"]
    assert egress["ports"] == [port]
    (ingress,) = found["mimir-clients"]["ingress"]
    assert ingress["ports"] == [port]
    senders = [peer["podSelector"]["matchLabels"]["app.kubernetes.io/instance"] for peer in ingress["from"]]
    assert "loki" in senders


def test_alertmanager_goes_out_only_where_there_are_receivers(make_settings: Make) -> None:
    assert "alertmanager-receivers" not in policies(make_settings("prod"))
    spec = policies(make_settings("prod", alerting=EVERYTHING))["alertmanager-receivers"]
    assert spec["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "alertmanager"
    (rule,) = spec["egress"]
    assert [port["port"] for port in rule["ports"]] == [443, 587]


def test_nothing_of_it_needs_more_memory(settings: PlatformSettings, build: Build) -> None:
    values, sizes = build(settings)["mimir"], settings.sizes.mimir
    for name, size in (("ruler", sizes.ruler), ("alertmanager", sizes.alertmanager)):
        assert values[name]["resources"]["limits"] == {"memory": f"{size.memory_limit_mib}Mi"}
        assert "extraContainers" not in values[name]
