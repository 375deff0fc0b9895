"""The parts that network policies are made of: peers, ports, and policies of one direction."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from planning.backends import Backend
from planning.base import Frozen

# The node's metadata service, which would hand a pod the node's own credentials.
INSTANCE_METADATA = "169.254.169.254/32"

Rule = dict[str, Any]
Peer = dict[str, Any]


class Kind(StrEnum):
    """Kinds of policies."""

    KUBERNETES = "networking.k8s.io/v1/NetworkPolicy"
    CILIUM = "cilium.io/v2/CiliumNetworkPolicy"


class Policy(Frozen):
    """One policy of a namespace. Policies add up: what any of them allows is allowed."""

    name: str
    """Name within its namespace."""
    spec: dict[str, Any]
    """Its spec."""
    kind: Kind = Kind.KUBERNETES
    """What it is."""


def ingress(name: str, release: str, *rules: Rule) -> Policy:
    """Ways in to the pods of a release."""
    selector = release_pods(release)["podSelector"]
    return Policy(name=name, spec={"podSelector": selector, "policyTypes": ["Ingress"], "ingress": list(rules)})


def egress(name: str, release: str, *rules: Rule) -> Policy:
    """Ways out of the pods of a release."""
    selector = release_pods(release)["podSelector"]
    return Policy(name=name, spec={"podSelector": selector, "policyTypes": ["Egress"], "egress": list(rules)})


def coming_from(peers: list[Peer], *ports: int) -> Rule:
    """From any of these peers to any of these TCP ports."""
    return {"from": peers, "ports": tcp(*ports)}


def going_to(peers: list[Peer], *ports: int) -> Rule:
    """To any of these TCP ports of any of these peers."""
    return {"to": peers, "ports": tcp(*ports)}


def tcp(*ports: int) -> list[dict[str, Any]]:
    """TCP ports."""
    return [entry for port in ports for entry in ports_of(port, "TCP")]


def ports_of(port: int, *protocols: str) -> list[dict[str, Any]]:
    """One port in several protocols."""
    return [{"protocol": protocol, "port": port} for protocol in protocols]


def release_pods(release: str) -> Peer:
    """All pods of a release, in the policy's own namespace unless it is joined with another."""
    return {"podSelector": {"matchLabels": {"app.kubernetes.io/instance": release}}}


def component_pods(release: str, component: str) -> Peer:
    """The pods of one component of a release."""
    labels = {"app.kubernetes.io/instance": release, "app.kubernetes.io/component": component}
    return {"podSelector": {"matchLabels": labels}}


def front_pods(backend: Backend) -> Peer:
    """The pods that a back end's clients talk to."""
    return component_pods(backend.name, backend.front.component) if backend.front else release_pods(backend.name)


def in_namespace(name: str) -> Peer:
    """All pods of a namespace; joined with pods, these in that namespace."""
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def blocks(cidrs: Sequence[str]) -> list[Peer]:
    """Addresses, which needn't be pods'."""
    return [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]


def anywhere() -> Peer:
    """Any address but the node's metadata service."""
    return {"ipBlock": {"cidr": "0.0.0.0/0", "except": [INSTANCE_METADATA]}}


def to_entities(name: str, labels: dict[str, str], rules: dict[tuple[str, ...], list[dict[str, Any]]]) -> Policy:
    """Ways out to what Cilium knows by name."""
    ways = [{"toEntities": list(entities), "toPorts": cilium_ports(ports)} for entities, ports in rules.items()]
    selector: dict[str, Any] = {"matchLabels": labels} if labels else {}
    return Policy(name=name, spec={"endpointSelector": selector, "egress": ways}, kind=Kind.CILIUM)


def cilium_ports(ports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same ports, as text."""
    return [{"ports": [{**port, "port": str(port["port"])} for port in ports]}]
