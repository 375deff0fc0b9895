"""Platform health: collectors, Loki, Tempo, Mimir and Grafana, by their own metrics."""

from collections.abc import Sequence

from telemetry.grafana.dashboards.model import Dashboard, Row, Threshold, Uid, Unit
from telemetry.grafana.dashboards.panels import (
    ANY_RATE_IS_BAD,
    FULL,
    GREEN,
    RED,
    YELLOW,
    bars,
    charts,
    log_lines,
    row,
    stat,
    stats,
    table,
    timeseries,
)
from telemetry.grafana.dashboards.platform_back_ends import loki_row, mimir_row, rules_row, tempo_row
from telemetry.grafana.dashboards.queries import (
    ENVIRONMENT,
    LOGS,
    NAMESPACE,
    PARTS,
    SCOPE,
    logs,
    now,
    prom,
    rate,
    share,
)

_UP = f'up{{job=~"$service",{SCOPE}}}'
_COLLECTORS = 'job=~"collector-.*"'
_SIGNALS = ("spans", "log_records", "metric_points")
_TAIL = "otelcol_processor_tail_sampling"


def platform_health(namespaces: Sequence[str]) -> Dashboard:
    """For whoever runs the platform, whose pods are in `namespaces`: is telemetry taken in, kept and answered."""
    return Dashboard(
        Uid.PLATFORM_HEALTH,
        "Platform health",
        "Is telemetry taken in, kept and answered: collectors, sampler, Loki, Tempo, Mimir, rules, Grafana.",
        (
            _now("|".join(namespaces)),
            _collectors(),
            _sampler(),
            loki_row(),
            tempo_row(),
            mimir_row(),
            rules_row(),
            _grafana(),
            _logs(),
        ),
        (ENVIRONMENT, NAMESPACE, PARTS),
    )


def _queue() -> str:
    return f"otelcol_exporter_queue_size{{{_COLLECTORS}}} / otelcol_exporter_queue_capacity{{{_COLLECTORS}}}"


def _now(namespaces: str) -> Row:
    pods = f'k8s_namespace_name=~"{namespaces}"'
    refused = " + ".join(f"({rate(f'otelcol_receiver_refused_{signal}_total')} or vector(0))" for signal in _SIGNALS)
    failed = " + ".join(f"({rate(f'otelcol_exporter_send_failed_{signal}_total')} or vector(0))" for signal in _SIGNALS)
    return row(
        "Now",
        stats(
            stat(
                "Parts that answer",
                "Share of all pods that could be scraped.",
                prom(f"avg({_UP})"),
                unit=Unit.RATIO,
                thresholds=(Threshold(0.8, YELLOW), Threshold(1, GREEN)),
                good_above=True,
                decimals=0,
            ),
            stat(
                "Refused by collectors",
                "Spans, lines and points a second that senders must keep: a full memory limiter or queue.",
                prom(refused),
                unit=Unit.PER_SECOND,
                thresholds=ANY_RATE_IS_BAD,
            ),
            stat(
                "Lost by collectors",
                "Items a second that no retry could deliver.",
                prom(failed),
                unit=Unit.PER_SECOND,
                thresholds=ANY_RATE_IS_BAD,
            ),
            stat(
                "Fullest queue",
                "Of the queues on disk in front of the back ends; a full one refuses.",
                prom(f"max({_queue()})"),
                unit=Unit.RATIO,
                thresholds=FULL,
                decimals=0,
            ),
        ),
        charts(
            table(
                "Parts",
                "One line for each part: pods that answer, and all its pods.",
                now(f"sum by (job) ({_UP})", "Answer"),
                now(f"count by (job) ({_UP})", "Pods"),
                columns=(("job", "Part"),),
                decimals=0,
            ),
            timeseries(
                "CPU by pod",
                "Cores in use in the platform's namespaces.",
                prom(f"topk(10, sum by (k8s_pod_name) (k8s_pod_cpu_usage{{{pods}}}))", "{{k8s_pod_name}}"),
                unit=Unit.CORES,
            ),
            timeseries(
                "Memory by pod",
                "Working set of the ten largest.",
                prom(
                    f"topk(10, sum by (k8s_pod_name) (k8s_pod_memory_working_set_bytes{{{pods}}}))",
                    "{{k8s_pod_name}}",
                ),
                unit=Unit.MEMORY,
            ),
        ),
    )


def _collectors() -> Row:
    def per_signal(metric: str) -> tuple[str, ...]:
        return tuple(rate(f"otelcol_{metric}_{signal}_total", by="job", where=_COLLECTORS) for signal in _SIGNALS)

    names = ("spans", "log lines", "metric points")
    return row(
        "Collectors",
        charts(
            timeseries(
                "Taken in",
                "By agents from services and nodes, and by gateways from agents.",
                *(
                    prom(query, f"{{{{job}}}} {name}")
                    for query, name in zip(per_signal("receiver_accepted"), names, strict=True)
                ),
                unit=Unit.PER_SECOND,
            ),
            timeseries(
                "Handed on",
                "By agents to gateways, and by gateways to the back ends. Fewer spans leave a gateway than enter it.",
                *(
                    prom(query, f"{{{{job}}}} {name}")
                    for query, name in zip(per_signal("exporter_sent"), names, strict=True)
                ),
                unit=Unit.PER_SECOND,
            ),
            timeseries(
                "Queues",
                "How full each exporter's queue on disk is. A rising line is a back end that is slow or away.",
                prom(f"max by (job, exporter) ({_queue()})", "{{job}} {{exporter}}"),
                unit=Unit.RATIO,
                thresholds=FULL,
                maximum=1,
            ),
            timeseries(
                "Memory of collectors",
                "The largest pod of each kind; at 80 % of its limit the limiter refuses.",
                prom(f"max by (job) (otelcol_process_memory_rss_bytes{{{_COLLECTORS}}})", "{{job}}"),
                unit=Unit.MEMORY,
            ),
        ),
    )


def _sampler() -> Row:
    judged = rate(f"{_TAIL}_global_count_traces_sampled_total")
    kept = rate(f"{_TAIL}_global_count_traces_sampled_total", where='decision="sampled"')
    return row(
        "Sampler",
        charts(
            timeseries(
                "Traces kept",
                "In parts of those judged.",
                prom(share(kept, judged), "kept"),
                unit=Unit.RATIO,
                maximum=1,
            ),
            timeseries(
                "Traces that wait",
                "For their decision, in memory.",
                prom(f"sum by (instance) ({_TAIL}_sampling_traces_on_memory)", "{{instance}}"),
            ),
            timeseries(
                "Dropped too early",
                "Traces pushed out before their decision: errors may be among them. Any means more memory is needed.",
                prom(rate(f"{_TAIL}_sampling_trace_dropped_too_early_total", by="instance"), "{{instance}}"),
                unit=Unit.PER_SECOND,
                thresholds=ANY_RATE_IS_BAD,
            ),
            timeseries(
                "Errors of policies",
                "Policies that could not judge.",
                prom(rate(f"{_TAIL}_sampling_policy_evaluation_error_total", by="instance"), "{{instance}}"),
                unit=Unit.PER_SECOND,
                thresholds=ANY_RATE_IS_BAD,
            ),
            height=7,
        ),
    )


def _grafana() -> Row:
    histogram = "grafana_http_request_duration_seconds"
    failed = rate(f"{histogram}_count", where='status_code=~"5.."')
    return row(
        "Grafana",
        charts(
            timeseries(
                "Requests to Grafana",
                "Pages and queries.",
                prom(rate(f"{histogram}_count"), "requests"),
                unit=Unit.REQUESTS_PER_SECOND,
            ),
            timeseries(
                "Failed requests",
                "Share of 5xx answers.",
                prom(share(failed, rate(f"{histogram}_count")), "failed"),
                unit=Unit.RATIO,
                thresholds=(Threshold(0.01, YELLOW), Threshold(0.05, RED)),
            ),
            bars(
                "Queries by data source",
                "Through Grafana's proxy.",
                now(rate("grafana_datasource_request_total", by="datasource"), "{{datasource}}"),
                unit=Unit.REQUESTS_PER_SECOND,
                decimals=2,
            ),
        ),
        collapsed=True,
    )


def _logs() -> Row:
    return row(
        "Logs of the platform",
        charts(
            log_lines(
                "Newest warnings and errors",
                "Of the chosen parts.",
                logs(f'{{{LOGS}}} | detected_level=~"warn|error|fatal|critical"'),
            )
        ),
        collapsed=True,
    )
