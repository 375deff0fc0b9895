"""EKS's managed add-ons by name, and the version of each that goes with a Kubernetes version.

EKS publishes versions by DescribeAddonVersions only, which needs an account: `lgtm addons pin` reads them there. What
is shipped was taken from public evidence, read 2026-11-28: copies of the Amazon EKS User Guide's tables ("latest
version of the add-on type for each Kubernetes version") of 2026-09-26 and 2026-10-10, versions that a 1.36 cluster of
2026-09-16 reported, and stacks that name one version with 1.35 and 1.36.
"""

from collections.abc import Mapping
from enum import StrEnum


class AddonName(StrEnum):
    """Add-ons that a cluster of this project may have, by their names in the EKS catalogue."""

    VPC_CNI = "vpc-cni"
    KUBE_PROXY = "kube-proxy"
    POD_IDENTITY_AGENT = "eks-pod-identity-agent"
    COREDNS = "coredns"
    EBS_CSI_DRIVER = "aws-ebs-csi-driver"
    METRICS_SERVER = "metrics-server"
    KUBE_STATE_METRICS = "kube-state-metrics"
    NODE_EXPORTER = "prometheus-node-exporter"
    CERT_MANAGER = "cert-manager"


# The choice to run what EKS takes for the cluster's Kubernetes version on the day it is asked.
DEFAULT = "default"
# The form of a version, or that choice.
ADDON_VERSION = r"v\d+\.\d+\.\d+-eksbuild\.\d+"

_EITHER: Mapping[AddonName, str] = {
    AddonName.VPC_CNI: "v1.23.1-eksbuild.1",
    AddonName.POD_IDENTITY_AGENT: "v1.3.10-eksbuild.3",
    AddonName.COREDNS: "v1.14.3-eksbuild.16",
    AddonName.EBS_CSI_DRIVER: "v1.63.1-eksbuild.1",
    # No public record of these was found that names a Kubernetes version.
    AddonName.KUBE_STATE_METRICS: DEFAULT,
    AddonName.NODE_EXPORTER: DEFAULT,
    AddonName.CERT_MANAGER: DEFAULT,
}
SHIPPED: Mapping[str, Mapping[AddonName, str]] = {
    "1.35": {
        **_EITHER,
        AddonName.KUBE_PROXY: "v1.35.3-eksbuild.25",
        AddonName.METRICS_SERVER: "v0.9.0-eksbuild.5",
    },
    "1.36": {
        **_EITHER,
        AddonName.KUBE_PROXY: "v1.36.0-eksbuild.21",
        AddonName.METRICS_SERVER: "v0.9.0-eksbuild.11",
    },
}


def choice(name: AddonName, kubernetes_version: str, given: str | None) -> str | None:
    """A version or `DEFAULT`: what the stack says itself, else what is shipped; None where nobody has chosen."""
    return given or SHIPPED.get(kubernetes_version, {}).get(name)
