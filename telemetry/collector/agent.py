"""The agent on every node: application telemetry, pod logs, host and kubelet metrics, to the sampling gateway.

Sources: README files of the named components in OpenTelemetry Collector contrib 0.158.
"""

from typing import Any
from urllib.parse import quote

from planning.backends import OTLP_GRPC_PORT
from settings.models.cluster import ExistingCluster, SharedCluster
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from telemetry.collector.cluster_metrics import K8S_CLUSTER, LEADER_ELECTOR, cluster_receiver, leader_elector
from telemetry.collector.config import (
    BATCH,
    HEALTH_CHECK,
    MEMORY_LIMITER,
    NODE_IP,
    NODE_NAME_VARIABLE,
    CollectorConfig,
    Pipeline,
    batch,
    health_check,
    memory_limiter,
    otlp_receiver,
)
from telemetry.collector.metric_savings import merging
from telemetry.collector.pod_logs import pod_logs
from telemetry.collector.queues import FILE_STORAGE, file_storage, on_disk
from telemetry.collector.scrapes import PROMETHEUS, prometheus_receiver
from telemetry.kubernetes.endpoints import COLLECTOR_GATEWAY_RELEASE, KUBELET_PORT, Endpoints
from telemetry.kubernetes.tls import DIRECTORY, collector_client

HOST_ROOT = "/hostfs"
# What the scrapers of `hostmetrics` read below it; the space of disks comes from the kubelet and the node exporter.
HOST_FOLDERS = ("proc", "sys")
COLLECTION_INTERVAL = "60s"
# Of the node's root volume, while the gateway is away.
QUEUE_MIB = 256
RETRY_INTERVAL = "30s"

# The gateway answers when a batch is redacted. Lines with a secret of each kind take 1.1 µs a byte (`python -m
# benchmarks.redaction_texts`), on a crowded core some 5, so a batch of `BATCH_KIB` takes some 5 s; what would be sent
# again after the time-out would be redacted twice.
BATCH_KIB = 1024
GATEWAY_TIMEOUT = "60s"

POD_ATTRIBUTES = (
    "k8s.namespace.name",
    "k8s.pod.name",
    "k8s.pod.uid",
    "k8s.node.name",
    "k8s.container.name",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.job.name",
    "k8s.cronjob.name",
    # Computed for pods that don't say it themselves, so that plain log lines get the labels of instrumented services.
    "service.name",
    "service.namespace",
    "service.version",
)

CLUSTER_RESOURCE = "resource/cluster"
CLUSTER_NAME_VARIABLE = "LGTM_CLUSTER_NAME"
_ENRICHED = (MEMORY_LIMITER, "k8s_attributes", "resourcedetection", BATCH)
# What services send says nothing about their pods: the connection does.
UNCLAIMED = "resource/unclaimed"
_SENT = (MEMORY_LIMITER, UNCLAIMED, *_ENRICHED[1:])
CLAIMS = r"^k8s\.(pod|namespace|node|replicaset|deployment|statefulset|daemonset|job|cronjob)\."


def agent_config(settings: PlatformSettings) -> CollectorConfig:
    """The agent's configuration for one stack."""
    endpoints = Endpoints.of(settings)
    by_trace = settings.sizes.collector_gateway.most_replicas > 1
    traces_exporter = "loadbalancing" if by_trace else "otlp_grpc"
    exporters = {"otlp_grpc": _to_gateway(endpoints)}
    if by_trace:
        exporters["loadbalancing"] = _by_trace_id(endpoints)
    # Before a batch may cut a metric in two.
    merged = merging(settings.metrics)
    # The batch processor knows no profiles.
    profiles = {"profiles": Pipeline(receivers=("otlp",), processors=_SENT[:-1], exporters=("otlp_grpc",))}
    return CollectorConfig(
        receivers={
            "otlp": otlp_receiver(),
            "file_log": pod_logs(endpoints.agent_namespace),
            "hostmetrics": _host_metrics(),
            "kubeletstats": _kubelet_stats(settings),
            PROMETHEUS: prometheus_receiver(settings),
            K8S_CLUSTER: cluster_receiver(settings),
        },
        processors={
            MEMORY_LIMITER: memory_limiter(),
            UNCLAIMED: {"attributes": [{"pattern": CLAIMS, "action": "delete"}]},
            "k8s_attributes": _pod_attributes(),
            "resourcedetection": _resource_detection(),
            CLUSTER_RESOURCE: _cluster_resource(settings),
            **merged,
            BATCH: batch(),
        },
        exporters=exporters,
        extensions={
            HEALTH_CHECK: health_check(),
            FILE_STORAGE: file_storage(),
            LEADER_ELECTOR: leader_elector(settings),
        },
        pipelines={
            "traces": Pipeline(receivers=("otlp",), processors=_SENT, exporters=(traces_exporter,)),
            "metrics": Pipeline(
                receivers=("otlp",), processors=(*_SENT[:-1], *merged, BATCH), exporters=("otlp_grpc",)
            ),
            "metrics/node": Pipeline(
                receivers=("hostmetrics", "kubeletstats"),
                processors=(*_ENRICHED[:-1], *merged, BATCH),
                exporters=("otlp_grpc",),
            ),
            # These say themselves which pod and node they speak of: it isn't the agent's.
            "metrics/cluster": Pipeline(
                receivers=(PROMETHEUS, K8S_CLUSTER),
                processors=(MEMORY_LIMITER, CLUSTER_RESOURCE, *merged, BATCH),
                exporters=("otlp_grpc",),
            ),
            "logs": Pipeline(receivers=("otlp",), processors=_SENT, exporters=("otlp_grpc",)),
            "logs/pods": Pipeline(receivers=("file_log",), processors=_ENRICHED, exporters=("otlp_grpc",)),
            **(profiles if settings.profiles.enabled else {}),
        },
    )


def resource_attributes(settings: PlatformSettings, stack: str) -> str:
    """OTEL_RESOURCE_ATTRIBUTES of the agents: what a pod that can't reach the instance metadata service can't detect.

    Node groups answer metadata requests only from the node itself (hop limit 1), so region, platform and cluster name
    come from the settings and the node's name from the downward API.
    """
    attributes = {
        # The specification percent-encodes values; a kubeconfig context may hold a comma.
        "k8s.cluster.name": quote(cluster_name(settings, stack), safe=":/@"),
        "deployment.environment.name": settings.environment.value,
        "host.name": f"$({NODE_NAME_VARIABLE})",
        "k8s.node.name": f"$({NODE_NAME_VARIABLE})",
    }
    existing = isinstance(settings.cluster, ExistingCluster) and settings.cluster.eks_cluster_name is None
    if not existing:
        attributes |= {"cloud.provider": "aws", "cloud.platform": "aws_eks", "cloud.region": settings.region}
    return ",".join(f"{key}={value}" for key, value in attributes.items())


def cluster_name(settings: PlatformSettings, stack: str) -> str:
    """Name of the cluster that the stack's agents run on."""
    match settings.cluster:
        case ExistingCluster() as cluster:
            return cluster.eks_cluster_name or cluster.context
        case SharedCluster() as cluster:
            return Names(project=settings.project, stack=cluster.owner_stack).cluster
        case _:
            return Names(project=settings.project, stack=stack).cluster


def _cluster_resource(settings: PlatformSettings) -> dict[str, Any]:
    """What is the same for everything in the cluster."""
    attributes = {
        "k8s.cluster.name": f"${{env:{CLUSTER_NAME_VARIABLE}}}",
        "deployment.environment.name": settings.environment.value,
    }
    return {"attributes": [{"key": key, "value": value, "action": "insert"} for key, value in attributes.items()]}


def _host_metrics() -> dict[str, Any]:
    return {
        "root_path": HOST_ROOT,
        "collection_interval": COLLECTION_INTERVAL,
        "scrapers": {
            "cpu": {},
            "load": {},
            "memory": {},
            "disk": {},
            "network": {},
        },
    }


def _kubelet_stats(settings: PlatformSettings) -> dict[str, Any]:
    """EKS signs kubelets' serving certificates with the cluster's CA; other clusters often leave them self-signed.

    A volume's claim is known from the kubelet's pods, which agents may read alone (`nodes/pods`) since Kubernetes 1.33;
    where that is refused the receiver has no metrics at all, so clusters of unknown version go without.
    """
    cluster = settings.cluster
    signed = not isinstance(cluster, ExistingCluster) or cluster.eks_cluster_name is not None
    return {
        "auth_type": "serviceAccount",
        "endpoint": f"https://{NODE_IP}:{KUBELET_PORT}",
        "collection_interval": COLLECTION_INTERVAL,
        "insecure_skip_verify": not signed,
        "metric_groups": ["node", "pod", "container", "volume"],
        **({"extra_metadata_labels": ["k8s.volume.type"]} if signed else {}),
    }


def _pod_attributes() -> dict[str, Any]:
    """Pods by the address that a connection comes from, which a service can't choose; by their uid where the agent
    itself has read it, from a log file's path or from the kubelet."""
    return {
        "auth_type": "serviceAccount",
        "filter": {"node_from_env_var": NODE_NAME_VARIABLE},
        "extract": {"metadata": list(POD_ATTRIBUTES), "otel_annotations": True},
        "pod_association": [
            {"sources": [{"from": "connection"}]},
            {"sources": [{"from": "resource_attribute", "name": "k8s.pod.uid"}]},
        ],
    }


def _resource_detection() -> dict[str, Any]:
    """From the environment and the operating system only: the cloud's detectors need the metadata service."""
    return {
        "detectors": ["env", "system"],
        "override": False,
        "timeout": "2s",
        "system": {"resource_attributes": {"host.name": {"enabled": False}, "os.type": {"enabled": True}}},
    }


def _to_gateway(endpoints: Endpoints) -> dict[str, Any]:
    return {
        "endpoint": endpoints.collector_gateway_otlp_grpc,
        "tls": collector_client(endpoints, DIRECTORY),
        "compression": "zstd",
        "timeout": GATEWAY_TIMEOUT,
        # A full queue holds the reader of log files where it is; the kubelet keeps what it hasn't read.
        **on_disk(QUEUE_MIB, RETRY_INTERVAL, batch_kib=BATCH_KIB, waits=True),
    }


def _by_trace_id(endpoints: Endpoints) -> dict[str, Any]:
    """All spans of a trace reach the same gateway, which alone can judge the whole trace."""
    # Gateways are reached by their pods' addresses, which no certificate names.
    tls = collector_client(endpoints, DIRECTORY, server_name=endpoints.host(COLLECTOR_GATEWAY_RELEASE))
    return {
        "routing_key": "traceID",
        "protocol": {"otlp": {"timeout": GATEWAY_TIMEOUT, "tls": tls, "compression": "zstd"}},
        "resolver": {
            "k8s": {"service": f"{COLLECTOR_GATEWAY_RELEASE}.{endpoints.namespace}", "ports": [OTLP_GRPC_PORT]}
        },
        **on_disk(QUEUE_MIB, RETRY_INTERVAL),
    }
