"""The Kubernetes side of every stack under the recording engine: namespaces, policies and the six releases."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pulumi
import pytest

from components.back_end import BackEndArgs
from components.collector import Collector, CollectorArgs
from components.endpoints import PlatformOutputs
from components.grafana import Grafana, GrafanaArgs
from components.loki import Loki
from components.mimir import Mimir
from components.namespace import PlatformNamespace, PlatformNamespaceArgs
from components.pyroscope import Pyroscope
from components.tempo import Tempo
from settings.models.platform import PlatformSettings
from telemetry.charts.lock import CHARTS
from telemetry.kubernetes.placement import placement_for
from tests.sign_on import HOST, PROVIDERS
from tests.unit.recording import Graph, Registered, run_program
from tests.unit.telemetry.stores import S3

RELEASE = "kubernetes:helm.sh/v3:Release"
NAMESPACE = "kubernetes:core/v1:Namespace"
NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
QUOTA = "kubernetes:core/v1:ResourceQuota"
LIMITS = "kubernetes:core/v1:LimitRange"
SECRET = "kubernetes:core/v1:Secret"
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
PASSWORD = "random:index/randomPassword:RandomPassword"
RELEASES = {"loki", "tempo", "mimir", "grafana", "collector-agent", "collector-gateway"}
CHART_OF = {
    "loki": "loki",
    "tempo": "tempo",
    "mimir": "mimir-distributed",
    "grafana": "grafana",
    "collector-agent": "opentelemetry-collector",
    "collector-gateway": "opentelemetry-collector",
}

Make = Callable[..., PlatformSettings]


class Platform(NamedTuple):
    """What a program of the Kubernetes side returns."""

    namespace: PlatformNamespace
    outputs: PlatformOutputs


def compose(
    settings: PlatformSettings,
    storage_class: pulumi.Input[str] | None = None,
    annotations: dict[str, pulumi.Input[str]] | None = None,
    preview: bool = False,
) -> Graph:
    """Runs the Kubernetes side of a stack as the program composes it."""
    stack = settings.environment.value

    def program() -> Platform:
        placement = placement_for(settings, stack)
        namespace = PlatformNamespace("namespace", PlatformNamespaceArgs(settings, S3, stack))
        volume = "gp3" if storage_class is None else storage_class
        back_end = BackEndArgs(settings, namespace, S3, placement, volume, annotations or {})
        outputs = PlatformOutputs(
            back_ends=[
                Loki("loki", back_end),
                Tempo("tempo", back_end),
                Mimir("mimir", back_end),
                *([Pyroscope("pyroscope", back_end)] if settings.profiles.enabled else []),
            ],
            grafana=Grafana("grafana", GrafanaArgs(settings, namespace, placement, volume)),
            collector=Collector("collector", CollectorArgs(settings, namespace, placement, stack)),
        )
        return Platform(namespace, outputs)

    return run_program(program, stack=stack, preview=preview)


@pytest.fixture(params=["dev", "staging", "prod"])
def stack(request: pytest.FixtureRequest) -> str:
    return request.param


# One run for each stack: its tests only look.
GRAPHS: dict[str, Graph] = {}


@pytest.fixture
def graph(stack: str, make_settings: Make) -> Graph:
    if stack not in GRAPHS:
        GRAPHS[stack] = compose(make_settings(stack))
    return GRAPHS[stack]


def releases(graph: Graph) -> dict[str, Registered]:
    return {release.inputs["name"]: release for release in graph.of(RELEASE)}


class TestReleases:
    def test_six_releases_of_five_locked_charts(self, graph: Graph) -> None:
        found = releases(graph)
        assert set(found) == RELEASES
        for name, release in found.items():
            chart = next(chart for chart in CHARTS.values() if chart.name == CHART_OF[name])
            assert release.inputs["version"] == chart.version
            if chart.repository.startswith("oci://"):
                assert release.inputs["chart"] == f"{chart.repository}/{chart.name}"
                assert "repositoryOpts" not in release.inputs
            else:
                assert release.inputs["chart"] == chart.name
                assert release.inputs["repositoryOpts"] == {"repo": chart.repository}

    def test_a_failed_release_leaves_nothing_half_made_and_is_waited_for(self, graph: Graph) -> None:
        for release in releases(graph).values():
            assert release.inputs["atomic"] is True
            assert release.inputs["cleanupOnFail"] is True
            assert "skipAwait" not in release.inputs

    def test_plans_are_the_same_on_every_machine(self, graph: Graph) -> None:
        for release in releases(graph).values():
            assert release.inputs["keyring"] == ""
            assert release.inputs["createNamespace"] is False

    def test_cluster_wide_definitions_stay_out(self, graph: Graph) -> None:
        assert all(release.inputs["skipCrds"] is True for release in releases(graph).values())

    def test_time_outs_are_the_settings(self, make_settings: Make) -> None:
        settings = make_settings("dev", charts={"timeout_seconds": 120})
        assert {r.inputs["timeout"] for r in releases(compose(settings)).values()} == {120}

    def test_values_are_plain_data_in_a_preview(self, make_settings: Make) -> None:
        for name, release in releases(compose(make_settings("prod"), preview=True)).items():
            assert json.loads(json.dumps(release.inputs["values"])), name
            assert not release.secret_inputs, name

    def test_only_the_agents_live_in_the_agents_namespace(self, graph: Graph, make_settings: Make, stack: str) -> None:
        namespace = make_settings(stack).namespace
        places = {name: release.inputs["namespace"] for name, release in releases(graph).items()}
        assert places.pop("collector-agent") == f"{namespace}-agent"
        assert set(places.values()) == {namespace}

    def test_every_release_waits_for_namespaces_quotas_and_policies(self, graph: Graph) -> None:
        for release in releases(graph).values():
            for earlier in (*graph.of(NAMESPACE), *graph.of(QUOTA), *graph.of(NETWORK_POLICY)):
                assert graph.waits_for(release, earlier), (release.name, earlier.name)

    def test_agents_wait_for_the_gateway(self, graph: Graph) -> None:
        found = releases(graph)
        assert graph.waits_for(found["collector-agent"], found["collector-gateway"])

    def test_every_resource_belongs_to_a_component(self, graph: Graph) -> None:
        for resource in graph.resources:
            if not resource.is_component:
                assert "lgtm:components:" in resource.parent, resource.name

    def test_an_unknown_storage_class_is_waited_for(self, make_settings: Make) -> None:
        graph = compose(make_settings("staging"), storage_class=pulumi.Output.from_input("fast"))
        found = releases(graph)
        assert found["loki"].inputs["values"]["singleBinary"]["persistence"]["storageClass"] == "fast"
        assert found["tempo"].inputs["values"]["persistence"]["storageClassName"] == "fast"
        assert found["mimir"].inputs["values"]["ingester"]["persistentVolume"]["storageClass"] == "fast"
        assert found["grafana"].inputs["values"]["persistence"]["storageClassName"] == "fast"

    @pytest.mark.parametrize("plain", [True, False])
    def test_service_accounts_carry_their_role_where_one_is_given(self, make_settings: Make, plain: bool) -> None:
        role = "arn:aws:iam::123456789012:role/x"
        annotations: dict[str, pulumi.Input[str]] = {"eks.amazonaws.com/role-arn": role}
        volume = "gp3" if plain else pulumi.Output.from_input("gp3")
        found = releases(compose(make_settings("prod"), storage_class=volume, annotations=annotations))
        for name in ("loki", "tempo", "mimir"):
            account = found[name].inputs["values"]["serviceAccount"]
            assert account["annotations"] == {"eks.amazonaws.com/role-arn": role}
            assert account["name"] == name

    def test_without_a_role_there_is_no_annotation(self, graph: Graph) -> None:
        for name in ("loki", "tempo", "mimir"):
            assert "annotations" not in releases(graph)[name].inputs["values"]["serviceAccount"]


class TestMirror:
    def test_a_directory_replaces_every_repository(self, make_settings: Make, tmp_path: Path) -> None:
        for chart in CHARTS.values():
            (tmp_path / chart.name).mkdir()
            (tmp_path / chart.name / "Chart.yaml").write_text(f"version: {chart.version}\n", encoding="utf-8")
        found = releases(compose(make_settings("dev", charts={"mirror": str(tmp_path)})))
        for name, release in found.items():
            assert release.inputs["chart"] == f"{tmp_path}/{CHART_OF[name]}"
            assert "repositoryOpts" not in release.inputs
            assert "version" not in release.inputs

    def test_a_mirror_that_lacks_a_chart_is_one_message(self, make_settings: Make, tmp_path: Path) -> None:
        with pytest.raises(pulumi.RunError, match=r"lgtm:platform\.charts\.mirror .*: chart loki 18\.11\.0 is missing"):
            compose(make_settings("dev", charts={"mirror": str(tmp_path)}))


class TestNamespaces:
    def test_the_platform_is_restricted_and_only_the_agents_are_not(
        self, graph: Graph, make_settings: Make, stack: str
    ) -> None:
        name = make_settings(stack).namespace
        levels = {
            ns.inputs["metadata"]["name"]: ns.inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
            for ns in graph.of(NAMESPACE)
        }
        assert levels == {name: "restricted", f"{name}-agent": "privileged"}

    def test_both_namespaces_are_closed_by_default(self, graph: Graph) -> None:
        closed = {
            policy.inputs["metadata"]["namespace"]
            for policy in graph.of(NETWORK_POLICY)
            if policy.inputs["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        }
        assert closed == {ns.inputs["metadata"]["name"] for ns in graph.of(NAMESPACE)}

    def test_rules_arrive_in_kubernetess_own_words(self, graph: Graph) -> None:
        for policy in graph.of(NETWORK_POLICY):
            for rule in (*policy.inputs["spec"].get("ingress", ()), *policy.inputs["spec"].get("egress", ())):
                assert set(rule) <= {"from", "to", "ports"}, policy.name
                for peer in (*rule.get("from", ()), *rule.get("to", ())):
                    assert set(peer) <= {"podSelector", "namespaceSelector", "ipBlock"}, policy.name

    def test_both_namespaces_are_bounded(self, graph: Graph, make_settings: Make, stack: str) -> None:
        name = make_settings(stack).namespace
        assert {q.inputs["metadata"]["namespace"] for q in graph.of(QUOTA)} == {name, f"{name}-agent"}
        for quota in graph.of(QUOTA):
            assert {"requests.cpu", "requests.memory", "limits.memory", "pods"} <= set(quota.inputs["spec"]["hard"])
        for limits in graph.of(LIMITS):
            (item,) = limits.inputs["spec"]["limits"]
            assert item["type"] == "Container"
            assert item["defaultRequest"] == {"cpu": "10m", "memory": "64Mi"}

    def test_foreign_nodes_bound_no_agents(self, make_settings: Make) -> None:
        adopted = {"mode": "existing", "context": "eks", "eks_cluster_name": "acme"}
        graph = compose(make_settings("dev", cluster=adopted))
        assert [q.inputs["metadata"]["namespace"] for q in graph.of(QUOTA)] == ["monitoring-dev"]

    def test_what_is_inside_goes_with_its_namespace(self, graph: Graph) -> None:
        by_name = {ns.inputs["metadata"]["name"]: ns.urn for ns in graph.of(NAMESPACE)}
        for resource in (*graph.of(QUOTA), *graph.of(LIMITS), *graph.of(NETWORK_POLICY)):
            assert resource.deleted_with == by_name[resource.inputs["metadata"]["namespace"]]

    def test_two_stacks_share_a_cluster_without_meeting(self, make_settings: Make) -> None:
        names = [
            {ns.inputs["metadata"]["name"] for ns in compose(make_settings(stack)).of(NAMESPACE)}
            for stack in ("dev", "staging")
        ]
        assert not names[0] & names[1]


class TestGrafana:
    def test_the_password_is_generated_and_stays_a_secret(self, graph: Graph) -> None:
        password, secret = graph.one(PASSWORD, "grafana-admin"), graph.one(SECRET, "grafana-admin")
        assert password.inputs["length"] >= 32
        assert "stringData" in secret.secret_inputs
        assert secret.inputs["stringData"] == {"admin-user": "admin", "admin-password": "generated-password"}
        assert graph.waits_for(releases(graph)["grafana"], secret)

    def test_the_password_is_in_no_values_and_no_output(self, graph: Graph) -> None:
        assert all("generated-password" not in str(r.inputs.get("values")) for r in graph.of(RELEASE))
        assert "generated-password" not in json.dumps(graph.result.outputs.exports())

    def test_values_name_the_secret_that_exists(self, graph: Graph) -> None:
        metadata = graph.one(SECRET, "grafana-admin").inputs["metadata"]
        release = releases(graph)["grafana"]
        assert release.inputs["values"]["admin"]["existingSecret"] == metadata["name"]
        assert release.inputs["namespace"] == metadata["namespace"]

    def test_its_role_is_for_config_maps_only_and_bound_before_the_watcher_starts(self, graph: Graph) -> None:
        role, binding, release = graph.one(ROLE), graph.one(BINDING), releases(graph)["grafana"]
        assert role.inputs["rules"] == [
            {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]},
        ]
        assert binding.inputs["roleRef"]["name"] == role.inputs["metadata"]["name"]
        account = release.inputs["values"]["serviceAccount"]["name"]
        namespace = release.inputs["namespace"]
        assert binding.inputs["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": namespace}]
        assert {r.inputs["metadata"]["namespace"] for r in (role, binding)} == {namespace}
        assert release.inputs["values"]["rbac"] == {"create": False}
        assert graph.waits_for(release, binding)

    def test_the_clients_secret_of_sign_on_is_encrypted_and_there_before_grafana(self, make_settings: Make) -> None:
        settings = make_settings("dev", grafana={"sign_on": PROVIDERS["google"]})
        pulumi.runtime.set_all_config(
            {"lgtm:grafana_client_secret": "s3cret-of-google"}, ["lgtm:grafana_client_secret"]
        )
        try:
            graph = compose(settings)
        finally:
            pulumi.runtime.set_all_config({})
        secret, release = graph.one(SECRET, "grafana-sign-on"), releases(graph)["grafana"]
        assert secret.inputs["stringData"] == {"client-secret": "s3cret-of-google"}
        assert "stringData" in secret.secret_inputs
        assert "s3cret-of-google" not in json.dumps(release.inputs)
        assert graph.waits_for(release, secret)

    def test_without_the_clients_secret_the_program_says_how_to_set_it(self, make_settings: Make) -> None:
        with pytest.raises(pulumi.RunError, match="pulumi config set --secret lgtm:grafana_client_secret"):
            compose(make_settings("dev", grafana={"sign_on": PROVIDERS["google"]}))

    @pytest.mark.parametrize("provider", ["okta", "proxy"])
    def test_a_secret_that_is_there_is_not_made(self, make_settings: Make, provider: str) -> None:
        graph = compose(make_settings("dev", grafana={"hostname": HOST, "sign_on": PROVIDERS[provider]}))
        assert "grafana-sign-on" not in [secret.name for secret in graph.of(SECRET)]

    def test_a_size_that_cant_hold_the_sidecar_is_one_message(self, make_settings: Make) -> None:
        with pytest.raises(pulumi.RunError, match=r"lgtm:platform\.sizes\.grafana is too small"):
            compose(make_settings("dev", sizes={"grafana": {"memory_request_mib": 64}}))


class TestHashKey:
    def test_the_key_of_hashes_is_generated_before_the_gateway(self, graph: Graph) -> None:
        key, secret = graph.one(PASSWORD, "redaction-hash-key"), graph.one(SECRET, "redaction-hash-key")
        gateway = releases(graph)["collector-gateway"]
        (variable,) = gateway.inputs["values"]["extraEnvs"]
        assert key.inputs["length"] >= 32
        assert key.inputs["special"] is False
        assert "stringData" in secret.secret_inputs
        assert variable["valueFrom"]["secretKeyRef"]["name"] == secret.inputs["metadata"]["name"]
        assert set(secret.inputs["stringData"]) == {variable["valueFrom"]["secretKeyRef"]["key"]}
        assert graph.waits_for(gateway, secret)

    @pytest.mark.parametrize("redaction", [{"unkeyed_hashes": True}, {"hash_key_secret": "own"}])
    def test_no_key_is_made_where_none_or_another_is_chosen(
        self, make_settings: Make, redaction: dict[str, Any]
    ) -> None:
        graph = compose(make_settings("dev", redaction=redaction))
        assert [secret.name for secret in graph.of(SECRET)] == ["grafana-admin"]


def test_outputs_say_where_to_write_read_and_look(make_settings: Make) -> None:
    graph = compose(make_settings("dev"))
    exports: dict[str, Any] = graph.result.outputs.exports()
    host = "monitoring-dev.svc.cluster.local"
    assert exports == {
        "endpoints": {
            "otlp": {
                "grpc": "http://collector.monitoring-dev-agent.svc.cluster.local:4317",
                "http": "http://collector.monitoring-dev-agent.svc.cluster.local:4318",
            },
            "logs": {
                "push": f"https://loki.{host}:3100/loki/api/v1/push",
                "query": f"https://loki.{host}:3100/loki/api/v1/query",
            },
            "traces": {"push": f"https://tempo.{host}:4317", "query": f"https://tempo.{host}:3200/api/search"},
            "metrics": {
                "push": f"https://mimir-gateway.{host}:8443/api/v1/push",
                "query": f"https://mimir-gateway.{host}:8443/prometheus/api/v1/query",
            },
        },
        "grafana_url": "http://localhost:3000",
        "grafana_admin_password_secret": {
            "namespace": "monitoring-dev",
            "name": "grafana-admin",
            "key": "admin-password",
        },
    }


def test_a_destinations_credential_is_a_reference_in_all_that_is_registered(make_settings: Make) -> None:
    """What is in the state is in the inputs: names of a Secret and a variable, and no Secret of the program's."""
    vendor = {
        "name": "vendor",
        "kind": "grafana_cloud",
        "endpoint": "https://otlp.example.com/otlp",
        "signals": ["logs"],
        "secret": {"name": "vendor-credential"},
    }
    graph = compose(make_settings("prod", destinations=[vendor]))
    assert not [one.name for one in graph.of(SECRET) if "vendor" in json.dumps(one.inputs)]
    said = [(one.name, text) for one in graph.resources if "VENDOR" in (text := json.dumps(one.inputs))]
    assert [name for name, _ in said] == ["collector-gateway"]
    values = graph.one(RELEASE, "collector-gateway").inputs["values"]
    headers = values["alternateConfig"]["exporters"]["otlp_http/to-vendor"]["headers"]
    assert headers == {"Authorization": "Basic ${env:LGTM_DESTINATION_VENDOR}"}
    (variable,) = (one for one in values["extraEnvs"] if one["name"] == "LGTM_DESTINATION_VENDOR")
    assert set(variable) == {"name", "valueFrom"}
    assert "collector-gateway-to-vendor" in {one.inputs["metadata"]["name"] for one in graph.of(NETWORK_POLICY)}
