"""The collector's two releases: image, ports, permissions, placement, host paths."""

from collections.abc import Callable
from typing import Any

import pytest

from settings.models.platform import PlatformSettings
from telemetry.charts.lock import COLLECTOR_VERSION

Build = Callable[[PlatformSettings], dict[str, dict[str, Any]]]
Make = Callable[..., PlatformSettings]
BOTH = ("collector-agent", "collector-gateway")


@pytest.mark.parametrize("release", BOTH)
def test_the_image_is_contrib_pinned_to_the_locked_version(
    settings: PlatformSettings, build: Build, release: str
) -> None:
    values = build(settings)[release]
    assert values["image"]["repository"].endswith("/opentelemetry-collector-contrib")
    assert values["image"]["tag"] == COLLECTOR_VERSION
    assert values["command"] == {"name": "otelcol-contrib"}


@pytest.mark.parametrize("release", BOTH)
def test_only_otlp_and_metrics_ports_open_and_none_on_the_node(
    settings: PlatformSettings, build: Build, release: str
) -> None:
    ports = build(settings)[release]["ports"]
    assert {name for name, port in ports.items() if port["enabled"]} == {"otlp", "otlp-http", "metrics"}
    assert ports["otlp"]["hostPort"] == ports["otlp-http"]["hostPort"] == 0


def test_the_configuration_is_not_merged_with_the_charts_defaults(settings: PlatformSettings, build: Build) -> None:
    for release in BOTH:
        values = build(settings)[release]
        assert "config" not in values
        ours = {"otlp", "file_log", "hostmetrics", "kubeletstats", "prometheus", "k8s_cluster"}
        assert set(values["alternateConfig"]["receivers"]) <= ours


def test_helms_template_engine_finds_nothing_to_expand(settings: PlatformSettings, build: Build) -> None:
    for release in BOTH:
        assert "{{" not in str(build(settings)[release]["alternateConfig"])


def test_two_stacks_in_one_cluster_have_cluster_roles_of_their_own(make_settings: Make, build: Build) -> None:
    roles = [build(make_settings(stack))["collector-agent"]["clusterRole"] for stack in ("dev", "staging")]
    assert [role["name"] for role in roles] == ["monitoring-dev-collector-agent", "monitoring-collector-agent"]
    assert all(role["clusterRoleBinding"]["name"] == role["name"] for role in roles)


def test_the_gateway_has_no_cluster_role_and_no_api_token(settings: PlatformSettings, build: Build) -> None:
    values = build(settings)["collector-gateway"]
    assert values["clusterRole"] == {"create": False}
    assert values["serviceAccount"]["automountServiceAccountToken"] is False


def test_the_agent_may_only_read(settings: PlatformSettings, build: Build) -> None:
    rules = build(settings)["collector-agent"]["clusterRole"]["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} <= {"get", "list", "watch"}
    assert not any("secrets" in rule["resources"] or "*" in rule["resources"] for rule in rules)
    assert not any("nodes/proxy" in rule["resources"] for rule in rules)


def test_the_agent_may_hold_one_lease_in_its_own_namespace(settings: PlatformSettings, build: Build) -> None:
    values = build(settings)["collector-agent"]
    role, binding = values["extraManifests"]
    elector = values["alternateConfig"]["extensions"]["k8s_leader_elector"]
    for manifest in (role, binding):
        assert manifest["metadata"]["namespace"] == elector["lease_namespace"] == f"{settings.namespace}-agent"
    assert [rule["resources"] for rule in role["rules"]] == [["leases"], ["leases"]]
    assert [rule.get("resourceNames") for rule in role["rules"]] == [None, [elector["lease_name"]]]
    assert role["rules"][0]["verbs"] == ["create"]
    assert binding["subjects"][0]["name"] == values["serviceAccount"]["name"]


def test_the_gateway_passes_pod_security_restricted(settings: PlatformSettings, build: Build) -> None:
    values = build(settings)["collector-gateway"]
    assert values["podSecurityContext"]["runAsNonRoot"] is True
    assert values["podSecurityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert values["securityContext"]["allowPrivilegeEscalation"] is False
    assert values["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert all(set(volume) in ({"name", "emptyDir"}, {"name", "secret"}) for volume in values["extraVolumes"])


def test_the_gateways_queues_have_room_outside_its_read_only_root(settings: PlatformSettings, build: Build) -> None:
    values = build(settings)["collector-gateway"]
    volume, mount = values["extraVolumes"][0], values["extraVolumeMounts"][0]
    assert (volume["name"], mount["mountPath"]) == (mount["name"], "/var/lib/otelcol")
    queues = [e["sending_queue"]["queue_size"] for e in values["alternateConfig"]["exporters"].values()]
    assert len(queues) == 3
    assert volume["emptyDir"]["sizeLimit"] == "1024Mi"
    assert sum(queues) < 1024 * 1024**2


def test_the_key_of_hashes_comes_from_a_secret_of_the_stack_or_one_that_it_names(
    make_settings: Make, build: Build
) -> None:
    for redaction, name in (({"hash_key_secret": "own"}, "own"), ({}, "redaction-hash-key")):
        keyed = build(make_settings("prod", redaction=redaction))["collector-gateway"]
        (variable,) = keyed["extraEnvs"]
        assert variable["valueFrom"] == {"secretKeyRef": {"name": name, "key": "hash-key"}}
        assert f"${{env:{variable['name']}}}" in str(keyed["alternateConfig"]["processors"]["transform/redaction"])
    for redaction in ({"unkeyed_hashes": True}, {"hashed_attributes": []}):
        assert "extraEnvs" not in build(make_settings("prod", redaction=redaction))["collector-gateway"]


def test_the_agent_writes_to_one_host_path_only_and_keeps_no_capability(
    settings: PlatformSettings, build: Build
) -> None:
    values = build(settings)["collector-agent"]
    writable = [m["mountPath"] for m in values["extraVolumeMounts"] if not m.get("readOnly")]
    paths = {v["name"]: v["hostPath"]["path"] for v in values["extraVolumes"] if "hostPath" in v}
    assert writable == ["/var/lib/otelcol"]
    assert paths == {
        "pod-logs": "/var/log/pods",
        "host-proc": "/proc",
        "host-sys": "/sys",
        "state": f"/var/lib/otelcol/{settings.namespace}",
    }
    root = values["alternateConfig"]["receivers"]["hostmetrics"]["root_path"]
    mounted = {m["name"]: m["mountPath"] for m in values["extraVolumeMounts"]}
    assert (mounted["host-proc"], mounted["host-sys"]) == (f"{root}/proc", f"{root}/sys")
    assert values["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert values["securityContext"]["readOnlyRootFilesystem"] is True


def test_several_gateways_are_spread_and_drained_one_by_one(make_settings: Make, build: Build) -> None:
    one, two = (build(make_settings(stack))["collector-gateway"] for stack in ("dev", "staging"))
    assert two["podDisruptionBudget"] == {"enabled": True, "maxUnavailable": 1}
    assert two["topologySpreadConstraints"][0]["topologyKey"] == "kubernetes.io/hostname"
    assert "podDisruptionBudget" not in one
    assert one["mode"] == two["mode"] == "statefulset"


def test_services_reach_the_nearest_agent(make_settings: Make, on_premises: PlatformSettings, build: Build) -> None:
    own = build(make_settings("prod"))["collector-agent"]["service"]
    assert own == {
        "enabled": True,
        "internalTrafficPolicy": "Cluster",
        "trafficDistribution": "PreferSameNode",
    }
    assert build(on_premises)["collector-agent"]["service"]["trafficDistribution"] == "PreferClose"


@pytest.mark.parametrize(
    ("stack", "cluster"),
    [("dev", "acme-monitoring-staging-cluster"), ("prod", "acme-monitoring-prod-cluster")],
)
def test_what_the_metadata_service_would_tell_comes_from_the_environment(
    make_settings: Make, build: Build, stack: str, cluster: str
) -> None:
    variable, name = build(make_settings(stack))["collector-agent"]["extraEnvs"]
    attributes = dict(pair.split("=") for pair in variable["value"].split(","))
    assert variable["name"] == "OTEL_RESOURCE_ATTRIBUTES"
    assert attributes["k8s.cluster.name"] == name["value"] == cluster
    assert name["name"] == "LGTM_CLUSTER_NAME"
    assert attributes["k8s.node.name"] == "$(OTEL_K8S_NODE_NAME)"
    assert attributes["cloud.region"] == "us-west-2"
    assert attributes["deployment.environment.name"] == stack


def test_off_aws_nothing_claims_to_be_aws_and_odd_context_names_survive(make_settings: Make, build: Build) -> None:
    store = {"endpoint": "http://s3.storage.svc", "credentials_secret": "object-store"}
    cluster = {"mode": "existing", "context": "a,b=c", "object_store": store}
    variable, name = build(make_settings("dev", cluster=cluster))["collector-agent"]["extraEnvs"]
    assert "cloud." not in variable["value"]
    assert "k8s.cluster.name=a%2Cb%3Dc," in variable["value"]
    assert name["value"] == "a,b=c"


def pod_settings(release: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    """Every section of a release's values that makes pods."""
    match release:
        case "loki":
            return [
                values["singleBinary"],
                *(values[c] for c in ("chunksCache", "resultsCache") if values[c]["enabled"]),
            ]
        case "mimir":
            return [part for part in values.values() if isinstance(part, dict) and "replicas" in part]
        case _:
            return [values]


def test_every_pod_of_a_tenant_stack_stays_on_its_own_nodes(make_settings: Make, build: Build) -> None:
    toleration = {"key": "lgtm.dev/dedicated", "operator": "Equal", "value": "dev", "effect": "NoSchedule"}
    for release, values in build(make_settings("dev")).items():
        for pods in pod_settings(release, values):
            assert pods["nodeSelector"] == {"lgtm.dev/stack": "dev"}, release
            assert pods["tolerations"] == [toleration], release


def test_owners_are_selected_but_tolerate_nothing_and_foreign_clusters_have_no_labels(
    make_settings: Make, on_premises: PlatformSettings, build: Build
) -> None:
    for settings, selector in ((make_settings("prod"), {"lgtm.dev/stack": "prod"}), (on_premises, {})):
        for release, values in build(settings).items():
            for pods in pod_settings(release, values):
                assert (pods["nodeSelector"], pods["tolerations"]) == (selector, []), release
