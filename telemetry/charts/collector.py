"""Values of the `opentelemetry-collector` chart, for the agent on every node and for the sampling gateway.

Source: the chart's values and templates of 0.170.
"""

from typing import Any

from settings.models.cluster import ExistingCluster
from settings.models.platform import PlatformSettings
from telemetry.charts.lock import COLLECTOR_VERSION
from telemetry.charts.values import (
    ChartValues,
    Resources,
    ServiceAccount,
    Toleration,
    TopologySpreadConstraint,
    resources_of,
    restricted_container,
    tolerations,
)
from telemetry.collector.agent import (
    CLUSTER_NAME_VARIABLE,
    HOST_FOLDERS,
    HOST_ROOT,
    agent_config,
    cluster_name,
    resource_attributes,
)
from telemetry.collector.cluster_metrics import cluster_rules, lease_manifests
from telemetry.collector.destinations import credential_environment
from telemetry.collector.gateway import QUEUE_MIB, gateway_config
from telemetry.collector.place import HASH_KEY_VARIABLE
from telemetry.collector.pod_logs import POD_LOGS
from telemetry.collector.queues import STATE_DIRECTORY
from telemetry.collector.redaction import HASH_KEY_ENTRY, HASH_KEY_SECRET
from telemetry.kubernetes.endpoints import (
    COLLECTOR_AGENT_FULLNAME,
    COLLECTOR_AGENT_RELEASE,
    COLLECTOR_GATEWAY_RELEASE,
    Endpoints,
)
from telemetry.kubernetes.placement import Placement
from telemetry.kubernetes.tls import client_mounts, client_volumes, secret_mounts, secret_volumes

# The contrib distribution holds all components used here; the k8s distribution lacks the spanmetrics connector.
IMAGE = "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib"
GATEWAY_USER = 10001
# Ports that the chart opens by default for protocols that nothing here speaks.
UNUSED_PORTS = ("jaeger-compact", "jaeger-thrift", "jaeger-grpc", "zipkin")


class Image(ChartValues):
    """The collector's image."""

    repository: str = IMAGE
    """The chart has no default."""
    tag: str = COLLECTOR_VERSION
    """The version that is tested."""


class Command(ChartValues):
    """The collector's binary."""

    name: str = "otelcol-contrib"
    """Name in the contrib image."""
    extra_args: list[str] | None = None
    """Arguments beside the configuration's."""


class ClusterRoleBinding(ChartValues):
    """What gives the service account the cluster role."""

    name: str
    """The chart's default is the release's full name, which two stacks would share."""


class ClusterRole(ChartValues):
    """Cluster-wide permissions."""

    create: bool
    """Only the agent reads the Kubernetes API."""
    name: str | None = None
    """With the namespace in it, so that two stacks can share a cluster."""
    cluster_role_binding: ClusterRoleBinding | None = None
    """Named like the role."""
    rules: list[dict[str, Any]] | None = None
    """Kubernetes RBAC rules."""


class Port(ChartValues):
    """One port of the chart's table."""

    enabled: bool
    """Whether container and service open it."""
    host_port: int | None = None
    """0 keeps the DaemonSet off the node's own ports; services reach agents through the service."""


class Service(ChartValues):
    """The service in front of the pods."""

    enabled: bool = True
    """A DaemonSet gets none by default."""
    internal_traffic_policy: str | None = None
    """Cluster lets a node without a ready agent use its neighbours'."""
    traffic_distribution: str | None = None
    """The nearest agent first."""


class PodDisruptionBudget(ChartValues):
    """How many pods a drain may take at once."""

    enabled: bool = True
    """Whether to make one."""
    max_unavailable: int = 1
    """Pods."""


class CollectorValues(ChartValues):
    """The chart's values."""

    mode: str
    """daemonset or statefulset; the chart has no default."""
    fullname_override: str
    """Name of the service."""
    image: Image = Image()
    """Image."""
    command: Command
    """Binary."""
    replica_count: int | None = None
    """Pods of a StatefulSet."""
    alternate_config: dict[str, Any]
    """The whole configuration: `config` would be merged with the chart's Jaeger and Zipkin defaults."""
    service_account: ServiceAccount
    """Identity."""
    cluster_role: ClusterRole
    """Permissions."""
    ports: dict[str, Port]
    """Ports by the chart's names."""
    service: Service = Service()
    """Service."""
    resources: Resources
    """Requests and limits; the chart derives GOMEMLIMIT from the limit."""
    pod_security_context: dict[str, Any]
    """Pod security context."""
    security_context: dict[str, Any]
    """Container security context."""
    extra_envs: list[dict[str, Any]] | None = None
    """Environment."""
    extra_manifests: list[dict[str, Any]] | None = None
    """Objects beside the chart's own."""
    extra_volumes: list[dict[str, Any]] | None = None
    """Volumes."""
    extra_volume_mounts: list[dict[str, Any]] | None = None
    """Mounts."""
    node_selector: dict[str, str]
    """Node labels."""
    tolerations: list[Toleration]
    """Accepted taints."""
    topology_spread_constraints: list[TopologySpreadConstraint] | None = None
    """Spread over nodes."""
    pod_disruption_budget: PodDisruptionBudget | None = None
    """Only where there is more than one pod."""


def agent_values(settings: PlatformSettings, placement: Placement, stack: str) -> CollectorValues:
    """The DaemonSet, in its own namespace: it mounts host paths and reads other users' log files as root."""
    config = agent_config(settings)
    cluster_wide_name, endpoints = f"{settings.namespace}-{COLLECTOR_AGENT_RELEASE}", Endpoints.of(settings)
    return CollectorValues(
        mode="daemonset",
        fullname_override=COLLECTOR_AGENT_FULLNAME,
        command=Command(extra_args=config.arguments or None),
        alternate_config=config.document(),
        service_account=ServiceAccount(name=COLLECTOR_AGENT_RELEASE),
        cluster_role=ClusterRole(
            create=True,
            name=cluster_wide_name,
            cluster_role_binding=ClusterRoleBinding(name=cluster_wide_name),
            rules=_agent_rules(settings),
        ),
        ports=_ports(),
        service=_nearest_agent(settings),
        resources=resources_of(settings.sizes.collector_agent),
        pod_security_context={"seccompProfile": {"type": "RuntimeDefault"}},
        # Log files below /var/log/pods are readable by root only; that needs no capability.
        security_context={**restricted_container(), "runAsUser": 0, "runAsGroup": 0},
        extra_envs=[
            {"name": "OTEL_RESOURCE_ATTRIBUTES", "value": resource_attributes(settings, stack)},
            {"name": CLUSTER_NAME_VARIABLE, "value": cluster_name(settings, stack)},
        ],
        extra_manifests=lease_manifests(settings, COLLECTOR_AGENT_RELEASE),
        extra_volumes=[
            {"name": "pod-logs", "hostPath": {"path": POD_LOGS}},
            *({"name": f"host-{one}", "hostPath": {"path": f"/{one}"}} for one in HOST_FOLDERS),
            {
                "name": "state",
                "hostPath": {"path": f"{STATE_DIRECTORY}/{settings.namespace}", "type": "DirectoryOrCreate"},
            },
            *secret_volumes(endpoints, COLLECTOR_AGENT_RELEASE),
        ],
        extra_volume_mounts=[
            {"name": "pod-logs", "mountPath": POD_LOGS, "readOnly": True},
            *({"name": f"host-{one}", "mountPath": f"{HOST_ROOT}/{one}", "readOnly": True} for one in HOST_FOLDERS),
            {"name": "state", "mountPath": STATE_DIRECTORY},
            *secret_mounts(endpoints),
        ],
        node_selector=placement.node_selector,
        tolerations=tolerations(placement),
    )


def gateway_values(settings: PlatformSettings, placement: Placement) -> CollectorValues:
    """The StatefulSet: its pods' names are stable, so restarts don't make new span-metric series."""
    size, endpoints, config = settings.sizes.collector_gateway, Endpoints.of(settings), gateway_config(settings)
    several = size.most_replicas > 1
    # A queue for each back end, and what compaction needs beside them.
    state_mib = (len(config.exporters) + 1) * QUEUE_MIB
    return CollectorValues(
        mode="statefulset",
        fullname_override=COLLECTOR_GATEWAY_RELEASE,
        replica_count=size.replicas,
        command=Command(extra_args=config.arguments or None),
        alternate_config=config.document(),
        service_account=ServiceAccount(name=COLLECTOR_GATEWAY_RELEASE, automount_service_account_token=False),
        cluster_role=ClusterRole(create=False),
        ports=_ports(),
        resources=resources_of(size),
        pod_security_context={
            "runAsNonRoot": True,
            "runAsUser": GATEWAY_USER,
            "runAsGroup": GATEWAY_USER,
            "fsGroup": GATEWAY_USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        security_context=restricted_container(),
        extra_envs=[*_hash_key(settings), *credential_environment(settings)] or None,
        # Outlives a container, not its pod: a restart loses nothing, a node that goes takes its queue along.
        extra_volumes=[
            {"name": "state", "emptyDir": {"sizeLimit": f"{state_mib}Mi"}},
            *secret_volumes(endpoints, COLLECTOR_GATEWAY_RELEASE),
            *client_volumes(endpoints, COLLECTOR_GATEWAY_RELEASE),
        ],
        extra_volume_mounts=[
            {"name": "state", "mountPath": STATE_DIRECTORY},
            *secret_mounts(endpoints),
            *client_mounts(endpoints),
        ],
        node_selector=placement.node_selector,
        tolerations=tolerations(placement),
        topology_spread_constraints=[_over_nodes()] if several else None,
        pod_disruption_budget=PodDisruptionBudget() if several else None,
    )


def _hash_key(settings: PlatformSettings) -> list[dict[str, Any]]:
    if settings.redaction.unkeyed_hashes or not settings.redaction.hashed_attributes:
        return []
    secret = settings.redaction.hash_key_secret or HASH_KEY_SECRET
    return [{"name": HASH_KEY_VARIABLE, "valueFrom": {"secretKeyRef": {"name": secret, "key": HASH_KEY_ENTRY}}}]


def _ports() -> dict[str, Port]:
    return {
        "otlp": Port(enabled=True, host_port=0),
        "otlp-http": Port(enabled=True, host_port=0),
        "metrics": Port(enabled=True),
        **{name: Port(enabled=False) for name in UNUSED_PORTS},
    }


def _nearest_agent(settings: PlatformSettings) -> Service:
    """PreferSameNode needs Kubernetes 1.34, which EKS clusters here have; elsewhere the zone is near enough."""
    existing = isinstance(settings.cluster, ExistingCluster)
    return Service(
        internal_traffic_policy="Cluster", traffic_distribution="PreferClose" if existing else "PreferSameNode"
    )


def _agent_rules(settings: PlatformSettings) -> list[dict[str, Any]]:
    """What the agents' receivers and processors read, and the gateways' addresses where traces go by their id."""
    rules = [
        _reading("", "pods", "namespaces", "nodes"),
        {"apiGroups": [""], "resources": ["nodes/stats", "nodes/pods"], "verbs": ["get"]},
        _reading("apps", "replicasets", "deployments", "statefulsets", "daemonsets"),
        _reading("batch", "jobs", "cronjobs"),
        *cluster_rules(),
    ]
    if settings.sizes.collector_gateway.most_replicas > 1:
        rules += [_reading("", "endpoints"), _reading("discovery.k8s.io", "endpointslices")]
    return rules


def _reading(group: str, *resources: str) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": list(resources), "verbs": ["get", "list", "watch"]}


def _over_nodes() -> TopologySpreadConstraint:
    return TopologySpreadConstraint(
        topology_key="kubernetes.io/hostname",
        when_unsatisfiable="ScheduleAnyway",
        label_selector={"matchLabels": {"app.kubernetes.io/instance": COLLECTOR_GATEWAY_RELEASE}},
    )
