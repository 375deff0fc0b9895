"""The service's rows about what it depends on and what it runs on."""

from telemetry.grafana.dashboards.model import Row, Unit
from telemetry.grafana.dashboards.panels import ANY_IS_BAD, DURATION, ERROR_SHARE, charts, row, timeseries
from telemetry.grafana.dashboards.queries import SCOPE, SERVICE, prom, quantile, rate, share

# Deployments carry their service's name.
_PODS = f'k8s_deployment_name=~"$service",{SCOPE}'
_GRAPH = "traces_service_graph_request"


def dependencies_row() -> Row:
    """Both sides of the service graph."""

    def edge(side: str, other: str, metric: str) -> str:
        return rate(f"{_GRAPH}_{metric}", by=other, where=f'{side}=~"$service"')

    return row(
        "Callers and dependencies",
        charts(
            timeseries(
                "Who calls it",
                "Requests from each caller.",
                prom(edge("server", "client", "total"), "{{client}}"),
                unit=Unit.REQUESTS_PER_SECOND,
            ),
            timeseries(
                "What it calls",
                "Requests to each dependency.",
                prom(edge("client", "server", "total"), "{{server}}"),
                unit=Unit.REQUESTS_PER_SECOND,
            ),
            timeseries(
                "Errors of dependencies",
                "Share of calls that fail.",
                prom(share(edge("client", "server", "failed_total"), edge("client", "server", "total")), "{{server}}"),
                unit=Unit.RATIO,
                thresholds=ERROR_SHARE,
            ),
            timeseries(
                "Duration of dependencies",
                "95th percentile, as the caller sees it.",
                prom(quantile(0.95, f"{_GRAPH}_client_seconds", by="server", where='client=~"$service"'), "{{server}}"),
                unit=Unit.SECONDS,
                thresholds=DURATION,
            ),
        ),
    )


def pods_row() -> Row:
    """What the service runs on, and its runtime."""

    def by_pod(metric: str) -> str:
        return f"sum by (k8s_pod_name) ({metric}{{{_PODS}}})"

    return row(
        "Pods",
        charts(
            timeseries(
                "CPU by pod", "Cores in use.", prom(by_pod("k8s_pod_cpu_usage"), "{{k8s_pod_name}}"), unit=Unit.CORES
            ),
            timeseries(
                "Memory by pod",
                "What the kernel can't take back without harm.",
                prom(by_pod("k8s_pod_memory_working_set_bytes"), "{{k8s_pod_name}}"),
                unit=Unit.MEMORY,
            ),
            timeseries(
                "Container restarts",
                "In the last hour; any is worth a look at the logs before it.",
                prom(
                    "sum by (k8s_pod_name) "
                    f'(increase(k8s_container_restarts{{k8s_pod_name=~"$service-.*",{SCOPE}}}[1h]))',
                    "{{k8s_pod_name}}",
                ),
                thresholds=ANY_IS_BAD,
                decimals=0,
            ),
            timeseries(
                "Network",
                "Bytes received and sent by all pods.",
                prom(rate("k8s_pod_network_io_bytes_total", by="direction", where=_PODS), "{{direction}}"),
                unit=Unit.BYTES_PER_SECOND,
            ),
        ),
        charts(
            timeseries(
                "Replicas",
                "Available and wanted.",
                prom(f"sum(k8s_deployment_available{{{_PODS}}})", "available"),
                prom(f"sum(k8s_deployment_desired{{{_PODS}}})", "wanted"),
                decimals=0,
            ),
            timeseries(
                "Goroutines",
                "Go services only. A steady rise is a leak.",
                prom(f"sum by (k8s_pod_name) (go_goroutine_count{{{SERVICE}}})", "{{k8s_pod_name}}"),
            ),
            timeseries(
                "Requests in progress",
                "As the services count them; a rise without more requests is a jam.",
                prom(f"sum by (service_name) (http_server_active_requests{{{SERVICE}}})", "{{service_name}}"),
            ),
            height=6,
        ),
        collapsed=True,
    )
