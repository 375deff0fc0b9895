"""Karpenter's own namespace: who its controller may talk to, and that the API server hears it under load.

Sources: Karpenter documentation, "Getting Started", preventing API server request throttling (1.13, 2026); Kubernetes
documentation, "API Priority and Fairness".
"""

from typing import Any

from settings.models.platform import PlatformSettings
from telemetry.kubernetes.endpoints import (
    COLLECTOR_AGENT_RELEASE,
    KARPENTER_METRICS_PORT,
    KARPENTER_NAMESPACE,
    KARPENTER_RELEASE,
    Endpoints,
)
from telemetry.kubernetes.network_policies import (
    HTTPS_PORT,
    KUBERNETES_API_PORTS,
    POD_IDENTITY_AGENT,
    POD_IDENTITY_PORT,
    closed,
    cluster_blocks,
)
from telemetry.kubernetes.policy_parts import (
    Policy,
    anywhere,
    blocks,
    coming_from,
    egress,
    going_to,
    in_namespace,
    ingress,
    release_pods,
)

SERVICE_ACCOUNT = "karpenter"


def karpenter_policies(settings: PlatformSettings) -> list[Policy]:
    """Closed but for names, the API server, AWS's APIs, what hands out credentials, and agents that read metrics."""
    agents = release_pods(COLLECTOR_AGENT_RELEASE) | in_namespace(Endpoints.of(settings).agent_namespace)
    return [
        *closed(settings),
        egress("kubernetes-api", KARPENTER_RELEASE, going_to(blocks(cluster_blocks(settings)), *KUBERNETES_API_PORTS)),
        egress(
            "aws-apis",
            KARPENTER_RELEASE,
            going_to([anywhere()], HTTPS_PORT),
            going_to(blocks([POD_IDENTITY_AGENT]), POD_IDENTITY_PORT),
        ),
        ingress("karpenter-scrapes", KARPENTER_RELEASE, coming_from([agents], KARPENTER_METRICS_PORT)),
    ]


def flow_schemas() -> dict[str, dict[str, Any]]:
    """By name: outside kube-system a controller's requests would wait among everybody else's."""
    subject = {"kind": "ServiceAccount", "serviceAccount": {"name": SERVICE_ACCOUNT, "namespace": KARPENTER_NAMESPACE}}

    def schema(level: str, precedence: int, rule: dict[str, Any]) -> dict[str, Any]:
        return {
            "distinguisherMethod": {"type": "ByUser"},
            "matchingPrecedence": precedence,
            "priorityLevelConfiguration": {"name": level},
            "rules": [{"resourceRules": [rule], "subjects": [subject]}],
        }

    leases = {
        "apiGroups": ["coordination.k8s.io"],
        "namespaces": ["*"],
        "resources": ["leases"],
        "verbs": ["get", "create", "update"],
    }
    everything = {
        "apiGroups": ["*"],
        "clusterScope": True,
        "namespaces": ["*"],
        "resources": ["*"],
        "verbs": ["*"],
    }
    return {
        "karpenter-leader-election": schema("leader-election", 200, leases),
        "karpenter-workload": schema("workload-high", 1000, everything),
    }
