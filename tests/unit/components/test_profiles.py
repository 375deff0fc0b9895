"""A fourth back end: Pyroscope, where a stack keeps profiles, and nothing of it where it doesn't."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.namespace import PlatformNamespace
from planning.backends import LOKI, MIMIR, PYROSCOPE, TEMPO, backends_of
from planning.buckets import BucketPurpose
from planning.capacity.estimate import estimate
from planning.retention import Signal
from planning.tiers.inputs import LifecycleLimits
from settings.document.messages import SettingsError
from settings.document.policy_config import policy_config
from settings.models.platform import PlatformSettings
from settings.rules.whole_document import broken_rules
from telemetry.alerting.rules.files import mimir_rule_files
from telemetry.charts.collector import agent_values, gateway_values
from telemetry.collector.agent import agent_config
from telemetry.collector.gateway import gateway_config
from telemetry.collector.scrapes import scrapes
from telemetry.cost.planned import planned_cost
from telemetry.grafana.dashboards.build import dashboard_json
from telemetry.grafana.dashboards.catalogue import dashboards
from telemetry.grafana.datasources import datasources
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.kubernetes.network_policies import platform_policies
from telemetry.kubernetes.placement import placement_for
from telemetry.kubernetes.quotas import platform_quota
from telemetry.kubernetes.tls import certificates
from telemetry.local.files import local_files
from tests.unit.components.test_kubernetes_graph import compose as compose_kubernetes
from tests.unit.components.test_kubernetes_graph import releases
from tests.unit.telemetry.stores import S3

Make = Callable[..., PlatformSettings]
ON = {"profiles": {"enabled": True}}


@pytest.fixture(params=["dev", "staging", "prod"])
def both(request: pytest.FixtureRequest, make_settings: Make) -> tuple[PlatformSettings, PlatformSettings]:
    """A stack without profiles, and with them."""
    return make_settings(request.param), make_settings(request.param, **ON)


@pytest.fixture
def profiled(make_settings: Make) -> PlatformSettings:
    return make_settings("prod", **ON)


def test_off_by_default(both: tuple[PlatformSettings, PlatformSettings]) -> None:
    off, on = both
    assert backends_of(off.retention) == (LOKI, TEMPO, MIMIR)
    assert backends_of(on.retention) == (LOKI, TEMPO, MIMIR, PYROSCOPE)
    for text in (
        off.model_dump_json(exclude_none=True, exclude={"profiles"}),
        json.dumps(policy_config(off, None)),
        json.dumps(gateway_config(off).document()),
        json.dumps(agent_config(off).document()),
        json.dumps([policy.spec for policy in platform_policies(off, S3, "agents")]),
        json.dumps(mimir_rule_files(off, None)),
        json.dumps(dict(local_files(off))["compose.yaml"]),
    ):
        assert "pyroscope" not in text.lower()
        assert "profiles" not in text


def test_dashboards_stay_as_they_are(both: tuple[PlatformSettings, PlatformSettings]) -> None:
    off, on = ([dashboard_json(one) for one in dashboards(settings)] for settings in both)
    assert off == on


def test_a_release_its_values_and_addresses(profiled: PlatformSettings) -> None:
    graph = compose_kubernetes(profiled)
    release = releases(graph)["pyroscope"]
    assert (release.inputs["chart"], release.inputs["version"]) == ("pyroscope", "2.2.1")
    values = release.inputs["values"]
    assert values["alloy"] == {"enabled": False}
    own = values["pyroscope"]
    assert own["persistence"] == {"enabled": True, "size": "5Gi", "storageClassName": "gp3"}
    assert own["service"] == {"scheme": "HTTPS"}
    config = own["structuredConfig"]
    assert config["limits"]["retention_period"] == "168h"
    assert config["storage"]["s3"]["bucket_name"] == S3.buckets[BucketPurpose.PROFILES]
    assert config["server"]["http_tls_config"]["cert_file"] == "/etc/lgtm/tls/tls.crt"
    assert graph.one("lgtm:components:Pyroscope").name == "pyroscope"
    host = "https://pyroscope.monitoring.svc.cluster.local:4040"
    assert graph.result.outputs.exports()["endpoints"]["profiles"] == {
        "push": f"{host}/ingest",
        "query": f"{host}/pyroscope/render",
    }
    assert isinstance(graph.result.namespace, PlatformNamespace)
    policies = {
        resource.inputs["metadata"]["name"] for resource in graph.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    }
    assert {"pyroscope-within", "pyroscope-clients", "pyroscope-object-storage", "pyroscope-scrapes"} <= policies


def test_a_role_annotates_the_charts_own_service_account(make_settings: Make) -> None:
    graph = compose_kubernetes(make_settings("prod", **ON), annotations={"eks.amazonaws.com/role-arn": "arn"})
    account = releases(graph)["pyroscope"].inputs["values"]["pyroscope"]["serviceAccount"]
    assert account == {"create": True, "name": "pyroscope", "annotations": {"eks.amazonaws.com/role-arn": "arn"}}


def test_grafana_reads_the_gateway_writes_and_nobody_else(profiled: PlatformSettings) -> None:
    (clients,) = [one.spec for one in platform_policies(profiled, S3, "agents") if one.name == "pyroscope-clients"]
    (rule,) = clients["ingress"]
    peers = [peer["podSelector"]["matchLabels"]["app.kubernetes.io/instance"] for peer in rule["from"]]
    assert peers == ["grafana", "collector-gateway"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 4040}]


def test_certificate_scrape_and_quota(profiled: PlatformSettings, make_settings: Make) -> None:
    (certificate,) = [one for one in certificates(profiled) if one.name == "pyroscope"]
    assert "pyroscope.monitoring.svc" in certificate.dns_names
    (scrape,) = [one for one in scrapes(profiled) if one.job == "pyroscope"]
    assert (scrape.port, scrape.inventory) == (4040, "pyroscope")
    assert scrape.server_name == "pyroscope.monitoring.svc.cluster.local"
    with_it, without = platform_quota(profiled), platform_quota(make_settings("prod"))
    assert with_it.memory_request_mib - without.memory_request_mib == 512 * 125 // 100
    assert with_it.volume_claims > without.volume_claims


def test_its_bucket_expires_after_its_own_deletion(profiled: PlatformSettings) -> None:
    plan = profiled.tier_plans[BucketPurpose.PROFILES]
    (expiry,) = [rule for rule in plan.rules if rule.expiration_days]
    assert (expiry.prefix, expiry.expiration_days) == ("blocks/", 14)
    assert BucketPurpose.PROFILES in estimate(profiled.capacity_inputs, profiled.s3_prices, LifecycleLimits()).uses


def test_an_aws_stack_gets_bucket_and_role(compose: Any, profiled: PlatformSettings) -> None:
    graph = compose(profiled)
    bucket = graph.one("s3/bucket:Bucket", "storage-profiles")
    assert bucket.inputs["tags"]["purpose"] == "profiles"
    assert "pyroscope" in graph.result[2]
    assert graph.one("iam/role:Role", "pyroscope").inputs["name"] == "acme-monitoring-prod-pyroscope"


def test_policy_limits_follow(profiled: PlatformSettings) -> None:
    config = policy_config(profiled, None)
    assert config["applications-retain"]["profiles_days"] == 7
    assert config["buckets-expire"]["purposes"]["profiles"] == {
        "prefix": "blocks/",
        "application_days": 7,
        "max_days": 14,
    }
    assert config["transitions-pay"]["life_days"]["profiles"] == 7


def test_the_plan_prices_volume_and_bucket(make_settings: Make) -> None:
    off, on = planned_cost(make_settings("prod"), "prod", None), planned_cost(make_settings("prod", **ON), "prod", None)
    assert off is not None
    assert on is not None
    # A segment for each of four shards every five seconds, at 0.005 USD for a thousand.
    puts = 4 * 86_400 / 5 * (365.25 / 12) / 1000 * 0.005
    # Its cores come on top of a baseline that prod has used up: 0.5 for each MB/s, at 0.04 USD a vCPU-hour.
    credits = 0.5 * 0.2 * 730 * 0.04
    assert puts < on.usd_per_month["total"] - off.usd_per_month["total"] - credits < puts + 3
    assert set(off.fixed_share) == set(Signal) - {Signal.PROFILES}
    assert sum(on.fixed_share.values()) == pytest.approx(1)
    rules = json.dumps(mimir_rule_files(make_settings("prod", **ON), on))
    assert "pyroscope_segment_writer_segment_size_bytes_sum" in rules


def test_collectors_take_and_forward_otlp_profiles(profiled: PlatformSettings) -> None:
    gateway, agent = gateway_config(profiled), agent_config(profiled)
    assert gateway.pipelines["profiles"].exporters == ("otlp_http/pyroscope",)
    exporter = gateway.exporters["otlp_http/pyroscope"]
    assert exporter["endpoint"] == "https://pyroscope.monitoring.svc.cluster.local:4040"
    assert agent.pipelines["profiles"].processors == (
        "memory_limiter",
        "resource/unclaimed",
        "k8s_attributes",
        "resourcedetection",
    )
    placement = placement_for(profiled, "prod")
    for values in (agent_values(profiled, placement, "prod"), gateway_values(profiled, placement)):
        assert values.to_values()["command"]["extraArgs"] == ["--feature-gates=service.profilesSupport"]


def test_traces_lead_to_profiles(profiled: PlatformSettings) -> None:
    endpoints = Endpoints.of(profiled)
    sources = {one["uid"]: one for one in datasources(endpoints, backends_of(profiled.retention))["datasources"]}
    assert sources["pyroscope"]["type"] == "grafana-pyroscope-datasource"
    assert sources["tempo"]["jsonData"]["tracesToProfiles"]["datasourceUid"] == "pyroscope"
    without = datasources(endpoints, (LOKI, TEMPO, MIMIR))["datasources"]
    assert not [one for one in without if "tracesToProfiles" in one["jsonData"]]


def test_one_machine_has_it_too(profiled: PlatformSettings) -> None:
    files = local_files(profiled)
    assert "grafana/pyroscope:2.2.1" in files["compose.yaml"]
    assert "--feature-gates=service.profilesSupport" in files["compose.yaml"]
    assert "http_listen_port: 4040" in files["config/pyroscope.yaml"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"retention": {"profiles": {"hot_days": 1, "warm_days": 2, "delete_days": 3}}}, "retention.profiles"),
        ({"workload": {"profile_mb_per_second": 1}}, "workload.profile_mb_per_second"),
        ({**ON, "sizes": {"pyroscope": None}}, "sizes.pyroscope"),
    ],
)
def test_half_of_it_is_refused(make_settings: Make, changes: dict[str, Any], path: str) -> None:
    with pytest.raises(SettingsError, match=path):
        make_settings("prod", **changes)


def test_rules_are_about_this_document(profiled: PlatformSettings) -> None:
    assert broken_rules(profiled) == []
    off = profiled.model_copy(update={"profiles": profiled.profiles.model_copy(update={"enabled": False})})
    assert {".".join(map(str, one.path)) for one in broken_rules(off)} == {
        "retention.profiles",
        "workload.profile_mb_per_second",
        "ingestion.profiles_mb_per_second",
        "ingestion.profiles_burst_mb",
        "sizes.pyroscope",
    }
