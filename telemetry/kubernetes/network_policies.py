"""Who may talk to whom: everything is closed, and each flow that the platform needs is opened by one named policy.

A NetworkPolicy opens ports of pods, not of services. Pods are chosen by app.kubernetes.io/instance, the release name,
which all charts set. Sources: Kubernetes documentation, "Network Policies"; Amazon EKS User Guide, "Pod Identity".
"""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from planning.backends import BACKENDS, MIMIR, OTLP_GRPC_PORT, Backend, backends_of
from planning.base import Frozen
from settings.models.platform import PlatformSettings
from telemetry.charts.object_storage import ObjectStorage
from telemetry.collector.scrapes import scrapes
from telemetry.kubernetes.endpoints import (
    COLLECTOR_AGENT_RELEASE,
    COLLECTOR_GATEWAY_RELEASE,
    GRAFANA_PORT,
    GRAFANA_RELEASE,
    KUBELET_PORT,
    NODE_EXPORTER_PORT,
    OTLP_HTTP_PORT,
    Endpoints,
)

DNS_PORT = 53
HTTPS_PORT = 443
# Where the API server listens behind its service: 443 on EKS, 6443 on clusters made with kubeadm, kind or k3s.
KUBERNETES_API_PORTS = (HTTPS_PORT, 6443)
# The node's metadata service, which would hand a pod the node's own credentials.
INSTANCE_METADATA = "169.254.169.254/32"
# Where the EKS Pod Identity agent answers on every node.
POD_IDENTITY_AGENT = "169.254.170.23/32"
POD_IDENTITY_PORT = 80

Rule = dict[str, Any]
Peer = dict[str, Any]


class Policy(Frozen):
    """One NetworkPolicy."""

    name: str
    """Name within its namespace."""
    spec: dict[str, Any]
    """Its spec."""


def platform_policies(settings: PlatformSettings, storage: ObjectStorage, agent_namespace: str) -> list[Policy]:
    """Policies of the platform's namespace."""
    kept, tls = backends_of(settings.retention), settings.encrypted
    return [
        *_closed(),
        *(_within(backend.name) for backend in kept),
        *(_clients(backend, kept, tls=tls) for backend in kept),
        *_recordings(kept, tls=tls),
        *_notifications(settings),
        _egress(
            "collector-gateway-back-ends",
            COLLECTOR_GATEWAY_RELEASE,
            *(_to([_front(backend)], _write_port(backend, tls=tls)) for backend in kept),
        ),
        _egress(
            "grafana-back-ends",
            GRAFANA_RELEASE,
            *(_to([_front(backend)], backend.client_port(tls=tls)) for backend in kept),
        ),
        # Its sidecars watch ConfigMaps.
        _egress("grafana-kubernetes-api", GRAFANA_RELEASE, _to([_anywhere()], *KUBERNETES_API_PORTS)),
        *(_grafana_visitors() if settings.grafana.hostname else ()),
        _ingress(
            "collector-gateway-agents",
            COLLECTOR_GATEWAY_RELEASE,
            _from([_release(COLLECTOR_AGENT_RELEASE) | _namespace(agent_namespace)], OTLP_GRPC_PORT),
        ),
        *(_object_storage(backend.name, settings, storage) for backend in kept),
        *_scraped(settings, settings.namespace, agent_namespace),
    ]


def agent_policies(settings: PlatformSettings) -> list[Policy]:
    """Policies of the agents' namespace: services of every namespace send, agents reach gateway and node."""
    return [
        *_closed(),
        _ingress(
            "telemetry-from-services",
            COLLECTOR_AGENT_RELEASE,
            _from([{"namespaceSelector": {}}], OTLP_GRPC_PORT, OTLP_HTTP_PORT),
        ),
        _egress(
            "collector-gateway",
            COLLECTOR_AGENT_RELEASE,
            _to([_release(COLLECTOR_GATEWAY_RELEASE) | _namespace(settings.namespace)], OTLP_GRPC_PORT),
        ),
        _egress(
            "kubernetes-api-and-kubelet",
            COLLECTOR_AGENT_RELEASE,
            # The node exporter is on the node's network: no selector finds it.
            _to([_anywhere()], *KUBERNETES_API_PORTS, KUBELET_PORT, NODE_EXPORTER_PORT),
        ),
        _egress("scrapes", COLLECTOR_AGENT_RELEASE, *_scrape_targets(settings)),
        *_scraped(settings, Endpoints.of(settings).agent_namespace, Endpoints.of(settings).agent_namespace),
    ]


def _scraped(settings: PlatformSettings, namespace: str, agent_namespace: str) -> list[Policy]:
    """Agents may read the metrics of what runs in a namespace of the platform. One port serves metrics and API of a
    back end, and a NetworkPolicy tells ports apart, not paths."""
    agents = _release(COLLECTOR_AGENT_RELEASE) | _namespace(agent_namespace)
    return [
        _ingress(f"{job.job}-scrapes", job.value, _from([agents], job.port))
        for job in scrapes(settings)
        if job.namespace == namespace
    ]


def _scrape_targets(settings: PlatformSettings) -> list[Rule]:
    own = (settings.namespace, Endpoints.of(settings).agent_namespace)
    return [
        _to([(_release(job.value) if job.namespace in own else {}) | _namespace(job.namespace)], job.port)
        for job in scrapes(settings)
        if job.port != NODE_EXPORTER_PORT
    ]


def _closed() -> list[Policy]:
    """Nothing in, nothing out, but names can be looked up."""
    dns = {
        "to": [_namespace("kube-system")],
        "ports": [{"protocol": protocol, "port": DNS_PORT} for protocol in ("UDP", "TCP")],
    }
    return [
        Policy(name="default-deny", spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}),
        Policy(name="dns", spec={"podSelector": {}, "policyTypes": ["Egress"], "egress": [dns]}),
    ]


def _within(release: str) -> Policy:
    """Pods of one release among themselves: gossip, gRPC, caches."""
    peer = _release(release)
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
    peers: dict[int, list[Peer]] = {backend.client_port(tls=tls): [_release(GRAFANA_RELEASE)]}
    peers.setdefault(_write_port(backend, tls=tls), []).append(_release(COLLECTOR_GATEWAY_RELEASE))
    peers[backend.client_port(tls=tls)] += [_release(one.name) for one in kept if one.recorded_in == backend.name]
    rules = [_from(those, port) for port, those in peers.items()]
    selector = _front(backend)["podSelector"]
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
            yield _egress(f"{backend.name}-ruler", backend.name, _to([_front(target)], target.client_port(tls=tls)))


def _write_port(backend: Backend, *, tls: bool) -> int:
    return backend.otlp_grpc_port or backend.client_port(tls=tls)


def _object_storage(release: str, settings: PlatformSettings, storage: ObjectStorage) -> Policy:
    """The bucket, and on AWS what hands out credentials for it (the Pod Identity agent; IRSA asks STS over HTTPS)."""
    if storage.credentials_secret is not None:
        return _egress(f"{release}-object-storage", release, _to([_anywhere()], _port(storage)))
    rules = [_to([_anywhere()], HTTPS_PORT)]
    if settings.identity == "pod_identity":
        rules.append(_to([{"ipBlock": {"cidr": POD_IDENTITY_AGENT}}], POD_IDENTITY_PORT))
    return _egress(f"{release}-object-storage", release, *rules)


def _port(storage: ObjectStorage) -> int:
    port = urlsplit(f"//{storage.endpoint}").port
    return port if port is not None else (80 if storage.insecure else HTTPS_PORT)


def _notifications(settings: PlatformSettings) -> list[Policy]:
    """Alertmanager's way to its receivers: HTTPS, and the mail server's port."""
    receivers = settings.alerting.receivers
    if not (receivers.kinds or receivers.watchdog):
        return []
    mail = [int(receivers.email.smarthost.rpartition(":")[2])] if receivers.email else []
    rule = _to([_anywhere()], HTTPS_PORT, *mail)
    selector = _component(MIMIR.name, "alertmanager")["podSelector"]
    return [
        Policy(
            name="alertmanager-receivers",
            spec={"podSelector": selector, "policyTypes": ["Egress"], "egress": [rule]},
        )
    ]


def _grafana_visitors() -> list[Policy]:
    """An ingress controller may run in any namespace."""
    return [_ingress("grafana-visitors", GRAFANA_RELEASE, _from([{"namespaceSelector": {}}], GRAFANA_PORT))]


def _ingress(name: str, release: str, *rules: Rule) -> Policy:
    selector = _release(release)["podSelector"]
    return Policy(name=name, spec={"podSelector": selector, "policyTypes": ["Ingress"], "ingress": list(rules)})


def _egress(name: str, release: str, *rules: Rule) -> Policy:
    selector = _release(release)["podSelector"]
    return Policy(name=name, spec={"podSelector": selector, "policyTypes": ["Egress"], "egress": list(rules)})


def _from(peers: list[Peer], *ports: int) -> Rule:
    return {"from": peers, "ports": _tcp(*ports)}


def _to(peers: list[Peer], *ports: int) -> Rule:
    return {"to": peers, "ports": _tcp(*ports)}


def _tcp(*ports: int) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": port} for port in ports]


def _release(release: str) -> Peer:
    return {"podSelector": {"matchLabels": {"app.kubernetes.io/instance": release}}}


def _component(release: str, component: str) -> Peer:
    labels = {"app.kubernetes.io/instance": release, "app.kubernetes.io/component": component}
    return {"podSelector": {"matchLabels": labels}}


def _front(backend: Backend) -> Peer:
    """The pods that a back end's clients talk to."""
    return _component(backend.name, backend.front.component) if backend.front else _release(backend.name)


def _namespace(name: str) -> Peer:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _anywhere() -> Peer:
    """Any address but the node's metadata service."""
    return {"ipBlock": {"cidr": "0.0.0.0/0", "except": [INSTANCE_METADATA]}}
