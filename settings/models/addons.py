"""Community add-ons that a cluster's owner installs for all stacks on it."""

from typing import Annotated

from planning.aws.addons import ADDON_VERSION, DEFAULT, AddonName, choice
from planning.base import Frozen
from settings.models.fields import matching

# Amazon EKS User Guide, "Community add-ons".
CERT_MANAGER_NAMESPACE = "cert-manager"


class ClusterAddons(Frozen):
    """Which of EKS's community add-ons the owner of the cluster installs; on other clusters they are prerequisites."""

    kube_state_metrics: bool
    """States of Kubernetes objects as metrics, scraped by the owner's agents; dashboards and alerts of workloads."""
    prometheus_node_exporter: bool
    """Metrics of each node that the collector's own host metrics lack: pressure stalls, processes killed for memory."""
    cert_manager: bool
    """Issues and renews the certificates that tls.mode cert_manager asks for, of tenant stacks too."""


AddonVersion = Annotated[
    str,
    matching(
        rf"^({DEFAULT}|{ADDON_VERSION})$",
        f"an exact version such as v1.23.1-eksbuild.1, or {DEFAULT} for what EKS takes for the Kubernetes version",
    ),
]


class AddonVersions(Frozen):
    """Versions of EKS's add-ons; unsaid ones are those that are shipped for the cluster's Kubernetes version."""

    vpc_cni: AddonVersion | None = None
    """Pods' addresses and network policies."""
    kube_proxy: AddonVersion | None = None
    """Services' addresses on every node; its minor version is that of Kubernetes."""
    eks_pod_identity_agent: AddonVersion | None = None
    """Credentials of pods."""
    coredns: AddonVersion | None = None
    """Names."""
    aws_ebs_csi_driver: AddonVersion | None = None
    """Volumes."""
    metrics_server: AddonVersion | None = None
    """CPU and memory of pods, for kubectl top and autoscaling."""
    kube_state_metrics: AddonVersion | None = None
    """States of Kubernetes objects."""
    prometheus_node_exporter: AddonVersion | None = None
    """Metrics of each node."""
    cert_manager: AddonVersion | None = None
    """Certificates."""

    def choice(self, name: AddonName, kubernetes_version: str) -> str | None:
        """A version or `DEFAULT`; None where neither the stack nor the shipped table has one."""
        given: str | None = getattr(self, addon_key(name))
        return choice(name, kubernetes_version, given)

    def pinned(self, name: AddonName, kubernetes_version: str) -> str | None:
        """The exact version to ask EKS for; None leaves it to EKS."""
        found = self.choice(name, kubernetes_version)
        return None if found == DEFAULT else found


def addon_key(name: AddonName) -> str:
    """The key of an add-on under cluster.addon_versions."""
    return name.replace("-", "_")
