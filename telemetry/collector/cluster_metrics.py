"""States of Kubernetes objects, from one elected agent of each stack.

kube-state-metrics says the same and more, but belongs to the cluster's owner. What is kept here is small, is named like
the kubelet's metrics beside it, and is all that a tenant stack has: its agent watches its own namespaces only, in
which the receiver sees no nodes. About two series a pod and two a workload: some 250 in prod.

Sources: README and documentation of the Kubernetes cluster receiver and of the Kubernetes leader elector extension,
OpenTelemetry Collector contrib 0.149.
"""

from typing import Any

from settings.models.cluster import SharedCluster
from settings.models.platform import PlatformSettings
from telemetry.kubernetes.endpoints import COLLECTOR_AGENT_RELEASE, Endpoints

K8S_CLUSTER = "k8s_cluster"
LEADER_ELECTOR = "k8s_leader_elector"
LEASE = f"{COLLECTOR_AGENT_RELEASE}-{K8S_CLUSTER.replace('_', '-')}"
COLLECTION_INTERVAL = "60s"

# On by default in the receiver and left out: constants of the manifests, and what the kubelet says already.
_LEFT_OUT = (
    "k8s.container.cpu_limit",
    "k8s.container.cpu_request",
    "k8s.container.ephemeralstorage_limit",
    "k8s.container.ephemeralstorage_request",
    "k8s.container.memory_limit",
    "k8s.container.memory_request",
    "k8s.container.ready",
    "k8s.container.storage_limit",
    "k8s.container.storage_request",
    "k8s.cronjob.active_jobs",
    "k8s.daemonset.current_scheduled_nodes",
    "k8s.daemonset.misscheduled_nodes",
    "k8s.hpa.desired_replicas",
    "k8s.hpa.min_replicas",
    "k8s.job.active_pods",
    "k8s.job.desired_successful_pods",
    "k8s.job.failed_pods",
    "k8s.job.max_parallel_pods",
    "k8s.job.successful_pods",
    "k8s.namespace.phase",
    "k8s.replicaset.available",
    "k8s.replicaset.desired",
    "k8s.replication_controller.available",
    "k8s.replication_controller.desired",
    "k8s.resource_quota.hard_limit",
    "k8s.resource_quota.used",
    "k8s.statefulset.current_pods",
    "k8s.statefulset.updated_pods",
)


def cluster_receiver(settings: PlatformSettings) -> dict[str, Any]:
    """The receiver; it runs in the agent that holds the lease."""
    endpoints = Endpoints.of(settings)
    tenant_stack = isinstance(settings.cluster, SharedCluster)
    own = {"namespaces": [endpoints.namespace, endpoints.agent_namespace]}
    return {
        "auth_type": "serviceAccount",
        "k8s_leader_elector": LEADER_ELECTOR,
        "collection_interval": COLLECTION_INTERVAL,
        "node_conditions_to_report": ["Ready", "MemoryPressure", "DiskPressure"],
        "metrics": {name: {"enabled": False} for name in _LEFT_OUT},
        **(own if tenant_stack else {}),
    }


def leader_elector(settings: PlatformSettings) -> dict[str, Any]:
    """A lease in the agents' namespace: stacks that share a cluster elect one agent each."""
    return {
        "auth_type": "serviceAccount",
        "lease_name": LEASE,
        "lease_namespace": Endpoints.of(settings).agent_namespace,
    }


def cluster_rules() -> list[dict[str, Any]]:
    """What the receiver lists beside what `k8s_attributes` reads; cluster-wide, as all its rules."""
    return [
        _reading("", "replicationcontrollers", "resourcequotas", "services"),
        _reading("autoscaling", "horizontalpodautoscalers"),
    ]


def _reading(group: str, *resources: str) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": list(resources), "verbs": ["get", "list", "watch"]}


def lease_manifests(settings: PlatformSettings, service_account: str) -> list[dict[str, Any]]:
    """The right to hold the lease, in the agents' namespace alone; `create` can't be limited to one name."""
    namespace = Endpoints.of(settings).agent_namespace
    about = {"name": LEASE, "namespace": namespace}
    leases = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"]}
    return [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": about,
            "rules": [
                leases | {"verbs": ["create"]},
                leases | {"resourceNames": [LEASE], "verbs": ["get", "update", "patch"]},
            ],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": about,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": LEASE},
            "subjects": [{"kind": "ServiceAccount", "name": service_account, "namespace": namespace}],
        },
    ]
