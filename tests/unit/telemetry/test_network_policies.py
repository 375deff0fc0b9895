"""Network policies, judged by asking who reaches whom: a table of flows, for every stack and every engine."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from components.addons import ADDON_NAMESPACE, community_namespaces
from components.open_namespaces import OPEN
from planning.backends import backends_of
from settings.models.cluster import EksCluster
from settings.models.platform import PlatformSettings
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.kubernetes.network_policies import agent_policies, platform_policies
from telemetry.kubernetes.policy_parts import Kind, Policy
from tests.network_flows import Engine, Peer, Policies, allowed
from tests.sign_on import HOST, PROVIDERS
from tests.unit.telemetry.stores import S3, server_for

Make = Callable[..., PlatformSettings]
ENGINES = list(Engine)
S3_ADDRESS, RECEIVER, METADATA, POD_IDENTITY = "52.218.1.1", "34.2.3.4", "169.254.169.254", "169.254.170.23"


class Actors(NamedTuple):
    """Everybody around one stack."""

    settings: PlatformSettings
    policies: Policies

    def pod(self, release: str, component: str = "", namespace: str | None = None) -> Peer:
        labels = {"app.kubernetes.io/instance": release, "app.kubernetes.io/component": component}
        where = namespace or self.settings.namespace
        return Peer(f"{release}/{component}", "10.22.1.7", where, labels)

    @property
    def agent(self) -> Peer:
        return self.pod("collector-agent", "agent-collector", Endpoints.of(self.settings).agent_namespace)

    @property
    def gateway(self) -> Peer:
        return self.pod("collector-gateway", "statefulset-collector")

    @property
    def grafana(self) -> Peer:
        return self.pod("grafana")

    @property
    def loki(self) -> Peer:
        return self.pod("loki", "single-binary")

    @property
    def tempo(self) -> Peer:
        return self.pod("tempo")

    def mimir(self, component: str) -> Peer:
        return self.pod("mimir", component)

    def reaches(self, source: Peer, target: Peer, port: int, engine: Engine, protocol: str = "TCP") -> bool:
        ends = (self._here(source), self._here(target))
        return allowed(self.policies, *ends, port, protocol=protocol, engine=engine)

    def _here(self, peer: Peer) -> Peer:
        """Addresses below are prod's; other stacks have VPCs of their own."""
        network = self.settings.network
        prefix = ".".join(str(network.vpc_cidr).split(".")[:2]) if network else "10.22"
        return peer._replace(address=peer.address.replace("10.22.", f"{prefix}."))


SHOP = Peer("shop", "10.22.3.3", "shop", {"app": "checkout"})
DNS = Peer("kube-dns", "10.22.4.4", "kube-system", {"k8s-app": "kube-dns"}, service_address="172.20.0.10")
NODE_LOCAL_DNS = Peer("node-local-dns", "169.254.20.10", entity="host")
# In iptables mode it answers at the name servers' service address on the node itself.
NODE_LOCAL_DNS_BY_SERVICE = Peer("node-local-dns", "172.20.0.10", entity="host")
API = Peer("kubernetes", "10.22.0.99", entity="kube-apiserver", service_address="172.20.0.1")
OWN_NODE, OTHER_NODE = Peer("own node", "10.22.0.8", entity="host"), Peer("node", "10.22.0.9", entity="remote-node")
LOAD_BALANCER = Peer("load balancer", "10.22.0.50")
EXPORTER = Peer("exporter", "10.22.5.5", "kube-state-metrics", {"app.kubernetes.io/name": "kube-state-metrics"})
CERT_MANAGER = Peer("cert-manager", "10.22.5.6", "cert-manager", {"app.kubernetes.io/component": "controller"})
CERT_WEBHOOK = Peer("cert-manager", "10.22.5.8", "cert-manager", {"app.kubernetes.io/component": "webhook"})
INGRESS = Peer("ingress", "10.22.5.7", "ingress", {"app": "nginx"})


def outside(address: str) -> Peer:
    return Peer(address, address)


def on_node(address: str) -> Peer:
    return Peer(address, address, entity="host")


def actors(settings: PlatformSettings, engine: Engine | None = None) -> Actors:
    if engine is not None:
        changed = settings.network_policies.model_copy(update={"engine": engine.value})
        settings = settings.model_copy(update={"network_policies": changed})
    agents = Endpoints.of(settings).agent_namespace
    store = S3 if settings.on_aws else server_for(settings)
    platform = platform_policies(settings, store, agents)
    return Actors(settings, {settings.namespace: platform, agents: agent_policies(settings)})


def client_ports(settings: PlatformSettings) -> dict[str, int]:
    return {one.name: one.client_port(tls=settings.encrypted) for one in backends_of(settings.retention)}


Flow = tuple[Peer, Peer, int]


def needed(a: Actors) -> list[Flow]:
    """What must get through in every stack."""
    port = client_ports(a.settings)
    front = a.mimir("gateway")
    return [
        (SHOP, a.agent, 4317),
        (SHOP, a.agent, 4318),
        (a.agent, a.gateway, 4317),
        (a.gateway, a.loki, port["loki"]),
        (a.gateway, a.tempo, 4317),
        (a.gateway, front, port["mimir"]),
        (a.grafana, a.loki, port["loki"]),
        (a.grafana, a.tempo, port["tempo"]),
        (a.grafana, front, port["mimir"]),
        (a.loki, front, port["mimir"]),
        (front, a.mimir("ingester"), 9095),
        (front, a.mimir("distributor"), 8080),
        (a.mimir("ruler"), a.mimir("alertmanager"), 8080),
        (a.loki, a.loki, 7946),
        (a.loki, a.pod("loki", "memcached-chunks-cache"), 11211),
        *((one, DNS, 53) for one in (a.agent, a.gateway, a.grafana, a.loki, a.tempo, front)),
        (a.agent, a.loki, 3100),
        (a.agent, a.tempo, 3200),
        *((a.agent, a.mimir(part), 8080) for part in ("ingester", "distributor", "ruler", "query-frontend")),
        (a.agent, a.grafana, 3000),
        (a.agent, a.gateway, 8888),
        (a.agent, a.agent, 8888),
        (a.agent, API, 443),
        (a.agent, OWN_NODE, 10250),
        (a.agent, OTHER_NODE, 10250),
        (a.agent, OWN_NODE, 9100),
        (a.grafana, API, 443),
    ]


def forbidden(a: Actors) -> list[Flow]:
    """What nobody needs, in every stack."""
    front, elsewhere = a.mimir("gateway"), "another-stack"
    plain = [(client, front, 8080) for client in (a.gateway, a.grafana, a.loki)] if a.settings.encrypted else []
    return [
        (SHOP, a.loki, 3100),
        (SHOP, a.gateway, 4317),
        (SHOP, a.gateway, 13133),
        (SHOP, a.agent, 8888),
        (SHOP, a.grafana, 3000),
        (SHOP, front, 8080),
        (SHOP, a.mimir("distributor"), 8080),
        (API, a.gateway, 13133),
        (outside(RECEIVER), a.grafana, 3000),
        (LOAD_BALANCER, a.grafana, 3000),
        # Labels alone don't make an agent, nor does another stack's.
        *((a.pod("collector-agent", "agent-collector", where), a.gateway, 4317) for where in ("shop", elsewhere)),
        (a.pod("collector-agent", "agent-collector", "shop"), a.loki, 3100),
        (a.pod("collector-agent", "agent-collector", "shop"), a.agent, 8888),
        *plain,
        (a.agent, front, 8080),
        (a.agent, front, 8443),
        (a.agent, a.loki, 9095),
        (a.agent, a.mimir("ingester"), 9095),
        (a.agent, a.tempo, 4317),
        (a.agent, a.gateway, 4318),
        (a.agent, SHOP, 8080),
        (a.agent, CERT_WEBHOOK, 9402),
        (a.agent, a.pod("loki", "single-binary", elsewhere), 3100),
        *((a.agent, outside(address), 443) for address in (S3_ADDRESS, RECEIVER)),
        *((a.agent, outside(RECEIVER), port) for port in (80, 6443, 9100, 10250)),
        (a.grafana, outside(RECEIVER), 443),
        (a.grafana, OTHER_NODE, 10250),
        (a.grafana, a.mimir("ingester"), 8080),
        (a.grafana, a.tempo, 4317),
        (a.gateway, a.mimir("ingester"), 8080),
        (a.gateway, a.tempo, 14250),
        (a.gateway, a.agent, 8888),
        (a.gateway, API, 443),
        (a.gateway, outside(S3_ADDRESS), 443),
        (a.loki, a.tempo, 3200),
        (a.loki, SHOP, 8080),
        (a.tempo, front, 8080),
        # It is no address of the node's own.
        *((one, outside(METADATA), 80) for one in (a.agent, a.gateway, a.grafana, a.loki, a.tempo)),
    ]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_flows_that_the_platform_needs(settings: PlatformSettings, engine: Engine) -> None:
    a = actors(settings, engine)
    closed = [(source.name, target.name, port) for source, target, port in needed(a)
              if not a.reaches(source, target, port, engine)]  # fmt: skip
    assert closed == []
    assert a.reaches(a.agent, DNS, 53, engine, "UDP")


@pytest.mark.parametrize("engine", ENGINES)
def test_flows_that_nobody_needs(settings: PlatformSettings, engine: Engine) -> None:
    a = actors(settings, engine)
    open_ones = [(source.name, target.name, port) for source, target, port in forbidden(a)
                 if a.reaches(source, target, port, engine)]  # fmt: skip
    assert open_ones == []


def test_in_strict_mode_the_same_flows_hold_with_what_the_program_opens(make_settings: Make) -> None:
    """The cluster's own pods by the policies that are made for them, a service by a policy of its owner's."""
    settings = make_settings("prod")
    cluster = settings.cluster
    assert settings.network_policies.strict
    assert isinstance(cluster, EksCluster)
    a = actors(settings)
    allow_all = [Policy(name="open", spec=OPEN)]
    opened = dict.fromkeys((ADDON_NAMESPACE, *community_namespaces(cluster.addons)), allow_all)
    world = {**a.policies, **opened, SHOP.namespace or "": allow_all}
    flows = [
        *needed(a), (a.agent, EXPORTER, 8080), (a.agent, CERT_MANAGER, 9402), (DNS, outside("10.22.0.2"), 53),
        (DNS, API, 443), (API, CERT_WEBHOOK, 10250), (CERT_MANAGER, API, 443), (OWN_NODE, EXPORTER, 8080),
    ]  # fmt: skip
    assert [(one.name, other.name, port) for one, other, port in flows
            if not allowed(world, one, other, port, strict=True)] == []  # fmt: skip
    assert [(one.name, other.name, port) for one, other, port in forbidden(a)
            if allowed(world, one, other, port, strict=True)] == []  # fmt: skip
    without = {name: policies for name, policies in world.items() if name not in opened}
    assert not allowed(without, DNS, API, 443, strict=True)
    assert not allowed(without, a.agent, EXPORTER, 8080, strict=True)
    assert allowed(without, DNS, API, 443)


def test_in_strict_mode_a_namespace_without_a_policy_is_closed(make_settings: Make) -> None:
    a = actors(make_settings("prod"))
    assert a.reaches(SHOP, a.agent, 4317, Engine.VPC_CNI)
    assert not allowed(a.policies, SHOP, a.agent, 4317, strict=True)
    assert allowed({**a.policies, "shop": [Policy(name="open", spec=OPEN)]}, SHOP, a.agent, 4317, strict=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_only_cilium_tells_the_api_server_from_pods_that_have_addresses_beside_it(
    make_settings: Make, engine: Engine
) -> None:
    a = actors(make_settings("prod"), engine)
    assert a.reaches(a.agent, SHOP, 443, engine) is (engine is not Engine.CILIUM)


@pytest.mark.parametrize("engine", ENGINES)
def test_back_ends_reach_the_bucket_and_their_credentials(make_settings: Make, engine: Engine) -> None:
    a = actors(make_settings("prod"), engine)
    for one in (a.loki, a.tempo, a.mimir("ingester")):
        assert a.reaches(one, outside(S3_ADDRESS), 443, engine)
        assert not a.reaches(one, outside(S3_ADDRESS), 80, engine)
        assert a.reaches(one, on_node(POD_IDENTITY), 80, engine)
        assert not a.reaches(one, OTHER_NODE, 80, engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_clusters_exporters_are_its_owners_to_scrape(make_settings: Make, engine: Engine) -> None:
    owner, tenant_stack = (actors(make_settings(stack), engine) for stack in ("prod", "dev"))
    for target, port in ((EXPORTER, 8080), (CERT_MANAGER, 9402)):
        assert owner.reaches(owner.agent, target, port, engine)
        assert not tenant_stack.reaches(tenant_stack.agent, target, port, engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("server", [NODE_LOCAL_DNS, NODE_LOCAL_DNS_BY_SERVICE])
def test_names_are_looked_up_on_the_node_where_it_has_a_cache(
    make_settings: Make, engine: Engine, server: Peer
) -> None:
    without, with_cache = (
        actors(make_settings("prod", network_policies={"node_local_dns": there}), engine) for there in (False, True)
    )
    for a, there in ((without, False), (with_cache, True)):
        for protocol in ("UDP", "TCP"):
            assert a.reaches(a.loki, server, 53, engine, protocol) is there
            assert a.reaches(a.agent, server, 53, engine, protocol) is there
    assert not with_cache.reaches(with_cache.loki, outside(RECEIVER), 53, engine, "UDP")


@pytest.mark.parametrize("engine", ENGINES)
def test_grafana_is_open_to_an_ingress_only_with_a_host_name(make_settings: Make, engine: Engine) -> None:
    a = actors(make_settings("prod", grafana={"hostname": "grafana.acme.example"}), engine)
    for visitor in (INGRESS, OWN_NODE, OTHER_NODE, LOAD_BALANCER):
        assert a.reaches(visitor, a.grafana, 3000, engine), visitor.name
    assert not a.reaches(outside(RECEIVER), a.grafana, 3000, engine)
    assert not a.reaches(INGRESS, a.loki, 3100, engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_grafana_reaches_the_identity_provider_only_with_sign_on(make_settings: Make, engine: Engine) -> None:
    provider, without = outside(RECEIVER), actors(make_settings("prod"), engine)
    assert not without.reaches(without.grafana, provider, 443, engine)
    for name, asks in (("okta", True), ("oidc", True), ("proxy", False)):
        a = actors(make_settings("prod", grafana={"hostname": HOST, "sign_on": PROVIDERS[name]}), engine)
        assert a.reaches(a.grafana, provider, 443, engine) is asks
        assert not a.reaches(a.grafana, outside(METADATA), 443, engine)
    urls = {key: f"https://id.acme.example:8443/{key}" for key in ("auth_url", "token_url", "api_url")}
    a = actors(make_settings("prod", grafana={"sign_on": {"oidc": {"client_id": "a", **urls}}}), engine)
    assert a.reaches(a.grafana, provider, 8443, engine)


def test_blocks_of_the_cluster_are_the_stacks_own_words(make_settings: Make) -> None:
    """In mode eks the VPC is known; a tenant stack and other clusters may narrow all private addresses."""
    owner, tenant_stack = actors(make_settings("prod")), actors(make_settings("dev"))
    said = actors(make_settings("dev", network_policies={"cluster_cidrs": ["10.22.0.0/16", "172.20.0.0/16"]}))
    elsewhere = Peer("another VPC", "10.99.0.1", entity="remote-node")
    for a, reached in ((owner, False), (tenant_stack, True), (said, False)):
        assert a.reaches(a.agent, elsewhere, 10250, Engine.CALICO) is reached
        assert a.reaches(a.agent, OTHER_NODE, 10250, Engine.CALICO)


def test_only_cilium_gets_policies_of_its_own_kind(settings: PlatformSettings) -> None:
    for engine in ENGINES:
        a = actors(settings, engine)
        kinds = {policy.kind for policies in a.policies.values() for policy in policies}
        assert (Kind.CILIUM in kinds) is (engine is Engine.CILIUM)
    assert all(
        isinstance(port["port"], str)
        for policies in actors(settings, Engine.CILIUM).policies.values()
        for policy in policies
        if policy.kind is Kind.CILIUM
        for direction in ("ingress", "egress")
        for rule in policy.spec.get(direction, ())
        for ports in rule["toPorts"]
        for port in ports["ports"]
    )


def test_without_tls_mimirs_gateway_is_reached_on_its_plain_port_only(make_settings: Make) -> None:
    a = actors(make_settings("prod", tls={"mode": "plain"}))
    for client in (a.gateway, a.grafana):
        assert a.reaches(client, a.mimir("gateway"), 8080, Engine.VPC_CNI)
        assert not a.reaches(client, a.mimir("gateway"), 8443, Engine.VPC_CNI)


@pytest.mark.parametrize("engine", ENGINES)
def test_irsa_needs_no_pod_identity_agent(make_settings: Make, engine: Engine) -> None:
    a = actors(make_settings("prod", identity="irsa"), engine)
    assert not a.reaches(a.loki, on_node(POD_IDENTITY), 80, engine)
    assert a.reaches(a.loki, outside("52.94.1.1"), 443, engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_s3_compatible_server_is_reached_on_its_own_port(on_premises: PlatformSettings, engine: Engine) -> None:
    """Within the cluster, where it is a pod, and outside of it."""
    a = actors(on_premises, engine)
    for server in (Peer("seaweedfs", "10.0.0.7", "storage", {"app": "seaweedfs"}), outside("198.51.100.7")):
        assert a.reaches(a.tempo, server, 8333, engine)
        assert not a.reaches(a.tempo, server, 443, engine)


@pytest.mark.parametrize(("endpoint", "insecure", "port"), [("s3.local", True, 80), ("s3.local", False, 443)])
def test_a_server_without_a_port_has_its_schemes(
    on_premises: PlatformSettings, endpoint: str, insecure: bool, port: int
) -> None:
    store = server_for(on_premises).model_copy(update={"endpoint": endpoint, "insecure": insecure})
    agents = Endpoints.of(on_premises).agent_namespace
    a = Actors(on_premises, {on_premises.namespace: platform_policies(on_premises, store, agents)})
    assert a.reaches(a.loki, outside("10.0.0.7"), port, Engine.VPC_CNI)


def test_alerts_leave_by_https_and_mail_and_only_from_the_alertmanager(make_settings: Make) -> None:
    alerting: dict[str, Any] = {"receivers": {"slack": {"channel": "#a"}, "critical": ["slack"], "warning": ["slack"]}}
    a = actors(make_settings("prod", alerting=alerting))
    assert a.reaches(a.mimir("alertmanager"), outside(RECEIVER), 443, Engine.VPC_CNI)
    assert not a.reaches(a.mimir("alertmanager"), outside(METADATA), 443, Engine.VPC_CNI)


def test_names_are_unique_in_each_namespace(make_settings: Make) -> None:
    for engine in ENGINES:
        options = {"grafana": {"hostname": "grafana.acme.example"}, "network_policies": {"node_local_dns": True}}
        for policies in actors(make_settings("prod", **options), engine).policies.values():
            names = [policy.name for policy in policies]
            assert len(names) == len(set(names))
