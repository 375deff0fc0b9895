"""Who may talk to whom: everything is closed, and each flow that the platform needs is opened by one named policy.

A NetworkPolicy opens ports of pods, not of services. Pods are chosen by app.kubernetes.io/instance, the release name,
which all charts set. Engines see addresses differently: the VPC CNI those of services, Calico those behind them, and
Cilium matches neither nodes nor the API server nor pods by address, but by what they are (`entities`).

Sources: Kubernetes documentation, "Network Policies" and "Using NodeLocal DNSCache in Kubernetes Clusters"; Amazon EKS
User Guide, "Pod Identity" and "Limit Pod traffic with Kubernetes network policies"; Cilium documentation, "Kubernetes
Network Policy" (known missing features) and "Layer 3 Policies", entities-based.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from planning.backends import BACKENDS, MIMIR, OTLP_GRPC_PORT, Backend, backends_of
from settings.models.platform import PlatformSettings
from telemetry.charts.object_storage import ObjectStorage
from telemetry.collector.scrapes import scrapes
from telemetry.kubernetes.endpoints import (
    COLLECTOR_AGENT_RELEASE,
    COLLECTOR_GATEWAY_RELEASE,
    GRAFANA_RELEASE,
    KUBELET_PORT,
    NODE_EXPORTER_PORT,
    OTLP_HTTP_PORT,
    Endpoints,
)
from telemetry.kubernetes.grafana_policies import grafana_policies
from telemetry.kubernetes.policy_parts import (
    Peer,
    Policy,
    Rule,
    anywhere,
    blocks,
    coming_from,
    component_pods,
    egress,
    front_pods,
    going_to,
    in_namespace,
    ingress,
    ports_of,
    release_pods,
    tcp,
    to_entities,
)

DNS_PORT = 53
HTTPS_PORT = 443
# Where the API server listens behind its service: 443 on EKS, 6443 on clusters made with kubeadm, kind or k3s.
KUBERNETES_API_PORTS = (HTTPS_PORT, 6443)
# Amazon EKS API reference, KubernetesNetworkConfigRequest: a cluster's services have addresses out of one of these.
EKS_SERVICE_BLOCKS = ("10.100.0.0/16", "172.20.0.0/16")
# RFC 1918 and RFC 6598.
PRIVATE_BLOCKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
# What NodeLocal DNSCache listens on, beside the address of the service that it stands before.
NODE_LOCAL_DNS = "169.254.20.10/32"
# Where the EKS Pod Identity agent answers on every node.
POD_IDENTITY_AGENT = "169.254.170.23/32"
POD_IDENTITY_PORT = 80


def platform_policies(settings: PlatformSettings, storage: ObjectStorage, agent_namespace: str) -> list[Policy]:
    """Policies of the platform's namespace."""
    kept, tls = backends_of(settings.retention), settings.encrypted
    return [
        *closed(settings),
        *(_within(backend.name) for backend in kept),
        *(_clients(backend, kept, tls=tls) for backend in kept),
        *_recordings(kept, tls=tls),
        *_notifications(settings),
        *_destinations(settings),
        egress(
            "collector-gateway-back-ends",
            COLLECTOR_GATEWAY_RELEASE,
            *(going_to([front_pods(backend)], _write_port(backend, tls=tls)) for backend in kept),
        ),
        egress(
            "grafana-back-ends",
            GRAFANA_RELEASE,
            *(going_to([front_pods(backend)], backend.client_port(tls=tls)) for backend in kept),
        ),
        # Its sidecars watch ConfigMaps.
        _to_kubernetes("grafana-kubernetes-api", GRAFANA_RELEASE, settings),
        *grafana_policies(settings, cluster_blocks(settings), cilium=_on_cilium(settings)),
        ingress(
            "collector-gateway-agents",
            COLLECTOR_GATEWAY_RELEASE,
            coming_from([release_pods(COLLECTOR_AGENT_RELEASE) | in_namespace(agent_namespace)], OTLP_GRPC_PORT),
        ),
        *(_aws_apis("grafana-aws", GRAFANA_RELEASE, settings) if settings.grafana.aws_data_sources else ()),
        *(policy for backend in kept for policy in _object_storage(backend.name, settings, storage)),
        *_scraped(settings, settings.namespace, agent_namespace),
    ]


def agent_policies(settings: PlatformSettings) -> list[Policy]:
    """Policies of the agents' namespace: services of every namespace send, agents reach gateway and node."""
    return [
        *closed(settings),
        ingress(
            "telemetry-from-services",
            COLLECTOR_AGENT_RELEASE,
            coming_from([{"namespaceSelector": {}}], OTLP_GRPC_PORT, OTLP_HTTP_PORT),
        ),
        egress(
            "collector-gateway",
            COLLECTOR_AGENT_RELEASE,
            going_to([release_pods(COLLECTOR_GATEWAY_RELEASE) | in_namespace(settings.namespace)], OTLP_GRPC_PORT),
        ),
        # The node exporter is on the node's network: no selector finds it.
        _to_kubernetes(
            "kubernetes-api-and-kubelet", COLLECTOR_AGENT_RELEASE, settings, (KUBELET_PORT, NODE_EXPORTER_PORT)
        ),
        egress("scrapes", COLLECTOR_AGENT_RELEASE, *_scrape_targets(settings)),
        *_scraped(settings, Endpoints.of(settings).agent_namespace, Endpoints.of(settings).agent_namespace),
    ]


def _scraped(settings: PlatformSettings, namespace: str, agent_namespace: str) -> list[Policy]:
    """Agents may read the metrics of what runs in a namespace of the platform. One port serves metrics and API of a
    back end, and a NetworkPolicy tells ports apart, not paths."""
    agents = release_pods(COLLECTOR_AGENT_RELEASE) | in_namespace(agent_namespace)
    return [
        Policy(
            name=f"{job.job}-scrapes",
            spec={
                "podSelector": job.pod_selector,
                "policyTypes": ["Ingress"],
                "ingress": [coming_from([agents], job.port)],
            },
        )
        for job in scrapes(settings)
        if job.namespace == namespace
    ]


def _scrape_targets(settings: PlatformSettings) -> list[Rule]:
    return [
        going_to([{"podSelector": job.pod_selector} | in_namespace(job.namespace)], job.port)
        for job in scrapes(settings)
        if job.port != NODE_EXPORTER_PORT
    ]


def closed(settings: PlatformSettings) -> Iterator[Policy]:
    """Nothing in, nothing out, but names can be looked up."""
    local, cilium = settings.network_policies.node_local_dns, _on_cilium(settings)
    servers = [in_namespace("kube-system")]
    if local and not cilium:
        # It answers at the name servers' own service address too, before anything translates it.
        servers += blocks([NODE_LOCAL_DNS, *cluster_blocks(settings)])
    rule = {"to": servers, "ports": ports_of(DNS_PORT, "UDP", "TCP")}
    yield Policy(name="default-deny", spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
    yield Policy(name="dns", spec={"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]})
    if local and cilium:
        yield to_entities("node-local-dns", {}, {("host",): ports_of(DNS_PORT, "UDP", "TCP")})


def cluster_blocks(settings: PlatformSettings) -> tuple[str, ...]:
    """Where nodes, API server and services have their addresses."""
    if given := settings.network_policies.cluster_cidrs:
        return tuple(map(str, given))
    if settings.network is not None and settings.network.own is not None:
        return (str(settings.network.own.cidr), *EKS_SERVICE_BLOCKS)
    return PRIVATE_BLOCKS


def _to_kubernetes(name: str, release: str, settings: PlatformSettings, node_ports: tuple[int, ...] = ()) -> Policy:
    """The way to the API server, and to ports of nodes."""
    if not _on_cilium(settings):
        return egress(name, release, going_to(blocks(cluster_blocks(settings)), *KUBERNETES_API_PORTS, *node_ports))
    rules: dict[tuple[str, ...], list[dict[str, Any]]] = {("kube-apiserver",): tcp(*KUBERNETES_API_PORTS)}
    if node_ports:
        rules |= {("host", "remote-node"): tcp(*node_ports)}
    return to_entities(name, release_pods(release)["podSelector"]["matchLabels"], rules)


def _on_cilium(settings: PlatformSettings) -> bool:
    return settings.network_policies.engine == "cilium"


def _within(release: str) -> Policy:
    """Pods of one release among themselves: gossip, gRPC, caches."""
    peer = release_pods(release)
    return Policy(
        name=f"{release}-within",
        spec={
            "podSelector": peer["podSelector"],
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [peer]}],
            "egress": [{"to": [peer]}],
        },
    )


def _clients(backend: Backend, kept: Sequence[Backend], *, tls: bool) -> Policy:
    """Grafana reads, the sampling gateway writes, and so do the rulers that record here."""
    peers: dict[int, list[Peer]] = {backend.client_port(tls=tls): [release_pods(GRAFANA_RELEASE)]}
    peers.setdefault(_write_port(backend, tls=tls), []).append(release_pods(COLLECTOR_GATEWAY_RELEASE))
    peers[backend.client_port(tls=tls)] += [release_pods(one.name) for one in kept if one.recorded_in == backend.name]
    rules = [coming_from(those, port) for port, those in peers.items()]
    selector = front_pods(backend)["podSelector"]
    return Policy(
        name=f"{backend.name}-clients",
        spec={"podSelector": selector, "policyTypes": ["Ingress"], "ingress": rules},
    )


def _recordings(kept: Sequence[Backend], *, tls: bool) -> Iterator[Policy]:
    """A ruler sends alerts to the Alertmanager beside the back end that it writes recorded series to."""
    by_name = {backend.name: backend for backend in BACKENDS}
    for backend in kept:
        if backend.recorded_in is not None:
            target = by_name[backend.recorded_in]
            yield egress(
                f"{backend.name}-ruler", backend.name, going_to([front_pods(target)], target.client_port(tls=tls))
            )


def _write_port(backend: Backend, *, tls: bool) -> int:
    return backend.otlp_grpc_port or backend.client_port(tls=tls)


def _object_storage(release: str, settings: PlatformSettings, storage: ObjectStorage) -> Iterator[Policy]:
    """The bucket, and on AWS what hands out credentials for it (the Pod Identity agent; IRSA asks STS over HTTPS)."""
    name = f"{release}-object-storage"
    if storage.credentials_secret is not None:
        # The server may be a pod, which not every engine takes for an address.
        yield egress(name, release, going_to([anywhere(), {"namespaceSelector": {}}], _port(storage)))
        return
    yield from _aws_apis(name, release, settings)


def _aws_apis(name: str, release: str, settings: PlatformSettings) -> Iterator[Policy]:
    rules = [going_to([anywhere()], HTTPS_PORT)]
    if settings.identity == "pod_identity":
        if _on_cilium(settings):
            # The agent is on the node's network.
            yield to_entities(
                f"{release}-pod-identity",
                release_pods(release)["podSelector"]["matchLabels"],
                {("host",): tcp(POD_IDENTITY_PORT)},
            )
        else:
            rules.append(going_to(blocks([POD_IDENTITY_AGENT]), POD_IDENTITY_PORT))
    yield egress(name, release, *rules)


def _port(storage: ObjectStorage) -> int:
    port = urlsplit(f"//{storage.endpoint}").port
    return port if port is not None else (80 if storage.insecure else HTTPS_PORT)


def _notifications(settings: PlatformSettings) -> list[Policy]:
    """Alertmanager's way to its receivers: HTTPS, and the mail server's port."""
    receivers = settings.alerting.receivers
    if not (receivers.watchdog or receivers.anybody):
        return []
    servers = [one.email.smarthost for one in (receivers, *receivers.teams.values()) if one.email]
    mail = sorted({int(server.rpartition(":")[2]) for server in servers})
    rule = going_to([anywhere()], HTTPS_PORT, *mail)
    selector = component_pods(MIMIR.name, "alertmanager")["podSelector"]
    return [
        Policy(
            name="alertmanager-receivers",
            spec={"podSelector": selector, "policyTypes": ["Egress"], "egress": [rule]},
        )
    ]


def _destinations(settings: PlatformSettings) -> Iterator[Policy]:
    """The gateway's way to each destination, at its port. A policy knows no names: where the stack says no addresses it
    is any, or the namespace of a service of this cluster."""
    for one in settings.destinations:
        peers = blocks([str(cidr) for cidr in one.cidrs])
        if not peers:
            peers = [in_namespace(one.namespace)] if one.namespace else [anywhere()]
        yield egress(f"collector-gateway-to-{one.name}", COLLECTOR_GATEWAY_RELEASE, going_to(peers, one.port))
