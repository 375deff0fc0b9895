"""Network policies, evaluated: whether a connection gets through, as the Kubernetes documentation defines it.

Sources: Kubernetes documentation, "Network Policies" and the reference of NetworkPolicy v1; Cilium documentation,
"Layer 3 Policies" (entities, and what CIDRs match) and "Kubernetes Network Policy". Engines differ in what an address
block means: the VPC CNI and Calico compare addresses, of pods as well; Cilium knows pods, nodes and the API server by
what they are, and a block matches only what is none of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from telemetry.kubernetes.policy_parts import Kind, Policy

NAMESPACE_LABEL = "kubernetes.io/metadata.name"


class Engine(StrEnum):
    """What enforces."""

    VPC_CNI = "vpc_cni"
    CALICO = "calico"
    CILIUM = "cilium"


class Peer(NamedTuple):
    """One end of a connection."""

    name: str
    address: str
    namespace: str | None = None
    """Of a pod; None for what is no pod, and for pods on a node's network, which policies can't tell from the node."""
    labels: Mapping[str, str] = {}
    entity: str = "world"
    """What Cilium takes it for, unless it is a pod."""
    service_address: str | None = None
    """What a client connects to, where that isn't the address itself."""


Policies = Mapping[str, Sequence[Policy]]
"""By namespace."""


def allowed(
    policies: Policies,
    source: Peer,
    target: Peer,
    port: int,
    *,
    protocol: str = "TCP",
    engine: Engine = Engine.VPC_CNI,
    strict: bool = False,
) -> bool:
    """Whether a connection opens: the source must be let out and the target must let it in. Strict (Amazon EKS User
    Guide, "Limit Pod traffic with Kubernetes network policies"): a pod that no policy selects is closed."""
    if strict and not all(_selected(policies, one) for one in (source, target)):
        return False
    connection = (port, protocol, engine)
    return _side("egress", policies, source, target, *connection) and _side(
        "ingress", policies, target, source, *connection
    )


def _side(direction: str, policies: Policies, own: Peer, other: Peer, port: int, protocol: str, engine: Engine) -> bool:
    """Open unless a policy of this direction selects the pod; then closed but for what any of them allows."""
    if own.namespace is None:
        return True
    selecting = [
        one
        for one in policies.get(own.namespace, ())
        if (one.kind is Kind.KUBERNETES or engine is Engine.CILIUM)
        and direction in directions(one)
        and selects(_selector(one), own.labels)
    ]
    return not selecting or any(
        _rule(one, rule, direction, own, other, port, protocol, engine)
        for one in selecting
        for rule in one.spec.get(direction) or ()
    )


def _selected(policies: Policies, peer: Peer) -> bool:
    """Whether any policy is about a pod; what is no pod needs none."""
    if peer.namespace is None:
        return True
    return any(selects(_selector(one), peer.labels) for one in policies.get(peer.namespace, ()))


def _selector(policy: Policy) -> dict[str, Any]:
    return policy.spec["podSelector" if policy.kind is Kind.KUBERNETES else "endpointSelector"]


def directions(policy: Policy) -> set[str]:
    """Directions in which a policy closes what it selects. Without policyTypes: ingress, and egress if it has rules."""
    if policy.kind is Kind.CILIUM:
        return {one for one in ("ingress", "egress") if one in policy.spec}
    types = policy.spec.get("policyTypes") or ["Ingress", *(["Egress"] if policy.spec.get("egress") else [])]
    return {one.lower() for one in types}


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """A label selector: all of its requirements hold; an empty one selects everything."""
    if not dict(selector.get("matchLabels") or {}).items() <= labels.items():
        return False
    return all(_expression(one, labels) for one in selector.get("matchExpressions") or ())


def _expression(one: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key: str = one["key"]
    values: Sequence[str] = one.get("values") or ()
    match one["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case other:
            raise ValueError(other)


def _rule(
    policy: Policy,
    rule: Mapping[str, Any],
    direction: str,
    own: Peer,
    other: Peer,
    port: int,
    protocol: str,
    engine: Engine,
) -> bool:
    word = "to" if direction == "egress" else "from"
    if policy.kind is Kind.CILIUM:
        entity = None if other.namespace is not None else other.entity
        return entity in rule[f"{word}Entities"] and any(
            _port(one, port, protocol) for ports in rule["toPorts"] for one in ports["ports"]
        )
    peers, ports = rule.get(word), rule.get("ports")
    return (not peers or any(_peer(one, own, other, engine) for one in peers)) and (
        not ports or any(_port(one, port, protocol) for one in ports)
    )


def _port(entry: Mapping[str, Any], port: int, protocol: str) -> bool:
    if entry.get("protocol", "TCP") != protocol:
        return False
    first = entry.get("port")
    return first is None or int(first) <= port <= int(entry.get("endPort", first))


def _peer(peer: Mapping[str, Any], own: Peer, other: Peer, engine: Engine) -> bool:
    if block := peer.get("ipBlock"):
        return _block(block, other, engine)
    if other.namespace is None:
        return False
    namespaces = peer.get("namespaceSelector")
    if namespaces is None:
        inside = other.namespace == own.namespace
    else:
        inside = selects(namespaces, {NAMESPACE_LABEL: other.namespace})
    return inside and selects(peer.get("podSelector") or {}, other.labels)


def _block(block: Mapping[str, Any], other: Peer, engine: Engine) -> bool:
    if engine is Engine.CILIUM and (other.namespace is not None or other.entity != "world"):
        return False
    # The VPC CNI looks at a packet before kube-proxy has put an endpoint's address into it, Calico after that.
    seen = other.service_address if engine is Engine.VPC_CNI and other.service_address else other.address
    address = ip_address(seen)
    return address in ip_network(block["cidr"]) and not any(
        address in ip_network(one) for one in block.get("except") or ()
    )
