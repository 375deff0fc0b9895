"""Service deep dive: one service from its requests down to its pods, logs and traces."""

from telemetry.grafana.dashboards.model import Dashboard, Row, Threshold, Uid, Unit
from telemetry.grafana.dashboards.panels import (
    DURATION,
    ERROR_SHARE,
    GREEN,
    NOTHING,
    TALL,
    YELLOW,
    charts,
    heatmap,
    log_lines,
    row,
    stat,
    stats,
    table,
    timeseries,
    trace_list,
)
from telemetry.grafana.dashboards.queries import (
    CHOICES,
    FAILED,
    INCOMING,
    LOGS,
    RECORDED,
    SERVICE,
    calls,
    duration,
    error_share,
    logs,
    now,
    prom,
    quantile,
    rate,
    top,
    traces,
)
from telemetry.grafana.dashboards.service_runtime import dependencies_row, pods_row
from telemetry.grafana.dashboards.service_unusual import unusual_row
from telemetry.grafana.dashboards.shared_panels import failed_by_service
from telemetry.grafana.datasources import SPAN_DURATION_BUCKET

_HTTP = "http_server_request_duration_seconds"
_TRACES = 'resource.service.name =~ "${service:regex}"'


def service() -> Dashboard:
    """For the team that owns a service: choose it at the top."""
    return Dashboard(
        Uid.SERVICE,
        "Service deep dive",
        "One service from its requests down to its pods, logs and traces. Choose it at the top.",
        (
            _requests(),
            _objectives(),
            unusual_row(),
            _operations(),
            dependencies_row(),
            pods_row(),
            _traces(),
            _logs(),
        ),
        CHOICES,
        window="now-1h",
    )


def _requests() -> Row:
    buckets = rate(SPAN_DURATION_BUCKET, by="le", where=f"{SERVICE},{INCOMING}")
    return row(
        "Requests",
        stats(
            stat("Requests", "Requests answered each second.", prom(calls()), unit=Unit.REQUESTS_PER_SECOND),
            stat(
                "Failed requests",
                "Share that ends in an error.",
                prom(error_share()),
                unit=Unit.RATIO,
                thresholds=ERROR_SHARE,
                decimals=2,
            ),
            stat(
                "Duration, median",
                "Half of the requests are faster.",
                prom(duration(0.5)),
                unit=Unit.SECONDS,
                thresholds=DURATION,
            ),
            stat(
                "Duration, 99th percentile",
                "The slowest 1 % take at least this long.",
                prom(duration(0.99)),
                unit=Unit.SECONDS,
                thresholds=DURATION,
            ),
        ),
        charts(
            timeseries(
                "Requests by answer",
                "HTTP status classes; calls without HTTP count as one.",
                prom(calls(by="http_response_status_code"), "{{http_response_status_code}}"),
                unit=Unit.REQUESTS_PER_SECOND,
                stacked=True,
            ),
            failed_by_service(),
            timeseries(
                "Duration",
                "Points are example traces: a click opens one.",
                prom(duration(0.5), "median", exemplars=True),
                prom(duration(0.95), "95th", exemplars=True),
                prom(duration(0.99), "99th", exemplars=True),
                unit=Unit.SECONDS,
                thresholds=DURATION,
            ),
        ),
        charts(
            heatmap(
                "How durations spread",
                "Two bands mean two kinds of requests, such as cached and uncached.",
                prom(buckets, "{{le}}", exemplars=True),
                unit=Unit.SECONDS,
            ),
            timeseries(
                "Duration, 95th, by service",
                "To compare the chosen services.",
                prom(duration(0.95, by="service_name"), "{{service_name}}", exemplars=True),
                unit=Unit.SECONDS,
                thresholds=DURATION,
            ),
        ),
    )


def _objectives() -> Row:
    return row(
        "Service levels",
        charts(
            timeseries(
                "Bad events, last hour",
                "Share of requests that fail an objective: failed for availability, too slow for latency.",
                prom(f"slo:sli_errors:ratio_rate1h{{{RECORDED}}}", "{{service_name}} {{slo}}"),
                unit=Unit.RATIO,
            ),
            timeseries(
                "Error budget left",
                "Of the 30 days' allowance; below 0 the objective is missed.",
                prom(f"slo:error_budget_remaining:ratio30d{{{RECORDED}}}", "{{service_name}} {{slo}}"),
                signed=True,
                unit=Unit.RATIO,
                thresholds=(Threshold(0, YELLOW), Threshold(0.25, GREEN)),
                good_above=True,
            ),
        ),
    )


def _operations() -> Row:
    by = "service_name, span_name"
    return row(
        "Operations",
        charts(
            table(
                "Busiest operations",
                "The 20 operations with the most requests.",
                now(top(20, calls(by=by)), "Requests/s", Unit.REQUESTS_PER_SECOND),
                now(error_share(by=by), "Failed", Unit.RATIO),
                now(duration(0.95, by=by), "95th percentile", Unit.SECONDS),
                columns=(("service_name", "Service"), ("span_name", "Operation")),
                decimals=3,
            ),
            height=TALL,
        ),
        charts(
            timeseries(
                "Slowest operations",
                "95th percentile of the five slowest.",
                prom(top(5, duration(0.95, by="span_name")), "{{span_name}}"),
                unit=Unit.SECONDS,
                thresholds=DURATION,
            ),
            timeseries(
                "Most errors by operation",
                "Errors a second of the five with the most.",
                prom(top(5, calls(by="span_name", where=FAILED)), "{{span_name}}"),
                when_empty=NOTHING,
                unit=Unit.REQUESTS_PER_SECOND,
            ),
            timeseries(
                "HTTP routes, 95th percentile",
                "As the service itself measures; no sampling and no gateway in between.",
                prom(top(5, quantile(0.95, _HTTP, by="http_route", where=SERVICE)), "{{http_route}}", exemplars=True),
                unit=Unit.SECONDS,
                thresholds=DURATION,
            ),
        ),
    )


def _traces() -> Row:
    return row(
        "Traces",
        charts(
            trace_list("Failed", "Every failed trace is kept.", traces(f"{{ {_TRACES} && status = error }}")),
            trace_list("Slower than 1 s", "Every slow trace is kept.", traces(f"{{ {_TRACES} && duration > 1s }}")),
        ),
    )


def _logs() -> Row:
    return row(
        "Logs",
        charts(
            timeseries(
                "Log lines by severity",
                "A burst of errors shows here before anyone complains.",
                logs(f"sum by (detected_level) (count_over_time({{{LOGS}}}[$__auto]))", "{{detected_level}}"),
                stacked=True,
            ),
            height=5,
        ),
        charts(log_lines("Newest lines", "A line with a trace id opens its trace.", logs(f"{{{LOGS}}}")), height=TALL),
    )
