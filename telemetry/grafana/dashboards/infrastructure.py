"""Infrastructure: nodes, workloads and volumes of the cluster."""

from typing import NamedTuple

from telemetry.grafana.dashboards.infrastructure_workloads import objects_row, pods_row, volumes_row, workloads_row
from telemetry.grafana.dashboards.model import Dashboard, Row, Threshold, Uid, Unit
from telemetry.grafana.dashboards.panels import ANY_IS_BAD, FULL, RED, YELLOW, charts, row, stat, stats, timeseries
from telemetry.grafana.dashboards.queries import CHOICES, SCOPE, prom, rate

_ENVIRONMENT = 'deployment_environment_name=~"$environment"'
# Values of k8s.pod.phase; 2 is running, 3 succeeded, 5 unknown.
_PENDING, _FAILED = 1, 4
# Pressure stall information: share of time in which something waited.
_WAITING = Threshold(0.1, YELLOW), Threshold(0.3, RED)


class Exporters(NamedTuple):
    """Which of the cluster's exporters the stack's agents scrape."""

    kube_state_metrics: bool
    node_exporter: bool


def infrastructure(exporters: Exporters) -> Dashboard:
    """For whoever runs the cluster."""
    objects = (objects_row(),) if exporters.kube_state_metrics else ()
    waiting = (_waiting(),) if exporters.node_exporter else ()
    return Dashboard(
        Uid.INFRASTRUCTURE,
        "Infrastructure",
        "Nodes, workloads and volumes: what is full, what restarts, what waits.",
        (_now(), _nodes(), workloads_row(), pods_row(), *objects, volumes_row(), *waiting),
        CHOICES,
    )


def _busy(by: str) -> str:
    idle = rate("system_cpu_time_seconds_total", by=by, where=f'{_ENVIRONMENT},state=~"idle|wait"')
    return f"1 - {idle} / {rate('system_cpu_time_seconds_total', by=by, where=_ENVIRONMENT)}"


def _used_memory(by: str) -> str:
    used = f'sum by ({by}) (system_memory_usage_bytes{{{_ENVIRONMENT},state="used"}})'
    return f"{used} / sum by ({by}) (system_memory_usage_bytes{{{_ENVIRONMENT}}})"


def _used_disk(by: str) -> str:
    used, size = (
        f"sum by ({by}) (k8s_node_filesystem_{part}_bytes{{{_ENVIRONMENT}}})" for part in ("usage", "capacity")
    )
    return f"{used} / {size}"


def _now() -> Row:
    return row(
        "Now",
        stats(
            stat(
                "Nodes that report",
                "Nodes whose agent sent metrics in the last minutes.",
                prom(f"count(count by (k8s_node_name) (k8s_node_cpu_usage{{{_ENVIRONMENT}}}))"),
                decimals=0,
            ),
            stat(
                "CPU of the cluster",
                "Of all nodes' cores.",
                prom(f"avg({_busy('k8s_node_name')})"),
                unit=Unit.RATIO,
                thresholds=FULL,
                decimals=0,
            ),
            stat(
                "Memory of the cluster",
                "Of all nodes' memory.",
                prom(f"avg({_used_memory('k8s_node_name')})"),
                unit=Unit.RATIO,
                thresholds=FULL,
                decimals=0,
            ),
            stat(
                "Pods not running",
                "Pending, failed or unknown.",
                prom(
                    f"count(k8s_pod_phase{{{SCOPE}}} == {_PENDING} or k8s_pod_phase{{{SCOPE}}} >= {_FAILED})"
                    " or vector(0)"
                ),
                thresholds=ANY_IS_BAD,
                decimals=0,
            ),
        ),
    )


def _nodes() -> Row:
    node = "{{k8s_node_name}}"
    return row(
        "Nodes",
        charts(
            timeseries(
                "CPU by node",
                "Share of time in which the cores work.",
                prom(_busy("k8s_node_name"), node),
                unit=Unit.RATIO,
                thresholds=FULL,
                maximum=1,
            ),
            timeseries(
                "Memory by node",
                "Without caches that the kernel can take back.",
                prom(_used_memory("k8s_node_name"), node),
                unit=Unit.RATIO,
                thresholds=FULL,
                maximum=1,
            ),
            timeseries(
                "Disks by node",
                "At 85 % the kubelet starts to evict pods.",
                prom(_used_disk("k8s_node_name"), node),
                unit=Unit.RATIO,
                thresholds=FULL,
                maximum=1,
            ),
        ),
        charts(
            timeseries(
                "Load by node",
                "Processes that run or wait, mean of five minutes. Above the number of cores some wait.",
                prom(f"max by (k8s_node_name) (system_cpu_load_average_5m{{{_ENVIRONMENT}}})", node),
            ),
            timeseries(
                "Network by node",
                "Sent and received, without the loopback.",
                prom(
                    rate(
                        "system_network_io_bytes_total",
                        by="k8s_node_name, direction",
                        where=f'{_ENVIRONMENT},device!="lo"',
                    ),
                    f"{node} {{{{direction}}}}",
                ),
                unit=Unit.BYTES_PER_SECOND,
            ),
            timeseries(
                "Disk traffic by node",
                "Read and written.",
                prom(
                    rate("system_disk_io_bytes_total", by="k8s_node_name, direction", where=_ENVIRONMENT),
                    f"{node} {{{{direction}}}}",
                ),
                unit=Unit.BYTES_PER_SECOND,
            ),
        ),
    )


def _waiting() -> Row:
    def waiting(resource: str) -> str:
        return rate(f"node_pressure_{resource}_waiting_seconds_total", by="k8s_node_name", where=_ENVIRONMENT)

    return row(
        "What waits",
        charts(
            *(
                timeseries(
                    f"Waiting for {name}",
                    f"Share of time in which a process waited for {name}; steady waiting means the node is too small.",
                    prom(waiting(resource), "{{k8s_node_name}}"),
                    unit=Unit.RATIO,
                    thresholds=_WAITING,
                )
                for resource, name in (("cpu", "CPU"), ("memory", "memory"), ("io", "disks"))
            ),
            timeseries(
                "Killed for memory",
                "Processes that the kernel killed in the last hour.",
                prom(
                    f"sum by (k8s_node_name) (increase(node_vmstat_oom_kill{{{_ENVIRONMENT}}}[1h]))",
                    "{{k8s_node_name}}",
                ),
                thresholds=ANY_IS_BAD,
                decimals=0,
            ),
            height=7,
        ),
        collapsed=True,
    )
