"""What each agent scrapes: the platform's pods on its own node, so that every pod is scraped once, within its zone.

Series carry `job` (the component's name), `instance` (the pod's name) and, from service discovery, namespace, pod, node
and container. Exporters of the cluster itself (kube-state-metrics, cert-manager) run on nodes of the cluster's owner,
because nodes of a tenant stack are tainted: only the owner's agents scrape them, and a tenant stack sees the state of
its own objects by the `k8s_cluster` receiver instead. Node exporters run on every node: each stack has its nodes'.

How many series: unfiltered, Loki, Tempo, Mimir and Grafana expose 1000 to 4000 a pod (latency histograms by route,
gRPC, Go runtime), which for prod's twenty pods alone would be more than `workload.active_series`. So of these and of
the exporters only the names in `telemetry/alerting/rules/inventory/` are kept: what rules and dashboards ask for. That
leaves 100 to 600 a pod; one more name there is one more family here.

Sources: README of the Prometheus receiver, OpenTelemetry Collector contrib 0.149; Prometheus documentation,
"Configuration", `kubernetes_sd_config` and `relabel_config`; labels and ports of the charts in `telemetry.charts.lock`
and of prometheus-community's kube-state-metrics and prometheus-node-exporter, which EKS's community add-ons package.
"""

from collections.abc import Iterator
from typing import Any

from planning.backends import LOKI, Backend, backends_of
from planning.base import Frozen
from settings.models.addons import CERT_MANAGER_NAMESPACE
from settings.models.cluster import SharedCluster
from settings.models.platform import PlatformSettings
from settings.rules.sizing import karpenter_pods
from telemetry.charts.loki_distributed import GATEWAY_COMPONENT
from telemetry.collector.config import NODE_NAME_VARIABLE
from telemetry.collector.kept_metrics import kept_expression
from telemetry.kubernetes.endpoints import (
    CERT_MANAGER_METRICS_PORT,
    COLLECTOR_AGENT_RELEASE,
    COLLECTOR_GATEWAY_RELEASE,
    COLLECTOR_METRICS_PORT,
    GRAFANA_PORT,
    GRAFANA_RELEASE,
    KARPENTER_METRICS_PORT,
    KARPENTER_NAMESPACE,
    KARPENTER_RELEASE,
    KUBE_STATE_METRICS_NAMESPACE,
    KUBE_STATE_METRICS_PORT,
    NODE_EXPORTER_NAMESPACE,
    NODE_EXPORTER_PORT,
    Endpoints,
)
from telemetry.kubernetes.tls import scrape_client

PROMETHEUS = "prometheus"
INSTANCE_LABEL = "app_kubernetes_io_instance"
NAME_LABEL = "app_kubernetes_io_name"
COMPONENT_LABEL = "app_kubernetes_io_component"
# As they are written on pods.
POD_LABELS = {
    INSTANCE_LABEL: "app.kubernetes.io/instance",
    NAME_LABEL: "app.kubernetes.io/name",
    COMPONENT_LABEL: "app.kubernetes.io/component",
}
MAX_TIMEOUT_SECONDS = 10


class Scrape(Frozen):
    """One job: pods of one namespace, chosen by a label, on one port."""

    job: str
    """Value of the label `job`, and of the resource attribute service.name."""
    namespace: str
    """Where the pods run."""
    label: str
    """Pod label, as service discovery writes it."""
    value: str
    """Its value."""
    port: int
    """Container port that serves /metrics."""
    inventory: str | None = None
    """Inventory that lists which metrics are kept; None keeps all."""
    component_label: bool = False
    """Whether series carry the pod's component, for back ends of many components."""
    without_component: str | None = None
    """A component whose pods serve no metrics."""
    honor_labels: bool = False
    """Whether the target's own labels win, where it speaks of other objects than itself."""
    server_name: str | None = None
    """The name in the certificate of a target that serves HTTPS; None for plain HTTP."""

    @property
    def pod_selector(self) -> dict[str, Any]:
        """The same pods in the words of a Kubernetes label selector."""
        selector: dict[str, Any] = {"matchLabels": {POD_LABELS[self.label]: self.value}}
        if self.without_component is not None:
            component = {"key": POD_LABELS[COMPONENT_LABEL], "operator": "NotIn", "values": [self.without_component]}
            selector["matchExpressions"] = [component]
        return selector


def scrapes(settings: PlatformSettings) -> tuple[Scrape, ...]:
    """Every job of a stack's agents."""
    endpoints = Endpoints.of(settings)
    jobs = (*_back_ends(settings, endpoints), *_platform(endpoints), _node_exporter())
    if isinstance(settings.cluster, SharedCluster):
        return jobs
    return (*jobs, *_of_the_cluster(), *((_karpenter(),) if karpenter_pods(settings) else ()))


def _back_ends(settings: PlatformSettings, endpoints: Endpoints) -> Iterator[Scrape]:
    for backend in backends_of(settings.retention):
        encrypted = endpoints.tls and backend.tls_in_pods
        yield Scrape(
            job=backend.name,
            namespace=endpoints.namespace,
            label=INSTANCE_LABEL,
            value=backend.name,
            port=backend.port,
            inventory=backend.name,
            component_label=backend.many_components,
            # A proxy on the same port serves no metrics.
            without_component=_proxy(backend, settings),
            server_name=endpoints.host(backend.service) if encrypted else None,
        )


def _proxy(backend: Backend, settings: PlatformSettings) -> str | None:
    if backend is LOKI and settings.sizes.loki.distributed is not None:
        return GATEWAY_COMPONENT
    return backend.front.component if backend.front else None


def _platform(endpoints: Endpoints) -> tuple[Scrape, ...]:
    def release(name: str, port: int, **more: Any) -> Scrape:
        namespace = more.pop("namespace", endpoints.namespace)
        return Scrape(job=name, namespace=namespace, label=INSTANCE_LABEL, value=name, port=port, **more)

    return (
        release(GRAFANA_RELEASE, GRAFANA_PORT, inventory="grafana"),
        release(COLLECTOR_GATEWAY_RELEASE, COLLECTOR_METRICS_PORT),
        release(COLLECTOR_AGENT_RELEASE, COLLECTOR_METRICS_PORT, namespace=endpoints.agent_namespace),
    )


def _node_exporter() -> Scrape:
    return Scrape(
        job="node-exporter",
        namespace=NODE_EXPORTER_NAMESPACE,
        label=NAME_LABEL,
        value="prometheus-node-exporter",
        port=NODE_EXPORTER_PORT,
        inventory="node_exporter",
    )


def _of_the_cluster() -> tuple[Scrape, ...]:
    return (
        Scrape(
            job="kube-state-metrics",
            namespace=KUBE_STATE_METRICS_NAMESPACE,
            label=NAME_LABEL,
            value="kube-state-metrics",
            port=KUBE_STATE_METRICS_PORT,
            inventory="kube_state_metrics",
            honor_labels=True,
        ),
        Scrape(
            job="cert-manager",
            namespace=CERT_MANAGER_NAMESPACE,
            label=COMPONENT_LABEL,
            value="controller",
            port=CERT_MANAGER_METRICS_PORT,
            inventory="cert_manager",
            honor_labels=True,
        ),
    )


def _karpenter() -> Scrape:
    return Scrape(
        job=KARPENTER_RELEASE,
        namespace=KARPENTER_NAMESPACE,
        label=INSTANCE_LABEL,
        value=KARPENTER_RELEASE,
        port=KARPENTER_METRICS_PORT,
        inventory="karpenter",
    )


def prometheus_receiver(settings: PlatformSettings) -> dict[str, Any]:
    """The receiver's configuration. `$` would be taken for the collector's own substitution, hence `$$`."""
    jobs = scrapes(settings)
    interval = settings.workload.scrape_interval_seconds
    # The same for all jobs: service discovery watches each namespace once, whatever the number of jobs.
    discovery = {
        "role": "pod",
        "namespaces": {"names": sorted({job.namespace for job in jobs})},
        "selectors": [{"role": "pod", "field": f"spec.nodeName=${{env:{NODE_NAME_VARIABLE}}}"}],
    }
    return {
        "config": {
            "global": {
                "scrape_interval": f"{interval}s",
                "scrape_timeout": f"{min(interval, MAX_TIMEOUT_SECONDS)}s",
                # OpenMetrics would rename counters that don't end in _total.
                "scrape_protocols": ["PrometheusText0.0.4"],
            },
            "scrape_configs": [_job(job, discovery) for job in jobs],
        }
    }


def _job(job: Scrape, discovery: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = {
        "job_name": job.job,
        "fallback_scrape_protocol": "PrometheusText0.0.4",
        "kubernetes_sd_configs": [discovery],
        "relabel_configs": _targets(job),
    }
    if job.honor_labels:
        config["honor_labels"] = True
    if job.server_name is not None:
        config |= {"scheme": "https", "tls_config": scrape_client(job.server_name)}
    if job.inventory is not None:
        kept = {"action": "keep", "source_labels": ["__name__"], "regex": kept_expression(job.inventory)}
        config["metric_relabel_configs"] = [kept]
    return config


def _targets(job: Scrape) -> list[dict[str, Any]]:
    rules = [
        _only("keep", "namespace", job.namespace),
        _only("keep", f"pod_label_{job.label}", job.value),
        _only("keep", "pod_container_port_number", str(job.port)),
        _only("drop", "pod_phase", "Failed|Succeeded"),
    ]
    if job.without_component is not None:
        rules.append(_only("drop", f"pod_label_{COMPONENT_LABEL}", job.without_component))
    rules.append(_copied("pod_name", "instance"))
    if job.component_label:
        rules.append(_copied(f"pod_label_{COMPONENT_LABEL}", "component"))
    return rules


def _only(action: str, meta: str, regex: str) -> dict[str, Any]:
    return {"action": action, "source_labels": [f"__meta_kubernetes_{meta}"], "regex": regex}


def _copied(meta: str, label: str) -> dict[str, Any]:
    return {"source_labels": [f"__meta_kubernetes_{meta}"], "target_label": label}
