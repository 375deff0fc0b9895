"""The platform's namespace: one of its own, since everything in it is refused that no policy allows."""

from typing import Annotated

from pydantic import AfterValidator

from planning.base import broken_rule
from settings.models.fields import DnsLabel

# Kubernetes documentation, "Namespaces": `default`, and the prefix kube- for the system's own.
SYSTEM_PREFIX = "kube-"
# Amazon EKS User Guide, "AWS add-ons" and "Community add-ons": names, and the namespaces that some of them run in.
RESERVED_NAMESPACES = frozenset(
    {
        "default",
        "adot",
        "amazon-cloudwatch",
        "amazon-cloudwatch-observability",
        "amazon-guardduty",
        "aws-ebs-csi-driver",
        "aws-efs-csi-driver",
        "aws-fsx-csi-driver",
        "aws-guardduty-agent",
        "aws-mountpoint-s3-csi-driver",
        "cert-manager",
        "coredns",
        "eks-node-monitoring-agent",
        "eks-pod-identity-agent",
        "external-dns",
        "fluent-bit",
        "metrics-server",
        "opentelemetry-operator-system",
        "prometheus-node-exporter",
        "snapshot-controller",
        "vpc-cni",
    }
)


def _own(namespace: str) -> str:
    if namespace.startswith(SYSTEM_PREFIX) or namespace in RESERVED_NAMESPACES:
        raise broken_rule(
            "belongs to the cluster or to an add-on, and the platform refuses traffic in its namespace by default: "
            "take one of its own, such as monitoring"
        )
    return namespace


PlatformNamespaceName = Annotated[DnsLabel, AfterValidator(_own)]
