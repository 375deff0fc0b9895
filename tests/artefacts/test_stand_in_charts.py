"""The stand-in charts turn the real charts' values into the real shapes and refuse what the real charts refuse."""

from __future__ import annotations

import pytest
import yaml

from telemetry.charts.lock import CHARTS, ChartName
from tests.artefacts.helm_driver import (
    COLLECTOR,
    LEAST,
    LOKI,
    NO_KAFKA,
    SMALL,
    STAND_INS,
    Json,
    container,
    helm,
    merged,
    names,
    one,
    pod,
    ports,
    render,
)


@pytest.mark.parametrize("chart", ChartName)
def test_chart_has_the_locked_version_and_says_what_it_is(chart: ChartName) -> None:
    metadata = yaml.safe_load((STAND_INS / chart / "Chart.yaml").read_text())
    assert metadata["name"] == chart
    assert metadata["version"] == CHARTS[chart].version
    assert metadata["appVersion"] == CHARTS[chart].app_version
    assert metadata["description"].startswith("Stand-in for tests")


@pytest.mark.parametrize("chart", ChartName)
def test_services_and_budgets_select_pods_of_the_release(chart: ChartName) -> None:
    documents = render(chart, LEAST[chart])
    pods = [d["spec"]["template"]["metadata"]["labels"] for d in documents if "template" in d.get("spec", {})]
    assert pods
    for document in documents:
        selector = document.get("spec", {}).get("selector", {})
        wanted = selector if document["kind"] == "Service" else selector.get("matchLabels")
        assert not wanted or any(wanted.items() <= labels.items() for labels in pods), document["metadata"]["name"]


def test_loki_is_one_stateful_set_with_its_services() -> None:
    documents = render(ChartName.LOKI, LOKI)
    loki = one(documents, "StatefulSet", "loki")
    assert container(loki, "loki")["resources"] == SMALL
    assert pod(loki)["securityContext"]["runAsNonRoot"] is True
    claim = loki["spec"]["volumeClaimTemplates"][0]
    assert claim["spec"]["resources"]["requests"]["storage"] == "7Gi"
    assert claim["spec"]["storageClassName"] == "gp3"
    assert ports(one(documents, "Service", "loki")) == {"http-metrics": 3100, "grpc": 9095, "grpclb": 9096}
    assert one(documents, "Service", "loki-memberlist")["spec"]["clusterIP"] == "None"
    assert names(documents, "Deployment") == set()


def test_loki_configuration_takes_values_and_structured_config_last() -> None:
    text = one(render(ChartName.LOKI, LOKI), "ConfigMap", "loki")["data"]["config.yaml"]
    config = yaml.safe_load(text)
    assert config["auth_enabled"] is True
    s3 = {"bucketnames": "chunks", "region": "us-west-2", "insecure": False, "s3forcepathstyle": False}
    assert config["common"]["storage"]["s3"] == s3
    assert config["limits_config"]["query_timeout"] == "7m"
    assert config["limits_config"]["reject_old_samples"] is True


@pytest.mark.parametrize(
    ("cache", "memory"),
    [
        ({}, "9830Mi"),
        ({"allocatedMemory": 256}, "307Mi"),
        ({"allocatedMemory": 256, "resources": {"requests": {"memory": "400Mi"}}}, "400Mi"),
    ],
)
def test_loki_cache_requests_a_fifth_more_than_it_holds(cache: Json, memory: str) -> None:
    documents = render(ChartName.LOKI, merged(LOKI, {"chunksCache": cache}))
    memcached = container(one(documents, "StatefulSet", "loki-chunks-cache"), "memcached")
    assert memcached["resources"]["requests"]["memory"] == memory


def test_loki_parts_come_and_go_with_their_switches() -> None:
    off: Json = {"enabled": False}
    switched = {"chunksCache": off, "resultsCache": off, "lokiCanary": off, "test": off, "gateway": {"enabled": True}}
    documents = render(ChartName.LOKI, merged(LOKI, {**switched, "sidecar": {"rules": off}}))
    assert names(documents, "StatefulSet") == {"loki"}
    assert names(documents, "DaemonSet") == set()
    assert ports(one(documents, "Service", "loki-gateway")) == {"http": 80}
    assert names(render(ChartName.LOKI, LOKI), "DaemonSet") == {"loki-canary"}


def test_budget_is_only_made_for_several_replicas_of_loki() -> None:
    assert names(render(ChartName.LOKI, LOKI), "PodDisruptionBudget") == set()
    several = merged(LOKI, {"singleBinary": {"replicas": 3}})
    assert names(render(ChartName.LOKI, several), "PodDisruptionBudget") == {"loki-single-binary"}


def test_tempo_has_its_ports_and_keeps_its_log_only_with_persistence() -> None:
    documents = render(ChartName.TEMPO, {})
    tempo = one(documents, "StatefulSet", "tempo")
    assert "-mem-ballast-size-mbs=1024" in container(tempo)["args"]
    assert "volumeClaimTemplates" not in tempo["spec"]
    opened = ports(one(documents, "Service", "tempo"))
    assert {"tempo-prom-metrics": 3200, "grpc-tempo-otlp": 4317, "tempo-otlp-http": 4318}.items() <= opened.items()
    kept = render(ChartName.TEMPO, {"persistence": {"enabled": True, "size": "9Gi"}, "tempo": {"retention": "168h"}})
    claim = one(kept, "StatefulSet", "tempo")["spec"]["volumeClaimTemplates"][0]
    assert claim["spec"]["resources"]["requests"]["storage"] == "9Gi"
    config = yaml.safe_load(one(kept, "ConfigMap", "tempo")["data"]["tempo.yaml"])
    assert config["compactor"]["compaction"]["block_retention"] == "168h"


@pytest.mark.parametrize(
    ("release", "gateway"),
    [("mimir", "mimir-gateway"), ("prod-mimir", "prod-mimir-gateway"), ("metrics", "metrics-mimir-gateway")],
)
def test_mimir_names_follow_the_release(release: str, gateway: str) -> None:
    service = one(render(ChartName.MIMIR, NO_KAFKA, release), "Service", gateway)
    assert ports(service) == {"http-metrics": 80, "legacy-http-metrics": 8080}


def test_mimir_classic_has_every_component_once_and_no_kafka() -> None:
    documents = render(ChartName.MIMIR, NO_KAFKA)
    stateless = (
        "distributor",
        "querier",
        "query-frontend",
        "query-scheduler",
        "ruler",
        "overrides-exporter",
        "gateway",
    )
    assert names(documents, "Deployment") == {f"mimir-{name}" for name in stateless}
    stateful = ("ingester", "store-gateway", "compactor", "alertmanager")
    assert names(documents, "StatefulSet") == {f"mimir-{name}" for name in stateful}
    assert {f"mimir-{name}" for name in stateful} < names(documents, "PodDisruptionBudget")
    assert ports(one(documents, "Service", "mimir-ingester")) == {"http-metrics": 8080, "grpc": 9095}


def test_mimir_by_default_brings_zones_kafka_and_minio() -> None:
    documents = render(ChartName.MIMIR, {})
    zones = {f"mimir-{part}-zone-{zone}" for part in ("ingester", "store-gateway") for zone in "abc"}
    assert names(documents, "StatefulSet") == zones | {"mimir-compactor", "mimir-alertmanager", "mimir-kafka"}
    assert {"mimir-minio", "mimir-rollout-operator"} < names(documents, "Deployment")
    assert container(one(documents, "StatefulSet", "mimir-kafka"))["resources"]["requests"]["memory"] == "1Gi"


@pytest.mark.parametrize("several", [False, True])
def test_mimir_completes_spread_constraints_given_as_map_or_list(several: bool) -> None:
    constraint = {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule"}
    values = {"ingester": {"topologySpreadConstraints": [constraint, constraint] if several else constraint}}
    ingester = one(render(ChartName.MIMIR, merged(NO_KAFKA, values)), "StatefulSet", "mimir-ingester")
    constraints = pod(ingester)["topologySpreadConstraints"]
    assert len(constraints) == (2 if several else 1)
    labels = ingester["spec"]["selector"]["matchLabels"]
    assert all(c["labelSelector"]["matchLabels"] == labels and c["maxSkew"] == 1 for c in constraints)


def test_mimir_component_takes_its_own_values() -> None:
    env = [{"name": "GOMEMLIMIT", "value": "230MiB"}]
    toleration = {"key": "dedicated", "operator": "Exists"}
    values = {"ruler": {"resources": SMALL, "env": env, "tolerations": [toleration], "memBallastSizeBytes": 0}}
    default = one(render(ChartName.MIMIR, NO_KAFKA), "Deployment", "mimir-ruler")
    assert "-mem-ballast-size-bytes=1073741824" in container(default)["args"]
    ruler = one(render(ChartName.MIMIR, merged(NO_KAFKA, values)), "Deployment", "mimir-ruler")
    assert container(ruler)["resources"] == merged({"requests": {"cpu": "100m"}}, SMALL)
    assert container(ruler)["env"] == env
    assert pod(ruler)["tolerations"] == [toleration]
    assert not [argument for argument in container(ruler)["args"] if "ballast" in argument]


def test_grafana_reads_its_login_from_the_existing_secret() -> None:
    admin = {"existingSecret": "login", "userKey": "user", "passwordKey": "pass"}
    documents = render(ChartName.GRAFANA, {"admin": admin})
    env = {v["name"]: v.get("valueFrom") for v in container(one(documents, "Deployment", "grafana"))["env"]}
    assert env["GF_SECURITY_ADMIN_PASSWORD"] == {"secretKeyRef": {"name": "login", "key": "pass"}}
    assert names(documents, "Secret") == set()
    assert names(render(ChartName.GRAFANA, {}), "Secret") == {"grafana"}


def test_grafana_watchers_share_their_resources_and_volumes() -> None:
    sidecar = {"resources": SMALL, "dashboards": {"enabled": True}, "alerts": {"enabled": True}}
    grafana = one(render(ChartName.GRAFANA, {"sidecar": sidecar}), "Deployment", "grafana")
    watchers = ("grafana-sc-dashboard", "grafana-sc-alerts")
    assert [container(grafana, name)["resources"] for name in watchers] == [SMALL, SMALL]
    mounted = {mount["name"] for mount in container(grafana, "grafana")["volumeMounts"]}
    assert {"sc-dashboard-volume", "sc-alerts-volume", "sc-dashboard-provider"} < mounted


def test_grafana_volume_is_chowned_by_root_unless_told_otherwise() -> None:
    values: Json = {"persistence": {"enabled": True, "storageClassName": "gp3"}}
    documents = render(ChartName.GRAFANA, values)
    init = pod(one(documents, "Deployment", "grafana"))["initContainers"][0]
    assert init["securityContext"]["runAsUser"] == 0
    assert one(documents, "PersistentVolumeClaim", "grafana")["spec"]["storageClassName"] == "gp3"
    without = render(ChartName.GRAFANA, {**values, "initChownData": {"enabled": False}})
    assert "initContainers" not in pod(one(without, "Deployment", "grafana"))


def test_grafana_evaluates_templates_in_data_sources() -> None:
    values: Json = {"datasources": {"datasources.yaml": {"datasources": [{"url": "http://{{ .Release.Name }}"}]}}}
    config = one(render(ChartName.GRAFANA, values), "ConfigMap", "grafana")["data"]["datasources.yaml"]
    assert yaml.safe_load(config) == {"datasources": [{"url": "http://grafana"}]}


@pytest.mark.parametrize(
    ("mode", "kind", "name"),
    [
        ("daemonset", "DaemonSet", "collector-gateway-agent"),
        ("deployment", "Deployment", "collector-gateway"),
        ("statefulset", "StatefulSet", "collector-gateway"),
    ],
)
def test_collector_mode_decides_workload_host_ports_and_service(mode: str, kind: str, name: str) -> None:
    values = {**COLLECTOR, "mode": mode, "fullnameOverride": "collector-gateway", "replicaCount": 2}
    documents = render(ChartName.COLLECTOR, values)
    workload = one(documents, kind, name)
    host_ports = {p["name"]: p["hostPort"] for p in container(workload)["ports"] if "hostPort" in p}
    if mode == "daemonset":
        assert host_ports["otlp"] == 4317
        assert names(documents, "Service") == set()
    else:
        assert host_ports == {}
        assert workload["spec"]["replicas"] == 2
        assert ports(one(documents, "Service", "collector-gateway"))["otlp"] == 4317


def test_objects_beside_the_collectors_own_are_made_as_given() -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "lease"}, "rules": []}
    documents = render(ChartName.COLLECTOR, {**COLLECTOR, "extraManifests": [role]})
    assert one(documents, "Role", "lease") == role


def test_collector_agent_service_keeps_traffic_on_the_node_by_default() -> None:
    values = {**COLLECTOR, "mode": "daemonset", "service": {"enabled": True}, "fullnameOverride": "collector"}
    service = one(render(ChartName.COLLECTOR, values), "Service", "collector")
    assert service["spec"]["internalTrafficPolicy"] == "Local"
    cluster = merged(values, {"service": {"internalTrafficPolicy": "Cluster"}})
    assert (
        one(render(ChartName.COLLECTOR, cluster), "Service", "collector")["spec"]["internalTrafficPolicy"] == "Cluster"
    )


@pytest.mark.parametrize(("limit", "expected"), [("256Mi", "204MiB"), ("1Gi", "819MiB"), ("1.5Gi", "1228MiB")])
def test_collector_memory_limit_is_four_fifths_of_the_containers(limit: str, expected: str) -> None:
    documents = render(ChartName.COLLECTOR, {**COLLECTOR, "resources": {"limits": {"memory": limit}}}, "otel")
    env = container(one(documents, "Deployment", "otel-opentelemetry-collector"))["env"]
    assert {"name": "GOMEMLIMIT", "value": expected} in env


def test_collector_alternate_config_replaces_the_charts_own() -> None:
    def config(values: Json) -> Json:
        documents = render(ChartName.COLLECTOR, {**COLLECTOR, **values, "fullnameOverride": "c"})
        loaded: Json = yaml.safe_load(one(documents, "ConfigMap", "c")["data"]["relay"])
        return loaded

    own: Json = {"receivers": {"otlp": {}}}
    assert config({"alternateConfig": own}) == own
    assert {"otlp", "jaeger", "zipkin"} < config({"config": own})["receivers"].keys()


REFUSED: list[tuple[ChartName, Json, str]] = [
    (ChartName.LOKI, {"loki": {"schemaConfig": None}}, "loki.schemaConfig is required"),
    (ChartName.LOKI, {"write": {"replicas": 3}}, "write.replicas above 0"),
    (ChartName.LOKI, {"read": {"replicas": 1}}, "read.replicas above 0"),
    (ChartName.LOKI, {"backend": {"replicas": 1}}, "backend.replicas above 0"),
    (ChartName.LOKI, {"loki": {"storage": {"bucketNames": {"ruler": ""}}}}, "bucketNames.ruler is required"),
    (ChartName.LOKI, {"loki": {"storage": {"bucketNames": {"chunks": ""}}}}, "bucketNames.chunks is required"),
    (ChartName.LOKI, {"minio": {"enabled": True}}, "minio.enabled"),
    (ChartName.LOKI, {"lokiCanary": {"enabled": False}}, "test.enabled needs lokiCanary.enabled"),
    (ChartName.LOKI, {"deploymentMode": "SimpleScalable"}, "Monolithic and Distributed only, not SimpleScalable"),
    (ChartName.LOKI, {"networkPolicy": {"enabled": True}}, "does not simulate networkPolicy.enabled"),
    (ChartName.TEMPO, {"tempoQuery": {"enabled": True}}, "does not simulate tempoQuery.enabled"),
    (ChartName.MIMIR, {"mimir": {"structuredConfig": {"ingest_storage": {"enabled": True}}}}, "kafka.enabled is false"),
    (ChartName.MIMIR, {"ingester": {"zoneAwareReplication": {"enabled": True}}}, "needs rollout_operator.enabled"),
    (ChartName.MIMIR, {"enterprise": {"enabled": True}}, "does not simulate enterprise.enabled"),
    (ChartName.GRAFANA, {"grafana.ini": {"security": {"secret_key": "x"}}}, "a secret in security.secret_key"),
    (ChartName.GRAFANA, {"grafana.ini": {"auth.generic_oauth": {"client_secret": "x"}}}, "auth.generic_oauth.client"),
    (ChartName.GRAFANA, {"imageRenderer": {"enabled": True}}, "does not simulate imageRenderer.enabled"),
    (ChartName.COLLECTOR, {"mode": ""}, "mode must be set"),
    (ChartName.COLLECTOR, {"image": {"repository": ""}}, "image.repository must be set"),
    (ChartName.COLLECTOR, {"replicas": 2}, "knows no value replicas"),
]


@pytest.mark.parametrize(("chart", "over", "message"), REFUSED)
def test_chart_refuses(chart: ChartName, over: Json, message: str) -> None:
    result = helm("template", "r", str(STAND_INS / chart), values=merged(LEAST[chart], over), check=False)
    assert result.returncode != 0
    assert message in result.stderr


@pytest.mark.parametrize("expansion", ["$__file{/etc/secrets/key}", "${SECRET_KEY}", "$__env{SECRET_KEY}"])
def test_grafana_accepts_a_secret_that_it_looks_up_itself(expansion: str) -> None:
    values: Json = {"grafana.ini": {"security": {"secret_key": expansion}}}
    assert expansion in one(render(ChartName.GRAFANA, values), "ConfigMap", "grafana")["data"]["grafana.ini"]
