"""Community add-ons that a cluster's owner installs for all stacks on it."""

from planning.base import Frozen

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
