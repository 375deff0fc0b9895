"""Network policies, judged by asking who may reach whom."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from settings.models.platform import PlatformSettings
from telemetry.kubernetes.network_policies import Policy, agent_policies, platform_policies
from tests.unit.telemetry.stores import S3, server_for

Make = Callable[..., PlatformSettings]
Labels = dict[str, str]
AGENTS = "monitoring-agent"


def pod(release: str, component: str = "") -> Labels:
    return {"app.kubernetes.io/instance": release, "app.kubernetes.io/component": component}


LOKI, TEMPO, GRAFANA = pod("loki"), pod("tempo"), pod("grafana")
GATEWAY, AGENT = pod("collector-gateway"), pod("collector-agent")
MIMIR_GATEWAY, INGESTER = pod("mimir", "gateway"), pod("mimir", "ingester")


def matches(selector: dict[str, Any], labels: Labels) -> bool:
    return selector.get("matchLabels", {}).items() <= labels.items()


class Cluster:
    """Evaluates NetworkPolicies as Kubernetes does: closed once selected, open where any rule says so."""

    def __init__(self, **policies: Sequence[Policy]) -> None:
        self.policies = policies

    def allows(self, source: tuple[str, Labels], target: tuple[str, Labels], port: int) -> bool:
        return self._side("egress", "to", source, target, port) and self._side("ingress", "from", target, source, port)

    def leaves(self, source: tuple[str, Labels], address: str, port: int) -> bool:
        rules = self._rules("egress", source)
        return any(
            peer["ipBlock"]["cidr"] in ("0.0.0.0/0", f"{address}/32")
            and f"{address}/32" not in peer["ipBlock"].get("except", ())
            and self._port(rule, port)
            for rule in rules
            for peer in rule["to"]
            if "ipBlock" in peer
        )

    def _side(self, kind: str, word: str, own: tuple[str, Labels], other: tuple[str, Labels], port: int) -> bool:
        namespace, _ = own
        return any(
            self._peer(peer, namespace, other) and self._port(rule, port)
            for rule in self._rules(kind, own)
            for peer in rule[word]
        )

    def _rules(self, kind: str, own: tuple[str, Labels]) -> list[dict[str, Any]]:
        namespace, labels = own
        key = namespace.replace("-", "_")
        if key not in self.policies:
            return [{"to": [{"namespaceSelector": {}}], "from": [{"namespaceSelector": {}}]}]
        return [
            rule
            for policy in self.policies[key]
            if matches(policy.spec["podSelector"], labels)
            for rule in policy.spec.get(kind, ())
        ]

    def _peer(self, peer: dict[str, Any], namespace: str, other: tuple[str, Labels]) -> bool:
        if "ipBlock" in peer:
            return False
        selector = peer.get("namespaceSelector")
        in_namespace = (
            other[0] == namespace if selector is None else matches(selector, {"kubernetes.io/metadata.name": other[0]})
        )
        return in_namespace and matches(peer.get("podSelector", {}), other[1])

    def _port(self, rule: dict[str, Any], port: int) -> bool:
        return "ports" not in rule or port in [entry["port"] for entry in rule["ports"]]


@pytest.fixture
def cluster(make_settings: Make) -> Cluster:
    settings = make_settings("prod")
    return Cluster(monitoring=platform_policies(settings, S3, AGENTS), monitoring_agent=agent_policies(settings))


def inside(labels: Labels) -> tuple[str, Labels]:
    return "monitoring", labels


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        (("shop", {"app": "checkout"}), (AGENTS, AGENT), 4317),
        (("shop", {"app": "checkout"}), (AGENTS, AGENT), 4318),
        ((AGENTS, AGENT), inside(GATEWAY), 4317),
        (inside(GATEWAY), inside(LOKI), 3100),
        (inside(GATEWAY), inside(TEMPO), 4317),
        (inside(GATEWAY), inside(MIMIR_GATEWAY), 8443),
        (inside(GRAFANA), inside(LOKI), 3100),
        (inside(GRAFANA), inside(TEMPO), 3200),
        (inside(GRAFANA), inside(MIMIR_GATEWAY), 8443),
        (inside(MIMIR_GATEWAY), inside(INGESTER), 9095),
        (inside(LOKI), inside(LOKI), 7946),
        (inside(GRAFANA), ("kube-system", {"k8s-app": "kube-dns"}), 53),
        ((AGENTS, AGENT), ("kube-system", {"k8s-app": "kube-dns"}), 53),
        ((AGENTS, AGENT), inside(LOKI), 3100),
        ((AGENTS, AGENT), inside(TEMPO), 3200),
        ((AGENTS, AGENT), inside(INGESTER), 8080),
        ((AGENTS, AGENT), inside(GRAFANA), 3000),
        ((AGENTS, AGENT), inside(GATEWAY), 8888),
        ((AGENTS, AGENT), (AGENTS, AGENT), 8888),
        ((AGENTS, AGENT), ("kube-state-metrics", {"app.kubernetes.io/name": "kube-state-metrics"}), 8080),
        ((AGENTS, AGENT), ("cert-manager", pod("cert-manager", "controller")), 9402),
    ],
)
def test_flows_that_the_platform_needs(
    cluster: Cluster, source: tuple[str, Labels], target: tuple[str, Labels], port: int
) -> None:
    assert cluster.allows(source, target, port)


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        (("shop", {"app": "checkout"}), inside(LOKI), 3100),
        (("shop", {"app": "checkout"}), inside(GATEWAY), 4317),
        (("shop", AGENT), inside(GATEWAY), 4317),
        (("shop", {"app": "checkout"}), inside(GRAFANA), 3000),
        (inside(GRAFANA), inside(INGESTER), 8080),
        (inside(GRAFANA), inside(TEMPO), 4317),
        (inside(GATEWAY), inside(INGESTER), 8080),
        (inside(GATEWAY), inside(MIMIR_GATEWAY), 8080),
        (inside(GRAFANA), inside(MIMIR_GATEWAY), 8080),
        (inside(GATEWAY), inside(TEMPO), 14250),
        (inside(LOKI), inside(TEMPO), 3200),
        (inside(TEMPO), inside(MIMIR_GATEWAY), 8080),
        ((AGENTS, AGENT), inside(LOKI), 9095),
        ((AGENTS, AGENT), inside(INGESTER), 9095),
        ((AGENTS, AGENT), inside(TEMPO), 4317),
        ((AGENTS, AGENT), ("shop", {"app": "checkout"}), 8080),
        (("shop", AGENT), inside(LOKI), 3100),
        (("shop", AGENT), (AGENTS, AGENT), 8888),
        (inside(GATEWAY), (AGENTS, AGENT), 8888),
        (inside(LOKI), ("shop", {"app": "checkout"}), 8080),
    ],
)
def test_flows_that_nobody_needs(
    cluster: Cluster, source: tuple[str, Labels], target: tuple[str, Labels], port: int
) -> None:
    assert not cluster.allows(source, target, port)


@pytest.mark.parametrize("labels", [LOKI, TEMPO, INGESTER])
def test_back_ends_reach_the_bucket_and_their_credentials_but_never_the_nodes(cluster: Cluster, labels: Labels) -> None:
    assert cluster.leaves(inside(labels), "52.218.1.1", 443)
    assert cluster.leaves(inside(labels), "169.254.170.23", 80)
    assert not cluster.leaves(inside(labels), "169.254.169.254", 443)
    assert not cluster.leaves(inside(labels), "169.254.169.254", 80)
    assert not cluster.leaves(inside(labels), "52.218.1.1", 80)


def test_the_gateway_reaches_nothing_outside(cluster: Cluster) -> None:
    assert not cluster.leaves(inside(GATEWAY), "52.218.1.1", 443)


def test_agents_and_grafana_reach_the_kubernetes_api(cluster: Cluster) -> None:
    assert cluster.leaves((AGENTS, AGENT), "172.20.0.1", 443)
    assert cluster.leaves((AGENTS, AGENT), "10.22.0.9", 10250)
    assert cluster.leaves((AGENTS, AGENT), "10.22.0.9", 9100)
    assert cluster.leaves(inside(GRAFANA), "172.20.0.1", 443)


def test_a_tenant_stacks_agents_reach_neither_the_owners_pods_nor_the_clusters_exporters(make_settings: Make) -> None:
    settings = make_settings("dev")
    tenant_stack = Cluster(monitoring_dev_agent=agent_policies(settings))
    agent = ("monitoring-dev-agent", AGENT)
    assert tenant_stack.allows(agent, ("monitoring-dev", LOKI), 3100)
    assert not tenant_stack.allows(agent, inside(LOKI), 3100)
    assert not tenant_stack.allows(
        agent, ("kube-state-metrics", {"app.kubernetes.io/name": "kube-state-metrics"}), 8080
    )


def test_without_tls_mimirs_gateway_is_reached_on_its_plain_port_only(make_settings: Make) -> None:
    settings = make_settings("prod", tls={"mode": "plain"})
    cluster = Cluster(monitoring=platform_policies(settings, S3, AGENTS))
    for client in (GATEWAY, GRAFANA):
        assert cluster.allows(inside(client), inside(MIMIR_GATEWAY), 8080)
        assert not cluster.allows(inside(client), inside(MIMIR_GATEWAY), 8443)


def test_irsa_needs_no_pod_identity_agent(make_settings: Make) -> None:
    settings = make_settings("prod", identity="irsa")
    cluster = Cluster(monitoring=platform_policies(settings, S3, AGENTS))
    assert not cluster.leaves(inside(LOKI), "169.254.170.23", 80)
    assert cluster.leaves(inside(LOKI), "52.94.1.1", 443)


def test_an_s3_compatible_server_is_reached_on_its_own_port(on_premises: PlatformSettings) -> None:
    cluster = Cluster(monitoring=platform_policies(on_premises, server_for(on_premises), AGENTS))
    assert cluster.leaves(inside(TEMPO), "10.0.0.7", 8333)
    assert not cluster.leaves(inside(TEMPO), "10.0.0.7", 443)


@pytest.mark.parametrize(("endpoint", "insecure", "port"), [("s3.local", True, 80), ("s3.local", False, 443)])
def test_a_server_without_a_port_has_its_schemes(
    on_premises: PlatformSettings, endpoint: str, insecure: bool, port: int
) -> None:
    store = server_for(on_premises).model_copy(update={"endpoint": endpoint, "insecure": insecure})
    cluster = Cluster(monitoring=platform_policies(on_premises, store, AGENTS))
    assert cluster.leaves(inside(LOKI), "10.0.0.7", port)


def test_grafana_is_open_to_an_ingress_only_with_a_host_name(make_settings: Make) -> None:
    settings = make_settings("prod", grafana={"hostname": "grafana.acme.example"})
    cluster = Cluster(monitoring=platform_policies(settings, S3, AGENTS))
    assert cluster.allows(("ingress", {"app": "nginx"}), inside(GRAFANA), 3000)


def test_names_are_unique_in_each_namespace(make_settings: Make) -> None:
    settings = make_settings("prod", grafana={"hostname": "grafana.acme.example"})
    for policies in (platform_policies(settings, S3, AGENTS), agent_policies(settings)):
        names = [policy.name for policy in policies]
        assert len(names) == len(set(names))
