"""The infrastructure's rows about what runs on the nodes: workloads, pods, Kubernetes objects, volumes."""

from telemetry.grafana.dashboards.model import Row, Unit
from telemetry.grafana.dashboards.panels import ANY_IS_BAD, FULL, TALL, bars, charts, row, table, timeseries
from telemetry.grafana.dashboards.queries import OBJECTS, SCOPE, now, prom, share, top


def workloads_row() -> Row:
    """What uses CPU and memory."""
    usage = f"sum by (k8s_namespace_name, k8s_pod_name) (k8s_pod_cpu_usage{{{SCOPE}}})"
    memory = f"sum by (k8s_namespace_name, k8s_pod_name) (k8s_pod_memory_working_set_bytes{{{SCOPE}}})"
    pod = "{{k8s_pod_name}}"
    return row(
        "Workloads",
        charts(
            timeseries(
                "CPU by namespace",
                "Cores in use.",
                prom(f"sum by (k8s_namespace_name) (k8s_pod_cpu_usage{{{SCOPE}}})", "{{k8s_namespace_name}}"),
                unit=Unit.CORES,
                stacked=True,
            ),
            timeseries(
                "Memory by namespace",
                "Working set.",
                prom(
                    f"sum by (k8s_namespace_name) (k8s_pod_memory_working_set_bytes{{{SCOPE}}})",
                    "{{k8s_namespace_name}}",
                ),
                unit=Unit.MEMORY,
                stacked=True,
            ),
            bars("Pods by CPU", "The ten with the most.", now(top(10, usage), pod), unit=Unit.CORES, decimals=2),
            bars("Pods by memory", "The ten with the most.", now(top(10, memory), pod), unit=Unit.MEMORY),
            height=TALL,
        ),
    )


def _requested(resource: str) -> str:
    return f'sum by (namespace) (kube_pod_container_resource_requests{{{OBJECTS},resource="{resource}"}})'


def _used(metric: str) -> str:
    """With the label that kube-state-metrics gives a namespace, so that the columns join."""
    usage = f"sum by (k8s_namespace_name) ({metric}{{{SCOPE}}})"
    renamed = f'label_replace({usage}, "namespace", "$1", "k8s_namespace_name", "(.*)")'
    return f"sum by (namespace) ({renamed})"


def pods_row() -> Row:
    """What restarts or is missing."""
    return row(
        "Pods and replicas",
        charts(
            timeseries(
                "Container restarts",
                "In the last hour, the ten with the most.",
                prom(
                    top(10, f"sum by (k8s_pod_name) (increase(k8s_container_restarts{{{SCOPE}}}[1h]))"),
                    "{{k8s_pod_name}}",
                ),
                thresholds=ANY_IS_BAD,
                decimals=0,
            ),
            timeseries(
                "Replicas missing",
                "Wanted less available, by Deployment.",
                prom(
                    f"sum by (k8s_deployment_name) (k8s_deployment_desired{{{SCOPE}}}) - "
                    f"sum by (k8s_deployment_name) (k8s_deployment_available{{{SCOPE}}})",
                    "{{k8s_deployment_name}}",
                ),
                thresholds=ANY_IS_BAD,
                decimals=0,
            ),
            timeseries(
                "Pods that scale",
                "How many there are and, dashed, how many there may be; empty where nothing scales by itself.",
                prom(f"sum by (k8s_hpa_name) (k8s_hpa_current_replicas{{{SCOPE}}})", "{{k8s_hpa_name}}"),
                prom(f"sum by (k8s_hpa_name) (k8s_hpa_max_replicas{{{SCOPE}}})", "{{k8s_hpa_name}}, at most"),
                decimals=0,
            ),
            timeseries(
                "Pods missing in StatefulSets",
                "Wanted less ready, by namespace.",
                prom(
                    f"sum by (k8s_namespace_name) (k8s_statefulset_desired_pods{{{SCOPE}}}) - "
                    f"sum by (k8s_namespace_name) (k8s_statefulset_ready_pods{{{SCOPE}}})",
                    "{{k8s_namespace_name}}",
                ),
                thresholds=ANY_IS_BAD,
                decimals=0,
            ),
        ),
    )


def objects_row() -> Row:
    """What kube-state-metrics says of the whole cluster."""
    return row(
        "Kubernetes objects",
        charts(
            table(
                "Requests and use by namespace",
                "What pods reserve, and what they use. Far more reserved than used is money for nothing.",
                now(_requested("cpu"), "CPU reserved", Unit.CORES),
                now(_used("k8s_pod_cpu_usage"), "CPU used", Unit.CORES),
                now(_requested("memory"), "Memory reserved", Unit.MEMORY),
                now(_used("k8s_pod_memory_working_set_bytes"), "Memory used", Unit.MEMORY),
                columns=(("namespace", "Namespace"),),
                decimals=2,
            ),
            height=6,
        ),
        charts(
            timeseries(
                "Containers that can't start",
                "By reason, such as CrashLoopBackOff or ImagePullBackOff.",
                prom(
                    f"sum by (reason) (kube_pod_container_status_waiting_reason{{{OBJECTS}}}) or vector(0)",
                    "{{reason}}",
                ),
                thresholds=ANY_IS_BAD,
                decimals=0,
            ),
            timeseries(
                "Node conditions",
                "Pressure on memory, disk or process ids, and nodes that are not ready.",
                prom(
                    'sum by (condition) (kube_node_status_condition{condition!="Ready",status="true"})',
                    "{{condition}}",
                ),
                prom('sum(kube_node_status_condition{condition="Ready",status!="true"})', "NotReady"),
                thresholds=ANY_IS_BAD,
                decimals=0,
            ),
            timeseries(
                "Reserved of the nodes",
                "Requests of all pods in parts of what nodes can give; at 100 % new pods stay pending.",
                *(
                    prom(
                        f'sum(kube_pod_container_resource_requests{{resource="{resource}"}}) / '
                        f'sum(kube_node_status_allocatable{{resource="{resource}"}})',
                        resource,
                    )
                    for resource in ("cpu", "memory")
                ),
                unit=Unit.RATIO,
                thresholds=FULL,
            ),
        ),
    )


def volumes_row() -> Row:
    """What fills up."""
    labels = "k8s_namespace_name, k8s_pod_name, k8s_volume_name"
    capacity = f"max by ({labels}) (k8s_volume_capacity_bytes{{{SCOPE}}})"
    used = f"({capacity} - max by ({labels}) (k8s_volume_available_bytes{{{SCOPE}}}))"
    left = f"predict_linear(k8s_volume_available_bytes{{{SCOPE}}}[6h], 4 * 86400)"
    return row(
        "Volumes",
        charts(
            bars(
                "Fullest volumes",
                "The ten fullest; a full volume stops ingesters and databases.",
                now(top(10, share(used, capacity)), "{{k8s_pod_name}} {{k8s_volume_name}}"),
                unit=Unit.RATIO,
                thresholds=FULL,
                maximum=1,
                decimals=0,
            ),
            table(
                "Volumes",
                "In four days: what would be free if the last six hours went on; below 0 it is full by then.",
                now(capacity, "Size"),
                now(share(used, capacity), "Used", Unit.RATIO),
                now(f"min by ({labels}) ({left})", "Free in 4 days"),
                columns=(("k8s_namespace_name", "Namespace"), ("k8s_pod_name", "Pod"), ("k8s_volume_name", "Volume")),
                unit=Unit.MEMORY,
                decimals=1,
                weight=2,
            ),
            height=TALL,
        ),
        collapsed=True,
    )
